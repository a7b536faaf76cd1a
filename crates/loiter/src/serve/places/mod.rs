//! Room for connections, over all doors: how many there are at a time, and who leaves for whom.
//!
//! Whoever watches is never sent away for a newcomer. Room is made by those who have not said a
//! word yet, then by those who have not asked for anything yet, then by those for whom nothing is
//! under way: always by the one that has been so for longest. A flood of connections thus pushes
//! out itself.

mod book;
mod guest;
mod limits;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tonic::Status;

pub(super) use book::Full;
use book::{Book, Number};
pub(super) use guest::{Guest, UnderWay};
pub(super) use limits::Limits;

/// All places.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    book: Book,
    /// How each of them is told to leave.
    present: HashMap<Number, Arc<Notify>>,
}

impl Places {
    pub(super) fn new(limits: Limits) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            book: Book::new(limits),
            present: HashMap::new(),
        })))
    }

    /// Takes a place for somebody who comes in; if there was none, somebody else is told to leave.
    pub(super) fn enter(&self) -> Arc<Guest> {
        let mut inner = self.lock();
        let (number, leaves) = inner.book.enter();
        inner.send_away(leaves);
        let leave = Arc::new(Notify::new());
        inner.present.insert(number, leave.clone());
        Arc::new(Guest::new(self.clone(), number, leave))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn send_away(&mut self, leaves: Option<Number>) {
        if let Some(told) = leaves.and_then(|number| self.present.remove(&number)) {
            told.notify_one();
        }
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guests = self.guests;
        write!(
            f,
            "{guests} clients are being served already; close another one"
        )
    }
}

impl Full {
    /// As a client is told.
    pub(super) fn status(self) -> Status {
        Status::resource_exhausted(self.to_string())
    }
}
