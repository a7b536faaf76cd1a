//! A tonic server whose clients listen to streams: some end and come again, one hears nothing
//! for long.

use std::{io, net::SocketAddr, time::Duration};

use loiter_tests::{FakeAgent, Updates};
use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tokio::{net::TcpListener, sync::mpsc, time};
use tokio_stream::{
    StreamExt,
    wrappers::{ReceiverStream, TcpListenerStream},
};
use tonic::transport::{Channel, Endpoint, Server};

use crate::{pause, spawn};

pub(super) async fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    for number in 0..4 {
        spawn("client", listen(server, number));
    }
    spawn("patient-client", wait(server));
    // Any service with streams does.
    let service = FakeAgent::streaming(tick).service();
    Server::builder()
        .add_service(service)
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await
        .map_err(io::Error::other)
}

async fn connect(server: SocketAddr) -> io::Result<LoiterClient<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{server}")).map_err(io::Error::other)?;
    let channel = endpoint.connect().await.map_err(io::Error::other)?;
    Ok(LoiterClient::new(channel))
}

/// Listens for some ticks at a time, over one connection.
async fn listen(server: SocketAddr, number: u64) -> io::Result<()> {
    let mut client = connect(server).await?;
    for round in 0.. {
        let request = v1::WatchTasksRequest {
            interval_ms: 20 + number as u32,
            ..Default::default()
        };
        let ticks = client
            .watch_tasks(request)
            .await
            .map_err(io::Error::other)?;
        let mut ticks = ticks.into_inner().take(30);
        while ticks.next().await.is_some() {}
        pause(number + round).await;
    }
    Ok(())
}

/// Hears nothing for an hour.
async fn wait(server: SocketAddr) -> io::Result<()> {
    let mut client = connect(server).await?;
    let request = v1::WatchTasksRequest {
        interval_ms: 3_600_000,
        ..Default::default()
    };
    let ticks = client
        .watch_tasks(request)
        .await
        .map_err(io::Error::other)?;
    let mut ticks = ticks.into_inner();
    while ticks.next().await.is_some() {}
    Ok(())
}

/// Ticks at the pace that is asked for.
fn tick(request: v1::WatchTasksRequest) -> Updates<v1::TasksUpdate> {
    let every = Duration::from_millis(u64::from(request.interval_ms));
    let (sender, ticks) = mpsc::channel(4);
    spawn("ticker", async move {
        let mut interval = time::interval(every);
        loop {
            interval.tick().await;
            let tick = Ok(v1::TasksUpdate::default());
            tokio::select! {
                sent = sender.send(tick) => if sent.is_err() { return },
                () = sender.closed() => return,
            }
        }
    });
    Box::pin(ReceiverStream::new(ticks))
}
