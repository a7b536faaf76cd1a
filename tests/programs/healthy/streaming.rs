//! A tonic server whose clients listen to streams: some end and come again, one hears nothing
//! for long.

use std::{io, net::SocketAddr, pin::Pin, time::Duration};

use loiter_wire::v1::{
    self,
    loiter_client::LoiterClient,
    loiter_server::{Loiter, LoiterServer},
};
use tokio::{net::TcpListener, sync::mpsc, time};
use tokio_stream::{
    Stream, StreamExt,
    wrappers::{ReceiverStream, TcpListenerStream},
};
use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint, Server},
};

use crate::{pause, spawn};

type Updates<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Any service with streams does.
struct Ticks;

pub(super) async fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    for number in 0..4 {
        spawn("client", listen(server, number));
    }
    spawn("patient-client", wait(server));
    Server::builder()
        .add_service(LoiterServer::new(Ticks))
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

#[tonic::async_trait]
impl Loiter for Ticks {
    type WatchTasksStream = Updates<v1::TasksUpdate>;
    type WatchTaskStream = Updates<v1::TaskDetail>;
    type WatchEventsStream = Updates<v1::EventBatch>;
    type WatchFindingsStream = Updates<v1::FindingsUpdate>;

    async fn watch_tasks(
        &self,
        request: Request<v1::WatchTasksRequest>,
    ) -> Result<Response<Self::WatchTasksStream>, Status> {
        let every = Duration::from_millis(u64::from(request.into_inner().interval_ms));
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
        Ok(Response::new(Box::pin(ReceiverStream::new(ticks))))
    }

    async fn get_target(
        &self,
        _: Request<v1::GetTargetRequest>,
    ) -> Result<Response<v1::Target>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn watch_task(
        &self,
        _: Request<v1::WatchTaskRequest>,
    ) -> Result<Response<Self::WatchTaskStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn watch_events(
        &self,
        _: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn watch_findings(
        &self,
        _: Request<v1::WatchFindingsRequest>,
    ) -> Result<Response<Self::WatchFindingsStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn capture_stacks(
        &self,
        _: Request<v1::CaptureStacksRequest>,
    ) -> Result<Response<v1::CaptureStacksReply>, Status> {
        Err(Status::unimplemented(""))
    }
}
