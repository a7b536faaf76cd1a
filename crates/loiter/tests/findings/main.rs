//! What the agent finds wrong, and how the program and its clients learn of it.
//!
//! As in the agent's other tests, each program runs in a child process: a process has one agent.
#![cfg(all(feature = "agent", not(loom)))]

mod in_place;
mod inspect;
mod joins;
mod lost_wakeup;
mod options;
mod report;
#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;
mod watch;
