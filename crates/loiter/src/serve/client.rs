//! Whether the client of a stream is still there.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use tokio::sync::mpsc;

/// What `future` comes to, or `None` as soon as the client is gone, however long the future
/// takes: a stream that nobody reads must not keep its place.
pub(super) async fn while_there<T, F: Future>(
    updates: &mpsc::Sender<T>,
    future: F,
) -> Option<F::Output> {
    let mut gone = pin!(updates.closed());
    let mut future = pin!(future);
    poll_fn(|context| {
        if gone.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        future.as_mut().poll(context).map(Some)
    })
    .await
}
