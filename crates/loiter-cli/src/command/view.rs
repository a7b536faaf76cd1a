//! The terminal UI, as the command line wants it.

use std::{env, sync::Arc};

use loiter_cli::{
    config::Config,
    source::{self, At, Player, Recorded, Source, Where},
    ui::{self, Charset, Notify, Palette, ReplayStart, UiOptions, View},
};
use loiter_model::query::{ResourceColumn, SiteColumn, TaskColumn, WaitColumn};

use super::{block_on, check::allowed_by, sort::sort, terminal};
use crate::{
    cli::{Aim, NotifyArg, PaletteArg, QueryArgs, ViewArg, ViewArgs},
    error::Error,
};

/// Attaches the UI to a target until the user has seen enough.
pub(crate) fn run(
    aim: &Aim,
    query: QueryArgs,
    view: &ViewArgs,
    config: &Config,
) -> Result<(), Error> {
    let target = &aim.place;
    match target {
        // A file is one that can be replayed; it begins at its end, as it was then.
        Where::File(path) => {
            let at = aim.at.unwrap_or_default();
            let recorded = Recorded::open(path, at)?;
            let start = Replay {
                player: recorded.player(),
                at,
                speed: 1.0,
                is_paused: true,
            };
            show(Arc::new(recorded), Some(start), target, query, view, config)
        }
        Where::Endpoint(_) => {
            let source = source::open_at(target, aim.at, &aim.credentials)?;
            show(source, None, target, query, view, config)
        }
    }
}

/// How a recording begins.
pub(crate) struct Replay {
    pub(crate) player: Player,
    pub(crate) at: At,
    pub(crate) speed: f64,
    pub(crate) is_paused: bool,
}

impl Replay {
    fn start(&self) -> ReplayStart {
        let reel = self.player.reel().clone();
        ReplayStart {
            at: self.at.in_range(reel.range),
            reel,
            speed: self.speed,
            is_paused: self.is_paused,
        }
    }
}

/// Runs the UI over a source.
pub(crate) fn show(
    source: Arc<dyn Source>,
    replay: Option<Replay>,
    target: &Where,
    query: QueryArgs,
    view: &ViewArgs,
    config: &Config,
) -> Result<(), Error> {
    let options = UiOptions {
        replay: replay.as_ref().map(Replay::start),
        allow: allowed_by(config)?,
        ..options(target, query, view)?
    };
    // crossterm looks at NO_COLOR by itself, but what the command line says counts for more.
    crossterm::style::force_color_output(options.palette != Palette::None);
    let player = replay.map(|replay| replay.player);
    Ok(block_on(ui::replay(source, player, options))??)
}

/// What the UI starts with.
pub(super) fn options(
    target: &Where,
    query: QueryArgs,
    view: &ViewArgs,
) -> Result<UiOptions, Error> {
    let (name, reverse) = (view.sort.as_deref(), query.reverse());
    // Of the view that comes first; the others have their usual order.
    let (mut tasks, mut sites, mut waits, mut resources) = (None, None, None, None);
    match view.view {
        // They come in the order of the rules; the option is for the tasks then.
        ViewArg::Findings | ViewArg::Tasks => {
            tasks = Some(sort(name, reverse, TaskColumn::Idle, "tasks")?);
        }
        ViewArg::Sites => sites = Some(sort(name, reverse, SiteColumn::Alive, "sites")?),
        ViewArg::Waits => waits = Some(sort(name, reverse, WaitColumn::Count, "waits")?),
        ViewArg::Resources => {
            resources = Some(sort(name, reverse, ResourceColumn::Waiters, "resources")?);
        }
    }
    Ok(UiOptions {
        charset: match view.ascii {
            Some(true) => Charset::Ascii,
            Some(false) => Charset::Unicode,
            None => terminal::charset(&|name| env::var_os(name)),
        },
        palette: match view.palette {
            _ if view.no_color => Palette::None,
            PaletteArg::Auto => terminal::palette(&|name| env::var_os(name)),
            PaletteArg::TrueColor => Palette::TrueColor,
            PaletteArg::Ansi256 => Palette::Ansi256,
            PaletteArg::Ansi16 => Palette::Ansi16,
            PaletteArg::Ansi8 => Palette::Ansi8,
            PaletteArg::None => Palette::None,
        },
        duration_colours: view.duration_colors(),
        ended_colours: view.ended_colors(),
        decimals: view.precision,
        retain_for: view.retain_for.0,
        limits: query.limits(),
        filter: query.filter.text,
        sort: tasks,
        site_sort: sites,
        wait_sort: waits,
        resource_sort: resources,
        view: match view.view {
            ViewArg::Findings => View::Findings,
            ViewArg::Tasks => View::Tasks,
            ViewArg::Sites => View::Sites,
            ViewArg::Waits => View::Waits,
            ViewArg::Resources => View::Resources,
        },
        interval: view.interval.map(Into::into),
        notify: match view.notify {
            NotifyArg::Off => Notify::Off,
            NotifyArg::Bell => Notify::Bell,
            NotifyArg::Osc9 => Notify::Osc9,
            NotifyArg::Osc777 => Notify::Osc777,
        },
        ..UiOptions::new(target.to_string())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;
    use loiter_cli::limits::{Limits, LintChoice};
    use loiter_model::{Nanos, query::Sort};

    use super::*;
    use crate::cli::{Cli, Command};

    /// What the UI starts with, attached to a target and to the demo.
    fn both(args: &[&str]) -> [Result<UiOptions, Error>; 2] {
        let endpoint = Where::default();
        let parse = |first: &[&'static str]| {
            let args = first.iter().chain(args);
            Cli::try_parse_from(args).expect("good usage")
        };
        let attached = parse(&["loiter"]);
        let Some(Command::Demo(demo)) = parse(&["loiter", "demo"]).command else {
            panic!("no demo");
        };
        [
            options(&endpoint, attached.query, &attached.view),
            options(&endpoint, demo.query, &demo.view),
        ]
    }

    #[test]
    fn every_option_reaches_the_ui_and_the_demos_as_well() {
        let args = [
            "--filter",
            "site:leak",
            "--sort",
            "polls",
            "--reverse",
            "--view",
            "tasks",
            "--interval",
            "250ms",
            "--ascii",
            "--palette",
            "16",
            "--blocked-after",
            "1m",
            "--hogging-after",
            "2s",
            "--starved-after",
            "3ms",
            "-A",
            "self-wakes",
            "--allow",
            "large-future",
            "-W",
            "lost-waker",
            "--self-wakes-percent",
            "20",
            "--never-yielded-after",
            "40ms",
            "--large-future-bytes",
            "50",
            "--notify",
            "osc9",
            "--retain-for",
            "6s",
            "--precision",
            "1",
            "--duration-colors",
            "--ended-colors=false",
        ];
        for options in both(&args) {
            let expected = UiOptions {
                charset: Charset::Ascii,
                palette: Palette::Ansi16,
                filter: "site:leak".to_owned(),
                sort: Some(Sort {
                    column: TaskColumn::Polls,
                    descending: false,
                }),
                limits: Limits {
                    blocked_after: Some(Nanos::from_secs(60)),
                    hogging_after: Some(Nanos::from_secs(2)),
                    starved_after: Some(Nanos::from_millis(3)),
                    lints: LintChoice {
                        allow: "self-wakes,large-future".parse().expect("two lints"),
                        warn: "lost-waker".parse().expect("a lint"),
                        self_wakes_percent: Some(20),
                        never_yielded_after: Some(Nanos::from_millis(40)),
                        large_future_bytes: Some(50),
                    },
                },
                interval: Some(Duration::from_millis(250)),
                notify: Notify::Osc9,
                retain_for: Some(Nanos::from_secs(6)),
                decimals: Some(1),
                duration_colours: true,
                ended_colours: false,
                ..UiOptions::new(Where::default().to_string())
            };
            assert_eq!(options.expect("they go together"), expected);
        }
        for options in both(&["--view", "findings"]) {
            assert_eq!(options.expect("a view").view, View::Findings);
        }
        for options in both(&["--no-color"]) {
            assert_eq!(options.expect("a palette").palette, Palette::None);
        }
    }

    #[test]
    fn the_order_is_that_of_the_view() {
        for options in both(&["--view", "sites", "-s", "oldest-idle", "-r"]) {
            let options = options.expect("a column of sites");
            assert_eq!(options.view, View::Sites);
            assert_eq!(options.sort, None);
            let expected = Sort {
                column: SiteColumn::OldestIdle,
                descending: !Sort::by(SiteColumn::OldestIdle).descending,
            };
            assert_eq!(options.site_sort, Some(expected));
        }
        for options in both(&["--view", "waits", "-s", "oldest"]) {
            let options = options.expect("a column of waits");
            assert_eq!(options.view, View::Waits);
            assert_eq!(options.wait_sort, Some(Sort::by(WaitColumn::Oldest)));
        }
        for options in both(&["--view", "resources", "-s", "holders"]) {
            let options = options.expect("a column of resources");
            assert_eq!(options.view, View::Resources);
            assert_eq!(
                options.resource_sort,
                Some(Sort::by(ResourceColumn::Holders))
            );
        }
        for (args, column) in [
            (&["--view", "sites", "--sort", "polls"][..], "oldest-idle"),
            (&["--sort", "alive"], "longest-poll"),
        ] {
            for options in both(args) {
                let error = options.expect_err("a column of the other view").to_string();
                assert!(error.contains(column), "{error}");
            }
        }
    }
}
