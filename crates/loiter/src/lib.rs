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
//! # Beyond this machine
//! Whoever reaches the agent's port can look into the program. So it is open to this machine only,
//! unless it is guarded: an address beyond loopback ([`Builder::listen`], `LOITER_LISTEN`) is an
//! error as long as the port does not speak TLS and does not ask who comes. Often the port need not
//! be opened at all: `ssh -L 6669:127.0.0.1:6669 HOST` and `kubectl port-forward POD 6669` lead to
//! it as it is.
//!
//! To open it, the feature `tls-ring` or `tls-aws-lc` (which library does the cryptography), and
//! files, named in the environment or with [`Builder`]:
//!
//! ```sh
//! LOITER_LISTEN=0.0.0.0:6669
//! LOITER_TLS_CERT=/etc/loiter/cert.pem    # Builder::tls
//! LOITER_TLS_KEY=/etc/loiter/key.pem
//! LOITER_TLS_CLIENT_CA=/etc/loiter/ca.pem # Builder::client_ca: who has a certificate of this CA …
//! LOITER_TOKEN_FILE=/etc/loiter/tokens    # Builder::token_file: … and, or, who has such a token
//! LOITER_READ_TOKEN_FILE=/etc/loiter/read # Builder::read_token_file: the same, only to look
//! ```
//!
//! Then `loiter https://HOST:6669 --ca ca.pem`, with `--cert` and `--key`, or with `--token-file`.
//! What is set up is asked for: with a CA of clients, nobody comes in without a certificate; with
//! tokens, nobody is answered without one, in `authorization: Bearer TOKEN`, be it gRPC, `/metrics`
//! or a profile; with both, both are needed. A token also says what its holder may: look, or probe
//! as well, which is to have tasks polled to find out what they wait on. Holders of certificates may
//! do both, unless there are tokens. A token guards the port on loopback, too, as other users of
//! this machine can reach it; beyond loopback it is of use only with TLS.
//!
//! The files are looked at once a second, and credentials that change count from then on, without a
//! restart. Whoever is there with one that is good no more has to go; a file that is no good changes
//! nothing but for a warning. While one is no good at the start, the port stays closed.
//!
//! On the **Unix socket** there are neither certificates nor tokens. It is for the user whose program
//! this is, who could look into it with a debugger as well: the permissions of the socket and of its
//! folder say so, and the agent turns away whoever the system says is another user, root excepted.
//!
//! Who came in and who did not is told to the program's tracing subscriber, with events of target
//! `loiter::audit`: an info for each client that attached, by what it showed of itself, a warning
//! for each that was refused, and why; 60 a minute of either, and how many more there were. Tokens
//! and keys are never shown, neither there nor in warnings nor in `Debug`. No client, be it an
//! address, a certificate or a token, may take more than 64 connections and 128 streams; TLS has to
//! begin within five seconds, for eight clients at a time.
//!
//! What clients should not be told at all, [`Builder::redact`] keeps from everybody.
//!
//! # With monitoring
//! With the feature `metrics` the agent's port serves figures for Prometheus at `/metrics`, with
//! `pprof` profiles of the tasks at `/debug/pprof/goroutine` and `/debug/pprof/goroutineleak`, as
//! Go has of its goroutines. Both are made only when somebody asks for them.
//!
//! With `otlp` the agent sends those figures, and what changes about its findings, to a collector of
//! OpenTelemetry: see [`Builder`].
//!
//! # Without the agent
//! With `default-features = false`, and without the feature `agent`, all of this crate's items are
//! there and do nothing: [`spawn`] and its kin are tokio's own functions, [`init`] installs the
//! tracing subscriber that it is given and no other, nothing is read from the environment or
//! checked, and [`findings`] never tells of anything. There is no thread and no port, and the
//! dependencies of the agent are not built. What [`Builder`] has for a feature it has then, too, so
//! that a program need not say twice what it sets up.
//!
//! # What it costs
//! A spawn, a poll and a wake write a few words into the task's slot of 192 bytes: no lock, no
//! allocation, no system call. All else happens on the agent's own thread. `cargo bench -p
//! loiter --bench overhead` measures it beside bare tokio and console-subscriber.
//!
//! # What it promises
//! It never panics into the program, never blocks a worker, bounds its memory, and never fails
//! the program's start: a busy port is a warning and is tried again.
//!
//! A part of the agent that panics is a bug of it: the log says so once, and the part begins again.
//! The program's panic hook is not called for that, as many a hook ends the process: the agent's own
//! stands before the one that was set before the agent was started. In a program that is built with
//! `panic = "abort"` nothing of this can be done.

#[cfg(test)]
extern crate self as loiter;

mod agent;
#[cfg(feature = "agent")]
mod aside;
mod builder;
#[cfg(feature = "agent")]
mod capture;
#[cfg(feature = "agent")]
mod clock;
#[cfg(feature = "agent")]
mod events;
#[cfg(feature = "agent")]
mod file;
pub mod finding;
#[cfg(feature = "agent")]
#[doc(hidden)]
pub mod inspect;
#[cfg(feature = "agent")]
mod notice;
#[cfg(not(feature = "agent"))]
mod off;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "agent")]
mod publish;
#[cfg(feature = "agent")]
mod recording;
#[cfg(feature = "agent")]
mod redact;
#[cfg(feature = "agent")]
mod resources;
#[cfg(feature = "agent")]
mod runtimes;
#[cfg(feature = "agent")]
mod serve;
#[cfg(feature = "agent")]
mod stacks;
#[cfg(feature = "agent")]
mod stretch;
#[cfg(feature = "agent")]
mod symbols;
#[cfg(feature = "agent")]
mod sync;
#[cfg(feature = "agent")]
mod table;
pub mod task;
#[cfg(feature = "agent")]
mod text;
#[cfg(feature = "agent")]
mod thread;
#[cfg(feature = "agent")]
mod upkeep;

pub use agent::Agent;
pub use builder::{Builder, CaptureStacks, ENV, EnvVar, InitError, Redact};
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
