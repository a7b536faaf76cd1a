//! Correct programs under load: nothing is said of them.

use std::{process::Command, time::Duration};

use loiter_model::Nanos;
use loiter_tests::{Loiter, PATIENCE, Program};

use crate::LOITER;

/// How long each is looked at. Ten minutes are asked for with `LOITER_HEALTHY_FOR=10m`.
const SHORT: &str = "25s";

/// Looks at a program and fails on whatever is said of it, however unsure.
fn nothing_is_said_of(name: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthy"));
    command.arg(name);
    let program = Program::start(command);
    let long = std::env::var("LOITER_HEALTHY_FOR").unwrap_or_else(|_| SHORT.to_owned());
    let time: Nanos = long.parse().expect("a duration such as `10m`");
    let args = ["check", &program.address(), "--for", &long];
    let command = LOITER.command(&[&args[..], &["--fail-on", "watch"]].concat());
    let finished = Loiter::finish_within(Duration::from(time) + PATIENCE, command);
    assert_eq!(
        finished.code,
        Some(0),
        "{}\n{}",
        finished.stdout,
        finished.stderr
    );
}

#[test]
fn of_an_axum_server_with_keep_alive() {
    nothing_is_said_of("axum");
}

#[test]
fn of_a_chat_over_a_broadcast() {
    nothing_is_said_of("chat");
}

#[test]
fn of_a_connection_pool() {
    nothing_is_said_of("pool");
}

#[test]
fn of_publish_and_subscribe() {
    nothing_is_said_of("pubsub");
}

#[test]
fn of_a_tonic_server_with_streams() {
    nothing_is_said_of("streaming");
}
