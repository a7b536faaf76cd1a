//! All slots: pages that are allocated as the number of tasks grows, and a lock-free list of
//! the free ones.

use std::sync::OnceLock;

use super::slot::Slot;
use crate::sync::{
    PAGE,
    atomic::{
        AtomicU32, AtomicU64,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};

/// A bounded number of slots with stable addresses.
#[derive(Debug)]
pub(crate) struct Slab {
    pages: Box<[OnceLock<Box<[Slot]>>]>,
    /// Slots that were ever handed out are below it.
    fresh: AtomicU32,
    /// One more than the index of the first free slot (0: none) in the low half, a count of
    /// changes in the high half: without it, a thread that read the head and its successor
    /// could install that successor after others took and returned the head.
    free: AtomicU64,
    capacity: u32,
}

impl Slab {
    pub(crate) fn new(capacity: u32) -> Self {
        let pages = (capacity as usize).div_ceil(PAGE);
        Self {
            pages: (0..pages).map(|_| OnceLock::new()).collect(),
            fresh: AtomicU32::new(0),
            free: AtomicU64::new(0),
            capacity,
        }
    }

    /// The slot of this index, if it was ever handed out.
    pub(crate) fn get(&self, index: u32) -> Option<&Slot> {
        let page = self.pages.get(index as usize / PAGE)?.get()?;
        page.get(index as usize % PAGE)
    }

    /// A free slot, the one freed last if there is one: its lines are likely in a cache.
    /// `None` when all are taken. Allocates a page once in [`PAGE`] new slots.
    pub(crate) fn take(&self) -> Option<(u32, &Slot)> {
        let mut head = self.free.load(Acquire);
        while let Some(index) = (head as u32).checked_sub(1) {
            let slot = self.get(index)?;
            let next = successor(head, slot.next_free());
            match self.free.compare_exchange_weak(head, next, AcqRel, Acquire) {
                Ok(_) => return Some((index, slot)),
                Err(current) => head = current,
            }
        }
        let mut index = self.fresh.load(Relaxed);
        loop {
            if index == self.capacity {
                return None;
            }
            let next = self
                .fresh
                .compare_exchange_weak(index, index + 1, Relaxed, Relaxed);
            match next {
                Ok(_) => break,
                Err(current) => index = current,
            }
        }
        let page = self.pages[index as usize / PAGE].get_or_init(|| {
            (index - index % PAGE as u32..)
                .take(PAGE)
                .map(Slot::new)
                .collect()
        });
        Some((index, &page[index as usize % PAGE]))
    }

    /// Returns a slot that [`take`](Self::take) gave. It must be vacated.
    pub(crate) fn give_back(&self, index: u32, slot: &Slot) {
        let mut head = self.free.load(Relaxed);
        loop {
            slot.set_next_free(head as u32);
            match self
                .free
                .compare_exchange_weak(head, successor(head, index + 1), AcqRel, Relaxed)
            {
                Ok(_) => return,
                Err(current) => head = current,
            }
        }
    }

    /// The pages that were ever handed out of, with the index of each one's first slot.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (u32, &[Slot])> {
        let used = (self.fresh.load(Relaxed) as usize).div_ceil(PAGE);
        self.pages[..used]
            .iter()
            .enumerate()
            .filter_map(|(number, page)| Some(((number * PAGE) as u32, &**page.get()?)))
    }

    /// Slots at most.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }
}

/// The head that follows `head` and points at `first`.
fn successor(head: u64, first: u32) -> u64 {
    ((head >> 32) + 1) << 32 | u64::from(first)
}
