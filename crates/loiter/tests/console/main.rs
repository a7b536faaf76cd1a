//! The agent as tokio-console meets it: with the client that tokio-console is built on, and by the
//! rules by which it takes in what it is told.
//!
//! As in the agent's other tests, each program runs in a child process: a process has one agent.
//! Tasks are spawned through loiter, so that all of this holds without flags, too.
#![cfg(all(feature = "console", not(loom)))]

mod client;
mod details;
mod doors;
mod many;
mod pause;
#[cfg(tokio_unstable)]
mod resources;
#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;
mod tasks;
