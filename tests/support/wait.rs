//! Waiting for conditions.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long anything may take. Far more than it does: only a failing test waits that long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what cannot tell that it has changed.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks until there is an answer.
///
/// # Panics
/// When there is none within [`PATIENCE`]; `what` says what was waited for.
pub fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(PAUSE);
    }
}

/// A value that another thread changes and that can be waited for.
#[derive(Debug, Default)]
pub struct Watched<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Watched<T> {
    /// Starts with this value.
    pub fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            changed: Condvar::new(),
        }
    }

    /// Changes it and wakes whoever waits.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Looks at it as it is now.
    pub fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.value.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at it now and after each change, until there is an answer. `None` when there is
    /// none within [`PATIENCE`].
    pub fn wait<R>(&self, mut look: impl FnMut(&T) -> Option<R>) -> Option<R> {
        let deadline = Instant::now() + PATIENCE;
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(answer) = look(&value) {
                return Some(answer);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            value = self
                .changed
                .wait_timeout(value, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}
