//! The command line: what can be said, and how it is read.

mod check;
mod columns;
mod config;
mod credentials;
mod defaults;
mod demo;
mod export;
mod filter;
mod fleet;
mod global;
mod limits;
mod lints;
mod ls;
mod monitoring;
mod query;
mod record;
mod resources;
mod snapshot;
mod stacks;
mod target;
mod tasks;
mod view;

use clap::{Parser, Subcommand, builder::Styles};
use clap_complete::Shell;
use loiter_cli::config::Config;
use loiter_model::query::REFERENCE;

use crate::error::Error;

pub(crate) use check::{CheckArgs, FormatArg};
pub(crate) use config::ConfigArgs;
pub(crate) use defaults::{configuration, with_defaults};
pub(crate) use demo::DemoArgs;
pub(crate) use export::{ExportArgs, ExportFormatArg, TableArg};
pub(crate) use filter::FilterArg;
pub(crate) use fleet::FleetArgs;
pub(crate) use global::GlobalArgs;
pub(crate) use limits::LimitArgs;
pub(crate) use ls::LsArgs;
pub(crate) use monitoring::AlertsArgs;
pub(crate) use query::QueryArgs;
pub(crate) use record::{RecordArgs, ReplayArgs};
pub(crate) use resources::ResourcesArgs;
pub(crate) use snapshot::{DiffArgs, SnapshotArgs};
pub(crate) use stacks::StacksArgs;
pub(crate) use target::{Aim, TargetArgs};
pub(crate) use tasks::{GroupArg, TasksArgs};
pub(crate) use view::{NotifyArg, PaletteArg, ViewArg, ViewArgs};

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
    pub(crate) fleet: FleetArgs,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) view: ViewArgs,

    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

impl Cli {
    /// Finds out what one attaches to the target with, for the command that has one.
    ///
    /// # Errors
    /// [`Error::Usage`] when the options do not go together, or with the target.
    pub(crate) fn find_credentials(&mut self, config: &Config) -> Result<(), Error> {
        let target = match &mut self.command {
            None => match self.fleet.endpoints(&self.target, config)? {
                Some(endpoints) => {
                    let endpoints: Vec<_> = endpoints.iter().collect();
                    let by = self.fleet.chosen_by(config);
                    return self.target.credentials.find(config, &endpoints, by);
                }
                None => &mut self.target,
            },
            Some(Command::Tasks(args)) => &mut args.target,
            Some(Command::Stacks(args)) => &mut args.target,
            Some(Command::Resources(args)) => &mut args.target,
            Some(Command::Check(args)) => &mut args.target,
            Some(Command::Snapshot(args)) => &mut args.target,
            Some(Command::Record(args)) => &mut args.target,
            Some(Command::Export(args)) => &mut args.target,
            Some(Command::Diff(args)) => return args.find_credentials(config),
            Some(
                Command::Ls(_)
                | Command::Replay(_)
                | Command::Alerts(_)
                | Command::Dashboard
                | Command::Demo(_)
                | Command::Config(_)
                | Command::Completions { .. },
            ) => return Ok(()),
        };
        target.find_credentials(config)
    }
}

/// What `loiter` can do beside its terminal UI.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print which programs of yours on this machine have an agent, each by its Unix socket: a
    /// table to a terminal, JSON otherwise
    #[command(after_help = EXIT_STATUS)]
    Ls(LsArgs),
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
