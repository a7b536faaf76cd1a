//! What is asked for with a plain GET, by browsers, scrapers and `curl`.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use http_body_util::Full;
use hyper::body::Bytes;
use tonic::{
    body::Body,
    codegen::{
        BoxFuture,
        http::{
            HeaderValue, Method, Request, Response, StatusCode,
            header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, ORIGIN},
            uri::Authority,
        },
    },
};

use crate::publish::Answers;

const TEXT: &str = "text/plain; charset=utf-8";
/// A browser must not guess that it is a page: names of tasks are in it.
const NO_SNIFF: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-content-type-options"),
    HeaderValue::from_static("nosniff"),
);

/// What there is to be asked for.
#[derive(Clone)]
pub(super) struct Plain {
    /// Whatever name a request gives the agent: a page can get nothing out of it.
    any_name: bool,
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
    pub(super) fn new(answers: &Arc<Answers>, any_name: bool) -> Self {
        Self {
            any_name,
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
        // Only browsers send one, for a page that wants to read this. Where pages may, that was
        // looked at before, see `web`.
        if cfg!(not(feature = "grpc-web")) && request.headers().contains_key(ORIGIN) {
            let refused = Reply::text(StatusCode::FORBIDDEN, "not for pages from elsewhere\n");
            return Some(Box::pin(async { Ok(refused.into_response(false)) }));
        }
        // A page from elsewhere may have its own name lead to this machine, and then need not say
        // where it is from.
        if !self.any_name && !is_of_this_machine(&host(request)) {
            let refused = Reply::text(
                StatusCode::MISDIRECTED_REQUEST,
                "this agent listens on its machine only: ask for localhost, or for its address\n",
            );
            return Some(Box::pin(async { Ok(refused.into_response(false)) }));
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

/// Whom the request is for.
fn host<B>(request: &Request<B>) -> String {
    if let Some(host) = request.uri().host() {
        return host.to_owned();
    }
    let named = request.headers().get(HOST);
    let named = named.and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    named.map_or_else(String::new, |named| named.host().to_owned())
}

/// An address of whatever machine, as nobody's name can lead elsewhere then, or one that always
/// means this machine. Nothing, as in HTTP/1.0, is no browser.
fn is_of_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.to_ascii_lowercase();
    host.is_empty()
        || host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok()
}

fn is_grpc<B>(request: &Request<B>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_lead_anywhere_are_not_of_this_machine() {
        for (host, is_of_it) in [
            ("127.0.0.1:6669", true),
            ("[::1]:6669", true),
            ("10.0.0.7", true),
            ("localhost:6669", true),
            ("LOCALHOST", true),
            ("checkout.localhost", true),
            ("evil.example:6669", false),
            ("localhost.example", false),
            ("127.0.0.1.example", false),
        ] {
            let by_header = Request::get("/metrics").header(HOST, host).body(());
            let by_header = by_header.expect("a request");
            let by_uri = Request::get(format!("http://{host}/metrics")).body(());
            let by_uri = by_uri.expect("a request");
            for request in [by_header, by_uri] {
                let named = super::host(&request);
                assert_eq!(is_of_this_machine(&named), is_of_it, "{host}");
            }
        }
        let old = Request::get("/metrics").body(()).expect("a request");
        assert!(is_of_this_machine(&super::host(&old)));
    }
}
