//! A wait on nothing: the future is pending, but has left its waker nowhere. Nothing can ever
//! wake it; it can only be aborted.
//!
//! The cure: a hand-written future returns `Pending` only after it has stored the waker it was
//! polled with.

use std::future;

use crate::named;

/// Spawns a task that waits for what cannot come.
pub(crate) fn spawn() {
    named::spawn("wait-on-nothing", future::pending::<()>());
}
