//! Whether updates flow: tokio-console's pause, which holds for all of its clients.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use loiter_wire::console::{State, Temporality};
use tokio::sync::{mpsc, watch};
use tonic::Status;

use super::super::client;

/// Paused or not, and who is there to say so.
#[derive(Default)]
pub(super) struct Tempo {
    paused: watch::Sender<bool>,
    clients: AtomicUsize,
}

/// A client that gets updates. When the last one goes, so does the pause: the next one to come
/// would not know why it sees nothing move.
pub(super) struct Attached(Arc<Tempo>);

impl Tempo {
    pub(super) fn attach(self: &Arc<Self>) -> Attached {
        self.clients.fetch_add(1, Relaxed);
        Attached(self.clone())
    }

    /// Clients are told even if it changes nothing: one waits for the answer to its key.
    pub(super) fn pause(&self) {
        self.paused.send_replace(true);
    }

    pub(super) fn resume(&self) {
        self.paused.send_replace(false);
    }

    pub(super) fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// Waits until nobody wants a pause.
    pub(super) async fn until_live(&self) {
        // The sender is here.
        let _ = self.paused.subscribe().wait_for(|paused| !paused).await;
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if self.0.clients.fetch_sub(1, Relaxed) == 1 && self.0.is_paused() {
            self.0.resume();
        }
    }
}

/// Says how it stands, at once and whenever somebody sets it, until the client is gone.
pub(super) async fn feed(tempo: &Tempo, updates: &mpsc::Sender<Result<State, Status>>) {
    let mut paused = tempo.paused.subscribe();
    loop {
        let temporality = match *paused.borrow_and_update() {
            true => Temporality::Paused,
            false => Temporality::Live,
        };
        let state = State {
            temporality: temporality.into(),
        };
        if updates.send(Ok(state)).await.is_err() {
            return;
        }
        if client::while_there(updates, paused.changed())
            .await
            .is_none()
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_lasts_as_long_as_somebody_is_attached() {
        let tempo = Arc::new(Tempo::default());
        let first = tempo.attach();
        let second = tempo.attach();
        tempo.pause();
        drop(first);
        assert!(tempo.is_paused());
        drop(second);
        assert!(!tempo.is_paused());
    }
}
