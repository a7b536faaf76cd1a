//! Why somebody is not let in, and what they are told.

use std::fmt;

use tonic::{
    Status,
    body::Body,
    codegen::http::{HeaderValue, Response, StatusCode, header::WWW_AUTHENTICATE},
};

use crate::serve::refused::Words;

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Refusal {
    NoToken,
    WrongToken,
    /// It may only look.
    MayOnlyLook,
    /// Those who have it have their share of the places already.
    Share,
}

impl Refusal {
    /// The answer, in the words of whoever asks.
    pub(in super::super) fn answer(self, words: &Words) -> Response<Body> {
        let (plainly, challenge) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, Some("Bearer realm=\"loiter\"")),
            Self::WrongToken => (
                StatusCode::UNAUTHORIZED,
                Some("Bearer realm=\"loiter\", error=\"invalid_token\""),
            ),
            Self::MayOnlyLook => (StatusCode::FORBIDDEN, None),
            Self::Share => (StatusCode::SERVICE_UNAVAILABLE, None),
        };
        let mut answer = words.refuse(self.status(), plainly);
        if let Some(challenge) = challenge.filter(|_| !words.are_grpc()) {
            let challenge = HeaderValue::from_static(challenge);
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        answer
    }

    fn status(self) -> Status {
        let message = self.to_string();
        match self {
            Self::NoToken | Self::WrongToken => Status::unauthenticated(message),
            Self::MayOnlyLook => Status::permission_denied(message),
            Self::Share => Status::resource_exhausted(message),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoToken => {
                "this agent answers those only who have a token for it: give `loiter` one with \
                 `--token-file`, and other clients in a header `authorization: Bearer TOKEN`; the \
                 service has it from LOITER_TOKEN_FILE, LOITER_READ_TOKEN_FILE or LOITER_TOKEN"
            }
            Self::WrongToken => {
                "this token is none of the agent's, or is so no more: give `loiter` another one \
                 with `--token-file`; the service has it from LOITER_TOKEN_FILE, \
                 LOITER_READ_TOKEN_FILE or LOITER_TOKEN"
            }
            Self::MayOnlyLook => {
                "this token may only look: to ask tasks what they wait on takes one that may probe, \
                 such as those in the service's LOITER_TOKEN_FILE"
            }
            Self::Share => {
                "all with this token together have as many connections as one client may have; \
                 close another one"
            }
        })
    }
}

/// Why a connection is closed before it may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum TurnedAway {
    /// Of another user.
    OtherUser,
    /// It has its share of the places already.
    Share,
    /// It speaks no TLS, or not as it should.
    #[cfg(feature = "tls")]
    Handshake(String),
    /// It said no word of TLS, or not enough of them, for so long.
    #[cfg(feature = "tls")]
    Late,
    /// What it came in with is good no more.
    Revoked,
}

impl fmt::Display for TurnedAway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherUser => f.write_str("the socket is for the user of this program only"),
            Self::Share => f.write_str("it has as many connections as one client may have"),
            #[cfg(feature = "tls")]
            Self::Handshake(reason) => write!(f, "TLS: {reason}"),
            #[cfg(feature = "tls")]
            Self::Late => f.write_str("TLS: it took too long"),
            Self::Revoked => f.write_str("what it came in with is good no more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::codegen::http::{Request, header::CONTENT_TYPE};

    use super::*;

    fn asked(kind: Option<&'static str>, refusal: Refusal) -> Response<Body> {
        let mut request = Request::new(());
        if let Some(kind) = kind {
            let kind = HeaderValue::from_static(kind);
            request.headers_mut().insert(CONTENT_TYPE, kind);
        }
        refusal.answer(&Words::of(&request))
    }

    fn header(answer: &Response<Body>, name: &str) -> String {
        let value = answer.headers().get(name);
        value.map_or_else(String::new, |value| {
            value.to_str().expect("text").to_owned()
        })
    }

    #[test]
    fn each_is_told_in_its_own_words() {
        for kind in ["application/grpc", "application/grpc-web+proto"] {
            for (refusal, code) in [
                (Refusal::NoToken, "16"),
                (Refusal::WrongToken, "16"),
                (Refusal::MayOnlyLook, "7"),
                (Refusal::Share, "8"),
            ] {
                let answer = asked(Some(kind), refusal);
                assert_eq!(answer.status(), StatusCode::OK);
                assert_eq!(header(&answer, "grpc-status"), code);
                assert_eq!(header(&answer, "content-type"), kind);
                assert!(header(&answer, "grpc-message").contains("token"));
            }
        }
        for (refusal, status, challenge) in [
            (Refusal::NoToken, 401, "Bearer realm=\"loiter\""),
            (
                Refusal::WrongToken,
                401,
                "Bearer realm=\"loiter\", error=\"invalid_token\"",
            ),
            (Refusal::MayOnlyLook, 403, ""),
            (Refusal::Share, 503, ""),
        ] {
            let answer = asked(None, refusal);
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(header(&answer, "www-authenticate"), challenge);
            assert_eq!(header(&answer, "cache-control"), "no-store");
        }
    }
}
