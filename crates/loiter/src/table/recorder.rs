//! What application threads write: all that happens to a task, and nothing that takes long.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use loiter_model::{Ending, Kind, StackSource, Task};

use super::{
    Spawn, Table, TaskRef,
    ledger::Ended,
    reader, seq_bits,
    slot::{Birth, Held, Marks, Slot},
};
use crate::{
    events::{Born, Raw, What},
    stacks::{RawStack, Seen},
    thread::Thread,
};

impl Table {
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
        let Some((_, slot)) = self.slab.take() else {
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
            thread.count_deed();
            (site, thread.current())
        });
        slot.begin(&Birth {
            seq,
            at: now,
            tokio_id: spawn.tokio_id,
            parent,
            site,
            name: (!spawn.name.is_empty())
                .then(|| self.names.take(&self.redaction.task_name(spawn.name))),
            scope: self.scope_for(spawn.scope),
            marks: spawn.marks,
            kind: spawn.kind as u32,
            size: spawn.size,
            original_size: spawn.original_size,
        });
        if self.events.wanted() {
            self.note_description(slot, seq, now, What::Spawn);
        }
        Some((slot, seq))
    }

    /// Tells those who watch what is known of a task for its whole life.
    #[cold]
    fn note_description(&self, slot: &Slot, seq: u64, at: u64, what: fn(Arc<Born>) -> What) {
        if !self.events.wants(seq) {
            return;
        }
        let Some(reading) = slot.read() else { return };
        let name = |id: Option<u32>| id.and_then(|id| self.names.get(id));
        let born = Born {
            site: reading.site,
            parent: reading.parent,
            kind: reading.kind,
            tokio_id: reading.tokio_id,
            name: name(reading.name),
            scope: name(reading.scope),
            size: u64::from(reading.size),
            original_size: u64::from(reading.original_size),
            marks: reading.marks,
        };
        self.events.note(Raw {
            at,
            seq,
            index: slot.index(),
            what: what(Arc::new(born)),
        });
    }

    /// Tokio's id of a task has come to be known.
    #[cold]
    pub(crate) fn identify(&self, slot: &Slot, seq: u64, id: u64) {
        slot.set_tokio_id(id);
        if self.events.wanted() {
            self.note_description(slot, seq, self.clock.now(), What::Described);
        }
    }

    fn site_of(&self, thread: &Thread, spawn: &Spawn<'_>) -> u32 {
        let file = (spawn.file, spawn.file_address);
        let is_it = |id| spawn.file_stays || self.is_in(id, spawn.file);
        self.site_for(
            thread,
            file,
            (spawn.line, spawn.column),
            spawn.function,
            is_it,
        )
    }

    /// The site of what is made at this place of the program's source; `file` is the path's text
    /// and its address. 0 where the place is not known.
    pub(crate) fn site_at(&self, file: (&str, usize), line: u32, column: u32) -> u32 {
        let is_it = |id| self.is_in(id, file.0);
        Thread::with(|thread| self.site_for(thread, file, (line, column), "", is_it))
    }

    /// Whether a site is in this file.
    fn is_in(&self, site: u32, file: &str) -> bool {
        (self.sites.site(site)).is_some_and(|site| *site.file == *file)
    }

    fn site_for(
        &self,
        thread: &Thread,
        (file, address): (&str, usize),
        (line, column): (u32, u32),
        function: &str,
        is_it: impl FnOnce(u32) -> bool,
    ) -> u32 {
        thread.site((address, line, column), is_it, || match line {
            0 => 0,
            line => self.sites.id(file, line, column, function),
        })
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
                went_on_after: None,
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
        // Being asked what it waits on ends no wait.
        if !Thread::with(Thread::asks) {
            self.note_wake(slot, seq);
        }
        if uses_up_waker && slot.waker_gone() == Held::NoMore {
            self.free(slot);
        }
    }

    pub(super) fn note_wake(&self, slot: &Slot, seq: u64) {
        let by = Thread::with(|thread| {
            thread.count_deed();
            thread.current()
        });
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

    /// The task inside whose poll this thread is is about to block in place: another thread takes
    /// its worker over. Tokio starts that inside the poll.
    #[cold]
    pub(crate) fn worker_given_away(&self) {
        if let Some((_, slot)) = self.current() {
            slot.give_worker_away();
        }
    }

    /// Adds to what is known of a task what its spawner said of it. On its poller's thread.
    pub(crate) fn describe(&self, slot: &Slot, name: &str, scope: &str, marks: Marks) {
        if !name.is_empty() && slot.name().is_none() {
            slot.set_name(self.names.take(&self.redaction.task_name(name)));
        }
        if !scope.is_empty() {
            let outer = slot.scope();
            // The task is the innermost one here, so this is inside its own.
            if let Some(scope) = self.scope_for(scope) {
                slot.set_scope(scope);
            }
            if let Some(outer) = outer {
                self.names.release(outer);
            }
        }
        slot.set_marks(marks);
        if self.events.wanted() {
            self.note_description(slot, slot.seq(), self.clock.now(), What::Described);
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
            Held::AfterEnd => {}
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
        let ending = ending(slot.polls());
        let shard = Thread::with(Thread::shard);
        if let Some(counts) = self.sites.counts(slot.site(), shard) {
            counts.ended(ending, now.saturating_sub(slot.spawned_at()));
        }
        match ending {
            // To find out how a task was cancelled takes some microseconds: not for thousands.
            Ending::Finished | Ending::Cancelled | Ending::Unknown if self.ledger.is_flooded() => {
                for label in [slot.name(), slot.scope()].into_iter().flatten() {
                    self.names.release(label);
                }
            }
            _ => {
                let Some(reading) = slot.read() else { return };
                let ended = Task {
                    ending: Some(ending),
                    ..reader::task(&reading, now)
                };
                let ended = Ended {
                    task: ended,
                    dropped: matches!(ending, Ending::Cancelled | Ending::Unknown)
                        .then(RawStack::of_here),
                };
                if let Some(forgotten) = self.ledger.push(ended) {
                    self.release_labels(&forgotten.task);
                }
            }
        }
        if self.events.wanted() {
            self.events.note(Raw {
                at: now,
                seq,
                index: slot.index(),
                what: What::Drop { ending },
            });
        }
    }

    pub(super) fn free(&self, slot: &Slot) {
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
}
