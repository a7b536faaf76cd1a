//! Tasks that went on when they were looked at: what they waited for had come, and nobody had
//! woken them.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use loiter_model::{NameId, Nanos, SiteId, TaskSeq, finding::LostWakeup};

use super::Table;

/// Kept at most.
const MOST: usize = 1024;
/// Kept for so long, in nanoseconds.
const KEPT: u64 = 600_000_000_000;

/// Behind a lock: looks are rare, and a task that goes on in one rarer still.
#[derive(Debug, Default)]
pub(super) struct LostWakeups(Mutex<VecDeque<Unwoken>>);

/// A task that went on without a wake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unwoken {
    pub(super) seq: u64,
    pub(super) site: u32,
    /// Counted as a user of it.
    pub(super) name: Option<u32>,
    pub(super) at: u64,
    pub(super) idle: u64,
}

impl LostWakeups {
    /// Whether it found room.
    pub(super) fn note(&self, unwoken: Unwoken) -> bool {
        let mut kept = self.lock();
        let has_room = kept.len() < MOST;
        if has_room {
            kept.push_back(unwoken);
        }
        has_room
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Unwoken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// The tasks that went on without a wake in the last ten minutes, oldest first.
    pub(crate) fn lost_wakeups(&self) -> Vec<LostWakeup> {
        let now = self.clock.now();
        let mut kept = self.lost_wakeups.lock();
        let is_over =
            |kept: &VecDeque<Unwoken>| kept.front().is_some_and(|first| first.at + KEPT < now);
        while is_over(&kept) {
            if let Some(name) = kept.pop_front().and_then(|unwoken| unwoken.name) {
                self.names.release(name);
            }
        }
        let lost = kept.iter().filter_map(|unwoken| {
            Some(LostWakeup {
                task: TaskSeq::new(unwoken.seq)?,
                site: SiteId(unwoken.site),
                name: unwoken.name.map(NameId),
                at: Nanos(unwoken.at),
                idle: Nanos(unwoken.idle),
            })
        });
        lost.collect()
    }
}
