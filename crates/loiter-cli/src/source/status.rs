//! What a gRPC status means to the person at the terminal.

use std::error::Error;

use loiter_wire::BadMessage;
use tonic::{Code, ConnectError, Status};

use super::{
    Endpoint, SourceError,
    door::{Door, Fault},
};

/// The one method that every version of the protocol has.
pub(super) const GET_TARGET: &str = "GetTarget";
/// The one method that console-subscriber of every version has.
pub(super) const WATCH_UPDATES: &str = "WatchUpdates";
/// Agents that lack this are older than findings.
pub(super) const WATCH_FINDINGS: &str = "WatchFindings";
/// The method whose "not found" speaks of a resource.
pub(super) const WATCH_RESOURCE: &str = "WatchResource";

/// Whether the server does not know the method, or is not a gRPC server at all: tonic maps a
/// plain HTTP 404 to the same code.
pub(super) fn is_unimplemented(status: &Status) -> bool {
    status.code() == Code::Unimplemented
}

/// Why there is no answer to a call.
pub(super) fn explain(status: &Status, door: &Door, method: &'static str) -> SourceError {
    if let Some(fault) = find::<Fault>(status) {
        return door.closed(fault.clone());
    }
    let endpoint = door.endpoint().to_string();
    if find::<ConnectError>(status).is_some() {
        return SourceError::Unreachable {
            endpoint,
            reason: reason(status),
        };
    }
    if let Some(refusal) = door.refusal(status) {
        return refusal;
    }
    match status.code() {
        Code::Unimplemented if [GET_TARGET, WATCH_UPDATES].contains(&method) => {
            SourceError::NotLoiter { endpoint }
        }
        Code::Unimplemented if method == WATCH_FINDINGS => SourceError::TooOld {
            endpoint,
            lacks: "findings",
        },
        Code::Unimplemented => SourceError::WrongProtocol {
            endpoint,
            what: format!("it does not know {method}"),
        },
        Code::InvalidArgument => SourceError::BadQuery(door.reason(status)),
        Code::FailedPrecondition => SourceError::Refused {
            endpoint,
            reason: door.reason(status),
        },
        // The caller knows which one.
        Code::NotFound if method == WATCH_RESOURCE => SourceError::NoSuchResource(0),
        Code::NotFound => SourceError::NoSuchTask(0),
        Code::ResourceExhausted => SourceError::Busy {
            endpoint,
            reason: door.reason(status),
        },
        // The peer's first bytes were not HTTP/2, or no gRPC inside HTTP/2.
        _ if speaks_otherwise(status) => SourceError::NotLoiter { endpoint },
        _ => SourceError::Lost {
            endpoint,
            reason: door.reason(status),
        },
    }
}

/// Why a stream that had begun has ended.
pub(super) fn explain_late(status: &Status, door: &Door, method: &'static str) -> SourceError {
    match explain(status, door, method) {
        // It did speak loiter.v1 a moment ago.
        SourceError::NotLoiter { endpoint } => SourceError::Lost {
            endpoint,
            reason: door.reason(status),
        },
        error => error,
    }
}

/// An answer that the protocol does not allow.
pub(super) fn bad_message(bad: &BadMessage, endpoint: &Endpoint) -> SourceError {
    SourceError::WrongProtocol {
        endpoint: endpoint.to_string(),
        what: bad.to_string(),
    }
}

/// Whether what the peer sent is no HTTP/2, or no gRPC inside of it. There is no code for
/// either, only words: tonic's for a missing status, and h2's for what it "detected" itself,
/// unlike for what it "received" from the peer or what timed out.
fn speaks_otherwise(status: &Status) -> bool {
    if status.source().is_none() {
        return status.message().contains("grpc-status header missing");
    }
    reason(status).contains("connection error detected")
}

/// The innermost cause says most: `Connection refused` rather than `transport error`.
pub(super) fn reason(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut cause = status.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

fn find<E: Error + 'static>(status: &Status) -> Option<&E> {
    let mut cause: Option<&(dyn Error + 'static)> = status.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
