//! Tasks that went on when they were looked at: what they waited for had come, and nobody had
//! woken them.
//!
//! A correct program never shows this but for a moment. Whoever makes ready what a task waits for
//! wakes it right after that, and a look may come between the two. So nothing is told before a
//! time in which that wake would have come:
//!
//! - A task that ended in the look keeps its slot meanwhile, and the slot counts late wakes.
//! - A task that seems to have gone on, and waits anew, is looked at once more. A wake meanwhile
//!   may have been the late one; and who shows the same signs in each look, as a future that does
//!   a little work in every poll, does so without having waited for it.
//!
//! What is left: a waiter that takes itself off the list, so that the late wake finds nobody, in
//! a look that hits the moment between; and work that a future does every so often, whenever it
//! happens to be polled. Both are why it is suspected, never proved.
//!
//! Not noticed is a task that goes on to wait at the same place without having done anything that
//! can be seen, or that is woken anew within a second.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use loiter_model::{NameId, Nanos, SiteId, StackSource, TaskSeq, finding::LostWakeup};

use super::{
    Table,
    slot::{Phase, Slot, reading::Reading},
};
use crate::stacks::Seen;

/// Kept at most, told and doubtful ones each.
const MOST: usize = 1024;
/// Told for so long, in nanoseconds.
const KEPT: u64 = 600_000_000_000;
/// A wake that comes so long after the look is another one, in nanoseconds.
const LATE: u64 = 1_000_000_000;

/// Behind a lock: looks are rare, and a task that goes on in one rarer still.
#[derive(Debug, Default)]
pub(super) struct LostWakeups(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    told: VecDeque<Unwoken>,
    doubtful: Vec<Doubtful>,
}

/// A task that went on without a wake.
#[derive(Clone, Copy, Debug)]
struct Unwoken {
    seq: u64,
    site: u32,
    /// Counted as a user of it.
    name: Option<u32>,
    at: u64,
    idle: u64,
}

/// The same, but the wake may be about to come.
#[derive(Clone, Copy, Debug)]
struct Doubtful {
    unwoken: Unwoken,
    index: u32,
    /// So often it had been woken.
    wakes: u64,
    now: Now,
}

/// What a doubtful task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    /// It ends. The agent holds its slot.
    Ends,
    /// It waits on, since its poll of this number, or anew.
    Waits {
        polls: u64,
        since: u64,
        /// It seemed to go on in a further look, too.
        always: bool,
    },
}

/// A wait that another look is to be taken at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unconfirmed {
    pub(crate) index: u32,
    pub(crate) seq: u64,
    pub(crate) since: u64,
}

impl Doubtful {
    /// Whether nothing has woken it since, by what its slot says now.
    fn is_unwoken(&self, reading: &Reading) -> bool {
        let unwoken = reading.seq == self.unwoken.seq && reading.wakes == self.wakes;
        match self.now {
            Now::Ends => unwoken,
            // A look may be under way.
            Now::Waits { polls, .. } => {
                let waits = matches!(reading.phase, Phase::Idle | Phase::Unprompted);
                unwoken && waits && reading.polls == polls
            }
        }
    }

    fn is_over_for(&self, now: u64) -> bool {
        self.unwoken.at + LATE <= now
    }

    fn is_wait_of(&self, seen: &Seen) -> bool {
        let is_it = |polls| self.unwoken.seq == seen.seq && polls == seen.polls;
        matches!(self.now, Now::Waits { polls, .. } if is_it(polls))
    }
}

impl LostWakeups {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// A task is about to end in a poll that looked, and nobody had woken it. On its poller's
    /// thread.
    #[cold]
    pub(crate) fn ends_unwoken(&self, slot: &Slot, idle: u64) {
        let Some(reading) = slot.read() else { return };
        if !slot.hold(reading.seq) {
            return;
        }
        if !self.doubt(slot.index(), &reading, idle, Now::Ends) {
            self.let_go(slot);
        }
    }

    /// A look found a task pending. On the agent's thread.
    pub(super) fn looked(&self, slot: &Slot, seen: &Seen) {
        if seen.source != StackSource::Probed {
            return;
        }
        let now = self.clock.now();
        let mut kept = self.lost_wakeups.lock();
        let known = kept.doubtful.iter().position(|it| it.is_wait_of(seen));
        match (known, seen.went_on_after) {
            (None, None) => {}
            (None, Some(idle)) => {
                drop(kept);
                let waits = |reading: &Reading| {
                    reading.seq == seen.seq
                        && reading.polls == seen.polls
                        && reading.phase == Phase::Idle
                };
                if let Some(reading) = slot.read().filter(waits) {
                    let waits = Now::Waits {
                        polls: seen.polls,
                        since: reading.since,
                        always: false,
                    };
                    self.doubt(seen.index, &reading, idle, waits);
                }
            }
            (Some(known), Some(_)) => {
                if let Now::Waits { always, .. } = &mut kept.doubtful[known].now {
                    *always = true;
                }
            }
            (Some(known), None) => {
                let doubtful = kept.doubtful[known];
                let is_sure = doubtful.is_over_for(now)
                    && !matches!(doubtful.now, Now::Waits { always: true, .. })
                    && (slot.read()).is_some_and(|reading| doubtful.is_unwoken(&reading));
                if is_sure {
                    kept.doubtful.swap_remove(known);
                    drop(kept);
                    self.tell(doubtful.unwoken);
                }
            }
        }
    }

    /// Whether it found room.
    fn doubt(&self, index: u32, reading: &Reading, idle: u64, now: Now) -> bool {
        let mut kept = self.lost_wakeups.lock();
        let has_room = kept.doubtful.len() < MOST;
        if has_room {
            kept.doubtful.push(Doubtful {
                unwoken: Unwoken {
                    seq: reading.seq,
                    site: reading.site,
                    name: reading.name.map(|id| self.names.share(id)),
                    at: self.clock.now(),
                    idle,
                },
                index,
                wakes: reading.wakes,
                now,
            });
        }
        has_room
    }

    fn tell(&self, unwoken: Unwoken) {
        let mut kept = self.lost_wakeups.lock();
        if kept.told.len() < MOST {
            kept.told.push_back(unwoken);
        } else {
            drop(kept);
            self.forget(unwoken);
        }
    }

    fn forget(&self, unwoken: Unwoken) {
        if let Some(name) = unwoken.name {
            self.names.release(name);
        }
    }

    /// Decides on those of which a late wake is known by now, or would be. On the agent's thread.
    pub(crate) fn settle_lost_wakeups(&self) {
        let doubtful = std::mem::take(&mut self.lost_wakeups.lock().doubtful);
        for doubtful in doubtful {
            // First the time: a wake in it is then seen below.
            let is_over = doubtful.is_over_for(self.clock.now());
            let slot = self.slab.get(doubtful.index);
            let reading = slot.and_then(Slot::read);
            let is_unwoken = reading.is_some_and(|reading| doubtful.is_unwoken(&reading));
            let ends = doubtful.now == Now::Ends;
            if is_unwoken && !(ends && is_over) {
                self.lost_wakeups.lock().doubtful.push(doubtful);
                continue;
            }
            match is_unwoken {
                true => self.tell(doubtful.unwoken),
                false => self.forget(doubtful.unwoken),
            }
            if let Some(slot) = slot.filter(|_| ends) {
                self.let_go(slot);
            }
        }
    }

    /// Tasks that another look can settle now.
    pub(crate) fn unconfirmed(&self) -> Vec<Unconfirmed> {
        let now = self.clock.now();
        let kept = self.lost_wakeups.lock();
        let due = kept.doubtful.iter().filter(|it| it.is_over_for(now));
        let unconfirmed = due.filter_map(|doubtful| match doubtful.now {
            Now::Waits {
                since,
                always: false,
                ..
            } => Some(Unconfirmed {
                index: doubtful.index,
                seq: doubtful.unwoken.seq,
                since,
            }),
            Now::Waits { .. } | Now::Ends => None,
        });
        unconfirmed.collect()
    }

    /// The tasks that went on without a wake in the last ten minutes, oldest first.
    pub(crate) fn lost_wakeups(&self) -> Vec<LostWakeup> {
        let now = self.clock.now();
        let mut kept = self.lost_wakeups.lock();
        while let Some(&first) = kept.told.front()
            && first.at + KEPT < now
        {
            kept.told.pop_front();
            self.forget(first);
        }
        let lost = kept.told.iter().filter_map(|unwoken| {
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
