//! What the agent's thread reads: every resource and operation, and who waits for whom.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering::Acquire,
};

use loiter_model::{
    AsyncOp, AsyncOpSeq, Attribute, Nanos, Resource, ResourceSeq, SiteId, State, TaskSeq,
};

use super::{
    Resources,
    attributes::Attributes,
    entry::{Answer, Body, OpBody, ResourceBody},
};

/// Every resource and every operation that is alive, as of about one moment: an entry is looked
/// at under its own lock, one after the other.
///
/// Made a page at a time, so that others can go on now and then: it begins [empty](Self::at), takes
/// in each page ([`Resources::read_page`]), and is [finished](Self::finish).
#[derive(Debug, Default)]
pub(crate) struct Reading {
    at: u64,
    /// By number, once finished.
    resources: Vec<Resource>,
    /// By resource and number, once finished.
    ops: Vec<Op>,
}

#[derive(Debug)]
struct Op {
    op: AsyncOp,
    /// When it was first polled, if it waits.
    waits_since: Option<u64>,
}

impl Resources {
    /// Everything at once. O(resources and operations), some 100 ns each, and as many copies:
    /// where there may be many, read [a page at a time](Self::read_page).
    ///
    /// A resource or operation that was in one reading and is not in the next has ended between:
    /// the ended ones are not kept. [`changes`](Self::changes) says whether a new reading can
    /// differ from the last one at all.
    #[cfg(test)]
    pub(crate) fn read(&self, now: u64) -> Reading {
        let mut reading = Reading::at(now);
        for page in 0..self.pages() {
            self.read_page(page, &mut reading);
        }
        reading.finish()
    }

    /// Parts to read.
    pub(crate) fn pages(&self) -> usize {
        self.slab.pages()
    }

    /// Reads a part of it, some hundreds.
    pub(crate) fn read_page(&self, page: usize, into: &mut Reading) {
        for entry in self.slab.page(page) {
            if entry.seq.load(Acquire) == 0 {
                continue;
            }
            let body = entry.lock();
            let seq = entry.seq.load(Acquire);
            match &*body {
                Body::Resource(resource) => {
                    into.resources.extend(
                        ResourceSeq::new(seq).map(|seq| self.resource(seq, resource, into.at)),
                    );
                }
                Body::Op(op) => into.ops.extend(AsyncOpSeq::new(seq).and_then(|seq| {
                    Some(Op {
                        op: self.op(seq, op, into.at)?,
                        waits_since: (op.answer == Answer::Pending).then_some(op.first_poll),
                    })
                })),
                Body::Free => {}
            }
        }
    }

    fn resource(&self, seq: ResourceSeq, body: &ResourceBody, now: u64) -> Resource {
        Resource {
            seq,
            parent: body.parent.and_then(|parent| ResourceSeq::new(parent.seq)),
            kind: self.labels.word(body.kind),
            concrete_type: self.labels.word(body.concrete_type),
            site: SiteId(body.site),
            is_internal: body.is_internal,
            created_at: Nanos(body.created_at),
            total: Nanos(now.saturating_sub(body.created_at)),
            has_ended: false,
            attributes: self.shown(&body.attributes),
            holders: body.holders.tasks().filter_map(TaskSeq::new).collect(),
            waiters: Vec::new(),
        }
    }

    fn shown(&self, attributes: &Attributes) -> Vec<Attribute> {
        match self.hides_attributes {
            true => Vec::new(),
            false => attributes.read(&self.labels),
        }
    }

    fn op(&self, seq: AsyncOpSeq, body: &OpBody, now: u64) -> Option<AsyncOp> {
        let polling = body.poll_began.map_or(0, |began| now.saturating_sub(began));
        Some(AsyncOp {
            seq,
            parent: body.parent.and_then(|parent| AsyncOpSeq::new(parent.seq)),
            resource: ResourceSeq::new(body.resource.seq)?,
            task: TaskSeq::new(body.task),
            source: self.labels.word(body.source),
            created_at: Nanos(body.created_at),
            total: Nanos(now.saturating_sub(body.created_at)),
            busy: Nanos(body.busy.saturating_add(polling)),
            polls: body.polls,
            state: match (body.poll_began, body.polls) {
                (Some(_), _) => State::Running,
                (None, 0) => State::Scheduled,
                (None, _) => State::Idle,
            },
            attributes: self.shown(&body.attributes),
        })
    }
}

impl Reading {
    /// An empty one, for what there is at this time of the agent's clock.
    pub(crate) fn at(now: u64) -> Self {
        Self {
            at: now,
            ..Self::default()
        }
    }

    /// Once every page is read: finds out who waits for what.
    #[must_use]
    pub(crate) fn finish(mut self) -> Self {
        self.resources.sort_unstable_by_key(|resource| resource.seq);
        // The first comer first.
        self.ops.sort_by_key(|op| (op.waits_since, op.op.seq));
        let places: HashMap<ResourceSeq, usize> = self
            .resources
            .iter()
            .enumerate()
            .map(|(place, resource)| (resource.seq, place))
            .collect();
        let mut waits = HashSet::new();
        for waiting in &self.ops {
            let (Some(_), Some(task)) = (waiting.waits_since, waiting.op.task) else {
                continue;
            };
            // Whoever waits for the semaphore inside of a lock waits for the lock.
            let mut resource = Some(waiting.op.resource);
            while let Some(place) = resource.and_then(|seq| places.get(&seq).copied()) {
                if !waits.insert((place, task)) {
                    break;
                }
                let waited_for = &mut self.resources[place];
                waited_for.waiters.push(task);
                resource = waited_for.parent;
            }
        }
        self.ops
            .sort_unstable_by_key(|op| (op.op.resource, op.op.seq));
        self
    }

    /// Every resource, the oldest first.
    pub(crate) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// One resource. O(log resources).
    pub(crate) fn resource(&self, seq: ResourceSeq) -> Option<&Resource> {
        let place = self
            .resources
            .binary_search_by_key(&seq, |resource| resource.seq);
        self.resources.get(place.ok()?)
    }

    /// The operations on a resource, the oldest first. O(log operations).
    pub(crate) fn ops_of(&self, resource: ResourceSeq) -> Ops<'_> {
        let start = self.ops.partition_point(|op| op.op.resource < resource);
        let ops = &self.ops[start..];
        Ops(&ops[..ops.partition_point(|op| op.op.resource == resource)])
    }
}

/// Operations on one resource, the oldest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ops<'a>(&'a [Op]);

impl<'a> Ops<'a> {
    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a AsyncOp> {
        self.0.iter().map(|op| &op.op)
    }
}
