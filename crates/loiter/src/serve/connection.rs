//! One connection: HTTP/2 with limits.

use std::{
    convert::Infallible,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::{Request, Response, body::Incoming, server::conn::http2, service::Service};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use loiter_wire::v1::loiter_server::LoiterServer;
use tokio::{net::TcpStream, time};
use tonic::body::Body;

use super::{MOST_STREAMS_EACH, service};

/// The service behind every connection.
pub(super) type Grpc = LoiterServer<service::Service>;

/// Until its first request; whoever needs longer is not a client.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// How often a silent peer is asked whether it is there, and how long it has for the answer.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// Bytes of a request's headers.
const LONGEST_HEADERS: u32 = 16 * 1024;
/// Bytes that are held for a peer that does not read.
const SEND_BUFFER: usize = 256 * 1024;

/// Serves a connection to its end. Errors are the peer's: garbage, a reset, silence.
pub(super) async fn serve(stream: TcpStream, service: Grpc) {
    // Updates are small and somebody waits for them.
    let _ = stream.set_nodelay(true);
    let asked = Arc::new(AtomicBool::new(false));
    let service = NoteFirst {
        asked: asked.clone(),
        inner: TowerToHyperService::new(service),
    };
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1)
        .max_concurrent_streams(MOST_STREAMS_EACH)
        .max_header_list_size(LONGEST_HEADERS)
        .max_send_buf_size(SEND_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let early = time::timeout(FIRST_REQUEST, connection.as_mut()).await;
    if early.is_err() && asked.load(Relaxed) {
        let _ = connection.await;
    }
}

/// Notes that a request has come.
struct NoteFirst {
    asked: Arc<AtomicBool>,
    inner: TowerToHyperService<Grpc>,
}

impl Service<Request<Incoming>> for NoteFirst {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.asked.store(true, Relaxed);
        Answer(Box::pin(self.inner.call(request)))
    }
}

/// The answer to come.
struct Answer(Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>);

impl Future for Answer {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}
