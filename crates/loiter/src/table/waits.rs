//! What tasks wait on, each kept once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use loiter_model::{AwaitStack, Ending, StackSource, Wait, WaitKind};

use crate::{
    redact::Redaction,
    stacks::{RawStack, Seen},
    symbols::Symbols,
};

/// Different stacks at most. A program has as many as places where it waits, times the ways that
/// lead there; what comes beyond is shown as unknown.
const MOST: usize = 16 * 1024;

/// Every stack seen so far; never forgotten. Used by the agent's thread only.
///
/// They are kept as addresses until one is read; each is worked out once.
#[derive(Debug)]
pub(crate) struct Waits {
    inner: RwLock<Inner>,
    symbols: Mutex<Symbols>,
    redaction: Redaction,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Vec<Entry>,
    ids: HashMap<Arc<Key>, u32>,
    /// The first entry that reads so: code may stand at several addresses.
    by_content: HashMap<Arc<Wait>, u32>,
}

/// How often it is tried to read one, see [`reading`](crate::publish::reading).
const TRIES: u8 = 2;

#[derive(Debug)]
struct Entry {
    key: Arc<Key>,
    tries: u8,
    /// What it reads like, and the entry that it is equal to.
    read: Option<(Arc<Wait>, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    stack: RawStack,
    source: StackSource,
    /// A waker was held, but nobody saw where.
    undecided: bool,
}

impl Waits {
    pub(crate) fn new() -> Self {
        let waits = Self {
            inner: RwLock::default(),
            symbols: Mutex::new(Symbols::new()),
            redaction: Redaction::default(),
        };
        // Number 0 stands for what finds no room.
        waits.id(Key {
            stack: RawStack::default(),
            source: StackSource::Probed,
            undecided: true,
        });
        waits
    }

    /// Keeps from all who look what is to be kept from them.
    pub(crate) fn redact(&mut self, redaction: Redaction) {
        self.redaction = redaction;
    }

    /// The number of what was seen, new or not. `waker_held`: something holds a waker of the
    /// task.
    pub(crate) fn id_of(&self, seen: &Seen, waker_held: bool) -> u32 {
        self.id(Key {
            stack: seen.stack.clone().shrink(),
            source: seen.source,
            // A leaf that registers only once, long ago.
            undecided: seen.stack.is_empty() && waker_held,
        })
    }

    fn id(&self, key: Key) -> u32 {
        let mut inner = self.write();
        if let Some(&id) = inner.ids.get(&key) {
            return id;
        }
        if inner.entries.len() == MOST {
            return 0;
        }
        let id = inner.entries.len() as u32;
        let key = Arc::new(key);
        inner.ids.insert(key.clone(), id);
        inner.entries.push(Entry {
            key,
            tries: 0,
            read: None,
        });
        id
    }

    /// The number under which this wait goes and those that are equal to it, once it was read.
    pub(crate) fn canonical(&self, id: u32) -> Option<u32> {
        let inner = self.read();
        let (_, canonical) = inner.entries.get(id as usize)?.read.as_ref()?;
        Some(*canonical)
    }

    /// The wait behind a number, once it was read.
    pub(crate) fn known(&self, id: u32) -> Option<Arc<Wait>> {
        let inner = self.read();
        let (wait, _) = inner.entries.get(id as usize)?.read.as_ref()?;
        Some(wait.clone())
    }

    /// The wait behind a number. The first time, it is worked out from the program's symbols.
    pub(crate) fn get(&self, id: u32) -> Option<Arc<Wait>> {
        if let Some(wait) = self.known(id) {
            return Some(wait);
        }
        let (key, tries) = {
            let mut inner = self.write();
            let entry = inner.entries.get_mut(id as usize)?;
            entry.tries = entry.tries.saturating_add(1);
            (entry.key.clone(), entry.tries)
        };
        let wait = Arc::new(match tries {
            ..=TRIES => self.work_out(&key),
            _ => unknown(&key),
        });
        let mut inner = self.write();
        let canonical = *inner.by_content.entry(wait.clone()).or_insert(id);
        inner.entries.get_mut(id as usize)?.read = Some((wait.clone(), canonical));
        Some(wait)
    }

    /// Whether there is one that was not read.
    pub(crate) fn has_unread(&self) -> bool {
        let inner = self.read();
        inner.entries.iter().any(|entry| entry.read.is_none())
    }

    /// Works out all that was not yet, so that equal ones have one number.
    pub(crate) fn read_all(&self) {
        let unread: Vec<u32> = (0..)
            .zip(&self.read().entries)
            .filter(|(_, entry)| entry.read.is_none())
            .map(|(id, _)| id)
            .collect();
        for id in unread {
            self.get(id);
        }
    }

    /// How a task ended whose future was dropped there before it returned.
    pub(crate) fn ending(&self, dropped: &RawStack) -> Ending {
        let stack = self.symbols().stack(dropped, StackSource::Probed);
        let branch = stack.branches.first();
        branch.map_or(Ending::Cancelled, |branch| Ending::of_drop(&branch.frames))
    }

    /// Gives memory back that was not needed for a while.
    pub(crate) fn unload_unused(&self) {
        // Somebody uses it right now otherwise.
        if let Ok(mut symbols) = self.symbols.try_lock() {
            symbols.unload_unused();
        }
    }

    fn work_out(&self, key: &Key) -> Wait {
        if key.undecided {
            return unknown(key);
        }
        let wait = Wait::new(self.symbols().stack(&key.stack, key.source));
        self.redaction.wait(wait)
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn symbols(&self) -> MutexGuard<'_, Symbols> {
        self.symbols.lock().unwrap_or_else(|poisoned| {
            // Whatever it was in the middle of when it panicked.
            let mut symbols = poisoned.into_inner();
            *symbols = Symbols::new();
            self.symbols.clear_poison();
            symbols
        })
    }
}

/// A wait of which nothing can be said.
fn unknown(key: &Key) -> Wait {
    Wait {
        kind: WaitKind::Unknown,
        place: None,
        stack: AwaitStack {
            branches: Vec::new(),
            source: key.source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(stack: RawStack) -> Seen {
        Seen {
            seq: 1,
            index: 0,
            polls: 1,
            source: StackSource::Probed,
            stack,
            went_on_after: None,
        }
    }

    #[test]
    fn equal_stacks_have_one_number() {
        let waits = Waits::new();
        let nothing = seen(RawStack::default());
        let id = waits.id_of(&nothing, false);
        assert_eq!(waits.id_of(&nothing, false), id);
        assert_eq!(waits.get(id).expect("kept").kind, WaitKind::Nothing);
        assert_eq!(waits.id_of(&nothing, true), 0, "somebody holds a waker");
        assert_eq!(waits.get(0).expect("kept").kind, WaitKind::Unknown);
        assert!(waits.get(id + 1).is_none());
    }

    fn stack(address: usize) -> RawStack {
        let mut stack = RawStack::default();
        stack.push_branch(&[address]);
        stack
    }

    #[test]
    fn stacks_that_read_alike_are_one_wait() {
        let waits = Waits::new();
        // Code that runs before the first line of a function.
        let start = stacks_that_read_alike_are_one_wait as fn() as usize;
        let ids = [1, 2].map(|inside| waits.id_of(&seen(stack(start + inside)), true));
        assert_ne!(ids[0], ids[1]);
        waits.read_all();
        assert_eq!(waits.canonical(ids[1]), waits.canonical(ids[0]));
    }

    #[test]
    fn stacks_that_nobody_can_read_are_told_apart() {
        let waits = Waits::new();
        let ids = [0x10, 0x20].map(|nowhere| waits.id_of(&seen(stack(nowhere)), true));
        waits.read_all();
        assert_ne!(waits.canonical(ids[0]), waits.canonical(ids[1]));
        for id in ids {
            let wait = waits.get(id).expect("kept");
            assert_eq!(wait.kind, WaitKind::Unknown);
            assert_eq!(wait.stack.branches[0].frames.len(), 1, "{wait:?}");
        }
    }
}
