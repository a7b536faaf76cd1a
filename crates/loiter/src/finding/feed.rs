//! How changes get to those who read them.

use std::{
    pin::Pin,
    sync::OnceLock,
    task::{Context, Poll},
};

use tokio::sync::broadcast;
use tokio_stream::{
    Stream,
    wrappers::{BroadcastStream, errors::BroadcastStreamRecvError},
};

use super::Change;

/// Changes that a reader may be behind before it misses some.
const BACKLOG: usize = 256;

/// What one reader has yet to read.
#[derive(Debug)]
pub(super) struct Feed(BroadcastStream<Change>);

impl Feed {
    /// From now on.
    pub(super) fn new() -> Self {
        Self(BroadcastStream::new(sender().subscribe()))
    }
}

impl Stream for Feed {
    type Item = Change;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        let next = Pin::new(&mut self.0).poll_next(context);
        next.map(|next| {
            next.map(|received| match received {
                Ok(change) => change,
                Err(BroadcastStreamRecvError::Lagged(missed)) => Change::Missed(missed),
            })
        })
    }
}

/// Tells every reader.
pub(crate) fn tell(change: Change) {
    // Nobody may be there to read it.
    let _ = sender().send(change);
}

/// There is one agent a process, and whoever wants to read may come before it.
fn sender() -> &'static broadcast::Sender<Change> {
    static SENDER: OnceLock<broadcast::Sender<Change>> = OnceLock::new();
    SENDER.get_or_init(|| broadcast::channel(BACKLOG).0)
}
