//! The command line of `loiter export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use loiter_model::Nanos;

use super::{FilterArg, LimitArgs, TargetArgs};

/// What to export, in which form, and where to.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// The form
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: ExportFormatArg,

    /// The file to write; `-` for standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// How long to record a running program, or to watch it for findings [default: 10s]
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) watch_for: Option<Nanos>,

    /// Only tasks that match, such as `idle>30s site:pool`; in a trace, those that match at any
    /// time
    #[arg(
        long,
        short,
        value_name = "FILTER",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) filter: FilterArg,

    /// Of `--to csv`, which table [default: tasks]
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<TableArg>,

    /// Rows of each table at most [default: 2000 with `--to html`; with `--to csv`, all]
    #[arg(long, short = 'n', value_name = "NUMBER")]
    pub(crate) limit: Option<u64>,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormatArg {
    /// A trace for ui.perfetto.dev: a track for each task, with its polls, waits and wakes
    Perfetto,
    /// The same as JSON, for chrome://tracing and others
    Chrome,
    /// A table for spreadsheets and scripts
    Csv,
    /// One page with everything in it: tasks, sites, waits, findings
    Html,
    /// A profile of the tasks, for `go tool pprof`, Pyroscope and others: as of goroutines
    Pprof,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableArg {
    /// A row a task
    Tasks,
    /// A row for everything that happened to one
    Events,
    /// A row a spawn location
    Sites,
    /// A row for everything that is wrong
    Findings,
}
