//! The agent's doors: gRPC over HTTP/2, for clients that may be gone, slow or hostile.

mod client;
mod connection;
#[cfg(feature = "console")]
mod console;
mod door;
#[cfg(feature = "metrics")]
mod metrics;
mod pace;
#[cfg(any(feature = "metrics", feature = "pprof"))]
mod plain;
#[cfg(feature = "pprof")]
mod pprof;
mod route;
mod service;
#[cfg(any(feature = "metrics", feature = "pprof"))]
mod shared;
mod stream;
mod watch_events;
mod watch_findings;
mod watch_resources;
mod watch_task;
mod watch_tasks;
#[cfg(feature = "grpc-web")]
mod web;

use std::{sync::Arc, time::Duration};

use crate::{
    agent::Core,
    publish::{Answers, Looks, Pump},
};

/// Connections at a time; further ones are closed at once.
const MOST_CONNECTIONS: usize = 32;
/// Streams at a time over all connections; further ones are told RESOURCE_EXHAUSTED.
const MOST_STREAMS: usize = 64;
/// Streams at a time of one connection.
const MOST_STREAMS_EACH: u32 = 32;
/// Bytes of a request: a filter is bounded, so a request is.
const LONGEST_REQUEST: usize = 64 * 1024;
/// Rows of an answer.
const MOST_ROWS: u64 = 10_000;
/// The shortest interval between two answers.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);
/// The longest one: whoever wants to know less often asks again.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Serves for ever.
pub(crate) async fn run(
    core: Arc<Core>,
    answers: Arc<Answers>,
    looks: Arc<Looks>,
    pump: Arc<Pump>,
) {
    let routes = route::Routes::new(&core, answers, looks, pump);
    door::run(core, routes).await;
}
