//! Which program to look at, on the command line.

use clap::{Args, Subcommand};
use loiter_cli::source::{At, Where};
use loiter_model::DEFAULT_ADDR;

use super::Command;

/// Which program to look at.
#[derive(Args, Debug)]
pub(crate) struct TargetArgs {
    /// Where its agent or its console-subscriber listens: `host:port`, `:port`, `http://host:port`,
    /// `unix:PATH` or `vsock://CID:PORT`; or a file of `loiter record`
    #[arg(
        value_name = "TARGET",
        default_value = DEFAULT_ADDR,
        value_parser = target
    )]
    pub(crate) target: Where,

    /// Of a file, the time to look at: from its beginning, such as `1m30s`, or before its end, such
    /// as `-10s` [default: its end]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<At>,
}

/// Reads a target. A command's name here is one that came after an option.
fn target(text: &str) -> Result<Where, String> {
    text.parse().map_err(|error| {
        if <Command as Subcommand>::has_subcommand(text) {
            format!("`{text}` is a command; write it before its options")
        } else {
            format!("{error}")
        }
    })
}
