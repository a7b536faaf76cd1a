//! One connection: HTTP with limits.

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

use hyper::{Request, Response, body::Incoming, service::Service};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time,
};
use tonic::body::Body;

use super::{MOST_STREAMS_EACH, route::Routes};

/// What a request meets first.
#[cfg(not(feature = "grpc-web"))]
type First = Routes;
#[cfg(feature = "grpc-web")]
type First = super::web::Gate;

/// Until its first request; whoever needs longer is not a client.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// How often a silent peer is asked whether it is there, and how long it has for the answer.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// Bytes of a request's headers.
const LONGEST_HEADERS: u32 = 16 * 1024;
/// Bytes that are held for a peer that does not read.
const SEND_BUFFER: usize = 256 * 1024;

/// Sets the limits of HTTP/2: the two builders that have them share no type.
macro_rules! limited {
    ($http:expr) => {
        $http
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEP_ALIVE.0)
            .keep_alive_timeout(KEEP_ALIVE.1)
            .max_concurrent_streams(MOST_STREAMS_EACH)
            .max_header_list_size(LONGEST_HEADERS)
            .max_send_buf_size(SEND_BUFFER)
    };
}

/// Serves a connection to its end. Errors are the peer's: garbage, a reset, silence.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Routes,
) {
    #[cfg(not(feature = "grpc-web"))]
    let first = routes;
    #[cfg(feature = "grpc-web")]
    let first = super::web::Gate::before(routes);
    let asked = Arc::new(AtomicBool::new(false));
    let service = NoteFirst {
        asked: asked.clone(),
        inner: TowerToHyperService::new(first),
    };
    let mut connection = pin!(speak(TokioIo::new(stream), service));
    let early = time::timeout(FIRST_REQUEST, connection.as_mut()).await;
    if early.is_err() && asked.load(Relaxed) {
        connection.await;
    }
}

/// Speaks HTTP/2.
#[cfg(not(feature = "http1"))]
async fn speak<S: AsyncRead + AsyncWrite + Unpin + 'static>(io: TokioIo<S>, service: NoteFirst) {
    let mut http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let _ = limited!(http).serve_connection(io, service).await;
}

/// Speaks HTTP/2, or HTTP/1.1 with browsers and scrapers, which speak no other without
/// encryption.
#[cfg(feature = "http1")]
async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    io: TokioIo<S>,
    service: NoteFirst,
) {
    let mut http = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    limited!(http.http2());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(FIRST_REQUEST)
        .max_buf_size(LONGEST_HEADERS as usize);
    let _ = http.serve_connection(io, service).await;
}

/// Notes that a request has come.
struct NoteFirst {
    asked: Arc<AtomicBool>,
    inner: TowerToHyperService<First>,
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
