//! The runtimes that spawned tasks of ours: what they know of tasks alive shows how many we do
//! not see.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

/// Runtimes that are remembered at most.
const MOST: usize = 64;

/// Handles keep a runtime's memory, not the runtime: it shuts down all the same.
#[derive(Debug, Default)]
pub(crate) struct Runtimes(Mutex<Vec<Handle>>);

impl Runtimes {
    /// Remembers the runtime that the calling thread is in.
    pub(crate) fn note_current(&self) {
        let Ok(handle) = Handle::try_current() else {
            return;
        };
        let mut handles = self.lock();
        if handles.len() < MOST && handles.iter().all(|known| known.id() != handle.id()) {
            handles.push(handle);
        }
    }

    /// Tasks alive on all of them, by their own count: without blocking functions and tasks of a
    /// `LocalSet`. `None` when no runtime is known.
    pub(crate) fn alive(&self) -> Option<u64> {
        let handles = self.lock();
        let alive = handles
            .iter()
            .map(|handle| handle.metrics().num_alive_tasks() as u64);
        (!handles.is_empty()).then(|| alive.sum())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Handle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
