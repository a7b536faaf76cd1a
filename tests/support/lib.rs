//! What the end-to-end tests are made of: real processes, sockets and terminals, and patience.
//!
//! Nothing here sleeps to let something happen: everything waits for a condition, for as long as
//! a loaded machine may need ([`PATIENCE`]), and shows what it saw instead when it does not come.

mod fake;
mod http;
mod installed;
mod loiter;
pub mod parity;
mod peer;
mod process;
mod program;
pub mod readme;
mod received;
pub mod scenarios;
mod server;
pub mod siege;
pub mod soak;
mod terminal;
mod wait;

pub use fake::{FakeAgent, FakeServer, Updates};
pub use http::get;
pub use installed::installed;
pub use loiter::{Finished, Loiter};
pub use peer::{TOKIO_CONSOLE, tokio_console, tokio_console_terminal};
#[cfg(unix)]
pub use process::cpu_seconds;
pub use process::memory_kib;
pub use program::{Program, hang_up, interrupt, kill_now, terminate};
pub use server::Server;
pub use terminal::Terminal;
pub use wait::{PATIENCE, Watched, wait_until};

/// A loopback address whose port was free a moment ago, for programs that must be told one.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_address() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("loopback has a free port")
}
