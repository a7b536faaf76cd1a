//! One connection: HTTP with limits.

use std::{
    convert::Infallible,
    future::{self, Future},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{Request, Response, StatusCode, body::Incoming, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{self, Instant},
};
use tonic::{Status, body::Body};

#[cfg(feature = "tls")]
use super::tls;
use super::{
    MOST_STREAMS_EACH,
    body::Soon,
    guard::Visitor,
    intake::Intake,
    pages::{Pages, Told},
    places::Guest,
    refused::Words,
    route::Routes,
    stream::unless,
};
use crate::upkeep::{self, Part};

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
/// Bytes of requests that a peer may send before they are read: of one stream, and of all. A
/// request is short.
const WINDOWS: (u32, u32) = (64 * 1024, 128 * 1024);
/// Streams that a peer may reset before they were looked at, and that may be reset for its errors,
/// over the life of a connection. More is an attack.
const MOST_RESETS: (usize, usize) = (20, 64);

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
            .initial_stream_window_size(WINDOWS.0)
            .initial_connection_window_size(WINDOWS.1)
            .max_pending_accept_reset_streams(MOST_RESETS.0)
            .max_local_error_reset_streams(MOST_RESETS.1)
    };
}

/// Serves a connection to its end, or until its place is needed. Errors are the peer's: garbage, a
/// reset, silence.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Routes,
    guest: Arc<Guest>,
    visitor: Visitor,
) {
    let conversation = converse(stream, routes, &guest, visitor);
    let _ = unless(guest.told_to_leave(), conversation).await;
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Routes,
    guest: &Arc<Guest>,
    visitor: Visitor,
) {
    let until = Instant::now() + FIRST_REQUEST;
    let mut stream = Intake::new(stream);
    // Whoever says nothing costs next to nothing: all that follows is set up only then.
    let said = time::timeout_at(until, stream.first()).await;
    if !matches!(said, Ok(Ok(true))) {
        return;
    }
    guest.speak();
    upkeep::may_panic(Part::Connection);
    let answering = async {
        #[cfg(feature = "tls")]
        let Some((stream, visitor)) = tls::greet(stream, visitor).await else {
            return;
        };
        let visitor = Arc::new(visitor);
        let pages = routes.pages.clone();
        #[cfg(not(feature = "grpc-web"))]
        let first = routes;
        #[cfg(feature = "grpc-web")]
        let first = super::web::Gate::before(routes);
        let service = Reception {
            guest: guest.clone(),
            visitor: visitor.clone(),
            pages,
            inner: TowerToHyperService::new(first),
        };
        let conversation = async {
            let mut connection = pin!(speak(TokioIo::new(stream), service));
            let early = time::timeout_at(until, connection.as_mut()).await;
            if early.is_err() && guest.has_asked() {
                connection.await;
            }
        };
        let _ = unless(visitor.revoked(), conversation).await;
    };
    Box::pin(answering).await;
}

/// Speaks HTTP/2.
#[cfg(not(feature = "http1"))]
async fn speak<S: AsyncRead + AsyncWrite + Unpin + 'static>(io: TokioIo<S>, service: Reception) {
    let mut http = hyper::server::conn::http2::Builder::new(Spawn);
    let _ = limited!(http).serve_connection(io, service).await;
}

/// Speaks HTTP/2, or HTTP/1.1 with browsers and scrapers, which speak no other without
/// encryption.
#[cfg(feature = "http1")]
async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    io: TokioIo<S>,
    service: Reception,
) {
    let mut http = hyper_util::server::conn::auto::Builder::new(Spawn);
    limited!(http.http2());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(FIRST_REQUEST)
        .max_buf_size(LONGEST_HEADERS as usize);
    let _ = http.serve_connection(io, service).await;
}

/// Where the requests of a connection are answered, side by side.
#[derive(Clone, Copy)]
struct Spawn;

impl<F> hyper::rt::Executor<F> for Spawn
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        tokio::spawn(upkeep::once(Part::Request, future));
    }
}

/// Lets requests in that may be answered, and for which there is room.
struct Reception {
    guest: Arc<Guest>,
    visitor: Arc<Visitor>,
    pages: Pages,
    inner: TowerToHyperService<First>,
}

impl Service<Request<Incoming>> for Reception {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        // Before anything else that answers.
        match self.pages.answer(&request) {
            None => {}
            #[cfg(feature = "grpc-web")]
            Some(Told::Permission(answer)) => {
                self.guest.tell();
                return Answer::at_once(answer);
            }
            Some(Told::Refusal(stranger, answer)) => {
                self.guest.refuse();
                self.visitor.turn_away(&stranger);
                return Answer::at_once(answer);
            }
        }
        let words = Words::of(&request);
        let client = match self.visitor.admit(&request) {
            Ok(client) => client,
            Err(refusal) => {
                self.guest.refuse();
                return Answer::at_once(refusal.answer(&words));
            }
        };
        request.extensions_mut().insert(client);
        let under_way = match self.guest.ask() {
            Ok(under_way) => under_way,
            Err(full) => {
                let refused = words.refuse(full.status(), StatusCode::SERVICE_UNAVAILABLE);
                return Answer::at_once(refused);
            }
        };
        request.extensions_mut().insert(self.guest.clone());
        let answer = self
            .inner
            .call(request.map(|body| Body::new(Soon::new(body))));
        Answer(Box::pin(async move {
            let answer = async {
                upkeep::may_panic(Part::Request);
                answer.await
            };
            let answered = upkeep::once(Part::Request, answer).await;
            drop(under_way);
            answered.unwrap_or_else(|| {
                let failed = Status::internal("the agent panicked over it, see its log");
                Ok(words.refuse(failed, StatusCode::INTERNAL_SERVER_ERROR))
            })
        }))
    }
}

/// The answer to come.
struct Answer(Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>);

impl Answer {
    fn at_once(answer: Response<Body>) -> Self {
        Self(Box::pin(future::ready(Ok(answer))))
    }
}

impl Future for Answer {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}
