//! What can go wrong between a client and a source.

use super::Fault;

/// Why a source does not answer. Each message is one line: what happened, to what, and what to
/// do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing answers there.
    #[error(
        "cannot reach {endpoint}: {reason}; is the service running, with loiter started in it?"
    )]
    Unreachable {
        /// Where.
        endpoint: String,
        /// What the operating system or the transport says.
        reason: String,
    },
    /// Whoever is there does not let one in, or is not who one wants to talk to.
    #[error("cannot attach to {endpoint}: {fault}")]
    Door {
        /// Where.
        endpoint: String,
        /// What is in the way.
        fault: Fault,
    },
    /// One is let in, but not let do this.
    #[error("the agent at {endpoint} does not let you do this: {reason}")]
    Forbidden {
        /// Where.
        endpoint: String,
        /// What it says.
        reason: String,
    },
    /// Something answers, but it is neither an agent nor anything else that tells of tasks.
    #[error(
        "{endpoint} answers, but is no loiter agent and no console-subscriber; check the port: both \
         have 6669 unless the service chose another"
    )]
    NotLoiter {
        /// Where.
        endpoint: String,
    },
    /// An agent of another version of the protocol.
    #[error(
        "the agent at {endpoint} speaks another version of loiter.v1: {what}; use a `loiter` of \
         the same version as the service's loiter crate"
    )]
    WrongProtocol {
        /// Where.
        endpoint: String,
        /// By what it shows.
        what: String,
    },
    /// An agent of an earlier version of the protocol, which answers everything but this.
    #[error(
        "the agent at {endpoint} is older than this `loiter`: no {lacks}; update the service's \
         loiter crate"
    )]
    TooOld {
        /// Where.
        endpoint: String,
        /// What it does not know.
        lacks: &'static str,
    },
    /// What answers there knows nothing of the kind, and never will.
    #[error("{endpoint} cannot tell {what}")]
    CannotTell {
        /// Where.
        endpoint: String,
        /// What it cannot tell, and what could.
        what: String,
    },
    /// The source does not accept the query.
    #[error("the query was refused: {0}")]
    BadQuery(String),
    /// The task is neither alive nor remembered.
    #[error("there is no task {0} (any more); it may have ended and been forgotten")]
    NoSuchTask(u64),
    /// The resource is neither alive nor remembered.
    #[error("there is no resource {0} (any more); it may have ended and been forgotten")]
    NoSuchResource(u64),
    /// The service was started so that it does not do this.
    #[error("the agent at {endpoint} refuses: {reason}")]
    Refused {
        /// Where.
        endpoint: String,
        /// What it was told.
        reason: String,
    },
    /// The agent serves as many watchers as it is willing to.
    #[error("the agent at {endpoint} has no room for another watcher: {reason}")]
    Busy {
        /// Where.
        endpoint: String,
        /// What there are too many of, and what to do about it.
        reason: String,
    },
    /// A file is not what it is taken for.
    #[error("cannot read {path}: {reason}")]
    BadFile {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The connection was there and is gone.
    #[error("lost the connection to {endpoint}: {reason}; the service may have stopped")]
    Lost {
        /// Where.
        endpoint: String,
        /// What the transport says.
        reason: String,
    },
}

impl SourceError {
    /// Whether asking the same again later may succeed.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Door { .. }
            | Self::NotLoiter { .. }
            | Self::WrongProtocol { .. }
            | Self::Busy { .. }
            | Self::Lost { .. } => true,
            Self::Forbidden { .. }
            | Self::TooOld { .. }
            | Self::CannotTell { .. }
            | Self::BadQuery(_)
            | Self::NoSuchTask(_)
            | Self::NoSuchResource(_)
            | Self::BadFile { .. }
            | Self::Refused { .. } => false,
        }
    }
}
