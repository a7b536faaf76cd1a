//! Whose end a task waits for.
//!
//! A `JoinHandle` is the address of a task, and so is the data of the waker by which the runtime
//! has a task polled: the agent keeps one of each watched task. So a task that waits for another
//! one's end has the other one's address in its future. Addresses of others may stand there, too:
//! of handles that are only kept, or that were dropped. What proves it is that the only waker of
//! the task is kept where the other one wakes whoever waits for its end: nothing else can have it
//! polled then. One with further wakers, if only left behind by an earlier poll, proves nothing.
//!
//! The bytes are read through the kernel (`/proc/self/mem`): an address that is gone meanwhile is
//! an error, not a fault, and whatever changes under the read is caught by looking at the slots
//! again. Where there is no such file, or tokio's memory looks otherwise, nothing is known.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    ops::Range,
    ptr,
    task::Waker,
};

use loiter_model::{Condition, Task, TaskSeq, Thresholds, WaitId, WaitKind, query::Labels as _};

use super::walk::Walk;
use crate::table::{Slot, Table};

/// Bytes of a future that are searched at most.
const MOST_BYTES: usize = 1 << 18;
/// Words that are searched in one look, over all tasks, and tasks: some milliseconds. What is
/// left comes next time.
const MOST_WORDS: usize = 1 << 16;
const MOST_TASKS: usize = 1024;
/// Looks after which it is tried again to find the other one of a task: it may not have begun.
const AGAIN_AFTER: u32 = 60;
/// No task stands at a lower address, nor at one that is aligned less.
const LOWEST: usize = 4096;
const ALIGNED: usize = 16;
/// Of the size of an address.
const WORD: usize = size_of::<usize>();

/// A task that waits for another one's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) index: u32,
    pub(crate) seq: TaskSeq,
    /// When its wait began: together with `seq`, names it.
    pub(crate) since: u64,
}

/// Remembers for whom each task waits, for as long as the wait lasts.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    known: HashMap<TaskSeq, Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    since: u64,
    other: Option<TaskSeq>,
    /// Looks since then.
    looks: u32,
}

impl Known {
    fn new(task: &Waiting, other: Option<TaskSeq>) -> Self {
        Self {
            since: task.since,
            other,
            looks: 0,
        }
    }

    /// Whether it holds for this wait.
    fn holds_for(&self, task: &Waiting) -> bool {
        self.since == task.since && (self.other.is_some() || self.looks < AGAIN_AFTER)
    }
}

/// The blocked tasks of one look that wait for another one's end.
pub(crate) struct Joining<'a> {
    table: &'a Table,
    limits: Thresholds,
    /// Whether a wait is such a one, for those met so far.
    kinds: HashMap<WaitId, bool>,
    pub(crate) tasks: Vec<Waiting>,
}

impl<'a> Joining<'a> {
    pub(crate) fn new(table: &'a Table, limits: Thresholds) -> Self {
        Self {
            table,
            limits,
            kinds: HashMap::new(),
            tasks: Vec::new(),
        }
    }

    /// Takes a task and the index of its slot.
    pub(crate) fn visit(&mut self, index: u32, task: &Task) {
        let Some(wait) = task.wait else { return };
        let joins = || {
            let wait = self.table.wait(wait);
            wait.is_some_and(|wait| wait.kind == WaitKind::Join)
        };
        if *self.kinds.entry(wait).or_insert_with(joins)
            && task.condition(&self.limits) == Some(Condition::Blocked)
            && let Some(since) = self.table.idle_since(index, task.seq)
        {
            self.tasks.push(Waiting {
                index,
                seq: task.seq,
                since,
            });
        }
    }
}

impl Joins {
    /// Finds out for whom these tasks wait, as far as there is time for it, and forgets all
    /// others. O(slots) if one of them is new, with breaks.
    ///
    /// All that is known then was so at one moment: after the last of the tasks was met, before
    /// the first of them is looked at again here.
    pub(crate) async fn resolve(&mut self, table: &Table, waiting: &[Waiting]) {
        let mut known = HashMap::new();
        let mut unknown = Vec::new();
        for task in waiting {
            match self.known.get(&task.seq) {
                Some(&before) if before.holds_for(task) => {
                    let looks = before.looks.saturating_add(1);
                    known.insert(task.seq, Known { looks, ..before });
                }
                _ => unknown.push(*task),
            }
        }
        if !unknown.is_empty() {
            known.extend(find(table, &unknown).await);
        }
        for task in waiting {
            if still_waiting(table, task).is_none() {
                known.remove(&task.seq);
            }
        }
        self.known = known;
    }

    /// For whose end a task waits, if that is known.
    pub(crate) fn other(&self, task: TaskSeq) -> Option<TaskSeq> {
        self.known.get(&task)?.other
    }
}

/// For whose end each of these tasks waits, as far as that can be seen. Those that there was no
/// time for are left out.
async fn find(table: &Table, waiting: &[Waiting]) -> HashMap<TaskSeq, Known> {
    let Some(memory) = Memory::open() else {
        return HashMap::new();
    };
    let mut known = HashMap::new();
    // All addresses in their futures, so that the other tasks are walked through only once.
    let mut words: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut searched = 0;
    for (place, task) in waiting.iter().enumerate().take(MOST_TASKS) {
        if searched >= MOST_WORDS {
            break;
        }
        known.insert(task.seq, Known::new(task, None));
        let slot = still_waiting(table, task).filter(|slot| slot.has_one_waker());
        let Some(future) = slot.and_then(future_of) else {
            continue;
        };
        let found = memory.words(future);
        searched += found.len();
        let found = found.into_iter().filter(|word| may_be_task(*word));
        for word in found.collect::<HashSet<_>>() {
            words.entry(word).or_default().push(place);
        }
    }
    if words.is_empty() {
        return known;
    }
    let mut walk = Walk::over(table);
    while let Some(pages) = walk.next().await {
        table.each_watched(pages, |other, header| {
            for &place in words.get(&header).into_iter().flatten() {
                let task = &waiting[place];
                if let Some(other) = is_joined(table, &memory, task, other, header) {
                    known.insert(task.seq, Known::new(task, Some(other)));
                }
            }
        });
    }
    known
}

/// The slot of a task, if it is in the same wait still.
fn still_waiting<'a>(table: &'a Table, task: &Waiting) -> Option<&'a Slot> {
    (table.idle_since(task.index, task.seq) == Some(task.since))
        .then(|| table.slot_at(task.index))?
}

/// Whether the only waker of a task is the one that this other task wakes at its end, whose own
/// memory begins at `header`: the other one's number then.
fn is_joined(
    table: &Table,
    memory: &Memory,
    task: &Waiting,
    other: &Slot,
    header: usize,
) -> Option<TaskSeq> {
    // The kept waker keeps the memory, and it goes only after the number has.
    let (seq, kept) = other.guarded(|other| {
        let is_its = (other.kept_waker()).is_some_and(|(data, _)| data.addr() == header);
        is_its.then(|| memory.woken_at_end(header, other.smaller_size()))
    })?;
    let kept = kept??;
    // Only now: what was read of it may have changed just before.
    let slot = still_waiting(table, task).filter(|slot| slot.has_one_waker())?;
    // Not in any order: the addresses of other tasks stand beside the waker.
    let is_kept = |(data, vtable)| {
        let halves = memory.order.of(data, vtable);
        kept.windows(2).any(|pair| pair == halves)
    };
    let is_joined = slot.wakers().into_iter().flatten().any(is_kept);
    TaskSeq::new(seq).filter(|_| is_joined)
}

/// Whether a task may stand at this address.
fn may_be_task(address: usize) -> bool {
    address >= LOWEST && address.is_multiple_of(ALIGNED)
}

/// Where the future of a task is, if it was ever looked at. With tokio's own report the size is
/// that of the future and its wrapper, so that it begins a few words early.
fn future_of(slot: &Slot) -> Option<Range<usize>> {
    let end = slot.future_end()?.get();
    let size = slot.future_size().min(MOST_BYTES);
    Some(end.checked_sub(size)?.next_multiple_of(WORD)..end)
}

/// In which order the halves of a waker stand: the compiler's choice.
#[derive(Clone, Copy, Debug)]
enum Order {
    DataFirst,
    VtableFirst,
}

impl Order {
    fn of(self, data: usize, vtable: usize) -> [usize; 2] {
        match self {
            Self::DataFirst => [data, vtable],
            Self::VtableFirst => [vtable, data],
        }
    }
}

/// The memory of this process, read from outside.
#[derive(Debug)]
struct Memory {
    #[cfg_attr(not(unix), expect(dead_code, reason = "only opened on Linux"))]
    file: File,
    order: Order,
}

impl Memory {
    fn open() -> Option<Self> {
        let path = cfg!(target_os = "linux").then_some("/proc/self/mem")?;
        let mut memory = Self {
            file: File::open(path).ok()?,
            order: Order::DataFirst,
        };
        let waker = Waker::noop();
        let at = ptr::from_ref(waker).addr();
        let words = memory.words(at..at + size_of::<Waker>());
        let halves = (waker.data().addr(), ptr::from_ref(waker.vtable()).addr());
        let orders = [Order::DataFirst, Order::VtableFirst];
        memory.order = orders
            .into_iter()
            .find(|order| words == order.of(halves.0, halves.1))?;
        Some(memory)
    }

    /// The words in which a task keeps whom it wakes at its end, with others: tokio's `Trailer`.
    /// `size`: of its future, at least.
    ///
    /// What precedes them is of any size, as it has room for what the task returns. Where they
    /// begin stands in the table of functions that the third word of a task points at: behind
    /// seven functions, and together with offsets of what comes before the future.
    fn woken_at_end(&self, header: usize, size: usize) -> Option<Vec<usize>> {
        const FUNCTIONS: usize = 7;
        const OFFSETS: usize = 3;
        const VTABLE: usize = 2;
        const TRAILER: usize = 6;
        let vtable = *self
            .words(header..header.checked_add((VTABLE + 1) * WORD)?)
            .get(VTABLE)?;
        let offsets = vtable.checked_add(FUNCTIONS * WORD)?;
        let offsets = self.words(offsets..offsets.checked_add(OFFSETS * WORD)?);
        let offset = *offsets.iter().max()?;
        let is_behind = offset >= size && offset.is_multiple_of(WORD);
        let at = header.checked_add(offset).filter(|_| is_behind)?;
        Some(self.words(at..at.checked_add(TRAILER * WORD)?))
    }

    /// The words that are there, as far as it can be read.
    fn words(&self, range: Range<usize>) -> Vec<usize> {
        let mut bytes = vec![0; range.len()];
        let read = self.read(&mut bytes, range.start);
        bytes.truncate(read);
        let (words, _) = bytes.as_chunks::<WORD>();
        words.iter().copied().map(usize::from_ne_bytes).collect()
    }

    #[cfg(unix)]
    fn read(&self, into: &mut [u8], from: usize) -> usize {
        use std::os::unix::fs::FileExt as _;
        self.file.read_at(into, from as u64).unwrap_or(0)
    }

    #[cfg(not(unix))]
    fn read(&self, _: &mut [u8], _: usize) -> usize {
        0
    }
}
