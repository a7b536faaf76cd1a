//! The agent's port: gRPC over HTTP/2, for clients that may be gone, slow or hostile.

mod client;
mod connection;
mod listen;
mod pace;
mod service;
mod watch_events;
mod watch_findings;
mod watch_task;
mod watch_tasks;

use std::{future, sync::Arc, time::Duration};

use loiter_wire::v1::loiter_server::LoiterServer;

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

/// Serves for ever, unless it is to listen nowhere.
pub(crate) async fn run(
    core: Arc<Core>,
    answers: Arc<Answers>,
    looks: Arc<Looks>,
    pump: Arc<Pump>,
) {
    let Some(address) = core.config.listen else {
        return future::pending().await;
    };
    let service = service::Service::new(core.clone(), answers, looks, pump);
    let service = LoiterServer::new(service).max_decoding_message_size(LONGEST_REQUEST);
    listen::run(&core, address, service).await;
}
