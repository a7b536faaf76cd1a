//! What the agent's thread reads: every slot, one task, and the tasks that ended.

use std::{collections::HashSet, num::NonZeroU64, ops::Range, sync::atomic::Ordering::Relaxed};

use loiter_model::{Ending, Kind, NameId, Nanos, SiteId, State, Task, TaskSeq, WaitId};

use super::{
    Table,
    sites::Sites,
    slot::{Phase, Slot, reading::Reading},
    waits::Waits,
};
use crate::{
    clock::Clock,
    events::{Events, SeenWait},
    runtimes::Runtimes,
    stacks::Seen,
};

/// How a look at what a task waits on stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) look: Look,
    /// When its present state began.
    pub(crate) since: u64,
    /// Inside a poll.
    pub(crate) running: bool,
}

/// When something last happened to a task, as its slot has it.
#[cfg(feature = "console")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    /// The wake (or the birth) that led to the last poll; 0 before the first one.
    pub(crate) woken_at: u64,
    /// The end of the last poll, if it left the task idle; else 0.
    pub(crate) left_at: u64,
}

/// Whether a task can be asked what it waits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// It waits for nothing now.
    NotIdle,
    /// It cannot: nothing of ours is around its future.
    Unwatched,
    /// It can.
    Possible,
    /// It was, and has not been polled since.
    Asked,
    /// It is known already.
    Known,
}

impl Table {
    /// Nanoseconds since the agent's start.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn sites(&self) -> &Sites {
        &self.sites
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    /// Tasks tracked at most.
    pub(crate) fn max_tasks(&self) -> u32 {
        self.slab.capacity()
    }

    /// Bytes of the tables of tasks, sites and ended tasks: without the texts behind them.
    #[cfg(feature = "census")]
    pub(crate) fn bytes(&self) -> usize {
        let slots: usize = self.slab.pages().map(|(_, slots)| size_of_val(slots)).sum();
        slots + self.sites.bytes() + self.ledger.bytes()
    }

    /// Tasks that found the table full.
    pub(crate) fn untracked(&self) -> u64 {
        self.untracked.load(Relaxed)
    }

    /// The runtimes that spawned tasks of ours.
    pub(crate) fn runtimes(&self) -> &Runtimes {
        &self.runtimes
    }

    /// Opens the next window of the budget for stacks.
    pub(crate) fn next_window(&self) {
        self.sampler.next_window();
    }

    pub(crate) fn waits(&self) -> &Waits {
        &self.waits
    }

    /// How a look at what a task waits on stands.
    pub(crate) fn standing(&self, index: u32, seq: u64) -> Standing {
        let slot = self.slab.get(index);
        let reading = slot.and_then(|slot| Some((slot, slot.read()?)));
        let Some((slot, reading)) = reading.filter(|(_, reading)| reading.seq == seq) else {
            return Standing {
                look: Look::NotIdle,
                since: 0,
                running: false,
            };
        };
        let look = match reading.phase {
            Phase::Idle if reading.wait.is_some() => Look::Known,
            Phase::Idle if slot.kept_waker().is_none() => Look::Unwatched,
            Phase::Idle if slot.is_asked() => Look::Asked,
            Phase::Idle => Look::Possible,
            _ => Look::NotIdle,
        };
        Standing {
            look,
            since: reading.since,
            running: !matches!(reading.phase, Phase::Idle | Phase::Scheduled | Phase::Ended),
        }
    }

    /// Takes in one look or sample; `false` when there is none.
    pub(crate) fn take_in(&self) -> bool {
        let Some(seen) = self.seen.pop() else {
            return false;
        };
        if let Some(slot) = self.slab.get(seen.index)
            && slot.seq() == seen.seq
        {
            let wait = self.waits.id_of(&seen, slot.has_wakers());
            let at = self.clock.now();
            slot.set_wait(seen.polls, wait);
            if self.events.wants_waits() {
                self.note_wait(at, &seen, wait);
            }
            self.looked(slot, &seen);
        }
        true
    }

    /// Tells those who watch, unless the task has gone on since it was seen.
    fn note_wait(&self, at: u64, seen: &Seen, wait: u32) {
        let slot = self.slab.get(seen.index);
        let Some(reading) = slot.and_then(Slot::read) else {
            return;
        };
        if reading.seq == seen.seq && reading.wait == Some(wait) {
            self.events.note_wait(SeenWait {
                at,
                seq: seen.seq,
                index: seen.index,
                wait,
            });
        }
    }

    /// The slot with an index.
    pub(crate) fn slot_at(&self, index: u32) -> Option<&Slot> {
        self.slab.get(index)
    }

    /// When the wait of a task began, if it waits for a wake. Tells its waits apart.
    pub(crate) fn idle_since(&self, index: u32, seq: TaskSeq) -> Option<u64> {
        let reading = self.slab.get(index)?.read()?;
        let is_idle = reading.seq == seq.get() && reading.phase == Phase::Idle;
        is_idle.then_some(reading.since)
    }

    /// Shows every slot of some pages that keeps a runtime's own waker, with that one's data.
    /// O(slots of these pages).
    pub(crate) fn each_watched(&self, pages: Range<usize>, mut each: impl FnMut(&Slot, usize)) {
        for slot in self.slots(pages) {
            if let Some((data, _)) = slot.kept_waker() {
                each(slot, data.addr());
            }
        }
    }

    /// How many pages there are to visit. Tasks that are spawned later may be missed, none is
    /// met twice.
    pub(crate) fn pages(&self) -> usize {
        self.slab.pages().count()
    }

    fn slots(&self, pages: Range<usize>) -> impl Iterator<Item = &Slot> {
        let pages = self.slab.pages().skip(pages.start).take(pages.len());
        pages.flat_map(|(_, slots)| slots)
    }

    /// Shows every task alive of some pages.
    #[cfg(test)]
    pub(crate) fn visit(&self, pages: Range<usize>, mut each: impl FnMut(&Task)) {
        self.visit_indexed(pages, |_, task| each(task));
    }

    /// Shows every task alive of some pages, with the index of its slot. O(slots of these pages).
    pub(crate) fn visit_indexed(&self, pages: Range<usize>, mut each: impl FnMut(u32, &Task)) {
        let now = self.clock.now();
        for slot in self.slots(pages) {
            if let Some(reading) = slot.read()
                && reading.phase != Phase::Ended
            {
                each(slot.index(), &self.task(&reading, now));
            }
        }
    }

    /// Shows every slot of some pages by its index, with the task alive in it, if there is one.
    /// O(slots of these pages).
    #[cfg(feature = "console")]
    pub(crate) fn visit_slots(
        &self,
        pages: Range<usize>,
        mut each: impl FnMut(u32, Option<(Task, Moments)>),
    ) {
        for slot in self.slots(pages) {
            let reading = slot.read_settled().filter(|r| r.phase != Phase::Ended);
            let alive = reading.map(|reading| {
                // After the reading: else an instant in it might lie in the future.
                let now = self.clock.now();
                let moments = Moments {
                    woken_at: reading.woken_at,
                    left_at: reading.left_at,
                };
                (self.task(&reading, now), moments)
            });
            each(slot.index(), alive);
        }
    }

    /// Those of the tasks with these numbers that are alive and in some pages. O(slots of these
    /// pages).
    pub(crate) fn alive_among(
        &self,
        pages: Range<usize>,
        wanted: &HashSet<u64>,
    ) -> impl Iterator<Item = TaskSeq> {
        self.slots(pages).filter_map(|slot| {
            let seq = slot.seq();
            let is_alive = wanted.contains(&seq)
                && slot
                    .read()
                    .is_some_and(|reading| reading.seq == seq && reading.phase != Phase::Ended);
            TaskSeq::new(seq).filter(|_| is_alive)
        })
    }

    /// Whether some task on these pages has been idle for so long in a wait that nobody has read.
    pub(crate) fn has_unread_waits(&self, pages: Range<usize>, idle_for: Nanos) -> bool {
        let now = self.clock.now();
        self.slots(pages).any(|slot| {
            slot.read().is_some_and(|reading| {
                reading.phase == Phase::Idle
                    && now.saturating_sub(reading.since) >= idle_for.0
                    && reading
                        .wait
                        .is_some_and(|id| self.waits.canonical(id).is_none())
            })
        })
    }

    /// A task alive, with the number of its wait that equal ones share.
    fn task(&self, reading: &Reading, now: u64) -> Task {
        // One that nobody has read yet says nothing.
        let wait = reading.wait.and_then(|id| self.waits.canonical(id));
        Task {
            wait: wait.map(WaitId),
            ..task(reading, now)
        }
    }

    /// Whether there are tasks in the ledger of which it is not known how they ended.
    pub(crate) fn has_unread_endings(&self) -> bool {
        self.ledger.has_dropped()
    }

    /// Finds that out. May take seconds, see [`Waits::get`].
    pub(crate) fn read_endings(&self) {
        let dropped = self.ledger.dropped().into_iter();
        let endings = dropped.map(|(task, dropped)| (task, self.waits.ending(&dropped)));
        self.ledger.correct(&endings.collect());
    }

    /// Leaves it at that they were cancelled.
    pub(crate) fn give_endings_up(&self) {
        let dropped = self.ledger.dropped().into_iter();
        let endings = dropped.map(|(task, _)| (task, Ending::Cancelled));
        self.ledger.correct(&endings.collect());
    }

    /// Shows the tasks in the ledger, those that ended last first.
    pub(crate) fn visit_ended(&self, mut each: impl FnMut(&Task)) {
        let now = Nanos(self.clock.now());
        self.ledger.visit(|ended| {
            let mut task = ended.task;
            let end = task.spawned_at.saturating_add(task.total);
            task.in_state = now.saturating_sub(end);
            each(&task);
        });
    }

    /// Moves what ended since the last time into the ledger's order.
    pub(crate) fn settle(&self) {
        self.ledger
            .settle(|forgotten| self.release_labels(&forgotten.task));
    }

    /// Ended tasks that are remembered.
    pub(crate) fn remembered(&self) -> u64 {
        self.ledger.len() as u64
    }

    /// One task by its number, alive or remembered. O(all slots); `hint` is where it was last.
    pub(crate) fn find(&self, seq: TaskSeq, hint: &mut Option<u32>) -> Option<Task> {
        let now = self.clock.now();
        let wanted = |slot: &Slot| {
            let reading = slot.read()?;
            let is_it = reading.seq == seq.get() && reading.phase != Phase::Ended;
            is_it.then(|| self.task(&reading, now))
        };
        if let Some(found) = hint.and_then(|index| wanted(self.slab.get(index)?)) {
            return Some(found);
        }
        let place = self.slab.pages().find_map(|(first, slots)| {
            let offset = slots.iter().position(|slot| slot.seq() == seq.get())?;
            Some((first + offset as u32, &slots[offset]))
        });
        if let Some((index, slot)) = place
            && let Some(found) = wanted(slot)
        {
            *hint = Some(index);
            return Some(found);
        }
        self.settle();
        let mut found = None;
        self.visit_ended(|ended| {
            if ended.seq == seq {
                found = Some(*ended);
            }
        });
        found
    }
}

/// A task by the words of its slot.
pub(super) fn task(reading: &Reading, now: u64) -> Task {
    let in_state = now.saturating_sub(reading.since);
    let (state, running, waiting) = match reading.phase {
        Phase::Idle => (State::Idle, 0, 0),
        Phase::Scheduled => (State::Scheduled, 0, in_state),
        Phase::Running | Phase::RunningWoken | Phase::Unprompted | Phase::UnpromptedWoken => {
            (State::Running, in_state, 0)
        }
        Phase::Ended => (State::Ended, 0, 0),
    };
    Task {
        seq: TaskSeq::new(reading.seq).expect("a slot in use has a number"),
        tokio_id: NonZeroU64::new(reading.tokio_id),
        name: reading.name.map(NameId),
        scope: reading.scope.map(NameId),
        kind: Kind::ALL[reading.kind as usize % Kind::ALL.len()],
        site: SiteId(reading.site),
        parent: TaskSeq::new(reading.parent),
        size: Some(u64::from(reading.size)),
        original_size: (reading.original_size != 0).then_some(u64::from(reading.original_size)),
        spawned_at: Nanos(reading.spawned_at),
        state,
        in_state: Nanos(in_state),
        total: Nanos(match state {
            State::Ended => reading.since.saturating_sub(reading.spawned_at),
            _ => now.saturating_sub(reading.spawned_at),
        }),
        busy: Nanos(reading.busy + running),
        scheduled: Nanos(reading.scheduled + waiting),
        polls: reading.polls + u64::from(state == State::Running),
        longest_poll: Nanos(reading.longest_poll.max(running)),
        wakes: reading.wakes,
        self_wakes: reading.self_wakes,
        live_wakers: reading.live_wakers,
        woken_by: TaskSeq::new(reading.woken_by),
        sole_waker: reading.sole_waker,
        expect_idle: reading.marks.expect_idle,
        may_be_part: reading.marks.may_be_part,
        in_place: reading.in_place,
        wait: None,
        ending: None,
    }
}
