//! Every task, as the capture writes it and the agent's thread reads it.

mod ledger;
mod lost_wakeups;
mod names;
mod reader;
mod recorder;
mod sampler;
mod scopes;
pub(crate) mod sites;
mod slab;
mod slot;
mod waits;
mod waker;

use std::sync::{Arc, atomic::AtomicU64};

use crossbeam_queue::ArrayQueue;
use loiter_model::{Kind, NameId, Site, SiteId, Wait, WaitId, query::Labels};

pub(crate) use ledger::Ledger;
use lost_wakeups::LostWakeups;
pub(crate) use lost_wakeups::Unconfirmed;
use names::Names;
pub(crate) use reader::Look;
#[cfg(feature = "console")]
pub(crate) use reader::Moments;
use sampler::Sampler;
use sites::Sites;
use slab::Slab;
pub(crate) use slot::{Marks, Slot};
use waits::Waits;
pub(crate) use waker::Borrowed;

use crate::{
    builder::Redacted, clock::Clock, events::Events, redact::Redaction, resources::Resources,
    runtimes::Runtimes, stacks::Seen,
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
    lost_wakeups: LostWakeups,
    redaction: Redaction,
    /// Only where the program asked for them.
    resources: Option<Resources>,
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

/// What tokio tells of a new task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawn<'a> {
    pub(crate) kind: Kind,
    pub(crate) tokio_id: u64,
    pub(crate) name: &'a str,
    /// The scope that it is to be in, inside the one that it is spawned in.
    pub(crate) scope: &'a str,
    pub(crate) marks: Marks,
    pub(crate) file: &'a str,
    /// Where tokio keeps the path: the same for every spawn at a site, so that a thread
    /// recognises it without hashing the text.
    pub(crate) file_address: usize,
    /// The path stays there for ever: no other one can come to stand in its place.
    pub(crate) file_stays: bool,
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
            lost_wakeups: LostWakeups::default(),
            redaction: Redaction::default(),
            resources: None,
            last_seq: AtomicU64::new(0),
            untracked: AtomicU64::new(0),
        }
    }

    /// Keeps track of resources from now on, so many of them and their operations at most.
    pub(crate) fn track_resources(&mut self, most: u32) {
        self.resources = Some(Resources::new(most));
    }

    /// Keeps things from all who look, from now on.
    pub(crate) fn redact(&mut self, what: Redacted) {
        self.redaction = Redaction::new(what);
        self.waits.redact(self.redaction.clone());
        if let Some(resources) = &mut self.resources {
            resources.redact(what);
        }
    }

    /// The resources, where they are tracked.
    #[inline]
    pub(crate) fn resources(&self) -> Option<&Resources> {
        self.resources.as_ref()
    }

    /// Notes more often what tasks wait on that cannot be asked.
    pub(crate) fn sample_often(&mut self) {
        self.sampler = Sampler::often();
    }
}

impl Labels for Table {
    fn name(&self, id: NameId) -> Option<Arc<str>> {
        self.names.get(id.0)
    }

    fn site(&self, id: SiteId) -> Option<Arc<Site>> {
        self.sites.site(id.0).map(|site| self.redaction.site(site))
    }

    fn wait(&self, id: WaitId) -> Option<Arc<Wait>> {
        self.waits.known(id.0)
    }
}

fn seq_bits(seq: u64) -> u32 {
    (seq & ((1 << SEQ_BITS) - 1)) as u32
}
