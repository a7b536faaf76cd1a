//! One request to the collector: a connection of its own, as there is one a minute.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time,
};

use super::health::{Health, News};
use crate::{agent::Core, builder::Endpoint, notice};

/// From the first step until the whole answer is there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const LONGEST_ANSWER: usize = 64 * 1024;
const PROTOBUF: &str = "application/x-protobuf";

/// Where requests of one kind go.
pub(super) struct Collector {
    core: Arc<Core>,
    endpoint: Endpoint,
    path: String,
    health: Mutex<Health>,
}

/// Why something was not taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may be another time. `wait`: as it was asked for.
    Away { why: String, wait: Option<Duration> },
    /// It never will.
    Refused(String),
}

impl Failure {
    fn away(why: impl ToString) -> Self {
        Self::Away {
            why: why.to_string(),
            wait: None,
        }
    }
}

impl Collector {
    /// `kind`: the path of these requests. `None` if nothing is to be sent.
    pub(super) fn of(core: &Arc<Core>, kind: &str) -> Option<Self> {
        let endpoint = core.config.otlp.target()?.clone();
        Some(Self {
            core: core.clone(),
            path: format!("{}{kind}", endpoint.base),
            endpoint,
            health: Mutex::default(),
        })
    }

    /// Sends a message; what comes is the answer's.
    pub(super) async fn send(&self, message: Vec<u8>) -> Result<Bytes, Failure> {
        match time::timeout(PATIENCE, self.exchange(message)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::away(format!(
                "no answer within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// Says what is new about what became of it. `rejected`: how much of it an answer says was not
    /// taken, and why.
    pub(super) fn note(
        &self,
        answer: Result<Bytes, Failure>,
        rejected: impl FnOnce(&[u8]) -> Option<(i64, String)>,
    ) {
        let wrong = match answer {
            Ok(answer) => rejected(&answer)
                .filter(|(count, _)| *count > 0)
                .map(|(count, why)| format!("{count} of what it was sent it did not take: {why}")),
            Err(Failure::Away { why, .. }) => Some(format!("{why}; it is tried again, silently")),
            Err(Failure::Refused(why)) => Some(why),
        };
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let news = health.note(wrong.is_none());
        drop(health);
        let through_tracing = self.core.through_tracing;
        let Self { endpoint, path, .. } = self;
        let place = format!("{}:{}{path}", endpoint.host, endpoint.port);
        match (news, wrong) {
            (Some(News::Ill), Some(wrong)) => {
                let message = format!("the OpenTelemetry collector at {place}: {wrong}");
                notice::warn(through_tracing, &message);
            }
            (Some(News::WellAgain), _) => {
                let message =
                    format!("the OpenTelemetry collector at {place} takes what it is sent");
                notice::info(through_tracing, &message);
            }
            _ => {}
        }
    }

    async fn exchange(&self, message: Vec<u8>) -> Result<Bytes, Failure> {
        let Endpoint { host, port, .. } = &self.endpoint;
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((name, *port))
            .await
            .map_err(Failure::away)?;
        if !self.endpoint.encrypted {
            return self.ask(stream, message).await;
        }
        #[cfg(feature = "tls")]
        {
            let ca = self.core.config.otlp.certificate.clone();
            let stream = super::tls::begin(name, ca, stream)
                .await
                .map_err(Failure::away)?;
            self.ask(stream, message).await
        }
        #[cfg(not(feature = "tls"))]
        Err(Failure::Refused("TLS is not built in".to_owned()))
    }

    async fn ask<S>(&self, stream: S, message: Vec<u8>) -> Result<Bytes, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(Failure::away)?;
        let request = self
            .request(message)
            .map_err(|error| Failure::Refused(error.to_string()))?;
        let answered = async {
            let response = sender.send_request(request).await.map_err(Failure::away)?;
            read(response).await
        };
        // The connection is driven here, and ends with this.
        let mut connection = pin!(connection);
        let mut answered = pin!(answered);
        let mut is_open = true;
        poll_fn(|context| {
            let answer = answered.as_mut().poll(context);
            if answer.is_ready() || !is_open {
                return answer;
            }
            match connection.as_mut().poll(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Err(error)) => Poll::Ready(Err(Failure::away(error))),
                Poll::Ready(Ok(())) => {
                    is_open = false;
                    answered.as_mut().poll(context)
                }
            }
        })
        .await
    }

    fn request(&self, message: Vec<u8>) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let Endpoint { host, port, .. } = &self.endpoint;
        let mut request = Request::post(&self.path)
            .header(HOST, format!("{host}:{port}"))
            .header(CONTENT_TYPE, PROTOBUF)
            .header(USER_AGENT, concat!("loiter/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &self.core.config.otlp.headers.0 {
            request = request.header(name, value);
        }
        request.body(Full::new(message.into()))
    }
}

/// The answer, or what it says is wrong.
async fn read(response: Response<Incoming>) -> Result<Bytes, Failure> {
    let status = response.status();
    let wait = response.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|wait| Some(Duration::from_secs(wait.to_str().ok()?.parse().ok()?)));
    let body = Limited::new(response.into_body(), LONGEST_ANSWER)
        .collect()
        .await;
    if status.is_success() {
        let body = body.map_err(Failure::away)?;
        return Ok(body.to_bytes());
    }
    let why = format!("it answers {status}");
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Failure::Away { why, wait },
        _ => Failure::Refused(why),
    })
}
