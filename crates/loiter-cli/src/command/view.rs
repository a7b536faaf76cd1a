//! The terminal UI, as the command line wants it.

use std::{env, sync::Arc};

use loiter_cli::{
    source::{Endpoint, Native},
    ui::{self, Charset, Notify, Palette, UiOptions, View},
};
use loiter_model::query::{SiteColumn, TaskColumn, WaitColumn};

use super::{runtime, sort::sort, terminal};
use crate::{
    cli::{NotifyArg, PaletteArg, QueryArgs, ViewArg, ViewArgs},
    error::Error,
};

/// Attaches the UI to a target until the user has seen enough.
pub(crate) fn run(target: Endpoint, query: QueryArgs, view: &ViewArgs) -> Result<(), Error> {
    let options = options(&target, query, view)?;
    // crossterm looks at NO_COLOR by itself, but what the command line says counts for more.
    crossterm::style::force_color_output(options.palette != Palette::None);
    let source = Arc::new(Native::new(target));
    Ok(runtime()?.block_on(ui::run(source, options))?)
}

/// What the UI starts with.
fn options(target: &Endpoint, query: QueryArgs, view: &ViewArgs) -> Result<UiOptions, Error> {
    let (name, reverse) = (view.sort.as_deref(), query.reverse);
    // Of the view that comes first; the others have their usual order.
    let (mut tasks, mut sites, mut waits) = (None, None, None);
    match view.view {
        // They come in the order of the rules; the option is for the tasks then.
        ViewArg::Findings | ViewArg::Tasks => {
            tasks = Some(sort(name, reverse, TaskColumn::Idle, "tasks")?);
        }
        ViewArg::Sites => sites = Some(sort(name, reverse, SiteColumn::Alive, "sites")?),
        ViewArg::Waits => waits = Some(sort(name, reverse, WaitColumn::Count, "waits")?),
    }
    Ok(UiOptions {
        charset: if view.ascii {
            Charset::Ascii
        } else {
            terminal::charset(&|name| env::var_os(name))
        },
        palette: match view.palette {
            _ if view.no_color => Palette::None,
            PaletteArg::Auto => terminal::palette(&|name| env::var_os(name)),
            PaletteArg::TrueColor => Palette::TrueColor,
            PaletteArg::Ansi256 => Palette::Ansi256,
            PaletteArg::Ansi16 => Palette::Ansi16,
            PaletteArg::None => Palette::None,
        },
        filter: query.filter.text,
        sort: tasks,
        site_sort: sites,
        wait_sort: waits,
        limits: query.limits.limits(),
        view: match view.view {
            ViewArg::Findings => View::Findings,
            ViewArg::Tasks => View::Tasks,
            ViewArg::Sites => View::Sites,
            ViewArg::Waits => View::Waits,
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
    use loiter_cli::limits::Limits;
    use loiter_model::{Nanos, query::Sort};

    use super::*;
    use crate::cli::{Cli, Command};

    /// What the UI starts with, attached to a target and to the demo.
    fn both(args: &[&str]) -> [Result<UiOptions, Error>; 2] {
        let endpoint = Endpoint::default();
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
            "--notify",
            "osc9",
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
                },
                interval: Some(Duration::from_millis(250)),
                notify: Notify::Osc9,
                ..UiOptions::new(Endpoint::default().to_string())
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
