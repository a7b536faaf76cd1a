//! The command line of `loiter check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use loiter_model::{Nanos, finding::Certainty};

use super::{LimitArgs, TargetArgs};

/// For how long to watch, and what counts.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// How long to watch
    #[arg(long = "for", value_name = "DURATION", default_value = "30s")]
    pub(crate) watch_for: Nanos,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// The certainty from which on a finding fails the check
    #[arg(long, value_name = "CERTAINTY", default_value = "suspected")]
    pub(crate) fail_on: CertaintyArg,

    /// A TOML file of what is right as it is: `[[allow]]` entries, each with a `filter`, a
    /// `reason` and, unless it is for all of them, a list of `findings`
    #[arg(long, value_name = "FILE")]
    pub(crate) allow: Option<PathBuf>,

    /// Tasks that may be alive in all [default: as the program has it]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_alive: Option<u64>,

    /// Tasks of one site that may be alive [default: as the program has it]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_alive_at_site: Option<u64>,

    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: FormatArg,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CertaintyArg {
    /// It follows from what was seen
    Proved,
    /// Everything speaks for it, nothing proves it
    Suspected,
    /// Worth an eye; may be right as it is
    Watch,
}

impl From<CertaintyArg> for Certainty {
    fn from(arg: CertaintyArg) -> Self {
        match arg {
            CertaintyArg::Proved => Self::Proved,
            CertaintyArg::Suspected => Self::Suspected,
            CertaintyArg::Watch => Self::Watch,
        }
    }
}

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people
    Text,
    /// One object with everything in it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// JUnit's XML, a test case for each kind of finding
    Junit,
}
