//! The agent as a client meets it: through its port, in a program of its own.
//!
//! A process has one agent at most, so each test has two parts: a program, which runs in a child
//! process, and what a client sees of it. Both stand in the test, see [`support::Program`].
//! Nothing sleeps to let something happen: every wait is for a condition, with a limit.
#![cfg(all(feature = "agent", tokio_unstable, not(loom)))]

mod env;
mod events;
mod init;
mod limits;
mod lints;
mod options;
mod port;
mod resources;
mod support;
mod target;
mod task;
mod tasks;
