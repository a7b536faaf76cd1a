//! Whose end a task waits for.
//!
//! A `JoinHandle` is the address of a task, and so is the data of the waker by which the runtime
//! has a task polled: the agent keeps one of each watched task. So a task that waits for another
//! one's end has the other one's address in its future; and as the other one wakes it at its end,
//! it has a waker of the first one right behind its own future. Both together are what polling a
//! `JoinHandle` leaves behind; a handle that is only kept has left no waker.
//!
//! The bytes are read through the kernel (`/proc/self/mem`): an address that is gone meanwhile is
//! an error, not a fault, and whatever changes under the read is caught by looking at the slots
//! again. Where there is no such file, nothing is known.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    ops::Range,
};

use loiter_model::{Condition, Task, TaskSeq, Thresholds, WaitId, WaitKind, query::Labels as _};

use crate::table::{Slot, Table};

/// Bytes of a future that are searched at most.
const MOST_BYTES: usize = 1 << 20;
/// Behind a task's future, tokio keeps what the task's end concerns: so many bytes at most.
const BEHIND: usize = 512;
/// Of the size of an address.
const WORD: usize = size_of::<usize>();

/// A task that waits for another one's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) index: u32,
    pub(crate) seq: TaskSeq,
    /// Together with `seq`, names the wait.
    pub(crate) polls: u64,
}

/// Remembers for whom each task waits, for as long as the wait lasts.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    known: HashMap<TaskSeq, Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    polls: u64,
    other: Option<TaskSeq>,
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
        {
            self.tasks.push(Waiting {
                index,
                seq: task.seq,
                polls: task.polls,
            });
        }
    }
}

impl Joins {
    /// Finds out for whom these tasks wait, and forgets all others. O(tasks alive) if one of them
    /// is new.
    pub(crate) fn resolve(&mut self, table: &Table, waiting: &[Waiting]) {
        let mut known = HashMap::new();
        let mut unknown = Vec::new();
        for task in waiting {
            match self.known.get(&task.seq) {
                Some(&before) if before.polls == task.polls => {
                    known.insert(task.seq, before);
                }
                _ => unknown.push(*task),
            }
        }
        if !unknown.is_empty() {
            let others = find(table, &unknown);
            known.extend(unknown.iter().map(|task| {
                let known = Known {
                    polls: task.polls,
                    other: others.get(&task.seq).copied(),
                };
                (task.seq, known)
            }));
        }
        self.known = known;
    }

    /// For whose end a task waits, if that is known.
    pub(crate) fn other(&self, task: TaskSeq) -> Option<TaskSeq> {
        self.known.get(&task)?.other
    }
}

/// For whose end each of these tasks waits, as far as that can be seen.
fn find(table: &Table, waiting: &[Waiting]) -> HashMap<TaskSeq, TaskSeq> {
    let Some(memory) = Memory::open() else {
        return HashMap::new();
    };
    // All addresses in their futures, so that the other tasks are walked through only once.
    let mut words: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut sought = HashSet::new();
    for (place, task) in waiting.iter().enumerate() {
        let Some(slot) = still_waiting(table, task) else {
            continue;
        };
        let found = future_of(slot).map(|range| memory.words(range));
        for word in found.unwrap_or_default() {
            if sought.insert((place, word)) {
                words.entry(word).or_default().push(place);
            }
        }
    }
    let mut others: HashMap<TaskSeq, TaskSeq> = HashMap::new();
    table.each_watched(|other, header| {
        for &place in words.get(&header).into_iter().flatten() {
            let task = &waiting[place];
            if let Some(slot) = still_waiting(table, task)
                && has_waker_behind(&memory, other, slot)
                && let Some(other) = TaskSeq::new(other.seq())
            {
                others.insert(task.seq, other);
            }
        }
    });
    others
}

/// The slot of a task, if it is in the same wait still.
fn still_waiting<'a>(table: &'a Table, task: &Waiting) -> Option<&'a Slot> {
    let slot = table.slot_at(task.index)?;
    (slot.seq() == task.seq.get() && slot.polls() == task.polls).then_some(slot)
}

/// Whether a waker of the task `of` is kept behind the future of the task `other`.
fn has_waker_behind(memory: &Memory, other: &Slot, of: &Slot) -> bool {
    let Some(future) = future_of(other) else {
        return false;
    };
    let behind = future.end.next_multiple_of(WORD);
    let behind = memory.words(behind..behind + BEHIND);
    behind.windows(2).any(|pair| {
        of.wakers().into_iter().flatten().any(|(data, vtable)| {
            // In which order the two stand is the compiler's choice.
            pair == [data, vtable] || pair == [vtable, data]
        })
    })
}

/// Where the future of a task is, if it was ever looked at. With tokio's own report the size is
/// that of the future and its wrapper, so that it begins a few words early.
fn future_of(slot: &Slot) -> Option<Range<usize>> {
    let end = slot.future_end()?.get();
    let size = slot.future_size().min(MOST_BYTES);
    Some(end.checked_sub(size)?.next_multiple_of(WORD)..end)
}

/// The memory of this process, read from outside.
#[derive(Debug)]
struct Memory(File);

impl Memory {
    fn open() -> Option<Self> {
        let path = cfg!(target_os = "linux").then_some("/proc/self/mem")?;
        Some(Self(File::open(path).ok()?))
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
        self.0.read_at(into, from as u64).unwrap_or(0)
    }

    #[cfg(not(unix))]
    fn read(&self, _: &mut [u8], _: usize) -> usize {
        0
    }
}
