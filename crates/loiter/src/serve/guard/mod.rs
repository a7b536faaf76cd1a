//! Who comes in, and what they may: asked before anything is answered.
//!
//! The port wants what the program set up: a certificate while TLS begins, a token with each request,
//! or both. A virtual machine's socket wants the token only: TLS is not spoken there. The Unix socket
//! wants neither: it is for the user whose program this is, who could look into it with a debugger as
//! well, and the system says who that is.

mod audit;
#[cfg(feature = "tls")]
mod certificate;
mod files;
mod keeper;
mod keys;
mod peer;
mod refusal;
mod rights;
mod shares;
mod tokens;
mod visitor;

use std::{hash::RandomState, sync::Arc};

use tokio::sync::watch;

#[cfg(feature = "tls")]
pub(super) use certificate::Certificate;
pub(super) use keys::Keys;
#[cfg(feature = "tls")]
pub(super) use keys::Tls;
pub(super) use peer::Peer;
pub(super) use refusal::{Refusal, TurnedAway};
pub(super) use rights::Rights;
pub(super) use shares::{Share, Shares, Who};
pub(super) use visitor::{Client, Visitor};

use audit::Audit;

#[cfg(feature = "tls")]
use super::tls::Handshakes;
use crate::agent::Core;

/// Connections of one client at a time.
const MOST_CONNECTIONS: usize = 64;

/// One for all doors.
pub(super) struct Guard {
    core: Arc<Core>,
    /// `None` until they were read for the first time.
    keys: watch::Sender<Option<Arc<Keys>>>,
    /// Tells tokens apart, for as long as the agent listens.
    key: RandomState,
    connections: Arc<Shares>,
    #[cfg(feature = "tls")]
    handshakes: Handshakes,
    audit: Audit,
}

impl Guard {
    pub(super) fn new(core: Arc<Core>) -> Arc<Self> {
        Arc::new(Self {
            keys: watch::Sender::new(None),
            key: RandomState::new(),
            connections: Shares::new(MOST_CONNECTIONS),
            #[cfg(feature = "tls")]
            handshakes: Handshakes::default(),
            audit: Audit::new(core.clone()),
            core,
        })
    }

    /// Reads what it takes to come in, and reads it anew when it changes.
    pub(super) async fn keep_keys(self: Arc<Self>) {
        keeper::keep(&self.core, &self.keys, &self.key).await;
    }

    /// Tells what there was no room to tell, for ever.
    pub(super) async fn keep_record(self: Arc<Self>) {
        self.audit.settle().await;
    }

    /// What it takes to come in, as it stands; waits until that is known for the first time.
    pub(super) async fn keys(&self) -> Arc<Keys> {
        let mut keys = self.keys.subscribe();
        loop {
            if let Some(keys) = &*keys.borrow_and_update() {
                return keys.clone();
            }
            // The sender is here.
            let _ = keys.changed().await;
        }
    }

    /// Somebody comes from there; `None` if it was turned away.
    pub(super) fn receive(self: &Arc<Self>, peer: Peer) -> Option<Visitor> {
        let received = match peer.is_other_user() {
            true => Err(TurnedAway::OtherUser),
            false => self
                .connections
                .take(Who::at(peer))
                .ok_or(TurnedAway::Share),
        };
        match received {
            Ok(share) => Some(Visitor::new(self.clone(), peer, share)),
            Err(why) => {
                self.audit.refused(peer, &why);
                None
            }
        }
    }
}
