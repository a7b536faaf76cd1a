//! The agent's doors: gRPC over HTTP/2, for clients that may be gone, slow or hostile.

mod body;
mod budget;
mod client;
mod connection;
#[cfg(feature = "console")]
mod console;
mod door;
mod guard;
mod intake;
mod learnt;
#[cfg(feature = "metrics")]
mod metrics;
mod pace;
mod pages;
mod places;
#[cfg(any(feature = "metrics", feature = "pprof"))]
mod plain;
#[cfg(feature = "pprof")]
mod pprof;
mod refused;
mod route;
mod service;
#[cfg(any(feature = "metrics", feature = "pprof"))]
mod shared;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod watch_events;
mod watch_findings;
mod watch_resources;
mod watch_task;
mod watch_tasks;
#[cfg(feature = "grpc-web")]
mod web;

#[cfg(unix)]
pub(crate) use door::own_user;
#[cfg(all(feature = "tls", feature = "otlp"))]
pub(crate) use tls::provider as crypto;

use std::{sync::Arc, time::Duration};

use guard::Guard;

use crate::{
    agent::Core,
    publish::{Answers, Looks, Pump},
    upkeep::{self, Part},
};

/// Requests and streams at a time of one connection: further ones wait with the client.
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
    let guard = Guard::new(core.clone());
    let keys = guard.clone();
    let keep_keys = move || keys.clone().keep_keys();
    tokio::spawn(upkeep::keep(Part::Keys, keep_keys));
    let record = guard.clone();
    let keep_record = move || record.clone().keep_record();
    tokio::spawn(upkeep::keep(Part::Audit, keep_record));
    let routes = route::Routes::new(&core, answers, looks, pump);
    door::run(core, routes, guard).await;
}
