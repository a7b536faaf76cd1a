//! The command line: what can be said, and how it is read.

mod check;
mod config;
mod defaults;
mod export;
mod global;
mod lints;
mod monitoring;
mod record;
mod snapshot;

use std::{net::SocketAddr, str::FromStr};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, Styles},
};
use clap_complete::Shell;
use loiter_cli::{
    limits::Limits,
    source::{At, Where},
};
use loiter_model::{
    Condition, DEFAULT_ADDR, Ending, Lint, Nanos, State,
    query::{
        Column, Filter, FilterError, REFERENCE, ResourceColumn, SiteColumn, TaskColumn, WaitColumn,
    },
};

pub(crate) use check::{CheckArgs, FormatArg};
pub(crate) use config::ConfigArgs;
pub(crate) use defaults::{configuration, with_defaults};
pub(crate) use export::{ExportArgs, ExportFormatArg, TableArg};
pub(crate) use global::GlobalArgs;
use lints::LintArgs;
pub(crate) use monitoring::AlertsArgs;
pub(crate) use record::{RecordArgs, ReplayArgs};
pub(crate) use snapshot::{DiffArgs, SnapshotArgs};

const EXIT_STATUS: &str = "\
Exit status:
  0  it did what it was asked to
  1  a check found something
  2  it could not run: bad usage, filter or file, unreachable target, or no loiter agent there";

/// Finds the Tokio tasks of a running program that stand around: blocked, starved, spinning or
/// leaked
///
/// Without a command, loiter attaches its terminal UI to a program that has the loiter agent in
/// it (`loiter::init()`).
#[derive(Debug, Parser)]
#[command(
    name = "loiter",
    bin_name = "loiter",
    version,
    styles = Styles::plain(),
    after_help = EXIT_STATUS,
    after_long_help = after_long_help(),
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    /// What to do instead of starting the UI.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) view: ViewArgs,

    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// What `loiter` can do beside its terminal UI.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the tasks once and exit: a table to a terminal, JSON otherwise
    #[command(after_help = EXIT_STATUS, after_long_help = after_long_help())]
    Tasks(TasksArgs),
    /// Ask the idle tasks what they wait on and print their stacks, equal ones once: text to a
    /// terminal, JSON otherwise
    ///
    /// Each idle task that the filter lets through is polled once more than its own wakes have
    /// it, which every future must bear. Only tasks that were spawned through loiter
    /// (`loiter::spawn`) can be asked.
    #[command(after_help = EXIT_STATUS, after_long_help = after_long_help())]
    Stacks(StacksArgs),
    /// Print the locks, semaphores, timers and the like once, who holds them and who waits for
    /// them: a table to a terminal, JSON otherwise
    ///
    /// Only of a program that tracks its resources: one started with LOITER_RESOURCES=true, or
    /// one with console-subscriber in it.
    #[command(after_help = EXIT_STATUS)]
    Resources(ResourcesArgs),
    /// Watch a program for a while, say which of its tasks are leaked or stuck and why, and fail
    /// if there are any: for tests and CI
    #[command(after_help = EXIT_STATUS)]
    Check(CheckArgs),
    /// Keep everything that is known of the tasks alive in a file, to be compared later
    #[command(after_help = EXIT_STATUS)]
    Snapshot(SnapshotArgs),
    /// Say what has grown and who has not moved between two snapshots, or between a snapshot and
    /// the program as it is now
    #[command(after_help = EXIT_STATUS)]
    Diff(DiffArgs),
    /// Keep what happens to the tasks of a program in a file, as it happens
    #[command(after_help = EXIT_STATUS, after_long_help = after_long_help())]
    Record(RecordArgs),
    /// Show a file that was recorded in the terminal UI, with its time going on as it did, or as
    /// one likes
    #[command(after_help = EXIT_STATUS, after_long_help = after_long_help())]
    Replay(ReplayArgs),
    /// Write what was recorded, or what a program does now, in the form of another tool: a trace
    /// for Perfetto or Chrome, a table, or a page
    #[command(after_help = EXIT_STATUS, after_long_help = after_long_help())]
    Export(ExportArgs),
    /// Print alert rules for Prometheus, over what services with the agent's feature `metrics`
    /// serve at /metrics
    #[command(after_help = EXIT_STATUS)]
    Alerts(AlertsArgs),
    /// Print a dashboard for Grafana, over the same
    #[command(after_help = EXIT_STATUS)]
    Dashboard,
    /// Show a small service that has every cause of a leaked task in it
    #[command(after_help = EXIT_STATUS)]
    Demo(DemoArgs),
    /// Print the configuration in force, or write a file to start with
    ///
    /// What counts for more comes last: what is built in, your own file, `./loiter.toml`, the
    /// environment, the command line.
    #[command(after_help = EXIT_STATUS)]
    Config(ConfigArgs),
    /// Print a completion script for a shell
    #[command(after_help = EXIT_STATUS)]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
}

/// Which program to look at.
#[derive(Args, Debug)]
pub(crate) struct TargetArgs {
    /// Where its agent or its console-subscriber listens: `host:port`, `:port`, `http://host:port`,
    /// `unix:PATH` or `vsock://CID:PORT`; or a file of `loiter record`
    #[arg(
        value_name = "TARGET",
        default_value = DEFAULT_ADDR,
        value_parser = target
    )]
    pub(crate) target: Where,

    /// Of a file, the time to look at: from its beginning, such as `1m30s`, or before its end, such
    /// as `-10s` [default: its end]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<At>,
}

/// Which tasks, and by which limit.
#[derive(Args, Debug)]
pub(crate) struct QueryArgs {
    /// Only tasks that match, such as `idle>30s kind:task site:pool`
    ///
    /// What a filter can say is listed at the end.
    #[arg(
        long,
        short,
        value_name = "FILTER",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) filter: FilterArg,

    /// In the other direction than the column has by itself
    #[arg(
        long,
        short,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    reverse: Option<bool>,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    #[command(flatten)]
    lints: LintArgs,
}

impl QueryArgs {
    /// What is too long, and which hints are wanted.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            lints: self.lints.choice(),
            ..self.limits.limits()
        }
    }

    /// Whether rows come in the other direction.
    pub(crate) fn reverse(&self) -> bool {
        self.reverse.unwrap_or(false)
    }
}

/// What is too long.
#[derive(Args, Debug)]
pub(crate) struct LimitArgs {
    /// The idle time from which a task counts as blocked [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) blocked_after: Option<Nanos>,

    /// The length of one poll from which a task counts as hogging its worker
    /// [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) hogging_after: Option<Nanos>,

    /// The wait for a worker from which a woken task counts as starved
    /// [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) starved_after: Option<Nanos>,
}

impl LimitArgs {
    /// The same as a value.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            blocked_after: self.blocked_after,
            hogging_after: self.hogging_after,
            starved_after: self.starved_after,
            ..Limits::default()
        }
    }
}

/// How the terminal UI starts.
#[derive(Args, Debug)]
pub(crate) struct ViewArgs {
    /// Sort by this column of tasks or, with `--view sites`, `--view waits` or `--view resources`,
    /// of those [default: idle; of sites: alive; of waits: count; of resources: waiters]
    #[arg(long, short, value_name = "COLUMN", value_parser = columns_of_views())]
    pub(crate) sort: Option<String>,

    /// The view to start with
    #[arg(long, value_name = "VIEW", default_value = "tasks")]
    pub(crate) view: ViewArg,

    /// How often to ask for news [default: as the program has it]
    #[arg(long, value_name = "DURATION")]
    pub(crate) interval: Option<Nanos>,

    /// How the terminal is to tell of a new finding that is proved or suspected
    #[arg(long, value_name = "HOW", default_value = "off")]
    pub(crate) notify: NotifyArg,

    /// How long ended tasks stay in the table of tasks, dimmed, or `none`
    #[arg(long, value_name = "DURATION", default_value = "none")]
    pub(crate) retain_for: RetentionArg,

    /// Draw with ASCII characters only, or with `=false` never so [default: as the locale has it]
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) ascii: Option<bool>,

    /// Digits behind the point of a duration, as far as there is room
    /// [default: three digits in all]
    #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) precision: Option<u8>,

    /// The colours that the terminal can show
    #[arg(long, value_name = "PALETTE", default_value = "auto")]
    pub(crate) palette: PaletteArg,

    /// No colours, as with a non-empty NO_COLOR in the environment: short for `--palette none`
    #[arg(long, conflicts_with = "palette")]
    pub(crate) no_color: bool,

    /// Show each duration in the colour of its unit, where its row has none
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    duration_colors: Option<bool>,

    /// Show ended tasks dimmed, and how they ended in a colour [default: true]
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    ended_colors: Option<bool>,
}

impl ViewArgs {
    /// Whether durations are coloured by their unit.
    pub(crate) fn duration_colors(&self) -> bool {
        self.duration_colors.unwrap_or(false)
    }

    /// Whether ended tasks look different.
    pub(crate) fn ended_colors(&self) -> bool {
        self.ended_colors.unwrap_or(true)
    }
}

/// What to print of the tasks.
#[derive(Args, Debug)]
pub(crate) struct TasksArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    /// Sort by this column of tasks or, with `--group site`, of sites
    /// [default: idle; with `--group site`: alive]
    #[arg(long, short, value_name = "COLUMN", value_parser = any_columns())]
    pub(crate) sort: Option<String>,

    /// Rows at most; without it, all that the agent gives at once
    #[arg(long, short = 'n', value_name = "NUMBER")]
    pub(crate) limit: Option<u64>,

    /// A row for all tasks of one spawn location
    #[arg(long, value_name = "BY")]
    pub(crate) group: Option<GroupArg>,

    /// JSON, whatever standard output is
    #[arg(long)]
    pub(crate) json: bool,

    /// A table, whatever standard output is
    #[arg(long, conflicts_with = "json")]
    pub(crate) table: bool,
}

/// What to print of the resources.
#[derive(Args, Debug)]
pub(crate) struct ResourcesArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Only resources that match: a part of their type, their attributes or the place where they
    /// were made, or `site:`, `seq:`, `parent:` or `total>`
    #[arg(
        long,
        short,
        value_name = "FILTER",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) filter: FilterArg,

    /// In the other direction than the column has by itself
    #[arg(long, short)]
    pub(crate) reverse: bool,

    /// Sort by this column [default: waiters]
    #[arg(long, short, value_name = "COLUMN", value_parser = columns::<ResourceColumn>())]
    pub(crate) sort: Option<String>,

    /// Rows at most; without it, all that the agent gives at once
    #[arg(long, short = 'n', value_name = "NUMBER")]
    pub(crate) limit: Option<u64>,

    /// JSON, whatever standard output is
    #[arg(long)]
    pub(crate) json: bool,

    /// A table, whatever standard output is
    #[arg(long, conflicts_with = "json")]
    pub(crate) table: bool,
}

/// What to print of the stacks.
#[derive(Args, Debug)]
pub(crate) struct StacksArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    /// Sort by this column [default: count]
    #[arg(long, short, value_name = "COLUMN", value_parser = columns::<WaitColumn>())]
    pub(crate) sort: Option<String>,

    /// Stacks at most; without it, all that the agent gives at once
    #[arg(long, short = 'n', value_name = "NUMBER")]
    pub(crate) limit: Option<u64>,

    /// Ask no task anything: print what is known already
    #[arg(long)]
    pub(crate) no_capture: bool,

    /// In the text, every call: also those of tokio and the standard library
    #[arg(long)]
    pub(crate) all_frames: bool,

    /// JSON, whatever standard output is
    #[arg(long)]
    pub(crate) json: bool,

    /// Text, whatever standard output is
    #[arg(long, conflicts_with = "json")]
    pub(crate) text: bool,
}

/// How the demo runs.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Only run the service, for a UI started elsewhere
    ///
    /// The agent's environment variables, such as LOITER_LISTEN, hold for it as for every
    /// program.
    #[arg(long, conflicts_with_all = ["QueryArgs", "ViewArgs"])]
    pub(crate) serve: bool,

    /// Where the service's agent listens; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = DEFAULT_ADDR,
        requires = "serve",
        value_parser = address
    )]
    pub(crate) listen: SocketAddr,

    /// End when standard input closes: a parent that is killed takes the service with it
    #[arg(long, hide = true, requires = "serve")]
    pub(crate) until_stdin_closes: bool,

    /// Only the service's healthy half: no leaked task
    #[arg(long, requires = "serve")]
    pub(crate) healthy: bool,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

/// A filter, with its text for the UI's editor.
#[derive(Clone, Debug)]
pub(crate) struct FilterArg {
    pub(crate) text: String,
    pub(crate) filter: Filter,
}

impl FromStr for FilterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(hint) = lone_words(text) {
            return Err(hint);
        }
        match text.parse() {
            Ok(filter) => Ok(Self {
                text: text.to_owned(),
                filter,
            }),
            Err(error) => Err(located(&error, text)),
        }
    }
}

/// What to write instead of a list such as `starved,hogging`: alone each word is a condition,
/// but a list of them is a text that is looked for in names, and found in none.
fn lone_words(text: &str) -> Option<String> {
    let fields: [(&str, Vec<&str>); 4] = [
        ("warn", Condition::ALL.map(Condition::name).to_vec()),
        ("state", State::ALL.map(State::name).to_vec()),
        ("ending", Ending::ALL.map(Ending::name).to_vec()),
        ("lint", Lint::ALL.map(Lint::name).to_vec()),
    ];
    text.split_whitespace().find_map(|term| {
        let list = term.trim_start_matches(['-', '!']);
        let words: Vec<&str> = list.split(',').collect();
        let (field, _) = fields
            .iter()
            .find(|(_, names)| words.iter().all(|word| names.contains(word)))?;
        (words.len() > 1)
            .then(|| format!("`{list}` would be looked for as a text; write `{field}:{list}`"))
    })
}

/// The filter's error and where in the text it is, in characters from 1, as people count.
fn located(error: &FilterError, text: &str) -> String {
    let before = text.get(..error.span.start).unwrap_or(text);
    format!(
        "at character {}: {}",
        before.chars().count() + 1,
        error.message
    )
}

/// How rows are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupArg {
    /// By the source location where the tasks were spawned
    Site,
}

/// A view of the UI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewArg {
    /// A row a finding: what is wrong, why, and what to do about it
    Findings,
    /// A row a task
    Tasks,
    /// A row a spawn location
    Sites,
    /// A row for the tasks that wait alike
    Waits,
    /// A row a lock, semaphore, timer and the like
    Resources,
}

/// How a terminal tells of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NotifyArg {
    /// Not at all
    Off,
    /// By its bell
    Bell,
    /// By a desktop notification, as iTerm2 has it (OSC 9)
    Osc9,
    /// By a desktop notification, as rxvt has it (OSC 777)
    Osc777,
}

/// How long ended tasks stay in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetentionArg(pub(crate) Option<Nanos>);

impl FromStr for RetentionArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            time => match time.parse() {
                Ok(time) => Ok(Self(Some(time))),
                Err(error) => Err(format!("{error}; or `none`")),
            },
        }
    }
}

/// Colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaletteArg {
    /// What the environment tells of the terminal
    Auto,
    /// 24 bits
    #[value(name = "truecolor", alias = "true-color")]
    TrueColor,
    /// The 256 of xterm
    #[value(name = "256")]
    Ansi256,
    /// The 16 of the terminal's colour scheme
    #[value(name = "16")]
    Ansi16,
    /// The first 8 of them, by the codes that every colour terminal knows
    #[value(name = "8")]
    Ansi8,
    /// No colours, only bold, dim, underlined and reversed
    None,
}

/// What a filter can say, and what the exit status says.
fn after_long_help() -> String {
    let width = REFERENCE.iter().map(|row| row.syntax.len()).max();
    let width = width.unwrap_or_default();
    let mut help = "Filters:\n".to_owned();
    for row in REFERENCE {
        help.push_str(&format!("  {:width$}  {}\n", row.syntax, row.meaning));
    }
    help + "\n" + EXIT_STATUS
}

/// Reads a target. A command's name here is one that came after an option.
fn target(text: &str) -> Result<Where, String> {
    text.parse().map_err(|error| {
        if <Command as Subcommand>::has_subcommand(text) {
            format!("`{text}` is a command; write it before its options")
        } else {
            format!("{error}")
        }
    })
}

/// Reads where to listen.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("write an IP address and a port, such as `{DEFAULT_ADDR}` or `127.0.0.1:0`")
    })
}

/// The names of both kinds' columns. Which of them goes with the other options turns out later.
fn any_columns() -> PossibleValuesParser {
    PossibleValuesParser::new(task_and_site_columns())
}

fn task_and_site_columns() -> impl Iterator<Item = PossibleValue> {
    let tasks = TaskColumn::ALL.iter().copied().map(column_value);
    let sites = SiteColumn::ALL
        .iter()
        .copied()
        .filter(|column| TaskColumn::from_name(column.name()).is_none())
        .map(column_value);
    tasks.chain(sites)
}

/// The same, with those of waits and of resources.
fn columns_of_views() -> PossibleValuesParser {
    let is_known =
        |name| TaskColumn::from_name(name).is_some() || SiteColumn::from_name(name).is_some();
    let waits = WaitColumn::ALL.iter().copied();
    let waits = waits.filter(|column| !is_known(column.name()));
    let resources = ResourceColumn::ALL.iter().copied();
    let resources = resources.filter(|column| {
        !is_known(column.name()) && WaitColumn::from_name(column.name()).is_none()
    });
    let all = task_and_site_columns().chain(waits.map(column_value));
    PossibleValuesParser::new(all.chain(resources.map(column_value)))
}

fn columns<C: Column>() -> PossibleValuesParser {
    PossibleValuesParser::new(C::ALL.iter().copied().map(column_value))
}

fn column_value<C: Column>(column: C) -> PossibleValue {
    PossibleValue::new(column.name()).help(column.description())
}
