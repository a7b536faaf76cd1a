//! Programs with an agent, and clients that look at them.

mod client;
mod program;

use std::{
    net::{SocketAddr, TcpListener},
    time::{Duration, Instant},
};

use loiter::Builder;

pub(crate) use client::{Client, connect, message, query, update_where};
#[allow(unused_imports, reason = "not every test hands its cues on")]
pub(crate) use program::Cues;
pub(crate) use program::Program;

/// How long anything may take. Far more than it does: only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Starts an agent on a free port and tells the test where.
pub(crate) fn listen(builder: Builder) {
    let agent = builder
        .listen(([127, 0, 0, 1], 0))
        .try_init()
        .expect("the agent starts");
    let address = agent.wait_listening(PATIENCE).expect("it listens");
    program::tell_address(address);
}

/// A loopback address whose port was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("loopback has a free port")
}

/// Asks again and again until there is an answer.
pub(crate) async fn wait_until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
