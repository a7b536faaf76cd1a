//! The command line of `loiter stacks`.

use clap::Args;
use loiter_model::query::WaitColumn;

use super::{QueryArgs, TargetArgs, columns};

/// What to print of the stacks.
#[derive(Args, Debug)]
pub(crate) struct StacksArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    /// Sort by this column [default: count]
    #[arg(long, short, value_name = "COLUMN", value_parser = columns::of::<WaitColumn>())]
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
