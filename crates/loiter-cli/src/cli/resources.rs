//! The command line of `loiter resources`.

use clap::Args;
use loiter_model::query::ResourceColumn;

use super::{FilterArg, TargetArgs, columns};

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
    #[arg(long, short, value_name = "COLUMN", value_parser = columns::of::<ResourceColumn>())]
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
