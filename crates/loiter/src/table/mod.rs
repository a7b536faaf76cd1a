//! Every task, as the capture writes it and the agent's thread reads it.

mod ledger;
mod names;
mod sampler;
pub(crate) mod sites;
mod slab;
mod slot;
mod waits;
mod waker;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crossbeam_queue::ArrayQueue;
use loiter_model::{
    Ending, Kind, NameId, Nanos, Site, SiteId, StackSource, State, Task, TaskSeq, Wait, WaitId,
    query::Labels,
};

pub(crate) use ledger::Ledger;
use names::Names;
use sampler::Sampler;
use sites::Sites;
use slab::Slab;
pub(crate) use slot::Slot;
use slot::{Birth, Held, Phase, Reading};
use waits::Waits;
pub(crate) use waker::Borrowed;

use crate::{
    clock::Clock,
    events::{Events, Raw, What},
    runtimes::Runtimes,
    stacks::Seen,
    thread::Thread,
};

/// The agent's memory: bounded by `max_tasks`, the ledger's size and the number of sites.
#[derive(Debug)]
pub(crate) struct Table {
    clock: Clock,
    slab: Slab,
    sites: Sites,
    names: Names,
    ledger: Ledger,
    events: Events,
    runtimes: Runtimes,
    /// Looks that the agent's thread has not taken in yet.
    seen: ArrayQueue<Seen>,
    waits: Waits,
    sampler: Sampler,
    last_seq: AtomicU64,
    untracked: AtomicU64,
}

/// Looks that wait for the agent's thread at most; what comes beyond is asked for again.
const SEEN: usize = 1024;

/// A tracked task as the capture refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskRef {
    pub(crate) index: u32,
    /// The low bits of the task's number, so that a reference which outlived the slot's owner
    /// is recognised.
    pub(crate) seq_bits: u32,
}

/// Bits of the number in a [`TaskRef`].
pub(crate) const SEQ_BITS: u32 = 30;

/// How a look at what a task waits on stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) look: Look,
    /// When its present state began.
    pub(crate) since: u64,
    /// Inside a poll.
    pub(crate) running: bool,
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

/// What tokio tells of a new task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawn<'a> {
    pub(crate) kind: Kind,
    pub(crate) tokio_id: u64,
    pub(crate) name: &'a str,
    pub(crate) file: &'a str,
    /// Where tokio keeps the path: the same for every spawn at a site, so that a thread
    /// recognises it without hashing the text.
    pub(crate) file_address: usize,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) function: &'a str,
    pub(crate) size: u64,
    pub(crate) original_size: u64,
}

impl Table {
    pub(crate) fn new(clock: Clock, max_tasks: u32, ledger: usize) -> Self {
        Self {
            clock,
            slab: Slab::new(max_tasks),
            sites: Sites::new(),
            names: Names::default(),
            ledger: Ledger::new(ledger),
            events: Events::new(),
            runtimes: Runtimes::default(),
            seen: ArrayQueue::new(SEEN),
            waits: Waits::new(),
            sampler: Sampler::default(),
            last_seq: AtomicU64::new(0),
            untracked: AtomicU64::new(0),
        }
    }

    // --- application threads ---

    /// A task was spawned. `None` when the table is full: it is counted, not tracked.
    pub(crate) fn spawn(&self, spawn: &Spawn<'_>) -> Option<TaskRef> {
        let (slot, seq) = self.spawn_slot(spawn)?;
        Some(TaskRef {
            index: slot.index(),
            seq_bits: seq_bits(seq),
        })
    }

    /// The same, for a task that holds on to its slot until it has [`ended`](Self::ended): gives
    /// the slot and the task's number.
    pub(crate) fn spawn_slot(&self, spawn: &Spawn<'_>) -> Option<(&Slot, u64)> {
        let Some((index, slot)) = self.slab.take() else {
            self.untracked.fetch_add(1, Relaxed);
            return None;
        };
        let seq = self.last_seq.fetch_add(1, Relaxed) + 1;
        let now = self.clock.now();
        let (site, parent) = Thread::with(|thread| {
            let site = self.site_of(thread, spawn);
            if let Some(counts) = self.sites.counts(site, thread.shard()) {
                counts.spawned();
            }
            (site, thread.current())
        });
        slot.begin(&Birth {
            seq,
            at: now,
            tokio_id: spawn.tokio_id,
            parent,
            site,
            name: (!spawn.name.is_empty()).then(|| self.names.take(spawn.name)),
            kind: spawn.kind as u32,
            size: spawn.size,
            original_size: spawn.original_size,
        });
        if self.events.wanted() {
            self.events.note(Raw {
                at: now,
                seq,
                index,
                what: What::Spawn { site, parent },
            });
        }
        Some((slot, seq))
    }

    fn site_of(&self, thread: &Thread, spawn: &Spawn<'_>) -> u32 {
        thread.site(
            (spawn.file_address, spawn.line, spawn.column),
            |id| {
                self.sites
                    .site(id)
                    .is_some_and(|site| *site.file == *spawn.file)
            },
            || match spawn.line {
                0 => 0,
                line => self
                    .sites
                    .id(spawn.file, line, spawn.column, spawn.function),
            },
        )
    }

    /// A poll begins on this thread.
    pub(crate) fn poll_start(&self, task: TaskRef) {
        if let Some((slot, seq)) = self.slot(task) {
            self.begin_poll(slot, seq);
        }
    }

    /// A poll of the task with this slot begins on this thread.
    #[inline]
    pub(crate) fn begin_poll(&self, slot: &Slot, seq: u64) {
        let now = self.clock.now();
        slot.poll_start(now);
        Thread::with(|thread| thread.enter(seq, slot.index(), now, slot.has_wakers()));
        if self.events.wanted() {
            self.events.note(Raw {
                at: now,
                seq,
                index: slot.index(),
                what: What::PollStart,
            });
        }
    }

    /// A poll ends on this thread.
    pub(crate) fn poll_end(&self, task: TaskRef) {
        if let Some((slot, seq)) = self.slot(task) {
            self.end_poll(slot, seq);
        }
    }

    /// A poll of the task with this slot ends on this thread.
    #[inline]
    pub(crate) fn end_poll(&self, slot: &Slot, seq: u64) {
        let now = self.clock.now();
        let polled = slot.poll_end(now);
        let (shard, noted) = Thread::with(|thread| {
            let noted = thread.take_note(seq).then(|| thread.is_undivided());
            thread.leave(seq, now);
            (thread.shard(), noted)
        });
        if let Some(is_whole) = noted {
            self.take_sample(slot, seq, is_whole);
        }
        if let Some(polled) = polled
            && let Some(counts) = self.sites.counts(slot.site(), shard)
        {
            if let Some(waited) = polled.waited {
                counts.waited(waited);
            }
            if let Some(scheduled) = polled.scheduled {
                counts.scheduled(scheduled);
            }
            // The drop of a future is no poll. It cannot be told from a poll that no wake led
            // to, and those are rare but for `block_on`.
            if polled.scheduled.is_some() || slot.kind() == Kind::BlockOn as u32 {
                counts.polled(polled.took);
            }
        }
        if self.events.wanted() {
            self.events.note(Raw {
                at: now,
                seq,
                index: slot.index(),
                what: What::PollEnd,
            });
        }
    }

    /// A waker of the task was cloned.
    pub(crate) fn waker_cloned(&self, task: TaskRef) {
        let Some((slot, seq)) = self.slot(task) else {
            return;
        };
        slot.waker_cloned();
        // What a later clone of the same poll tells is needed, too, so a share that is used up
        // by the poll itself counts.
        if self.sampler.is_open()
            && slot.kept_waker().is_none()
            && let Some(share) = self.sites.share(slot.site())
            && Thread::with(|thread| {
                (self.sampler.has_room(share) || thread.has_note(seq)) && thread.registers_all(seq)
            })
        {
            self.sampler.note(seq, share);
            Thread::with(|thread| thread.note(seq));
        }
    }

    /// What was noted of a poll that has just ended. Of no use when another task was polled
    /// inside: what was cloned after that is missing.
    #[cold]
    fn take_sample(&self, slot: &Slot, seq: u64, is_whole: bool) {
        if let Some(stack) = self.sampler.noted(seq).filter(|_| is_whole) {
            self.saw(Seen {
                seq,
                index: slot.index(),
                polls: slot.polls(),
                source: StackSource::Sampled,
                stack: stack.shrink(),
            });
        }
    }

    /// A waker of the task was dropped.
    pub(crate) fn waker_dropped(&self, task: TaskRef) {
        if let Some((slot, _)) = self.slot(task)
            && slot.waker_gone() == Held::NoMore
        {
            self.free(slot);
        }
    }

    /// The task was woken, by a waker that stays or by one that is used up.
    pub(crate) fn woken(&self, task: TaskRef, uses_up_waker: bool) {
        let Some((slot, seq)) = self.slot(task) else {
            return;
        };
        // The agent's thread wakes a task only to ask what it waits on, which ends no wait.
        if !Thread::with(Thread::is_agent) {
            self.note_wake(slot, seq);
        }
        if uses_up_waker && slot.waker_gone() == Held::NoMore {
            self.free(slot);
        }
    }

    fn note_wake(&self, slot: &Slot, seq: u64) {
        let by = Thread::with(Thread::current);
        slot.wake(|| self.clock.now(), by);
        if self.events.wanted() {
            self.events.note(Raw {
                at: self.clock.now(),
                seq,
                index: slot.index(),
                what: What::Wake { by },
            });
        }
    }

    /// The slot of a task, if it has it still.
    #[inline]
    pub(crate) fn slot_of(&self, task: TaskRef) -> Option<&Slot> {
        Some(self.slot(task)?.0)
    }

    /// The task inside whose poll this thread is.
    pub(crate) fn current(&self) -> Option<(TaskRef, &Slot)> {
        let (seq, index) = Thread::with(Thread::current_slot)?;
        let task = TaskRef {
            index,
            seq_bits: seq_bits(seq),
        };
        Some((task, self.slot_of(task)?))
    }

    /// Names a task that has no name. On its poller's thread.
    pub(crate) fn rename(&self, slot: &Slot, name: &str) {
        if slot.name().is_none() {
            slot.set_name(self.names.take(name));
        }
    }

    /// A task is pending that was asked what it waits on.
    pub(crate) fn saw(&self, seen: Seen) {
        // Lost when full: whoever wants to know asks again.
        let _ = self.seen.push(seen);
    }

    /// Remembers the runtime that this thread spawns on; of each thread, the first one.
    #[inline]
    pub(crate) fn saw_runtime(&self) {
        if Thread::with(Thread::sees_runtime_first) {
            self.runtimes.note_current();
        }
    }

    /// The task's span was cloned.
    pub(crate) fn span_cloned(&self, task: TaskRef) {
        if let Some((slot, _)) = self.slot(task) {
            slot.span_cloned();
        }
    }

    /// A reference of the task's span was dropped. Whether it was the last one: the task has
    /// ended.
    pub(crate) fn span_dropped(&self, task: TaskRef) -> bool {
        let Some((slot, seq)) = self.slot(task) else {
            return false;
        };
        if slot.is_last_span() {
            // The drop of its future has just ended here.
            let (now, ending) = Thread::with(|thread| {
                let ending = thread.ending(seq, std::thread::panicking());
                (thread.left_at(seq), ending)
            });
            let now = now.unwrap_or_else(|| self.clock.now());
            slot.end(now);
            let noted = slot.noted_ending();
            self.remember(slot, seq, now, |polls| match (noted, polls) {
                (Some(noted), _) => noted,
                (None, 0) => Ending::Cancelled,
                (None, _) => ending,
            });
        }
        match slot.span_dropped() {
            Held::Yes => return false,
            Held::BySomeWaker => {}
            Held::NoMore => self.free(slot),
        }
        true
    }

    /// A task has ended that its own wrapper tells of.
    pub(crate) fn ended(&self, slot: &Slot, seq: u64, ending: Ending) {
        // Its last poll has mostly just ended here.
        let now = Thread::with(|thread| thread.left_at(seq)).unwrap_or_else(|| self.clock.now());
        slot.end_after_poll(now);
        self.remember(slot, seq, now, |_| ending);
        if slot.span_dropped() == Held::NoMore {
            self.free(slot);
        }
    }

    fn remember(&self, slot: &Slot, seq: u64, now: u64, ending: impl FnOnce(u64) -> Ending) {
        let shard = Thread::with(Thread::shard);
        if let Some(counts) = self.sites.counts(slot.site(), shard) {
            counts.ended(now.saturating_sub(slot.spawned_at()));
        }
        let ending = ending(slot.polls());
        let forgotten = match ending {
            Ending::Finished if self.ledger.is_flooded() => slot.name(),
            _ => {
                let Some(reading) = slot.read() else { return };
                let ended = Task {
                    ending: Some(ending),
                    ..task(&reading, now)
                };
                self.ledger
                    .push(ended)
                    .and_then(|ended| Some(ended.name?.0))
            }
        };
        if let Some(name) = forgotten {
            self.names.release(name);
        }
        if self.events.wanted() {
            self.events.note(Raw {
                at: now,
                seq,
                index: slot.index(),
                what: What::Drop,
            });
        }
    }

    fn free(&self, slot: &Slot) {
        let waker = slot.take_waker();
        // The ledger's entry took the name over.
        slot.vacate();
        self.slab.give_back(slot.index(), slot);
        // Runs the runtime's code, which may lead back here: only now that all is in order.
        drop(waker);
    }

    fn slot(&self, task: TaskRef) -> Option<(&Slot, u64)> {
        let slot = self.slab.get(task.index)?;
        let seq = slot.seq();
        (seq != 0 && seq_bits(seq) == task.seq_bits).then_some((slot, seq))
    }

    // --- the agent's thread ---

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

    /// Takes in one look or sample; `false` when there is none. Not in the middle of
    /// [`ask`](Self::ask), which holds a waker itself.
    pub(crate) fn take_in(&self) -> bool {
        let Some(seen) = self.seen.pop() else {
            return false;
        };
        if let Some(slot) = self.slab.get(seen.index)
            && slot.seq() == seen.seq
        {
            let wait = self.waits.id_of(&seen, slot.has_wakers());
            slot.set_wait(seen.polls, wait);
        }
        true
    }

    /// How many pages there are to visit. Tasks that are spawned later may be missed, none is
    /// met twice.
    pub(crate) fn pages(&self) -> usize {
        self.slab.pages().count()
    }

    /// Shows every task alive of some pages. O(slots of these pages).
    pub(crate) fn visit(&self, pages: Range<usize>, mut each: impl FnMut(&Task)) {
        self.visit_indexed(pages, |_, task| each(task));
    }

    /// The same with the index of each task's slot.
    pub(crate) fn visit_indexed(&self, pages: Range<usize>, mut each: impl FnMut(u32, &Task)) {
        let now = self.clock.now();
        let slots = self
            .slab
            .pages()
            .skip(pages.start)
            .take(pages.len())
            .flat_map(|(_, slots)| slots);
        for slot in slots {
            if let Some(reading) = slot.read()
                && reading.phase != Phase::Ended
            {
                each(slot.index(), &self.task(&reading, now));
            }
        }
    }

    /// A task alive, with the number of its wait that equal ones share.
    fn task(&self, reading: &Reading, now: u64) -> Task {
        let wait = reading.wait.map(|id| self.waits.canonical(id));
        Task {
            wait: wait.map(WaitId),
            ..task(reading, now)
        }
    }

    /// Shows the tasks in the ledger, those that ended last first.
    pub(crate) fn visit_ended(&self, mut each: impl FnMut(&Task)) {
        let now = Nanos(self.clock.now());
        self.ledger.visit(|ended| {
            let mut task = *ended;
            let end = ended.spawned_at.saturating_add(ended.total);
            task.in_state = now.saturating_sub(end);
            each(&task);
        });
    }

    /// Moves what ended since the last time into the ledger's order.
    pub(crate) fn settle(&self) {
        self.ledger.settle(|forgotten| {
            if let Some(NameId(name)) = forgotten.name {
                self.names.release(name);
            }
        });
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

impl Labels for Table {
    fn name(&self, id: NameId) -> Option<Arc<str>> {
        self.names.get(id.0)
    }

    fn site(&self, id: SiteId) -> Option<Arc<Site>> {
        self.sites.site(id.0).cloned()
    }

    fn wait(&self, id: WaitId) -> Option<Arc<Wait>> {
        self.waits.get(id.0)
    }
}

fn seq_bits(seq: u64) -> u32 {
    (seq & ((1 << SEQ_BITS) - 1)) as u32
}

fn task(reading: &Reading, now: u64) -> Task {
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
        tokio_id: std::num::NonZeroU64::new(reading.tokio_id),
        name: reading.name.map(NameId),
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
        wait: None,
        ending: None,
    }
}
