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

use std::{
    mem::ManuallyDrop,
    ptr,
    task::{RawWakerVTable, Waker},
};

use loiter_model::Ending;

use crate::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    fence,
};

/// Nanoseconds since the agent's start. 61 bits of them fit into a transition: 73 years.
pub(crate) type At = u64;

/// Three cache lines: what every poll and wake write, what some do, and what mostly stays.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    /// Time of the last transition and the phase since, see [`pack`].
    transition: AtomicU64,
    /// The task's number, 0 while the slot is free. Never reused, so it also tells a reader
    /// whether the slot changed hands under it.
    seq: AtomicU64,
    /// Live wakers in the low half, references of the span in the high half. The slot is free
    /// when both are gone.
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
    /// What the task waits on, as [`Seen`] packs it.
    seen: AtomicU64,
    /// A [`Probe`].
    probe: AtomicU32,
    /// How the task's own wrapper says that it ends: an index into [`Ending::ALL`] plus 1, 0 for
    /// nothing said.
    ending: AtomicU32,
    /// Its own index: a waker has nothing but the slot's address.
    index: u32,
    /// The two halves of the runtime's waker of this task: written once, by its poller, before
    /// anything can read them; null for none.
    waker_data: AtomicPtr<()>,
    waker_vtable: AtomicPtr<RawWakerVTable>,
}

/// How far the look at what a task waits on has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Probe {
    /// Nobody asked.
    None = 0,
    /// The next poll that no wake led to shall look.
    Asked = 1,
    /// The poll under way looks: it shall leave no trace, unless it is the task's last.
    Looks = 2,
}

/// Which wait was seen, and in which poll: it holds only while that is the last poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    polls: u32,
    /// One more than the wait's id.
    wait: u32,
}

impl Seen {
    fn pack(self) -> u64 {
        u64::from(self.polls) << 32 | u64::from(self.wait)
    }

    fn unpack(word: u64) -> Self {
        Self {
            polls: (word >> 32) as u32,
            wait: word as u32,
        }
    }
}

const ONE_SPAN: u64 = 1 << 32;
const WAKERS: u64 = ONE_SPAN - 1;
const MINUS_ONE: u64 = u64::MAX;

/// What the task is doing, as far as the slot needs to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Phase {
    /// Waiting for a wake.
    Idle = 0,
    /// Woken (or new), waiting for a worker.
    Scheduled = 1,
    /// Inside a poll that a wake led to.
    Running = 2,
    /// The same, and woken again since the poll began: it will be scheduled after it.
    RunningWoken = 3,
    /// Inside a poll without a wake before it: a `block_on` root, or the drop of the future.
    Unprompted = 4,
    /// The same, and woken since.
    UnpromptedWoken = 5,
    /// Its future is gone.
    Ended = 6,
}

const PHASE_BITS: u32 = 3;

fn pack(at: At, phase: Phase) -> u64 {
    at << PHASE_BITS | phase as u64
}

fn unpack(word: u64) -> (At, Phase) {
    let phase = match word & ((1 << PHASE_BITS) - 1) {
        0 => Phase::Idle,
        1 => Phase::Scheduled,
        2 => Phase::Running,
        3 => Phase::RunningWoken,
        4 => Phase::Unprompted,
        5 => Phase::UnpromptedWoken,
        _ => Phase::Ended,
    };
    (word >> PHASE_BITS, phase)
}

/// What is known of a task when it is spawned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Birth {
    pub(crate) seq: u64,
    pub(crate) at: At,
    pub(crate) tokio_id: u64,
    pub(crate) parent: u64,
    pub(crate) site: u32,
    pub(crate) name: Option<u32>,
    pub(crate) kind: u32,
    pub(crate) size: u64,
    pub(crate) original_size: u64,
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
    /// The last span reference went, wakers are left: the task has ended, its slot stays.
    BySomeWaker,
    /// The last span reference went and no waker is left: the task has ended, free its slot.
    NoMore,
}

/// The words of a slot as one reader saw them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) seq: u64,
    pub(crate) since: At,
    pub(crate) phase: Phase,
    pub(crate) busy: u64,
    pub(crate) scheduled: u64,
    pub(crate) polls: u64,
    pub(crate) wakes: u64,
    pub(crate) self_wakes: u64,
    pub(crate) live_wakers: u32,
    pub(crate) longest_poll: u64,
    pub(crate) woken_by: u64,
    pub(crate) tokio_id: u64,
    pub(crate) parent: u64,
    pub(crate) spawned_at: At,
    pub(crate) site: u32,
    pub(crate) name: Option<u32>,
    pub(crate) size: u32,
    pub(crate) original_size: u32,
    pub(crate) kind: u32,
    pub(crate) wait: Option<u32>,
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
            woken_by: zero(),
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
            probe: small(),
            ending: small(),
            index,
            waker_data: AtomicPtr::new(ptr::null_mut()),
            waker_vtable: AtomicPtr::new(ptr::null_mut()),
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
            .store(place.map_or(0, |place| place as u32 + 1), Relaxed);
    }

    /// What the task's own wrapper said of its end.
    pub(crate) fn noted_ending(&self) -> Option<Ending> {
        let place = self.ending.load(Relaxed).checked_sub(1)?;
        Ending::ALL.get(place as usize).copied()
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

    /// Whether this waker is the one that is kept.
    #[inline]
    pub(crate) fn keeps(&self, waker: &Waker) -> bool {
        let kept = (
            self.waker_data.load(Relaxed).cast_const(),
            self.waker_vtable.load(Relaxed).cast_const(),
        );
        kept == (waker.data(), ptr::from_ref(waker.vtable()))
    }

    /// Its place in the slab.
    pub(crate) fn index(&self) -> u32 {
        self.index
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
            &self.woken_by,
            &self.self_wakes,
            &self.seen,
        ] {
            counter.store(0, Relaxed);
        }
        self.probe.store(Probe::None as u32, Relaxed);
        self.ending.store(0, Relaxed);
        // Its first poll follows from its birth, not from a wake.
        self.wakes_beyond_polls.store(MINUS_ONE, Relaxed);
        self.holders.store(ONE_SPAN, Relaxed);
        self.tokio_id.store(birth.tokio_id, Relaxed);
        self.parent.store(birth.parent, Relaxed);
        self.spawned_at.store(birth.at, Relaxed);
        self.site.store(birth.site, Relaxed);
        self.name
            .store(birth.name.map_or(0, |id| id.saturating_add(1)), Relaxed);
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

    /// A poll ends: the task is scheduled again if it was woken meanwhile, else idle.
    pub(crate) fn poll_end(&self, now: At) -> Option<Polled> {
        let mut word = self.transition.load(Relaxed);
        if self.probe.load(Relaxed) == Probe::Looks as u32 {
            self.probe.store(Probe::None as u32, Relaxed);
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

    /// Ends a poll that only looked: the wait goes on as if it had not been. Not when the task
    /// was woken meanwhile.
    fn resume_wait(&self, word: u64) -> bool {
        let left_at = self.left_at.load(Relaxed);
        let resumed = left_at != 0
            && unpack(word).1 == Phase::Unprompted
            && self
                .transition
                .compare_exchange(word, pack(left_at, Phase::Idle), AcqRel, Acquire)
                .is_ok();
        if resumed {
            self.wakes_beyond_polls.fetch_add(1, Relaxed);
        }
        resumed
    }

    /// Whether this poll, which has just begun, was asked to look at what the task waits on. A
    /// poll that a wake led to never looks: that wait is over.
    pub(crate) fn shall_look(&self) -> bool {
        if self.probe.load(Relaxed) != Probe::Asked as u32 {
            return false;
        }
        let looks = matches!(
            unpack(self.transition.load(Relaxed)).1,
            Phase::Unprompted | Phase::UnpromptedWoken
        );
        let next = if looks { Probe::Looks } else { Probe::None };
        self.probe.store(next as u32, Relaxed);
        looks
    }

    /// The poll that looked was the task's last: a poll like any other.
    pub(crate) fn looked_in_vain(&self) {
        self.probe.store(Probe::None as u32, Relaxed);
    }

    /// Polls that have ended; together with [`seq`](Self::seq), names the current wait.
    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }

    /// The runtime's own waker of the task, which stays for the slot's life.
    pub(crate) fn keep_waker(&self, waker: Waker) {
        let waker = ManuallyDrop::new(waker);
        self.waker_data.store(waker.data().cast_mut(), Relaxed);
        self.waker_vtable
            .store(ptr::from_ref(waker.vtable()).cast_mut(), Release);
    }

    /// The halves of the runtime's own waker, if one is kept.
    pub(crate) fn kept_waker(&self) -> Option<(*const (), &'static RawWakerVTable)> {
        let vtable = self.waker_vtable.load(Acquire);
        // SAFETY: the pointer is null or was made from a `&'static` in `keep_waker`.
        let vtable = unsafe { vtable.cast_const().as_ref() }?;
        Some((self.waker_data.load(Relaxed).cast_const(), vtable))
    }

    /// Forgets the kept waker and gives it back. Only for whoever frees the slot: nothing else
    /// uses it any more.
    pub(crate) fn take_waker(&self) -> Option<Waker> {
        let (data, vtable) = self.kept_waker()?;
        self.waker_vtable.store(ptr::null_mut(), Relaxed);
        // SAFETY: both halves came from the one waker that `keep_waker` took and forgot, and it
        // is given back once only: the vtable is null from now on.
        Some(unsafe { Waker::new(data, vtable) })
    }

    // --- wakers ---

    /// Counts a waker more, if the slot still belongs to this task: then it is not freed until
    /// [`waker_gone`](Self::waker_gone). For the agent's thread.
    pub(crate) fn hold(&self, seq: u64) -> bool {
        let mut holders = self.holders.load(Acquire);
        loop {
            if holders == 0 || self.seq.load(Relaxed) != seq {
                return false;
            }
            match self
                .holders
                .compare_exchange_weak(holders, holders + 1, AcqRel, Acquire)
            {
                Ok(_) => return true,
                Err(current) => holders = current,
            }
        }
    }

    /// Whether a look was asked for that no poll has taken up.
    pub(crate) fn is_asked(&self) -> bool {
        self.probe.load(Relaxed) == Probe::Asked as u32
    }

    /// Asks for a look; to be followed by a wake of the kept waker. Not while another one is
    /// asked for or under way, which would then leave a trace.
    pub(crate) fn ask(&self) -> bool {
        let (none, asked) = (Probe::None as u32, Probe::Asked as u32);
        self.probe
            .compare_exchange(none, asked, Relaxed, Relaxed)
            .is_ok()
    }

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

    /// Whether a waker of the task exists.
    pub(crate) fn has_wakers(&self) -> bool {
        self.holders.load(Relaxed) & WAKERS > 0
    }

    /// The task was woken, inside task `by` (0: outside any). `now` is asked only if that ends
    /// a wait: reading a clock costs as much as all the rest.
    ///
    /// A waker that is used up by this wake must be counted as gone only after it, so that a
    /// task without wakers is never one that was just woken.
    pub(crate) fn wake(&self, now: impl Fn() -> At, by: u64) {
        self.woken_by.store(by, Relaxed);
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

    // --- the span ---

    /// The span has one more reference.
    pub(crate) fn span_cloned(&self) {
        self.holders.fetch_add(ONE_SPAN, Relaxed);
    }

    /// The span has one reference less. With the last one the future is gone.
    pub(crate) fn span_dropped(&self) -> Held {
        let holders = self.holders.fetch_sub(ONE_SPAN, AcqRel) - ONE_SPAN;
        match (holders >> 32, holders & WAKERS) {
            (0, 0) => Held::NoMore,
            (0, _) => Held::BySomeWaker,
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
        self.holders.load(Acquire) >> 32 == 1
    }

    // --- the reader ---

    /// What the task waits on since its poll number `polls` (only as long as that is its last
    /// one).
    pub(crate) fn set_wait(&self, polls: u64, wait: u32) {
        let seen = Seen {
            polls: polls as u32,
            wait: wait + 1,
        };
        self.seen.store(seen.pack(), Relaxed);
    }

    /// Everything, if the slot belongs to one task throughout; `None` if it is free or changed
    /// hands meanwhile.
    pub(crate) fn read(&self) -> Option<Reading> {
        let (seq, reading) = self.guarded(|slot| {
            let (since, phase) = unpack(slot.transition.load(Acquire));
            let polls = slot.polls.load(Relaxed);
            // What is under way, and what it has already led to.
            let (running, woken) = match phase {
                Phase::Idle | Phase::Ended => (0, 0),
                Phase::Scheduled => (0, 1),
                Phase::Running | Phase::Unprompted => (1, 0),
                Phase::RunningWoken | Phase::UnpromptedWoken => (1, 1),
            };
            let wakes = (slot.wakes_beyond_polls.load(Relaxed))
                .wrapping_add(polls + running + woken)
                .cast_signed();
            let seen = Seen::unpack(slot.seen.load(Relaxed));
            let seen_now = phase == Phase::Idle && seen.polls == polls as u32;
            Reading {
                seq: 0,
                since,
                phase,
                busy: slot.busy.load(Relaxed),
                scheduled: slot.scheduled.load(Relaxed),
                polls,
                // One too few in the middle of a poll's bookkeeping.
                wakes: u64::try_from(wakes).unwrap_or(0),
                self_wakes: slot.self_wakes.load(Relaxed),
                live_wakers: (slot.holders.load(Relaxed) & WAKERS) as u32,
                longest_poll: slot.longest_poll.load(Relaxed),
                woken_by: slot.woken_by.load(Relaxed),
                tokio_id: slot.tokio_id.load(Relaxed),
                parent: slot.parent.load(Relaxed),
                spawned_at: slot.spawned_at.load(Relaxed),
                site: slot.site.load(Relaxed),
                name: slot.name.load(Relaxed).checked_sub(1),
                size: slot.size.load(Relaxed),
                original_size: slot.original_size.load(Relaxed),
                kind: slot.kind.load(Relaxed),
                wait: seen.wait.checked_sub(1).filter(|_| seen_now),
            }
        })?;
        Some(Reading { seq, ..reading })
    }

    /// What `look` sees and the number of the task it belongs to; `None` if the slot is free or
    /// changed hands meanwhile, when `look` may have seen a mixture.
    pub(crate) fn guarded<T>(&self, look: impl FnOnce(&Self) -> T) -> Option<(u64, T)> {
        let seq = self.seq.load(Acquire);
        if seq == 0 {
            return None;
        }
        let seen = look(self);
        // Pairs with the fence in `begin`.
        fence(Acquire);
        (self.seq.load(Relaxed) == seq).then_some((seq, seen))
    }
}

fn saturate(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
