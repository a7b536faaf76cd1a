//! Requests of pages in a browser, of which most are not answered, however they are made.
//!
//! Whatever page a browser shows can send requests to this machine's ports: a POST with any body
//! needs nobody's permission. Of a page from elsewhere such a request says where it is from. Not so
//! of one whose own name leads to this machine (DNS rebinding): its browser takes the agent for that
//! page's server. Then the name is in the request.

use std::{fmt, net::IpAddr};

#[cfg(not(feature = "grpc-web"))]
use tonic::codegen::http::header::ORIGIN;
use tonic::{
    body::Body,
    codegen::http::{
        HeaderName, HeaderValue, Request, Response, StatusCode, Version, header::HOST,
        uri::Authority,
    },
};

use super::refused;
use crate::agent::Core;

/// Which pages are answered.
#[derive(Clone)]
pub(super) struct Pages {
    /// Whatever name a request gives the agent: a page can get nothing out of it.
    any_name: bool,
    #[cfg(feature = "grpc-web")]
    origins: super::web::Origins,
}

/// What a page is told.
pub(super) enum Told {
    /// That it may ask.
    #[cfg(feature = "grpc-web")]
    Permission(Response<Body>),
    /// That it may not, and which page that is.
    Refusal(Stranger, Response<Body>),
}

/// A page that may not ask, as it says itself.
pub(super) struct Stranger {
    header: HeaderName,
    says: String,
}

impl Pages {
    pub(super) fn new(core: &Core) -> Self {
        let config = &core.config;
        Self {
            any_name: config.access.is_safe_from_pages(config.listen),
            #[cfg(feature = "grpc-web")]
            origins: super::web::Origins::new(config.web_origins.clone()),
        }
    }

    /// What a page is told that may not ask, or that asks first whether it may. `None`: whoever asks
    /// is no page, or one that may.
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Option<Told> {
        if !self.any_name && !is_for_this_machine(request) {
            let answer = refused::text(
                StatusCode::MISDIRECTED_REQUEST,
                "this agent listens on its machine only: ask for localhost, or for its address",
            );
            return Some(Told::Refusal(Stranger::by(HOST, request), answer));
        }
        #[cfg(feature = "grpc-web")]
        return self.origins.answer(request);
        // Only browsers send one, for a page.
        #[cfg(not(feature = "grpc-web"))]
        request.headers().contains_key(ORIGIN).then(|| {
            let answer = refused::text(
                StatusCode::FORBIDDEN,
                "not for pages: build the agent with the feature `grpc-web`, and allow their origin",
            );
            Told::Refusal(Stranger::by(ORIGIN, request), answer)
        })
    }
}

impl Stranger {
    /// Whom such a header gives away.
    pub(super) fn by<B>(header: HeaderName, request: &Request<B>) -> Self {
        let read = |value: &HeaderValue| value.to_str().unwrap_or("(unreadable)").to_owned();
        let values = request.headers().get_all(&header).iter();
        let says = values.map(read).collect::<Vec<_>>().join(", ");
        Self { header, says }
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, says } = self;
        // It may be as long as all headers may be.
        write!(f, "a page that may not ask, by its {header}: {says:.100}")
    }
}

/// Whether a request is for this machine by a name that no page can have. Only asked of HTTP/1: a
/// browser speaks HTTP/2 over TLS only, where nobody's name can lead here unnoticed.
fn is_for_this_machine<B>(request: &Request<B>) -> bool {
    if request.version() > Version::HTTP_11 {
        return true;
    }
    if let Some(host) = request.uri().host() {
        return is_of_this_machine(host);
    }
    let mut named = request.headers().get_all(HOST).iter();
    // Nothing, as in HTTP/1.0, is no browser. Of two names it cannot be said which one is meant.
    match (named.next(), named.next()) {
        (None, _) => true,
        (Some(name), None) => {
            let name = name.to_str().ok();
            let authority = name.and_then(|name| name.parse::<Authority>().ok());
            authority.is_some_and(|authority| is_of_this_machine(authority.host()))
        }
        (Some(_), Some(_)) => false,
    }
}

/// An address of whatever machine, as nobody's name can lead elsewhere then, or one that always
/// means this machine.
fn is_of_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
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
            let by_header = Request::post("/metrics").header(HOST, host).body(());
            let by_uri = Request::post(format!("http://{host}/metrics")).body(());
            for request in [by_header, by_uri] {
                let request = request.expect("a request");
                assert_eq!(is_for_this_machine(&request), is_of_it, "{host}");
            }
        }
        let old = Request::get("/metrics").body(()).expect("a request");
        assert!(is_for_this_machine(&old));
        let two = Request::get("/")
            .version(Version::HTTP_2)
            .header(HOST, "shop.example")
            .body(());
        assert!(is_for_this_machine(&two.expect("a request")), "no browser");
    }

    #[test]
    fn a_stranger_is_called_by_what_it_says_and_no_more_than_that() {
        for (hosts, told) in [
            (&[&b"evil.example"[..]][..], "evil.example"),
            (&[b"localhost", b"evil\xff"], "localhost, (unreadable)"),
            (&[&[b'x'; 5000]], &"x".repeat(100)),
        ] {
            let request = hosts.iter().fold(Request::post("/"), |request, host| {
                request.header(HOST, *host)
            });
            let stranger = Stranger::by(HOST, &request.body(()).expect("a request"));
            let expected = format!("a page that may not ask, by its host: {told}");
            assert_eq!(stranger.to_string(), expected);
        }
    }

    #[test]
    fn a_name_that_cannot_be_read_is_nobodys() {
        for hosts in [
            &[&b"evil.example:x"[..]][..],
            &[b"evil\xff.example"],
            &[b"evil .example"],
            &[b""],
            &[b"localhost", b"evil.example"],
        ] {
            let request = hosts.iter().fold(Request::post("/"), |request, host| {
                request.header(HOST, *host)
            });
            let request = request.body(()).expect("a request");
            assert!(!is_for_this_machine(&request), "{hosts:?}");
        }
    }
}
