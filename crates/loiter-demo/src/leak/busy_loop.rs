//! A busy loop: the task wakes itself in every poll instead of waiting for what it needs. It
//! yields, so other tasks run, but it is always either running or scheduled.
//!
//! The cure: wait for the event itself, such as with a `Notify`, or at least for an interval.

use std::{future, task::Poll, thread, time::Duration};

use crate::named;

/// Spawns a task that asks again and again.
pub(crate) fn spawn() {
    named::spawn("busy-loop", ask_again());
}

async fn ask_again() {
    future::poll_fn::<(), _>(|context| {
        context.waker().wake_by_ref();
        // A real one would burn a core. This one makes some 500 polls a second and sleeps
        // through most of each.
        thread::sleep(Duration::from_millis(2));
        Poll::Pending
    })
    .await;
}
