//! The words that application threads write about one task, and the rules of writing them.
//!
//! - The **poller** (tokio polls a task on one thread at a time) is the only writer of the
//!   poll fields: plain loads and stores.
//! - **Wakers**, on any thread, move the state with a compare-and-swap and count with atomic
//!   adds.
//! - The **reader** is the agent's thread. It takes each task at a slightly different moment
//!   and may catch one in the middle of a poll's bookkeeping: figures are off by that one poll,
//!   until the next look.
//!
//! State and the time of the last transition share one word, so that no reader sees a state
//! with the time of another one: "scheduled" with the time at which a long wait began would
//! read as starved for that long.
//!
//! A slot belongs to a task until its span is closed *and* no waker of it is left: a waker may
//! outlive its task, and its events must not count for the slot's next one. That is the rule by
//! which tokio itself frees a task's memory.

mod kept;
mod phase;
mod probe;
pub(super) mod reading;

use std::{ptr, task::RawWakerVTable};

use loiter_model::Ending;

pub(crate) use phase::{At, Phase};
use phase::{pack, unpack};
use probe::Probe;

use crate::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    fence,
};

/// Three cache lines: what every poll and wake write, what some do, and what mostly stays.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    /// Time of the last transition and the phase since, see [`pack`].
    transition: AtomicU64,
    /// The task's number, 0 while the slot is free. Never reused, so it also tells a reader
    /// whether the slot changed hands under it.
    seq: AtomicU64,
    /// Live wakers in the low half, above them references of the span, and on top what the agent
    /// itself holds it for. The slot is free when all are gone.
    holders: AtomicU64,
    busy: AtomicU64,
    scheduled: AtomicU64,
    polls: AtomicU64,
    /// When the last poll ended, if it left the task idle; else 0. The poller's note for its
    /// next poll, like the one below.
    left_at: AtomicU64,
    /// When the wake came that led to the current poll.
    woken_at: AtomicU64,

    longest_poll: AtomicU64,
    /// The task inside which it was woken last: 0 for outside any, [`NEVER`] before the first.
    woken_by: AtomicU64,
    self_wakes: AtomicU64,
    /// Wakes minus polls, wrapping. A wake that leads to a poll needs no count of its own: an
    /// atomic addition less for each.
    wakes_beyond_polls: AtomicU64,
    site: AtomicU32,
    kind: AtomicU32,
    tokio_id: AtomicU64,
    parent: AtomicU64,
    spawned_at: AtomicU64,

    /// One more than the name's id, 0 for none.
    name: AtomicU32,
    /// Bytes, saturated.
    size: AtomicU32,
    /// Bytes before boxing, saturated; 0 when it was not boxed.
    original_size: AtomicU32,
    /// While the slot is free: one more than the index of the next free one.
    next_free: AtomicU32,
    /// What the task waits on, as [`probe::Seen`] packs it.
    seen: AtomicU64,
    /// One more than the id of the scope's name, 0 for none.
    scope: AtomicU32,
    /// A [`Probe`].
    probe: AtomicU8,
    /// How the task's own wrapper says that it ends: an index into [`Ending::ALL`] plus 1, 0 for
    /// nothing said.
    ending: AtomicU8,
    /// What its spawner said of it, as [`Marks`] packs it.
    marks: AtomicU8,
    /// Not every wake came from inside the same task.
    mixed_wakes: AtomicBool,
    /// Its own index: a waker has nothing but the slot's address.
    index: u32,
    /// The poll in which the task gave its worker away, counted from 1; 0 for none.
    in_place: AtomicU32,
    /// The two halves of the runtime's waker of this task: written once, by its poller, before
    /// anything can read them; null for none.
    waker_data: AtomicPtr<()>,
    waker_vtable: AtomicPtr<RawWakerVTable>,
    /// Where its future ends in memory, since it was first looked at; 0 before.
    future_end: AtomicUsize,
}

/// Stands for the waker of a task that was not woken so far.
const NEVER: u64 = u64::MAX;

const ONE_SPAN: u64 = 1 << 32;
const WAKERS: u64 = ONE_SPAN - 1;
const ONE_OF_AGENT: u64 = 1 << 56;
const SPANS: u64 = ONE_OF_AGENT - 1 - WAKERS;
const MINUS_ONE: u64 = u64::MAX;

/// What is known of a task when it is spawned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Birth {
    pub(crate) seq: u64,
    pub(crate) at: At,
    pub(crate) tokio_id: u64,
    pub(crate) parent: u64,
    pub(crate) site: u32,
    pub(crate) name: Option<u32>,
    pub(crate) scope: Option<u32>,
    pub(crate) marks: Marks,
    pub(crate) kind: u32,
    pub(crate) size: u64,
    pub(crate) original_size: u64,
}

/// What its spawner says of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// It waits by design.
    pub(crate) expect_idle: bool,
    /// It may be a part of a task only.
    pub(crate) may_be_part: bool,
}

impl Marks {
    fn pack(self) -> u8 {
        u8::from(self.expect_idle) | u8::from(self.may_be_part) << 1
    }

    fn unpack(bits: u8) -> Self {
        Self {
            expect_idle: bits & 1 != 0,
            may_be_part: bits & 2 != 0,
        }
    }
}

/// A poll that ended, and what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Polled {
    pub(crate) took: u64,
    /// How long the task was idle before it; `None` if the poll before left it scheduled.
    pub(crate) waited: Option<u64>,
    /// How long it then waited for a worker; `None` if no wake led to the poll.
    pub(crate) scheduled: Option<u64>,
}

/// Whether a slot still has a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Something holds it still.
    Yes,
    /// The last span reference went, wakers are left or the agent holds it: the task has ended,
    /// its slot stays.
    AfterEnd,
    /// The last span reference went and nothing else is left: the task has ended, free its slot.
    NoMore,
}

impl Slot {
    pub(crate) fn new(index: u32) -> Self {
        let zero = || AtomicU64::new(0);
        let small = || AtomicU32::new(0);
        Self {
            transition: AtomicU64::new(pack(0, Phase::Ended)),
            seq: zero(),
            holders: zero(),
            busy: zero(),
            scheduled: zero(),
            polls: zero(),
            left_at: zero(),
            woken_at: zero(),
            longest_poll: zero(),
            woken_by: AtomicU64::new(NEVER),
            self_wakes: zero(),
            wakes_beyond_polls: zero(),
            site: small(),
            kind: small(),
            tokio_id: zero(),
            parent: zero(),
            spawned_at: zero(),
            name: small(),
            size: small(),
            original_size: small(),
            next_free: small(),
            seen: zero(),
            scope: small(),
            probe: AtomicU8::new(0),
            ending: AtomicU8::new(0),
            marks: AtomicU8::new(0),
            mixed_wakes: AtomicBool::new(false),
            index,
            in_place: small(),
            waker_data: AtomicPtr::new(ptr::null_mut()),
            waker_vtable: AtomicPtr::new(ptr::null_mut()),
            future_end: AtomicUsize::new(0),
        }
    }

    /// Notes tokio's id of the task, once that is known.
    pub(crate) fn set_tokio_id(&self, id: u64) {
        self.tokio_id.store(id, Relaxed);
    }

    /// Tokio's id of the task, 0 while it is not known.
    pub(crate) fn tokio_id(&self) -> u64 {
        self.tokio_id.load(Relaxed)
    }

    /// The task's own wrapper says how it ends.
    pub(crate) fn note_ending(&self, ending: Ending) {
        let place = Ending::ALL.iter().position(|known| *known == ending);
        self.ending
            .store(place.map_or(0, |place| place as u8 + 1), Relaxed);
    }

    /// What the task's own wrapper said of its end.
    pub(crate) fn noted_ending(&self) -> Option<Ending> {
        let place = self.ending.load(Relaxed).checked_sub(1)?;
        Ending::ALL.get(usize::from(place)).copied()
    }

    /// When the task was spawned.
    pub(crate) fn spawned_at(&self) -> At {
        self.spawned_at.load(Relaxed)
    }

    /// The task's name.
    pub(crate) fn name(&self) -> Option<u32> {
        self.name.load(Relaxed).checked_sub(1)
    }

    pub(crate) fn set_name(&self, id: u32) {
        self.name.store(id.saturating_add(1), Relaxed);
    }

    /// The name of the scope that the task was spawned in.
    pub(crate) fn scope(&self) -> Option<u32> {
        self.scope.load(Relaxed).checked_sub(1)
    }

    pub(crate) fn set_scope(&self, id: u32) {
        self.scope.store(id.saturating_add(1), Relaxed);
    }

    pub(crate) fn set_marks(&self, marks: Marks) {
        self.marks.store(marks.pack(), Relaxed);
    }

    /// Its place in the slab.
    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    /// Polls that have ended; together with [`seq`](Self::seq), names the current wait.
    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }

    // --- who has it ---

    /// The task's number; 0 when free.
    pub(crate) fn seq(&self) -> u64 {
        self.seq.load(Relaxed)
    }

    /// Where it was spawned.
    pub(crate) fn site(&self) -> u32 {
        self.site.load(Relaxed)
    }

    /// How it came to be.
    pub(crate) fn kind(&self) -> u32 {
        self.kind.load(Relaxed)
    }

    /// The slot that follows in the list of free ones: one more than its index.
    pub(crate) fn next_free(&self) -> u32 {
        self.next_free.load(Relaxed)
    }

    pub(crate) fn set_next_free(&self, next: u32) {
        self.next_free.store(next, Relaxed);
    }

    /// Gives a free slot to a new task, scheduled from its birth on: tokio queues a task at its
    /// spawn without waking it. The caller took the slot off the free list.
    pub(crate) fn begin(&self, birth: &Birth) {
        // Readers: whoever sees one of the stores below must also see that the former task's
        // number is gone.
        fence(Release);
        self.transition
            .store(pack(birth.at, Phase::Scheduled), Relaxed);
        for counter in [
            &self.busy,
            &self.scheduled,
            &self.polls,
            &self.left_at,
            &self.woken_at,
            &self.longest_poll,
            &self.self_wakes,
            &self.seen,
        ] {
            counter.store(0, Relaxed);
        }
        self.woken_by.store(NEVER, Relaxed);
        self.mixed_wakes.store(false, Relaxed);
        self.probe.store(Probe::None as u8, Relaxed);
        self.ending.store(0, Relaxed);
        self.set_marks(birth.marks);
        self.future_end.store(0, Relaxed);
        self.in_place.store(0, Relaxed);
        // Its first poll follows from its birth, not from a wake.
        self.wakes_beyond_polls.store(MINUS_ONE, Relaxed);
        self.holders.store(ONE_SPAN, Relaxed);
        self.tokio_id.store(birth.tokio_id, Relaxed);
        self.parent.store(birth.parent, Relaxed);
        self.spawned_at.store(birth.at, Relaxed);
        self.site.store(birth.site, Relaxed);
        self.name
            .store(birth.name.map_or(0, |id| id.saturating_add(1)), Relaxed);
        self.scope
            .store(birth.scope.map_or(0, |id| id.saturating_add(1)), Relaxed);
        self.size.store(saturate(birth.size), Relaxed);
        self.original_size
            .store(saturate(birth.original_size), Relaxed);
        self.kind.store(birth.kind, Relaxed);
        self.seq.store(birth.seq, Release);
    }

    /// Takes the slot away from its task, before it goes onto the free list.
    pub(crate) fn vacate(&self) {
        self.seq.store(0, Release);
    }

    // --- the poller ---

    /// A poll begins.
    pub(crate) fn poll_start(&self, now: At) {
        let (since, phase) = unpack(self.transition.load(Relaxed));
        let woken_at = match phase {
            Phase::Scheduled => since,
            Phase::Idle => {
                let unprompted = self.transition.compare_exchange(
                    pack(since, phase),
                    pack(now, Phase::Unprompted),
                    AcqRel,
                    Acquire,
                );
                self.woken_at.store(now, Relaxed);
                if unprompted.is_ok() {
                    self.wakes_beyond_polls.fetch_add(MINUS_ONE, Relaxed);
                    return;
                }
                // A wake moved it to scheduled right now, so the poll had a wake before it
                // after all.
                now
            }
            // The span was entered twice.
            _ => return,
        };
        self.woken_at.store(woken_at, Relaxed);
        let waited = now.saturating_sub(woken_at);
        self.scheduled
            .store(self.scheduled.load(Relaxed) + waited, Relaxed);
        // From scheduled, nobody else moves it: a further wake changes nothing.
        self.transition.store(pack(now, Phase::Running), Release);
    }

    /// The poll under way gave its worker away: it holds up no other task any more.
    pub(crate) fn give_worker_away(&self) {
        self.in_place.store(self.poll_number(), Relaxed);
    }

    /// Whether the poll under way gave its worker away.
    pub(crate) fn is_in_place(&self) -> bool {
        self.in_place.load(Relaxed) == self.poll_number()
    }

    /// The poll under way among the task's own, from 1.
    fn poll_number(&self) -> u32 {
        (self.polls.load(Relaxed) as u32).wrapping_add(1)
    }

    /// A poll ends: the task is scheduled again if it was woken meanwhile, else idle.
    pub(crate) fn poll_end(&self, now: At) -> Option<Polled> {
        let mut word = self.transition.load(Relaxed);
        if self.probe.load(Relaxed) == Probe::Looks as u8 {
            self.probe.store(Probe::None as u8, Relaxed);
            if self.resume_wait(word) {
                return None;
            }
            word = self.transition.load(Relaxed);
        }
        let (started, phase, next) = loop {
            let (started, phase) = unpack(word);
            let next = match phase {
                Phase::Running | Phase::Unprompted => Phase::Idle,
                Phase::RunningWoken | Phase::UnpromptedWoken => Phase::Scheduled,
                Phase::Idle | Phase::Scheduled | Phase::Ended => return None,
            };
            match self
                .transition
                .compare_exchange(word, pack(now, next), AcqRel, Acquire)
            {
                Ok(_) => break (started, phase, next),
                Err(current) => word = current,
            }
        };
        let took = now.saturating_sub(started);
        self.busy.store(self.busy.load(Relaxed) + took, Relaxed);
        self.polls.store(self.polls.load(Relaxed) + 1, Relaxed);
        if took > self.longest_poll.load(Relaxed) {
            self.longest_poll.store(took, Relaxed);
        }
        let (left_at, woken_at) = (self.left_at.load(Relaxed), self.woken_at.load(Relaxed));
        self.left_at
            .store(if next == Phase::Idle { now } else { 0 }, Relaxed);
        Some(Polled {
            took,
            waited: (left_at != 0).then(|| woken_at.saturating_sub(left_at)),
            scheduled: matches!(phase, Phase::Running | Phase::RunningWoken)
                .then(|| started.saturating_sub(woken_at)),
        })
    }

    // --- wakers ---

    /// Whether the future that tokio was given is of this size.
    pub(crate) fn is_of_size(&self, bytes: usize) -> bool {
        let bytes = saturate(bytes as u64);
        [&self.size, &self.original_size]
            .iter()
            .any(|size| size.load(Relaxed) == bytes)
    }

    /// A waker was cloned.
    pub(crate) fn waker_cloned(&self) {
        self.holders.fetch_add(1, Relaxed);
    }

    /// A waker went, dropped or used up. Counts no further down than zero: a clone may have
    /// been made where a scoped dispatcher hid it.
    pub(crate) fn waker_gone(&self) -> Held {
        let mut holders = self.holders.load(Relaxed);
        loop {
            if holders & WAKERS == 0 {
                return Held::Yes;
            }
            match self
                .holders
                .compare_exchange_weak(holders, holders - 1, AcqRel, Relaxed)
            {
                Ok(1) => return Held::NoMore,
                Ok(_) => return Held::Yes,
                Err(current) => holders = current,
            }
        }
    }

    /// How many wakers of the task exist.
    pub(crate) fn wakers_alive(&self) -> u64 {
        // Whoever learns that a wake used one up sees that wake, too.
        self.holders.load(Acquire) & WAKERS
    }

    /// Whether a waker of the task exists.
    pub(crate) fn has_wakers(&self) -> bool {
        self.wakers_alive() > 0
    }

    /// Whether there is one waker of the task and no other.
    pub(crate) fn has_one_waker(&self) -> bool {
        self.wakers_alive() == 1
    }

    /// The task was woken, inside task `by` (0: outside any). `now` is asked only if that ends
    /// a wait: reading a clock costs as much as all the rest.
    ///
    /// A waker that is used up by this wake must be counted as gone only after it, so that a
    /// task without wakers is never one that was just woken.
    pub(crate) fn wake(&self, now: impl Fn() -> At, by: u64) {
        if self.woken_by.load(Relaxed) != by {
            self.is_woken_anew(by);
        }
        if by != 0 && by == self.seq.load(Relaxed) {
            // Only its own poller can be inside the task.
            self.self_wakes
                .store(self.self_wakes.load(Relaxed) + 1, Relaxed);
        }
        let mut word = self.transition.load(Relaxed);
        loop {
            let (since, phase) = unpack(word);
            let next = match phase {
                Phase::Idle => pack(now(), Phase::Scheduled),
                Phase::Running => pack(since, Phase::RunningWoken),
                Phase::Unprompted => pack(since, Phase::UnpromptedWoken),
                Phase::Scheduled | Phase::RunningWoken | Phase::UnpromptedWoken | Phase::Ended => {
                    self.wakes_beyond_polls.fetch_add(1, Relaxed);
                    return;
                }
            };
            match self
                .transition
                .compare_exchange(word, next, AcqRel, Acquire)
            {
                Ok(_) => return,
                Err(current) => word = current,
            }
        }
    }

    /// The task is woken by another one than last time, or for the first time.
    fn is_woken_anew(&self, by: u64) {
        if self.mixed_wakes.load(Relaxed) {
            self.woken_by.store(by, Relaxed);
        } else if ![by, NEVER].contains(&self.woken_by.swap(by, Relaxed)) {
            self.mixed_wakes.store(true, Relaxed);
        }
    }

    // --- the span ---

    /// The span has one more reference.
    pub(crate) fn span_cloned(&self) {
        self.holders.fetch_add(ONE_SPAN, Relaxed);
    }

    /// The span has one reference less. With the last one the future is gone.
    pub(crate) fn span_dropped(&self) -> Held {
        let holders = self.holders.fetch_sub(ONE_SPAN, AcqRel) - ONE_SPAN;
        match holders & SPANS {
            0 if holders == 0 => Held::NoMore,
            0 => Held::AfterEnd,
            _ => Held::Yes,
        }
    }

    /// The task has ended: the caller dropped the last span reference but one, its own.
    ///
    /// The last enter and exit of tokio's span are around the drop of the future, which is no
    /// poll; the time it took counts as busy all the same.
    pub(crate) fn end(&self, now: At) {
        self.end_after_poll(now);
        let polls = self.polls.load(Relaxed);
        if let Some(polls) = polls.checked_sub(1) {
            self.polls.store(polls, Relaxed);
            self.wakes_beyond_polls.fetch_add(1, Relaxed);
        }
    }

    /// The task has ended, and no drop of its future was counted as a poll.
    pub(crate) fn end_after_poll(&self, now: At) {
        self.transition.store(pack(now, Phase::Ended), Release);
    }

    /// Whether only one span reference is left.
    pub(crate) fn is_last_span(&self) -> bool {
        self.holders.load(Acquire) & SPANS == ONE_SPAN
    }
}

fn saturate(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
