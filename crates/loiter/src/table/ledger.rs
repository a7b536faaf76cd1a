//! The tasks that ended last.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crossbeam_queue::ArrayQueue;
use loiter_model::Task;

/// Tasks that find room between two visits of the agent's thread, at least.
const ARRIVALS: usize = 1024;

/// Remembers a bounded number of ended tasks.
///
/// Application threads push into a lock-free queue; once a second the agent's thread moves them
/// over into an order that it can walk. Of what comes faster than that, tasks that simply
/// finished are left out: churn then costs nothing, and does not push out a panic.
#[derive(Debug)]
pub(crate) struct Ledger {
    arrivals: Option<ArrayQueue<Task>>,
    settled: Mutex<VecDeque<Task>>,
    size: usize,
}

impl Ledger {
    /// Remembers `size` tasks; 0 for none.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            arrivals: (size > 0).then(|| ArrayQueue::new(size.max(ARRIVALS))),
            settled: Mutex::default(),
            size,
        }
    }

    /// Whether a task that simply finished shall be left out.
    pub(crate) fn is_flooded(&self) -> bool {
        self.arrivals.as_ref().is_none_or(ArrayQueue::is_full)
    }

    /// Takes a task that has ended; gives back the one that is forgotten for it.
    pub(crate) fn push(&self, task: Task) -> Option<Task> {
        match &self.arrivals {
            Some(arrivals) => arrivals.force_push(task),
            None => Some(task),
        }
    }

    /// Moves the arrivals over and hands out what is forgotten for them. Only the agent's
    /// thread does this.
    pub(crate) fn settle(&self, mut forget: impl FnMut(Task)) {
        let Some(arrivals) = &self.arrivals else {
            return;
        };
        let mut settled = self.lock();
        // A burst must not keep the agent here for ever.
        for _ in 0..arrivals.capacity() {
            let Some(task) = arrivals.pop() else { break };
            if settled.len() == self.size
                && let Some(oldest) = settled.pop_front()
            {
                forget(oldest);
            }
            settled.push_back(task);
        }
    }

    /// Shows what is remembered, those that ended last first.
    pub(crate) fn visit(&self, each: impl FnMut(&Task)) {
        self.lock().iter().rev().for_each(each);
    }

    /// How many are remembered.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Task>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
