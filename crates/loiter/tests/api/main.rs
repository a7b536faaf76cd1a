//! Every public item, used: a program that is compiled and run with the agent and without it, so
//! that one written for the one stays good with the other.
//!
//! `cargo test -p loiter --test api`, the same with `--all-features`, and with
//! `--no-default-features`. [`covered`] finds what is not used here yet.
#![cfg(not(loom))]

mod covered;
mod findings;
mod setup;
mod spawning;
mod words;

use std::sync::Once;

/// Starts the agent, if there is one; nobody can look in.
fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| loiter::Builder::new().listen_nowhere().init());
}
