//! What tasks share and wait on, as tokio tells of it: locks, semaphores, barriers, one-shot
//! channels, timers, and the operations on them.
//!
//! Only for programs that ask for it. Unlike tasks, what happens here takes locks: one of the
//! resource or operation concerned, never two at a time, each for a few words, and one of a
//! sharded list when something is made or dropped. Nothing of the program runs under any of them.

mod attributes;
mod entry;
mod holders;
mod labels;
mod reading;
mod recorder;
mod slab;
mod within;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use labels::Labels;
use slab::Slab;

pub(crate) use attributes::{Change, UnitText, Update, Value};
pub(crate) use entry::{MadeOp, MadeResource};
pub(crate) use reading::Reading;

use crate::{
    builder::{Redact, Redacted},
    thread::Thread,
};

/// Resources and operations that are tracked at a time, together; some 200 bytes each as they
/// come.
pub(crate) const MOST: u32 = 1 << 18;

/// Parts of the counter of changes.
const SHARDS: usize = 16;

/// What of tokio's a span stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// `runtime.resource`.
    Resource,
    /// `runtime.resource.async_op`.
    Op,
    /// `runtime.resource.async_op.poll`: entered once for each poll of the operation. It goes by
    /// the operation's entry and keeps it from nothing.
    Poll,
}

/// A resource or an operation as the capture refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ref {
    pub(crate) what: What,
    pub(crate) index: u32,
    /// The low bits of its number, so that a reference which outlived it is recognised.
    pub(crate) seq_bits: u32,
}

impl Ref {
    /// What is not tracked as there is no room. It is entered and left like any other, so that
    /// what happens inside is not taken for an outer one's.
    pub(crate) const fn untracked(what: What) -> Self {
        Self {
            what,
            index: UNTRACKED,
            seq_bits: 0,
        }
    }
}

/// An index that no entry has.
const UNTRACKED: u32 = (1 << 30) - 3;

/// Every resource and operation that is alive. Bounded by [`MOST`].
#[derive(Debug)]
pub(crate) struct Resources {
    slab: Slab,
    labels: Labels,
    last_resource: AtomicU64,
    last_op: AtomicU64,
    untracked: AtomicU64,
    untracked_ops: AtomicU64,
    changes: [Counter; SHARDS],
    /// What tokio tells of their state is shown to nobody.
    hides_attributes: bool,
}

/// On a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counter(AtomicU64);

impl Resources {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            slab: Slab::new(most),
            labels: Labels::default(),
            last_resource: AtomicU64::new(0),
            last_op: AtomicU64::new(0),
            untracked: AtomicU64::new(0),
            untracked_ops: AtomicU64::new(0),
            changes: Default::default(),
            hides_attributes: false,
        }
    }

    /// Keeps things from all who look, from now on.
    pub(crate) fn redact(&mut self, what: Redacted) {
        self.hides_attributes = what.has(Redact::ResourceAttributes);
    }

    /// Resources that were not tracked as there was no room, since the start.
    pub(crate) fn untracked(&self) -> u64 {
        self.untracked.load(Relaxed)
    }

    /// Operations that were not tracked as there was no room, since the start.
    #[cfg(any(feature = "console", test))]
    pub(crate) fn untracked_ops(&self) -> u64 {
        self.untracked_ops.load(Relaxed)
    }

    /// A number that grows whenever something changes: as long as it stays, a [`Reading`] would
    /// tell the same, but for the time that passes.
    #[cfg(any(feature = "console", test))]
    pub(crate) fn changes(&self) -> u64 {
        let counts = self.changes.iter().map(|counter| counter.0.load(Relaxed));
        counts.fold(0, u64::wrapping_add)
    }

    fn changed(&self) {
        let shard = Thread::with(Thread::shard) % SHARDS;
        self.changes[shard].0.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests;
