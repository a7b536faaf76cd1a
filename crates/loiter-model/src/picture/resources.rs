//! Resources and the operations on them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Ended, Picture, PictureLimits};
use crate::{
    AsyncOp, AsyncOpSeq, Nanos, Resource, ResourceSeq, State, Task, TaskSeq, Totals,
    finding::Held,
    query::{ResourceAnswer, ResourceQuery, ResourceScan},
    update::{LabelSet, ResourceDetail, ResourcesUpdate},
};

/// Operations that one answer holds.
const MOST_OPS: usize = 1000;

/// A value as it was at one time.
#[derive(Clone, Debug)]
struct Dated<T> {
    value: T,
    as_of: Nanos,
}

/// Those alive, and the last few that have ended.
#[derive(Clone, Debug)]
pub(super) struct Resources {
    alive: BTreeMap<ResourceSeq, Dated<Resource>>,
    ended: Ended<ResourceSeq, Resource>,
    ops: HashMap<AsyncOpSeq, Dated<AsyncOp>>,
    is_tracking: bool,
    untracked: u64,
    most: usize,
}

impl Resources {
    pub(super) fn new(limits: PictureLimits) -> Self {
        Self {
            alive: BTreeMap::new(),
            ended: Ended::new(limits.ended),
            ops: HashMap::new(),
            is_tracking: false,
            untracked: 0,
            most: limits.resources,
        }
    }

    fn find(&self, seq: ResourceSeq, at: Nanos) -> Option<Resource> {
        let alive = self.alive.get(&seq).map(|dated| resource_at(dated, at));
        alive.or_else(|| self.ended.get(seq).cloned())
    }

    fn ops_on(&self, seq: ResourceSeq) -> impl Iterator<Item = &Dated<AsyncOp>> {
        let ops = self.ops.values();
        ops.filter(move |dated| dated.value.resource == seq)
    }
}

impl Picture {
    /// What each task waits for that another one holds.
    pub(super) fn held(&self) -> HashMap<TaskSeq, Held> {
        let alive = self.resources.alive.values();
        Held::by_task(alive.map(|dated| &dated.value), self)
    }

    /// Whether the target keeps track of resources at all; `false` unless it was said.
    pub fn set_tracks_resources(&mut self, is_tracking: bool) {
        self.resources.is_tracking = is_tracking;
    }

    /// Resources that the target does not track, or did not tell of.
    pub fn set_untracked_resources(&mut self, resources: u64) {
        self.resources.untracked = resources;
    }

    /// What is known of a resource that is new or known already, as of [`at`](Self::at). One that
    /// has ended and is remembered stays so.
    pub fn put_resource(&mut self, resource: Resource) {
        let at = self.at;
        let resources = &mut self.resources;
        let seq = resource.seq;
        if resources.ended.contains(seq) {
            return;
        }
        if resource.has_ended {
            resources.alive.remove(&seq);
            resources.ended.push(seq, resource);
            return;
        }
        if resources.alive.len() >= resources.most && !resources.alive.contains_key(&seq) {
            resources.untracked = resources.untracked.saturating_add(1);
            return;
        }
        let dated = Dated {
            value: resource,
            as_of: at,
        };
        resources.alive.insert(seq, dated);
    }

    /// A resource has ended now. Nothing happens if it is not alive.
    pub fn end_resource(&mut self, seq: ResourceSeq) {
        let at = self.at;
        let resources = &mut self.resources;
        if let Some(dated) = resources.alive.remove(&seq) {
            let mut resource = resource_at(&dated, at);
            resource.has_ended = true;
            resource.waiters.clear();
            resources.ended.push(seq, resource);
        }
    }

    /// What is known of an async operation that is new or known already, as of [`at`](Self::at).
    /// One that has ended is forgotten.
    pub fn put_op(&mut self, op: AsyncOp) {
        let at = self.at;
        let resources = &mut self.resources;
        if op.state == State::Ended {
            resources.ops.remove(&op.seq);
            return;
        }
        if resources.ops.len() >= resources.most && !resources.ops.contains_key(&op.seq) {
            return;
        }
        let dated = Dated {
            value: op,
            as_of: at,
        };
        resources.ops.insert(dated.value.seq, dated);
    }

    /// An async operation has ended: it is forgotten.
    pub fn end_op(&mut self, seq: AsyncOpSeq) {
        self.resources.ops.remove(&seq);
    }

    /// A resource alive as of [`at`](Self::at), or one that has ended and is remembered.
    #[must_use]
    pub fn find_resource(&self, seq: ResourceSeq) -> Option<Resource> {
        self.resources.find(seq, self.at)
    }

    /// Answers with a row a resource. O(tasks + resources).
    #[must_use]
    pub fn resources(&self, query: &ResourceQuery) -> ResourcesUpdate {
        let alive = self.resources.alive.values();
        let alive = alive.map(|dated| resource_at(dated, self.at));
        let mut scan = ResourceScan::new(query, self);
        for resource in alive {
            scan.visit(&resource);
        }
        let ResourceAnswer {
            matched,
            offset,
            resources,
        } = scan.finish();
        let mut labels = LabelSet::default();
        for resource in &resources {
            labels.add_site(resource.site, self);
        }
        let mut totals = Totals::default();
        self.visit(false, |task| totals.count(task, &query.thresholds));
        ResourcesUpdate {
            overview: self.overview(totals),
            is_tracking: self.resources.is_tracking,
            untracked: self.resources.untracked,
            matched,
            offset,
            resources,
            ops: Vec::new(),
            labels,
        }
    }

    /// The operations on some resources, `most` at most, by number. O(operations).
    #[must_use]
    pub fn ops_on(&self, resources: &[Resource], most: usize) -> Vec<AsyncOp> {
        let wanted: HashSet<_> = resources.iter().map(|resource| resource.seq).collect();
        let ops = self.resources.ops.values();
        let ops = ops.filter(|dated| wanted.contains(&dated.value.resource));
        let mut ops: Vec<_> = ops.map(|dated| op_at(dated, self.at)).collect();
        ops.sort_unstable_by_key(|op| op.seq);
        ops.truncate(most);
        ops
    }

    /// One resource, alive or remembered: `None` when it is neither. O(operations).
    #[must_use]
    pub fn resource(&self, seq: ResourceSeq) -> Option<ResourceDetail> {
        let resource = self.find_resource(seq)?;
        let parent = resource.parent.and_then(|seq| self.find_resource(seq));
        let ops = self.resources.ops_on(seq);
        let mut ops: Vec<_> = ops.map(|dated| op_at(dated, self.at)).collect();
        ops.sort_unstable_by_key(|op| (op.created_at, op.seq));
        let ops_omitted = ops.len().saturating_sub(MOST_OPS) as u64;
        ops.truncate(MOST_OPS);
        let tasks = self.tasks_of(&resource, &ops);
        let mut labels = LabelSet::of(&tasks, self);
        for resource in [Some(&resource), parent.as_ref()].into_iter().flatten() {
            labels.add_site(resource.site, self);
        }
        Some(ResourceDetail {
            at: self.at,
            resource,
            parent,
            ops,
            ops_omitted,
            tasks,
            labels,
        })
    }

    /// The tasks that hold a resource, wait for it or have one of these operations.
    fn tasks_of(&self, resource: &Resource, ops: &[AsyncOp]) -> Vec<Task> {
        let users = ops.iter().filter_map(|op| op.task);
        let others = resource.holders.iter().chain(&resource.waiters).copied();
        let mut seqs: Vec<TaskSeq> = users.chain(others).collect();
        seqs.sort_unstable();
        seqs.dedup();
        seqs.into_iter()
            .filter_map(|seq| self.find_task(seq))
            .collect()
    }
}

/// A resource alive at a later time.
fn resource_at(dated: &Dated<Resource>, at: Nanos) -> Resource {
    let mut resource = dated.value.clone();
    let elapsed = at.saturating_sub(dated.as_of);
    resource.total = resource.total.saturating_add(elapsed);
    resource
}

/// An operation at a later time, if nothing happened to it meanwhile.
fn op_at(dated: &Dated<AsyncOp>, at: Nanos) -> AsyncOp {
    let mut op = dated.value.clone();
    let elapsed = at.saturating_sub(dated.as_of);
    op.total = op.total.saturating_add(elapsed);
    if op.state == State::Running {
        op.busy = op.busy.saturating_add(elapsed);
    }
    op
}
