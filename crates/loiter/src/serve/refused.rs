//! How somebody is told no, in the words that it asked in.

use tonic::{
    Status,
    body::Body,
    codegen::http::{
        HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
};

/// A browser must not guess that it is a page: names of tasks are in it.
pub(super) const NO_SNIFF: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-content-type-options"),
    HeaderValue::from_static("nosniff"),
);

/// In which words a request was made. Outlives it, as it may be refused only when it is gone.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// The kind of gRPC, if it is any.
    grpc: Option<HeaderValue>,
    /// The page it is for.
    #[cfg(feature = "grpc-web")]
    page: super::web::Page,
}

impl Words {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        Self {
            grpc: grpc(request.headers()).cloned(),
            #[cfg(feature = "grpc-web")]
            page: super::web::Page::of(request.headers()),
        }
    }

    /// Says no: with a status of gRPC, or with one of HTTP and the same message.
    pub(super) fn refuse(&self, status: Status, plainly: StatusCode) -> Response<Body> {
        let answer = match &self.grpc {
            Some(kind) => {
                let mut answer: Response<Body> = status.into_http();
                // One of its variants, maybe.
                answer.headers_mut().insert(CONTENT_TYPE, kind.clone());
                answer
            }
            None => text(plainly, status.message()),
        };
        #[cfg(feature = "grpc-web")]
        let answer = self.page.may_read(answer);
        answer
    }

    pub(super) fn are_grpc(&self) -> bool {
        self.grpc.is_some()
    }
}

/// Whether a request is one of gRPC, of whatever kind.
#[cfg(any(feature = "metrics", feature = "pprof"))]
pub(super) fn is_grpc<B>(request: &Request<B>) -> bool {
    grpc(request.headers()).is_some()
}

fn grpc(headers: &HeaderMap) -> Option<&HeaderValue> {
    let kind = headers.get(CONTENT_TYPE);
    kind.filter(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// An answer of one line.
pub(super) fn text(status: StatusCode, line: &str) -> Response<Body> {
    let mut answer = Response::new(Body::new(format!("{line}\n")));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend([NO_SNIFF]);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: &'static str) -> Response<Body> {
        let request = Request::post("/")
            .header(CONTENT_TYPE, kind)
            .header("origin", "http://localhost:3000")
            .body(());
        let words = Words::of(&request.expect("a request"));
        words.refuse(
            Status::resource_exhausted("full"),
            StatusCode::SERVICE_UNAVAILABLE,
        )
    }

    #[test]
    fn each_is_told_in_its_own_words() {
        for kind in ["application/grpc", "application/grpc-web-text"] {
            let answer = refused(kind);
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[CONTENT_TYPE], kind);
            assert_eq!(answer.headers()["grpc-status"], "8");
        }
        let answer = refused("text/plain");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    }

    #[cfg(feature = "grpc-web")]
    #[test]
    fn a_page_that_may_look_can_read_why_not() {
        for kind in ["application/grpc-web", "text/plain"] {
            let answer = refused(kind);
            let header = &answer.headers()["access-control-allow-origin"];
            assert_eq!(header, "http://localhost:3000", "{kind}");
        }
    }
}
