//! How long the agent takes to look at every task, as it says itself.

use std::net::SocketAddr;

use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tokio::runtime;
use tonic::transport::Endpoint;

/// Answers that are asked for; the median counts.
const ANSWERS: usize = 5;

/// The scan time in nanoseconds of a query like the UI's.
pub(crate) fn time(agent: SocketAddr) -> u64 {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut scans = runtime.block_on(scans(agent));
    scans.sort_unstable();
    scans[ANSWERS / 2]
}

async fn scans(agent: SocketAddr) -> Vec<u64> {
    let endpoint = Endpoint::from_shared(format!("http://{agent}")).expect("an address");
    let channel = endpoint.connect().await.expect("the agent listens");
    let mut client = LoiterClient::new(channel);
    let request = v1::WatchTasksRequest {
        query: Some(v1::Query {
            limit: 40,
            ..v1::Query::default()
        }),
        interval_ms: 0,
    };
    let mut updates = client
        .watch_tasks(request)
        .await
        .expect("the agent answers")
        .into_inner();
    let mut scans = Vec::new();
    while scans.len() < ANSWERS {
        let update = updates.message().await.expect("an update");
        let update = update.expect("a stream without an end");
        scans.push(update.overview.unwrap_or_default().scan_ns);
    }
    scans
}
