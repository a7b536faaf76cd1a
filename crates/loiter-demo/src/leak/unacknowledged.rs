//! One leaked task a request: each order starts a task that waits for an acknowledgement that
//! never comes. Slow growth, unnoticed until memory is short.
//!
//! The cure: a timeout on the wait, which then also takes the entry out of the map.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::oneshot;

use crate::named;

/// Orders that have been sent out and not yet acknowledged.
#[derive(Default)]
pub(crate) struct Acknowledgements {
    expected: Mutex<HashMap<u64, oneshot::Sender<()>>>,
}

impl Acknowledgements {
    /// Spawns a task that waits for the acknowledgement of an order.
    pub(crate) fn expect(&self, order: u64) {
        let (acknowledge, acknowledged) = oneshot::channel();
        self.expected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(order, acknowledge);
        named::spawn("await-acknowledgement", settle(acknowledged));
    }
}

/// What remains to be done of an order, once it is acknowledged.
async fn settle(acknowledged: oneshot::Receiver<()>) {
    // Without an acknowledgement nothing remains to be done.
    let _ = acknowledged.await;
}
