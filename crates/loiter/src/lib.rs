//! The loiter agent: lets the `loiter` terminal UI see which Tokio tasks of this program stand
//! around (blocked, starved, spinning or leaked) and where they were spawned, while it runs.
//!
//! ```no_run
//! #[tokio::main]
//! async fn main() {
//!     loiter::init();
//!     // ... the service ...
//! }
//! ```
//!
//! Then `loiter` in a terminal on the same machine shows the program's tasks.
//!
//! # What it needs
//! The program must be built with `RUSTFLAGS="--cfg tokio_unstable"` (or the same in
//! `.cargo/config.toml`): only then does tokio tell of its tasks. Without it the agent compiles
//! and runs all the same, and tells the UI that it sees nothing, and why.
//!
//! # With a tracing subscriber
//! Tokio tells of its tasks through `tracing`, and a process has one global subscriber. So the
//! application's own must be handed over instead of being installed:
//!
//! ```
//! # mod tracing_subscriber { pub fn registry() -> impl tracing_core::Subscriber { tracing_core::subscriber::NoSubscriber::new() } }
//! let subscriber = tracing_subscriber::registry(); // with layers, filters, ...
//! loiter::Builder::new().with_subscriber(subscriber).init();
//! ```
//!
//! Its layers see exactly what they would see without the agent, but for tokio's own task
//! spans, which the agent keeps to itself.
//!
//! # What it costs
//! A spawn, a poll and a wake write a few words into the task's slot of 192 bytes: no lock, no
//! allocation, no system call. All else happens on the agent's own thread. `cargo bench -p
//! loiter --bench overhead` measures it beside bare tokio and console-subscriber.
//!
//! # What it promises
//! It never panics into the program, never blocks a worker, bounds its memory, and never fails
//! the program's start: a busy port is a warning and is tried again.

mod agent;
mod builder;
mod capture;
mod clock;
mod events;
mod notice;
mod publish;
mod recording;
mod runtimes;
mod serve;
mod stacks;
mod sync;
mod table;
pub mod task;
mod text;
mod thread;

pub use agent::Agent;
pub use builder::{Builder, CaptureStacks, ENV, EnvVar, InitError};
pub use task::{Executor, FutureExt, JoinSet, spawn, spawn_blocking, spawn_local};

/// Starts the agent with its defaults and what the environment says ([`ENV`]).
///
/// Never fails and never panics: what is wrong is said in a warning, through the program's
/// tracing subscriber if it has one, else on stderr, and the program runs on. Call it first
/// thing in `main`: tasks spawned earlier stay invisible.
///
/// The first call may take up to 200 ms: the CPU's time stamp counter is calibrated.
///
/// To hand over a tracing subscriber or to change a default, use [`Builder`].
pub fn init() {
    Builder::new().init();
}
