//! The label of a scope: opened where its future is polled first, closed with it.

use crate::{
    recording,
    thread::{InScope, Thread},
};

/// A scope's name, and whether it is open.
#[derive(Debug)]
pub(super) enum Label {
    /// Where its future is polled first, that is what it stands inside.
    Unopened(String),
    /// The id of its name.
    Open(u32),
    /// There is no agent.
    Off,
}

impl Label {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self::Unopened(name.into())
    }

    /// Puts what is spawned on this thread into the scope, for as long as this lasts.
    pub(super) fn enter(&mut self) -> Option<Inside> {
        if let Self::Unopened(name) = self {
            let id = recording::table().and_then(|table| table.open_scope(name));
            *self = id.map_or(Self::Off, Self::Open);
        }
        match *self {
            Self::Open(name) => Some(Inside {
                before: Thread::with(|thread| thread.enter_scope(name)),
            }),
            Self::Unopened(_) | Self::Off => None,
        }
    }
}

impl Drop for Label {
    fn drop(&mut self) {
        if let (Self::Open(name), Some(table)) = (&*self, recording::table()) {
            table.close_scope(*name);
        }
    }
}

/// A poll of a future in a scope, to be ended in every case.
pub(super) struct Inside {
    before: InScope,
}

impl Drop for Inside {
    fn drop(&mut self) {
        Thread::with(|thread| thread.leave_scope(self.before));
    }
}
