//! The command line of `loiter tasks`.

use clap::{Args, ValueEnum};

use super::{QueryArgs, TargetArgs, columns};

/// What to print of the tasks.
#[derive(Args, Debug)]
pub(crate) struct TasksArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    /// Sort by this column of tasks or, with `--group site`, of sites
    /// [default: idle; with `--group site`: alive]
    #[arg(long, short, value_name = "COLUMN", value_parser = columns::of_tasks_and_sites())]
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

/// How rows are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupArg {
    /// By the source location where the tasks were spawned
    Site,
}
