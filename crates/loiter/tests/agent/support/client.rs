//! A client of the agent.

use std::net::SocketAddr;

use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tokio::time::timeout;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

use super::{PATIENCE, wait_until};

pub(crate) type Client = LoiterClient<Channel>;

/// Connects, and waits until somebody listens.
pub(crate) async fn connect(address: SocketAddr) -> Client {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let channel = wait_until("a connection", async || endpoint.connect().await.ok()).await;
    LoiterClient::new(channel)
}

/// Asks for the first thousand rows that a filter lets through, every 50 ms.
pub(crate) fn query(filter: &str) -> v1::WatchTasksRequest {
    v1::WatchTasksRequest {
        query: Some(v1::Query {
            filter: filter.to_owned(),
            limit: 1000,
            ..v1::Query::default()
        }),
        interval_ms: 50,
    }
}

/// The first update that is so.
pub(crate) async fn update_where(
    client: &mut Client,
    request: v1::WatchTasksRequest,
    mut is_so: impl FnMut(&v1::TasksUpdate) -> bool,
) -> v1::TasksUpdate {
    let stream = client.watch_tasks(request).await;
    let mut updates = stream.expect("the query is answered").into_inner();
    let mut last = None;
    let found = timeout(PATIENCE, async {
        loop {
            let update = message(&mut updates)
                .await
                .expect("a stream without an end");
            if is_so(&update) {
                return update;
            }
            last = Some(update);
        }
    });
    let found = found.await;
    found.unwrap_or_else(|_| panic!("no such update; the last one is {last:?}"))
}

/// The next message of a stream, `None` at its end.
pub(crate) async fn message<T>(stream: &mut Streaming<T>) -> Option<T> {
    timeout(PATIENCE, stream.message())
        .await
        .expect("a message in time")
        .expect("no error")
}
