//! The command line: what can be said, and how it is read.

mod check;
mod snapshot;

use std::{net::SocketAddr, str::FromStr};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, Styles},
};
use clap_complete::Shell;
use loiter_cli::{limits::Limits, source::Endpoint};
use loiter_model::{
    Condition, DEFAULT_ADDR, Ending, Nanos, State,
    query::{Column, Filter, FilterError, REFERENCE, SiteColumn, TaskColumn, WaitColumn},
};

pub(crate) use check::{CheckArgs, FormatArg};
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
    /// Show a small service that has every cause of a leaked task in it
    #[command(after_help = EXIT_STATUS)]
    Demo(DemoArgs),
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
    /// Where its agent listens: `host:port`, `:port` or `http://host:port`
    #[arg(
        value_name = "TARGET",
        env = "LOITER_TARGET",
        default_value = DEFAULT_ADDR,
        value_parser = target
    )]
    pub(crate) target: Endpoint,
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
    #[arg(long, short)]
    pub(crate) reverse: bool,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
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
        }
    }
}

/// How the terminal UI starts.
#[derive(Args, Debug)]
pub(crate) struct ViewArgs {
    /// Sort by this column of tasks or, with `--view sites` or `--view waits`, of those
    /// [default: idle; with `--view sites`: alive; with `--view waits`: count]
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

    /// Draw with ASCII characters only, as in locales that are not UTF-8
    #[arg(long)]
    pub(crate) ascii: bool,

    /// The colours that the terminal can show
    #[arg(long, value_name = "PALETTE", default_value = "auto")]
    pub(crate) palette: PaletteArg,

    /// No colours, as with a non-empty NO_COLOR in the environment: short for `--palette none`
    #[arg(long, conflicts_with = "palette")]
    pub(crate) no_color: bool,
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
    let fields: [(&str, Vec<&str>); 3] = [
        ("warn", Condition::ALL.map(Condition::name).to_vec()),
        ("state", State::ALL.map(State::name).to_vec()),
        ("ending", Ending::ALL.map(Ending::name).to_vec()),
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

/// Colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaletteArg {
    /// What the environment tells of the terminal
    Auto,
    /// 24 bits
    TrueColor,
    /// The 256 of xterm
    #[value(name = "256")]
    Ansi256,
    /// The 16 of the terminal's colour scheme
    #[value(name = "16")]
    Ansi16,
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
fn target(text: &str) -> Result<Endpoint, String> {
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

/// The same, with those of waits.
fn columns_of_views() -> PossibleValuesParser {
    let is_known =
        |name| TaskColumn::from_name(name).is_some() || SiteColumn::from_name(name).is_some();
    let waits = WaitColumn::ALL.iter().copied();
    let waits = waits.filter(|column| !is_known(column.name()));
    PossibleValuesParser::new(task_and_site_columns().chain(waits.map(column_value)))
}

fn columns<C: Column>() -> PossibleValuesParser {
    PossibleValuesParser::new(C::ALL.iter().copied().map(column_value))
}

fn column_value<C: Column>(column: C) -> PossibleValue {
    PossibleValue::new(column.name()).help(column.description())
}
