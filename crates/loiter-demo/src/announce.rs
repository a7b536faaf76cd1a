//! Tells at which address the agent can be reached.

use std::{
    io::{self, Write},
    net::SocketAddr,
    thread,
    time::Duration,
};

/// Longer than anybody waits for a port.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Starts a thread that prints the agent's address once there is one: while another service has
/// the port, there is none.
///
/// # Errors
/// When the operating system gives no thread.
pub(crate) fn start(agent: loiter::Agent) -> io::Result<()> {
    thread::Builder::new()
        .name("announce".into())
        .spawn(move || {
            if let Some(address) = agent.wait_listening(FOREVER) {
                // Whoever started the service may have stopped reading.
                let _ = print(address);
            }
        })
        .map(drop)
}

fn print(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "loiter-demo: agent listening on {address}")?;
    stdout.flush()
}
