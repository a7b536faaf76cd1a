//! From events to columns.

use std::num::NonZeroU64;

use loiter_model::{
    Ending, Kind, TaskSeq,
    update::{Description, Event, EventKind, LabelSet},
};
use loiter_wire::v1;
use prost::Message;

use super::{DROPS_ANOTHER, DROPS_LAST, ELSEWHERE, Of, flag, guess::Guesses, tag};
use crate::varint::{put, put_difference};

/// Takes the events of one block, in the order of their times.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    columns: [Vec<u8>; Of::COUNT],
    guesses: Guesses,
    count: usize,
    /// The time of the first event and that of the last one.
    first_at: u64,
    last_at: u64,
    last_task: u64,
    last_spawned: u64,
    last_tokio_id: u64,
}

impl Encoder {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// From the first event to the last one.
    pub(crate) fn range(&self) -> (u64, u64) {
        (self.first_at, self.last_at)
    }

    /// Adds an event and what was told beside it. One that is older than the one before it counts
    /// as of that one's time.
    #[inline]
    pub(crate) fn push(&mut self, event: &Event, told: Option<&Description>) {
        if self.count == 0 {
            (self.first_at, self.last_at) = (event.at.0, event.at.0);
        }
        let at = event.at.0.max(self.last_at);
        let since = at - std::mem::replace(&mut self.last_at, at);
        put(self.column(Of::Times), since);
        self.count += 1;
        let task = event.task.get();
        let (tag, reference) = match event.kind {
            EventKind::Spawn { site, parent } => {
                let reference = self.spawned(task);
                put(self.column(Of::Births), u64::from(site.0));
                self.put_task_near(parent, task);
                self.describe(told);
                self.guesses.woken(task);
                (tag::SPAWN, reference)
            }
            EventKind::Described => {
                let reference = self.guesses.find_running(task);
                self.task_if_elsewhere(task, reference);
                self.describe(told);
                (tag::DESCRIBED, reference)
            }
            EventKind::PollStart => {
                let reference = self.guesses.find_woken(task);
                self.task_if_elsewhere(task, reference);
                self.guesses.started(task, reference);
                (tag::POLL_START, reference)
            }
            EventKind::PollEnd => {
                let reference = self.guesses.find_running(task);
                self.task_if_elsewhere(task, reference);
                self.guesses.stopped(task, reference);
                (tag::POLL_END, reference)
            }
            EventKind::Wake { by } => {
                self.task(task);
                let reference = self.waker(by, task);
                self.guesses.woken(task);
                (tag::WAKE, reference)
            }
            EventKind::Drop { ending } => {
                let whose = match task == self.guesses.last_ended() {
                    true => DROPS_LAST,
                    false => {
                        self.task(task);
                        DROPS_ANOTHER
                    }
                };
                (tag::DROP, whose << 3 | ending_bits(ending))
            }
        };
        self.column(Of::Tags).push(reference << 3 | tag);
    }

    fn column(&mut self, of: Of) -> &mut Vec<u8> {
        &mut self.columns[of as usize]
    }

    fn task(&mut self, task: u64) {
        let last = std::mem::replace(&mut self.last_task, task);
        put_difference(self.column(Of::Tasks), task, last);
    }

    fn task_if_elsewhere(&mut self, task: u64, reference: u8) {
        if reference == ELSEWHERE {
            self.task(task);
        }
    }

    /// Mostly the next number.
    fn spawned(&mut self, task: u64) -> u8 {
        let is_next = task == self.last_spawned.wrapping_add(1);
        self.last_spawned = task;
        if is_next {
            return 0;
        }
        self.task(task);
        ELSEWHERE
    }

    /// 0 for none.
    fn waker(&mut self, by: Option<TaskSeq>, task: u64) -> u8 {
        let Some(by) = by else { return 0 };
        match self.guesses.find_running(by.get()) {
            reference if reference < ELSEWHERE - 1 => reference + 1,
            _ => {
                put_difference(self.column(Of::Wakers), by.get(), task);
                ELSEWHERE
            }
        }
    }

    /// Tasks are seldom spawned by others than those that were spawned shortly before.
    fn put_task_near(&mut self, other: Option<TaskSeq>, task: u64) {
        let births = self.column(Of::Births);
        match other {
            None => put(births, 0),
            Some(other) => {
                put(births, 1);
                put_difference(births, other.get(), task);
            }
        }
    }

    fn describe(&mut self, told: Option<&Description>) {
        let last_id = self.last_tokio_id;
        let births = self.column(Of::Births);
        let Some(told) = told else {
            return put(births, flag::UNTOLD);
        };
        let mut flags = kind_bits(told.kind) << 3;
        if told.expect_idle {
            flags |= flag::EXPECT_IDLE;
        }
        if told.may_be_part {
            flags |= flag::MAY_BE_PART;
        }
        put(births, flags);
        for label in [told.name, told.scope] {
            put(births, label.map_or(0, |id| u64::from(id.0) + 1));
        }
        for bytes in [told.size, told.original_size] {
            // The largest size of all stands for none: no future has it.
            put(births, bytes.map_or(0, |bytes| bytes.saturating_add(1)));
        }
        let id = told.tokio_id.map_or(0, NonZeroU64::get);
        put_difference(births, id, last_id);
        self.last_tokio_id = id;
    }

    /// The block's body, and an encoder for the next one.
    pub(crate) fn finish(&mut self, labels: &LabelSet, lost: u64) -> Vec<u8> {
        let encoder = std::mem::take(self);
        let labels = v1::Labels::from(labels).encode_to_vec();
        let bytes: usize = encoder.columns.iter().map(Vec::len).sum();
        let mut body = Vec::with_capacity(bytes + labels.len() + 64);
        put(&mut body, encoder.count as u64);
        put(&mut body, lost);
        put(&mut body, labels.len() as u64);
        for column in &encoder.columns {
            put(&mut body, column.len() as u64);
        }
        body.extend(labels);
        for column in encoder.columns {
            body.extend(column);
        }
        body
    }
}

fn kind_bits(kind: Kind) -> u64 {
    match kind {
        Kind::Task => 0,
        Kind::Local => 1,
        Kind::Blocking => 2,
        Kind::BlockOn => 3,
    }
}

fn ending_bits(ending: Ending) -> u8 {
    match ending {
        Ending::Unknown => 0,
        Ending::Finished => 1,
        Ending::Cancelled => 2,
        Ending::Panicked => 3,
        Ending::RuntimeDropped => 4,
    }
}
