//! A small service with every cause of a leaked task in it: something to look at, and something
//! to test against.
//!
//! - `healthy`: a server, its clients, workers, a ticker; tasks that come and go as they should.
//! - `leak`: one cause a file, each with its cure.
//!
//! Every task is spawned at a line of its own and has a name, so that the list of tasks reads
//! like a table of contents of the two folders.

mod announce;
mod healthy;
mod leak;
mod named;
mod stop;

use std::{io, net::SocketAddr};

use tokio::runtime;

/// Worker threads: one is held by the infinite loop, one mostly by the busy loop, and the rest of
/// the service is to run as if nothing had happened.
const WORKERS: usize = 4;

/// How the service runs.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where the agent listens; port 0 for any free one.
    pub listen: SocketAddr,
    /// End when standard input is closed, as it is when the process at its other end is gone,
    /// however that came about.
    pub until_stdin_closes: bool,
    /// With the tasks that leak. Without them it is a service that works as it should.
    pub leaks: bool,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The operating system refuses something.
    #[error("cannot start the demo service: {0}")]
    Io(#[from] io::Error),
    /// The agent refuses to start.
    #[error("cannot start the demo service: {0}")]
    Agent(#[from] loiter::InitError),
}

/// Runs the service until it is told to stop: by `SIGTERM`, by Ctrl-C, or as the options have it.
///
/// Prints one line to standard output, `loiter-demo: agent listening on 127.0.0.1:6669`, as soon
/// as the agent can be reached.
///
/// Some of the tasks cannot be stopped, that being their nature: their threads go on until the
/// process exits, which should be soon.
///
/// # Errors
/// When the agent, the runtime or the service's own port cannot be had. A busy agent's port is no
/// error: the agent tries again until it is free.
pub fn serve(options: Options) -> Result<(), ServeError> {
    // The agent comes first: it sees only tasks that are spawned after it.
    let agent = loiter::Builder::new()
        .listen(options.listen)
        .name("loiter-demo")
        .resources(true)
        .try_init()?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        healthy::spawn_all(options.leaks).await?;
        let _far_ends = match options.leaks {
            true => Some(leak::spawn_all().await?),
            false => None,
        };
        announce::start(agent)?;
        stop::requested(options.until_stdin_closes).await
    });
    // Waiting for every task to end would take forever.
    runtime.shutdown_background();
    Ok(result?)
}
