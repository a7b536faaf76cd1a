//! One connection, as the guard sees it.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tonic::codegen::http::{HeaderMap, Request, header::AUTHORIZATION};

#[cfg(feature = "tls")]
use super::Certificate;
use super::{Guard, Keys, Peer, Refusal, Rights, Share, TurnedAway, Who, tokens::Known};

/// Who is at the other end, and what is known of it so far.
pub(in super::super) struct Visitor {
    guard: Arc<Guard>,
    peer: Peer,
    #[cfg(feature = "tls")]
    certificate: Option<Certificate>,
    /// Whether it was told of that it is here, without a token.
    attached: AtomicBool,
    /// The tokens that it came with, and its share of what those have who have them: several where
    /// somebody stands between.
    tokens: Mutex<Vec<(Known, Share)>>,
    #[cfg_attr(
        not(feature = "tls"),
        allow(dead_code, reason = "given back when it is dropped")
    )]
    shares: Vec<Share>,
}

/// Who made a request that may be answered. Goes with the request.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Client {
    who: Vec<Who>,
}

impl Client {
    /// By all that it counts as.
    pub(in super::super) fn who(&self) -> impl Iterator<Item = Who> {
        self.who.iter().cloned()
    }
}

impl Visitor {
    /// Somebody who came without TLS.
    pub(super) fn new(guard: Arc<Guard>, peer: Peer, share: Share) -> Self {
        Self {
            guard,
            peer,
            #[cfg(feature = "tls")]
            certificate: None,
            attached: AtomicBool::new(false),
            tokens: Mutex::default(),
            shares: vec![share],
        }
    }

    /// What it takes to begin TLS with somebody who comes by the port, where that is spoken.
    #[cfg(feature = "tls")]
    pub(in super::super) fn wants_tls(&self) -> Option<Arc<Keys>> {
        let keys = self.guard.keys.borrow().clone()?;
        let is_encrypted = matches!(self.peer, Peer::Tcp(_)) && keys.tls.is_some();
        is_encrypted.then_some(keys)
    }

    #[cfg(feature = "tls")]
    pub(in super::super) fn handshakes(&self) -> &crate::serve::tls::Handshakes {
        &self.guard.handshakes
    }

    /// It has shown a certificate, or needed none.
    #[cfg(feature = "tls")]
    pub(in super::super) fn show(
        &mut self,
        certificate: Option<Certificate>,
    ) -> Result<(), TurnedAway> {
        if let Some(shown) = &certificate {
            let who = Who::Certificate(shown.name.clone());
            let share = self.guard.connections.take([who]);
            self.shares.push(share.ok_or(TurnedAway::Share)?);
        }
        self.certificate = certificate;
        Ok(())
    }

    /// It is told no, before it was let do anything.
    pub(in super::super) fn turn_away(&self, why: &impl fmt::Display) {
        self.guard.audit.refused(self.peer, why);
    }

    /// Whether a request may be answered: who asks then.
    pub(in super::super) fn admit<B>(&self, request: &Request<B>) -> Result<Client, Refusal> {
        let admitted = self.judge(request.uri().path(), request.headers());
        if let Err(refusal) = &admitted {
            self.guard.audit.refused(self.peer, refusal);
        }
        admitted
    }

    fn judge(&self, path: &str, headers: &HeaderMap) -> Result<Client, Refusal> {
        let keys = self.guard.keys.borrow().clone();
        let known = match keys.as_deref().and_then(|keys| keys.tokens.as_deref()) {
            Some(tokens) if !self.peer.is_this_user() => {
                let mut sent = headers.get_all(AUTHORIZATION).iter();
                let header = sent.next().map(|header| header.as_bytes());
                // Of two it cannot be said which one is meant.
                let header = header.filter(|_| sent.next().is_none());
                Some(tokens.recognise(header)?)
            }
            _ => None,
        };
        let rights = known.map_or(Rights::Probe, |known| known.rights);
        self.note(known, rights)?;
        if Rights::needed_for(path) > rights {
            return Err(Refusal::MayOnlyLook);
        }
        let mut who: Vec<_> = Who::at(self.peer).into_iter().collect();
        #[cfg(feature = "tls")]
        who.extend(
            self.certificate
                .iter()
                .map(|shown| Who::Certificate(shown.name.clone())),
        );
        who.extend(known.map(Who::Token));
        Ok(Client { who })
    }

    /// Somebody is here who may be, if there is room for all with that token: told of once, and once
    /// more with each further token.
    fn note(&self, known: Option<Known>, rights: Rights) -> Result<(), Refusal> {
        let is_new = match known {
            None => !self.attached.swap(true, Relaxed),
            Some(known) => {
                let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
                let is_new = tokens.iter().all(|(has, _)| *has != known);
                if is_new {
                    let share = self.guard.connections.take([Who::Token(known)]);
                    tokens.push((known, share.ok_or(Refusal::Share)?));
                }
                is_new
            }
        };
        if is_new {
            let by = Shown {
                visitor: self,
                known,
            };
            self.guard.audit.attached(self.peer, &by, rights);
        }
        Ok(())
    }

    /// Waits until what it came in with is good no more. That may have come to be so before this is
    /// called: while TLS began, say.
    pub(in super::super) async fn revoked(&self) {
        let mut keys = self.guard.keys.subscribe();
        loop {
            // Where it is not known yet, nothing was asked for: at the Unix socket.
            let now = keys.borrow_and_update().clone();
            if now.is_some_and(|keys| !self.would_be_let_in(&keys)) {
                return self.turn_away(&TurnedAway::Revoked);
            }
            // The sender is in the guard.
            let _ = keys.changed().await;
        }
    }

    fn would_be_let_in(&self, keys: &Keys) -> bool {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let all_are_good = keys.tokens.as_deref().is_none_or(|good| {
            let mut used = tokens.iter();
            used.all(|(known, _)| good.has(*known))
        });
        #[cfg(feature = "tls")]
        let is_certified = self.is_certified(keys);
        #[cfg(not(feature = "tls"))]
        let is_certified = true;
        all_are_good && is_certified
    }

    #[cfg(feature = "tls")]
    fn is_certified(&self, keys: &Keys) -> bool {
        use tokio_rustls::rustls::pki_types::UnixTime;

        let clients = keys.tls.as_ref().and_then(|tls| tls.clients.as_ref());
        let (Some(clients), Some(certificate)) = (clients, &self.certificate) else {
            return true;
        };
        let [own, between @ ..] = &certificate.chain[..] else {
            return false;
        };
        let verified = clients.verify_client_cert(own, between, UnixTime::now());
        verified.is_ok()
    }
}

/// What somebody has shown of itself, for the record.
struct Shown<'a> {
    visitor: &'a Visitor,
    known: Option<Known>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("with ")?;
        #[cfg(feature = "tls")]
        if let Some(certificate) = &self.visitor.certificate {
            write!(f, "the certificate of {}", certificate.name)?;
            if self.known.is_some() {
                f.write_str(" and ")?;
            }
        }
        match self.known {
            Some(known) => known.fmt(f),
            None if self.has_certificate() => Ok(()),
            None => f.write_str("no credentials"),
        }
    }
}

impl Shown<'_> {
    #[cfg(feature = "tls")]
    fn has_certificate(&self) -> bool {
        self.visitor.certificate.is_some()
    }

    #[cfg(not(feature = "tls"))]
    fn has_certificate(&self) -> bool {
        let _ = self.visitor;
        false
    }
}

#[cfg(test)]
mod tests {
    use std::{hash::RandomState, time::Duration};

    use loiter_model::Tier;
    use tokio::time::timeout;

    use super::*;
    use crate::{
        agent::Core,
        builder::{Access, Config},
        clock::Clock,
        serve::guard::keys::read_tokens,
        table::Table,
    };

    const TOKENS: [&str; 2] = ["the-first-of-tokens", "the-second-of-tokens"];

    fn keys(token: &str, key: &RandomState) -> Option<Arc<Keys>> {
        let access = Access {
            token: token.parse().ok(),
            ..Access::default()
        };
        let tokens = read_tokens(&access, &[], &[], key).expect("a good one");
        Some(Arc::new(Keys {
            tokens: Some(Arc::new(tokens)),
            #[cfg(feature = "tls")]
            tls: None,
        }))
    }

    fn guard() -> Arc<Guard> {
        let table = Arc::new(Table::new(Clock::start(), 16, 0));
        let core = Core::new(table, Config::default(), Tier::EveryTask, false);
        Guard::new(Arc::new(core))
    }

    #[cfg(unix)]
    #[test]
    fn another_user_and_one_that_nobody_knows_are_turned_away() {
        let own = crate::serve::own_user();
        for (user, is_received) in [(Some(own), true), (Some(own + 1), false), (None, false)] {
            let visitor = guard().receive(Peer::Unix { user, pid: None });
            assert_eq!(visitor.is_some(), is_received, "{user:?}");
        }
    }

    /// As when they are exchanged while TLS begins.
    #[tokio::test]
    async fn what_was_revoked_before_it_is_looked_for_is_revoked() {
        let (guard, key) = (guard(), RandomState::new());
        let peer = Peer::Tcp(([192, 0, 2, 1], 5000).into());
        let visitor = guard.receive(peer).expect("there is room");
        guard.keys.send_replace(keys(TOKENS[0], &key));
        let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {}", TOKENS[0]));
        let request = request.body(()).expect("a request");
        visitor.admit(&request).expect("it is known");
        let soon = Duration::from_millis(50);
        timeout(soon, visitor.revoked())
            .await
            .expect_err("it is good");
        guard.keys.send_replace(keys(TOKENS[1], &key));
        let long = Duration::from_secs(60);
        timeout(long, visitor.revoked()).await.expect("it is not");
    }
}
