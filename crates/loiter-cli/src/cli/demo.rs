//! The command line of `loiter demo`.

use std::net::SocketAddr;

use clap::Args;
use loiter_model::DEFAULT_ADDR;

use super::{QueryArgs, ViewArgs};

/// How the demo runs.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Only run the service, for a UI started elsewhere
    ///
    /// The agent's environment variables, such as LOITER_LISTEN, hold for it as for every
    /// program.
    #[arg(long, conflicts_with_all = ["QueryArgs", "ViewArgs"])]
    pub(crate) serve: bool,

    /// Where the service's agent listens; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = DEFAULT_ADDR,
        requires = "serve",
        value_parser = address
    )]
    pub(crate) listen: SocketAddr,

    /// End when standard input closes: a parent that is killed takes the service with it
    #[arg(long, hide = true, requires = "serve")]
    pub(crate) until_stdin_closes: bool,

    /// Only the service's healthy half: no leaked task
    #[arg(long, requires = "serve")]
    pub(crate) healthy: bool,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

/// Reads where to listen.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("write an IP address and a port, such as `{DEFAULT_ADDR}` or `127.0.0.1:0`")
    })
}
