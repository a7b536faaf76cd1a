//! The command line of `loiter ls`.

use clap::Args;
use loiter_model::Nanos;

/// What to print of the agents of this user.
#[derive(Args, Debug)]
pub(crate) struct LsArgs {
    /// How long an agent may take to answer
    #[arg(long, value_name = "DURATION", default_value = "2s")]
    pub(crate) timeout: Nanos,

    /// JSON, whatever standard output is
    #[arg(long)]
    pub(crate) json: bool,

    /// A table, whatever standard output is
    #[arg(long, conflicts_with = "json")]
    pub(crate) table: bool,
}
