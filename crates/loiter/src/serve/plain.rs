//! What is asked for with a plain GET, by browsers, scrapers and `curl`.

use std::{convert::Infallible, sync::Arc};

use http_body_util::Full;
use hyper::body::Bytes;
use tonic::{
    body::Body,
    codegen::{
        BoxFuture,
        http::{
            HeaderValue, Method, Request, Response, StatusCode,
            header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName},
        },
    },
};

use super::refused::{NO_SNIFF, is_grpc};
use crate::publish::Answers;

const TEXT: &str = "text/plain; charset=utf-8";

/// What there is to be asked for.
#[derive(Clone)]
pub(super) struct Plain {
    #[cfg(feature = "metrics")]
    metrics: Arc<super::metrics::Metrics>,
    #[cfg(feature = "pprof")]
    pprof: Arc<super::pprof::Profiles>,
}

/// What comes back.
pub(super) struct Reply {
    status: StatusCode,
    kind: &'static str,
    /// Beside the type.
    header: Option<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Plain {
    pub(super) fn new(answers: &Arc<Answers>) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            metrics: Arc::new(super::metrics::Metrics::new(answers.clone())),
            #[cfg(feature = "pprof")]
            pprof: Arc::new(super::pprof::Profiles::new(answers.clone())),
        }
    }

    /// The answer to a plain request; `None` for one of gRPC, which is always a POST.
    pub(super) fn answer<B>(
        &self,
        request: &Request<B>,
    ) -> Option<BoxFuture<Response<Body>, Infallible>> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET || is_grpc(request) {
            return None;
        }
        let (this, path) = (self.clone(), request.uri().path().to_owned());
        let query = request.uri().query().unwrap_or_default().to_owned();
        let headers = request.headers().clone();
        Some(Box::pin(async move {
            let reply = match path.as_str() {
                #[cfg(feature = "metrics")]
                "/metrics" => this.metrics.scrape(&headers).await,
                #[cfg(feature = "pprof")]
                "/debug/pprof/goroutine" => this.pprof.goroutine(&query).await,
                #[cfg(feature = "pprof")]
                "/debug/pprof/goroutineleak" => this.pprof.goroutine_leak(&query).await,
                _ => {
                    let _ = (&this, &query, &headers);
                    Reply::text(StatusCode::NOT_FOUND, &not_found(&path))
                }
            };
            Ok(reply.into_response(is_head))
        }))
    }
}

/// Says what there is instead.
fn not_found(path: &str) -> String {
    let there: Vec<_> = [
        ("/metrics", cfg!(feature = "metrics")),
        ("/debug/pprof/goroutine", cfg!(feature = "pprof")),
        ("/debug/pprof/goroutineleak", cfg!(feature = "pprof")),
    ]
    .iter()
    .filter_map(|(path, is_there)| is_there.then_some(*path))
    .collect();
    format!(
        "there is no {path} here, but {}\n\
         the tasks themselves are shown by `loiter`\n",
        there.join(", ")
    )
}

impl Reply {
    /// A good one.
    pub(super) fn of(kind: &'static str, body: Bytes) -> Self {
        Self {
            status: StatusCode::OK,
            kind,
            header: None,
            body,
        }
    }

    /// It was to be made and could not be.
    pub(super) fn failed() -> Self {
        Self::text(StatusCode::INTERNAL_SERVER_ERROR, "it could not be made\n")
    }

    /// One in words.
    pub(super) fn text(status: StatusCode, text: &str) -> Self {
        Self {
            status,
            kind: TEXT,
            header: None,
            body: text.to_owned().into(),
        }
    }

    /// With one header more.
    #[cfg(feature = "pprof")]
    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    /// `is_head`: only what it would be.
    fn into_response(self, is_head: bool) -> Response<Body> {
        let body = match is_head {
            true => Body::empty(),
            false => Body::new(Full::new(self.body)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend([NO_SNIFF]);
        headers.extend(self.header);
        response
    }
}
