//! Where one attaches, what one shows there, and what came of it.

mod fault;
mod line;
#[cfg(all(test, feature = "tls"))]
pub(super) mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::{Code, Status};

pub use fault::{Fault, Part};
pub(super) use line::Line;

use super::{
    CredentialFile, Credentials, Endpoint, ParseTokenError, SourceError, Token, TokenFrom, status,
};

/// The place of one agent, and what there is to be let in by. Clones are the same door.
#[derive(Clone)]
pub(super) struct Door {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: Endpoint,
    credentials: Credentials,
    seen: Mutex<Seen>,
}

/// What was seen of the other side since the connection began.
#[derive(Default)]
struct Seen {
    /// What has broken the connection, where that is certain.
    fault: Option<Fault>,
    /// The bytes that came first are those of TLS.
    is_tls: bool,
    /// It has said something (inside of TLS, if that is spoken).
    has_spoken: bool,
    /// The token that was shown last.
    token: Option<Token>,
}

impl Door {
    pub(super) fn new(endpoint: Endpoint, credentials: Credentials) -> Self {
        Self {
            inner: Arc::new(Inner {
                endpoint,
                credentials,
                seen: Mutex::default(),
            }),
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.inner.credentials
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.inner
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A new connection begins.
    pub(super) fn begin(&self) {
        let mut seen = self.seen();
        *seen = Seen {
            token: seen.token.take(),
            ..Seen::default()
        };
    }

    /// The first bytes came.
    pub(super) fn has_spoken(&self, first: &[u8]) {
        let mut seen = self.seen();
        seen.has_spoken = true;
        seen.is_tls = !self.endpoint().is_tls() && is_tls(first);
    }

    /// This has broken the connection.
    #[cfg(feature = "tls")]
    pub(super) fn broke(&self, fault: Fault) {
        self.seen().fault.get_or_insert(fault);
    }

    /// The token to show; `None` when there is none, or none for this place.
    ///
    /// # Errors
    /// When its file is no good.
    fn token(&self) -> Result<Option<Token>, Fault> {
        if !self.endpoint().is_private() {
            return Ok(None);
        }
        let token = match &self.credentials().token {
            None | Some(TokenFrom::Withheld(_)) => None,
            Some(TokenFrom::Value(token)) => Some(token.clone()),
            Some(TokenFrom::File(file)) => Some(read_token(file)?),
        };
        self.seen().token.clone_from(&token);
        Ok(token)
    }

    /// Why a connection has ended, where more is known than what the transport says.
    fn fault(&self) -> Option<Fault> {
        let seen = self.seen();
        if let Some(fault) = &seen.fault {
            return Some(fault.clone());
        }
        let endpoint = self.endpoint();
        if seen.is_tls {
            let instead = endpoint.written(true)?;
            return Some(Fault::OnlyTls { instead });
        }
        if endpoint.is_tls() && !seen.has_spoken {
            let cert = self.credentials().cert.as_ref();
            return Some(Fault::HungUpLater {
                cert: cert.map(|file| file.path().to_owned()),
            });
        }
        None
    }

    /// That one is not let in for this reason.
    pub(super) fn closed(&self, fault: Fault) -> SourceError {
        SourceError::Door {
            endpoint: self.endpoint().to_string(),
            fault,
        }
    }

    /// Whether a status is about who one is, and what it means then.
    pub(super) fn refusal(&self, status: &Status) -> Option<SourceError> {
        match status.code() {
            Code::Unauthenticated => Some(self.closed(self.unauthenticated())),
            Code::PermissionDenied => Some(SourceError::Forbidden {
                endpoint: self.endpoint().to_string(),
                reason: self.reason(status),
            }),
            _ => None,
        }
    }

    /// Why one is not known, which one knows best oneself.
    fn unauthenticated(&self) -> Fault {
        let endpoint = self.endpoint();
        match &self.credentials().token {
            None => Fault::TokenRequired,
            Some(TokenFrom::Withheld(by)) => Fault::TokenWithheld { by: by.clone() },
            Some(_) if !endpoint.is_private() => Fault::Unencrypted {
                // Only TCP is not private.
                instead: endpoint.written(true).unwrap_or_default(),
            },
            Some(TokenFrom::File(file)) => Fault::TokenRefused {
                path: Some(file.path().to_owned()),
            },
            Some(TokenFrom::Value(_)) => Fault::TokenRefused { path: None },
        }
    }

    /// What a status says. Whoever was shown a token could repeat it.
    pub(super) fn reason(&self, status: &Status) -> String {
        let reason = status::reason(status);
        match &self.seen().token {
            Some(token) => reason.replace(token.reveal(), "…"),
            None => reason,
        }
    }
}

/// The token in a file. There may be further ones below it, as in the file of an agent that takes
/// the old one for a while as well.
fn read_token(file: &CredentialFile) -> Result<Token, Fault> {
    let unreadable = |reason: String| Fault::Unreadable {
        part: Part::Token,
        path: file.path().to_owned(),
        reason,
    };
    let content = file.read().map_err(|error| unreadable(error.to_string()))?;
    let content = String::from_utf8_lossy(&content);
    let token = content.trim().lines().next().unwrap_or_default().parse();
    token.map_err(|error: ParseTokenError| unreadable(error.to_string()))
}

/// Whether these are the first bytes of a record of TLS (RFC 8446, section 5.1): an alert or a
/// handshake of version 3. No frame of HTTP/2 begins so: its length would be beyond 1 MiB, and no
/// answer of HTTP/1, which is a text.
fn is_tls(first: &[u8]) -> bool {
    matches!(first, [0x15 | 0x16, 3, ..] | [0x15 | 0x16])
}
