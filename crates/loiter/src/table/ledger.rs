//! The tasks that ended last.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crossbeam_queue::ArrayQueue;
use loiter_model::{Ending, Task, TaskSeq};

use crate::stacks::RawStack;

/// Tasks that find room between two visits of the agent's thread, at least.
const ARRIVALS: usize = 1024;

/// A task that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) task: Task,
    /// Where its future was dropped, unless that is known to have returned or panicked; until
    /// somebody wants to know what it tells of the end.
    pub(crate) dropped: Option<RawStack>,
}

/// Remembers a bounded number of ended tasks.
///
/// Application threads push into a lock-free queue; once a second the agent's thread moves them
/// over into an order that it can walk. Of what comes faster than that, only panics are let in:
/// churn then costs nothing, and does not push one out.
#[derive(Debug)]
pub(crate) struct Ledger {
    arrivals: Option<ArrayQueue<Ended>>,
    settled: Mutex<VecDeque<Ended>>,
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

    /// Whether a task that did not panic shall be left out.
    pub(crate) fn is_flooded(&self) -> bool {
        self.arrivals.as_ref().is_none_or(ArrayQueue::is_full)
    }

    /// Takes a task that has ended; gives back the one that is forgotten for it.
    pub(crate) fn push(&self, task: Ended) -> Option<Ended> {
        match &self.arrivals {
            Some(arrivals) => arrivals.force_push(task),
            None => Some(task),
        }
    }

    /// Moves the arrivals over and hands out what is forgotten for them. Only the agent's
    /// thread does this.
    pub(crate) fn settle(&self, mut forget: impl FnMut(Ended)) {
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
    pub(crate) fn visit(&self, each: impl FnMut(&Ended)) {
        self.lock().iter().rev().for_each(each);
    }

    /// Whether there is one of which it is to be found out how it ended.
    pub(crate) fn has_dropped(&self) -> bool {
        self.lock().iter().any(|ended| ended.dropped.is_some())
    }

    /// Those of which it is to be found out how they ended.
    pub(crate) fn dropped(&self) -> Vec<(TaskSeq, RawStack)> {
        let settled = self.lock();
        let dropped = settled
            .iter()
            .filter_map(|ended| Some((ended.task.seq, ended.dropped.clone()?)));
        dropped.collect()
    }

    /// It was found out how these tasks ended. O(remembered), however many they are: a runtime may
    /// take all of them with it.
    pub(crate) fn correct(&self, endings: &HashMap<TaskSeq, Ending>) {
        for ended in self.lock().iter_mut() {
            let Some(ending) = endings.get(&ended.task.seq) else {
                continue;
            };
            ended.dropped = None;
            // Any other says no more than was known.
            if *ending == Ending::RuntimeDropped {
                ended.task.ending = Some(*ending);
            }
        }
    }

    /// Bytes of what was allocated for it.
    #[cfg(feature = "census")]
    pub(crate) fn bytes(&self) -> usize {
        let arrivals = self.arrivals.as_ref().map_or(0, ArrayQueue::capacity);
        (arrivals + self.lock().capacity()) * size_of::<Ended>()
    }

    /// How many are remembered.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Ended>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
