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
//! # Which tasks it sees
//! Those that are spawned through this crate: [`spawn`], [`spawn_local`], [`spawn_blocking`],
//! [`task::Builder`], [`JoinSet`], [`Executor`] and [`FutureExt::watched`] stand in for tokio's
//! functions and need no compiler flag.
//!
//! ```no_run
//! # async fn next_job() {}
//! # async fn example() {
//! loiter::spawn(async {
//!     loop {
//!         next_job().await;
//!     }
//! });
//! # }
//! ```
//!
//! In a program that is built with `RUSTFLAGS="--cfg tokio_unstable"` (or the same in
//! `.cargo/config.toml`), tokio tells of every task, those of libraries included. How much it
//! sees, the UI says.
//!
//! # What tasks wait on
//! A task that was spawned through this crate can be asked what it waits on, and at which line:
//! it is polled once more with a waker that notes where it is cloned. By default each task is
//! asked once when it becomes blocked; see [`CaptureStacks`]. Release builds need
//! `debug = "line-tables-only"` in their profile for the lines.
//!
//! # What is wrong
//! The agent looks for tasks that are leaked or stuck, about once a second, and says so: with an
//! event of `tracing` for each finding, with its cause and its cure, to a function given to
//! [`Builder::on_finding`], and in the stream [`findings`]. Tasks that wait by design keep silent
//! after [`task::Builder::expect_idle`] or [`Builder::allow`].
//!
//! # With a tracing subscriber
//! Tokio tells of every task through `tracing`, and a process has one global subscriber. So the
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
//! # Clients
//! The agent listens on 127.0.0.1:6669 and on a Unix socket that only this user can connect to, for
//! `loiter` and, with the feature `console` (on by default), for stock `tokio-console` with its plain
//! command. The feature `grpc-web` lets browsers in, `vsock` a virtual machine's host or guests:
//! see [`Builder`].
//!
//! # With monitoring
//! With the feature `metrics` the agent's port serves figures for Prometheus at `/metrics`, with
//! `pprof` profiles of the tasks at `/debug/pprof/goroutine` and `/debug/pprof/goroutineleak`, as
//! Go has of its goroutines. Both are made only when somebody asks for them.
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
pub mod finding;
#[doc(hidden)]
pub mod inspect;
mod notice;
mod publish;
mod recording;
mod resources;
mod runtimes;
mod serve;
mod stacks;
mod symbols;
mod sync;
mod table;
pub mod task;
mod text;
mod thread;

pub use agent::Agent;
pub use builder::{Builder, CaptureStacks, ENV, EnvVar, InitError};
pub use finding::findings;
pub use loiter_model::Lint;
pub use task::{Executor, FutureExt, JoinSet, scope, spawn, spawn_blocking, spawn_local};

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
