//! Which tasks, on the command line.

use clap::Args;
use loiter_cli::limits::Limits;

use super::{FilterArg, LimitArgs, lints::LintArgs};

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
