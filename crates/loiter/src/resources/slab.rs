//! The entries: pages that are allocated as their number grows, and sharded lists of the free
//! ones.

use std::sync::{
    Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use super::{SHARDS, entry::Entry};
use crate::thread::Thread;

/// Entries of a page.
const PAGE: usize = 512;

/// A bounded number of entries with stable addresses.
#[derive(Debug)]
pub(super) struct Slab {
    pages: Box<[OnceLock<Box<[Entry]>>]>,
    /// Entries that were ever handed out are below it.
    fresh: AtomicU32,
    free: [Mutex<Vec<u32>>; SHARDS],
    most: u32,
}

impl Slab {
    pub(super) fn new(most: u32) -> Self {
        let pages = (most as usize).div_ceil(PAGE);
        Self {
            pages: (0..pages).map(|_| OnceLock::new()).collect(),
            fresh: AtomicU32::new(0),
            free: Default::default(),
            most,
        }
    }

    /// The entry of this index, if it was ever handed out.
    pub(super) fn get(&self, index: u32) -> Option<&Entry> {
        let page = self.pages.get(index as usize / PAGE)?.get()?;
        page.get(index as usize % PAGE)
    }

    /// A free entry; `None` when all are taken.
    pub(super) fn take(&self) -> Option<(u32, &Entry)> {
        let own = Thread::with(Thread::shard) % SHARDS;
        let recent = self.free_of(own).pop();
        let index = recent
            .or_else(|| self.take_fresh())
            .or_else(|| (0..SHARDS).find_map(|shard| self.free_of(shard).pop()))?;
        let page = self.pages[index as usize / PAGE]
            .get_or_init(|| (0..PAGE).map(|_| Entry::default()).collect());
        Some((index, &page[index as usize % PAGE]))
    }

    fn take_fresh(&self) -> Option<u32> {
        let mut fresh = self.fresh.load(Relaxed);
        while fresh < self.most {
            let next = self
                .fresh
                .compare_exchange_weak(fresh, fresh + 1, Relaxed, Relaxed);
            match next {
                Ok(_) => return Some(fresh),
                Err(current) => fresh = current,
            }
        }
        None
    }

    /// Returns an entry that [`take`](Self::take) gave. It must be vacated.
    pub(super) fn give_back(&self, index: u32) {
        let own = Thread::with(Thread::shard) % SHARDS;
        self.free_of(own).push(index);
    }

    /// Pages that were ever handed out of.
    pub(super) fn pages(&self) -> usize {
        (self.fresh.load(Relaxed) as usize).div_ceil(PAGE)
    }

    /// The entries of a page.
    pub(super) fn page(&self, number: usize) -> &[Entry] {
        let page = self.pages.get(number).and_then(OnceLock::get);
        page.map_or(&[], |page| page)
    }

    fn free_of(&self, shard: usize) -> MutexGuard<'_, Vec<u32>> {
        self.free[shard]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_and_they_are_used_again() {
        let slab = Slab::new(3);
        let taken: Vec<_> = std::iter::from_fn(|| Some(slab.take()?.0)).collect();
        assert_eq!(taken, [0, 1, 2]);
        slab.give_back(1);
        // Whichever thread asks: the last ones are taken from the others.
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| slab.take().map(|(index, _)| index));
            assert_eq!(taken.join().expect("no panic"), Some(1));
        });
        assert!(slab.take().is_none());
        assert_eq!(slab.pages(), 1);
    }
}
