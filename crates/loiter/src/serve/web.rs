//! Browsers: gRPC-Web over HTTP/1.1 and 2, for pages that may.
//!
//! Whatever page a browser shows can send requests to this machine's ports. So a request that says
//! from which page it comes (as a browser's do) is answered only if that page is from this machine
//! itself or from an origin that the program names.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
};

use tonic::{
    body::Body,
    codegen::{
        BoxFuture, Service,
        http::{
            HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri,
            header::{
                ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
                ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
                ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
            },
        },
    },
};
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower_layer::Layer;

use super::{
    pages::{Stranger, Told},
    route::Routes,
};

/// What gRPC-Web clients send.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "content-type, x-grpc-web, x-user-agent, grpc-timeout, grpc-accept-encoding, authorization",
);
/// What they may read of an answer that is an error from the start.
const ANSWER_HEADERS: HeaderValue =
    HeaderValue::from_static("grpc-status, grpc-message, grpc-status-details-bin");
/// Seconds for which a browser need not ask again.
const ASKED_FOR: HeaderValue = HeaderValue::from_static("3600");
/// A page from elsewhere asks to reach this machine, or is allowed to.
const REQUEST_PRIVATE: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The pages that may look, besides those of this machine.
#[derive(Clone)]
pub(super) struct Origins(Arc<[String]>);

impl Origins {
    pub(super) fn new(named: Vec<String>) -> Self {
        Self(named.into())
    }

    /// What a page is told that may not look, and one that asks first whether it may. Tells
    /// nothing, and so comes before any credentials: a browser sends none with that question.
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Option<Told> {
        let origin = request.headers().get(ORIGIN)?;
        if !self.allow(origin) {
            let stranger = Stranger::by(ORIGIN, request);
            return Some(Told::Refusal(stranger, empty(StatusCode::FORBIDDEN)));
        }
        let asks_first = request.method() == Method::OPTIONS
            && request
                .headers()
                .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        asks_first.then(|| Told::Permission(permission(request, origin.clone())))
    }

    fn allow(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let named = self
            .0
            .iter()
            .any(|named| named.eq_ignore_ascii_case(origin));
        named || is_of_this_machine(origin)
    }
}

/// `http://localhost:3000`, `http://127.0.0.1`. Not `null`, which any page can be.
fn is_of_this_machine(origin: &str) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else {
        return false;
    };
    let of_the_web = matches!(origin.scheme_str(), Some("http" | "https"));
    of_the_web
        && origin.host().is_some_and(|host| {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        })
}

/// The page that a request is for, if it is for one.
#[derive(Clone, Debug)]
pub(super) struct Page(Option<HeaderValue>);

impl Page {
    pub(super) fn of(asked: &HeaderMap) -> Self {
        Self(asked.get(ORIGIN).cloned())
    }

    /// Has a browser show it an answer. Only for one that [may](Origins::answer) look.
    pub(super) fn may_read(&self, mut answer: Response<Body>) -> Response<Body> {
        if let Some(origin) = &self.0 {
            let headers = answer.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        answer
    }
}

/// Lets requests in to the services, in either form. Of pages, only those that may look come here.
#[derive(Clone)]
pub(super) struct Gate {
    services: GrpcWebService<Routes>,
    /// Before the services: what is no gRPC is refused on the way there.
    #[cfg(any(feature = "metrics", feature = "pprof"))]
    plain: super::plain::Plain,
}

impl Gate {
    pub(super) fn before(routes: Routes) -> Self {
        Self {
            #[cfg(any(feature = "metrics", feature = "pprof"))]
            plain: routes.plain.clone(),
            services: GrpcWebLayer::new().layer(routes),
        }
    }
}

impl Gate {
    /// Whoever may be served.
    fn serve(&mut self, request: Request<Body>) -> BoxFuture<Response<Body>, Infallible> {
        #[cfg(any(feature = "metrics", feature = "pprof"))]
        if let Some(answer) = self.plain.answer(&request) {
            return answer;
        }
        Box::pin(self.services.call(request))
    }
}

impl Service<Request<Body>> for Gate {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The services always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let page = Page::of(request.headers());
        let answer = self.serve(request);
        Box::pin(async move { Ok(page.may_read(answer.await?)) })
    }
}

/// What a browser is told that asks whether a page may send such a request.
fn permission<B>(request: &Request<B>, origin: HeaderValue) -> Response<Body> {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST"),
    );
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, ASKED_FOR);
    headers.insert(VARY, HeaderValue::from_static("origin"));
    if request.headers().contains_key(REQUEST_PRIVATE) {
        headers.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
    }
    answer
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_from_elsewhere_may_look_only_if_it_is_named() {
        let origins = Origins::new(vec!["https://Tasks.example".to_owned()]);
        for (origin, allowed) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.1:6669", true),
            ("https://[::1]", true),
            ("https://tasks.example", true),
            ("http://tasks.example", false),
            ("https://tasks.example.org", false),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("https://example.org", false),
            ("file://localhost", false),
            ("null", false),
            ("", false),
        ] {
            let header = HeaderValue::from_static(origin);
            assert_eq!(origins.allow(&header), allowed, "{origin}");
        }
    }
}
