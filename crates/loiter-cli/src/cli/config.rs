//! The command line of `loiter config`.

use clap::Args;

use super::{QueryArgs, TargetArgs, ViewArgs};

/// What to do with the configuration.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// Print the configuration in force as TOML, with where each value comes from; also without
    /// this option
    ///
    /// The UI's options may follow: it is printed what they would make of it.
    #[arg(long)]
    pub(crate) print: bool,

    /// Write your own configuration file: every setting explained, and commented out
    #[arg(
        long,
        conflicts_with_all = [
            "print", "path", "TargetArgs", "CredentialArgs", "QueryArgs", "ViewArgs",
        ]
    )]
    pub(crate) init: bool,

    /// Replace the file that is there
    #[arg(long, requires = "init")]
    pub(crate) force: bool,

    /// Print where your own configuration file is, or would be
    #[arg(
        long,
        conflicts_with_all = ["print", "TargetArgs", "CredentialArgs", "QueryArgs", "ViewArgs"]
    )]
    pub(crate) path: bool,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) view: ViewArgs,
}
