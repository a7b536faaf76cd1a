//! Resources, and the async operations on them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use console_api::{
    async_ops::{AsyncOp as WireOp, AsyncOpUpdate, Stats as OpStats},
    resources::{
        Resource as WireResource, ResourceUpdate, Stats,
        resource::kind::{Kind, Known as KnownKind},
    },
};
use loiter_model::{
    AsyncOp, AsyncOpSeq, Nanos, Resource, ResourceSeq, State, TaskSeq, picture::Picture,
};

use super::{
    Clock,
    fields::{self, Metas},
    ids::{Admitted, Birth, Ids, by_birth},
    tasks::Tasks,
    time::{Instant, Polls},
};

/// Resources and operations by their spans, and the numbers that they got.
#[derive(Debug, Default)]
pub(super) struct Resources {
    resources: Ids<Resource>,
    ops: Ids<AsyncOp>,
    last_resource: u64,
    last_op: u64,
    /// Resources that the other side could not tell of.
    dropped: u64,
    /// Who waits for each resource, by the operation with which.
    waiters: HashMap<ResourceSeq, BTreeMap<AsyncOpSeq, TaskSeq>>,
    /// Spans of resources of which something has changed.
    changed: BTreeSet<u64>,
    /// Spans of resources that have a waiter more or less.
    spans: HashMap<ResourceSeq, u64>,
}

impl Resources {
    /// All that is known may be told anew.
    pub(super) fn begin_again(&mut self) {
        self.resources.begin_again();
        self.ops.begin_again();
        self.waiters.clear();
        self.changed.clear();
        self.spans.clear();
    }

    /// Those of another process. Numbers are never given out again.
    pub(super) fn forget(&mut self) {
        self.forget_former();
        self.dropped = 0;
    }

    /// What was not told anew is gone.
    pub(super) fn forget_former(&mut self) {
        self.resources.forget_former();
        self.ops.forget_former();
    }

    pub(super) fn take(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        metas: &Metas,
        update: ResourceUpdate,
    ) {
        self.dropped = self.dropped.saturating_add(update.dropped_events);
        let created = |id| {
            let stats = update.stats_update.get(&id)?;
            Instant::maybe(stats.created_at.as_ref())
        };
        // A parent is made before its parts.
        let new = by_birth(&update.new_resources, |it| it.id, created, clock.now);
        for (birth, resource) in new {
            self.admit(picture, clock, birth, resource);
        }
        picture.set_untracked_resources(self.dropped);
        for (id, stats) in &update.stats_update {
            self.update(picture, clock, metas, *id, stats);
        }
    }

    fn admit(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        birth: Birth,
        resource: &WireResource,
    ) {
        let parent = resource.parent_resource_id;
        let parent = parent.and_then(|id| self.resources.alive(id.id));
        let parent = parent.map(|parent| parent.seq);
        let Self {
            resources,
            last_resource: last,
            ..
        } = self;
        let admitted = resources.admit(birth.id, birth.told, |former| {
            let seq = former.map_or_else(
                || {
                    *last += 1;
                    ResourceSeq::new(*last).expect("it is above zero")
                },
                |former| former.seq,
            );
            Resource {
                seq,
                parent,
                kind: kind(resource).into(),
                concrete_type: resource.concrete_type.as_str().into(),
                site: picture.site_id(&fields::site(resource.location.as_ref())),
                is_internal: resource.is_internal,
                created_at: clock.at(birth.at),
                total: clock.now.since(birth.at),
                has_ended: false,
                attributes: Vec::new(),
                holders: Vec::new(),
                waiters: Vec::new(),
            }
        });
        match admitted {
            Admitted::New { replaced } => {
                if let Some(replaced) = replaced {
                    picture.end_resource(replaced.seq);
                    self.forget_waiters(replaced.seq);
                }
                if let Some(new) = self.resources.alive(birth.id) {
                    self.spans.insert(new.seq, birth.id);
                }
                self.changed.insert(birth.id);
            }
            Admitted::Full => self.dropped = self.dropped.saturating_add(1),
            Admitted::Known => {}
        }
    }

    fn update(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        metas: &Metas,
        id: u64,
        stats: &Stats,
    ) {
        let Some(resource) = self.resources.alive_mut(id) else {
            return;
        };
        resource.attributes = fields::attributes(&stats.attributes, metas);
        let Some(ended) = Instant::maybe(stats.dropped_at.as_ref()) else {
            self.changed.insert(id);
            return;
        };
        resource.has_ended = true;
        resource.total = clock.at(ended).saturating_sub(resource.created_at);
        let resource = resource.clone();
        self.resources.end(id);
        self.forget_waiters(resource.seq);
        picture.put_resource(resource);
    }

    /// A resource is no more.
    fn forget_waiters(&mut self, seq: ResourceSeq) {
        self.waiters.remove(&seq);
        if let Some(id) = self.spans.remove(&seq) {
            self.changed.remove(&id);
        }
    }

    pub(super) fn take_ops(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        metas: &Metas,
        tasks: &Tasks,
        update: AsyncOpUpdate,
    ) {
        let created = |id| {
            let stats = update.stats_update.get(&id)?;
            Instant::maybe(stats.created_at.as_ref())
        };
        for (birth, op) in by_birth(&update.new_async_ops, |op| op.id, created, clock.now) {
            self.admit_op(picture, clock, birth, op);
        }
        for (id, stats) in &update.stats_update {
            self.update_op(picture, clock, metas, tasks, *id, stats);
        }
    }

    fn admit_op(&mut self, picture: &mut Picture, clock: Clock, birth: Birth, op: &WireOp) {
        let resource = op.resource_id.and_then(|id| self.resources.alive(id.id));
        let Some(resource) = resource.map(|resource| resource.seq) else {
            // It would be on nothing.
            return;
        };
        let parent = op.parent_async_op_id.and_then(|id| self.ops.alive(id.id));
        let parent = parent.map(|parent| parent.seq);
        let Self {
            ops, last_op: last, ..
        } = self;
        let admitted = ops.admit(birth.id, birth.told, |former| {
            let seq = former.map_or_else(
                || {
                    *last += 1;
                    AsyncOpSeq::new(*last).expect("it is above zero")
                },
                |former| former.seq,
            );
            AsyncOp {
                seq,
                parent,
                resource,
                task: None,
                source: op.source.as_str().into(),
                created_at: clock.at(birth.at),
                total: clock.now.since(birth.at),
                busy: Nanos::ZERO,
                polls: 0,
                state: State::Scheduled,
                attributes: Vec::new(),
            }
        });
        if let Admitted::New { replaced } = admitted {
            if let Some(replaced) = replaced {
                self.op_gone(picture, &replaced);
            }
            if let Some(new) = self.ops.alive(birth.id) {
                picture.put_op(new.clone());
            }
        }
    }

    fn update_op(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        metas: &Metas,
        tasks: &Tasks,
        id: u64,
        stats: &OpStats,
    ) {
        let made = self.ops.created(id);
        let Some(op) = self.ops.alive_mut(id) else {
            return;
        };
        if stats.dropped_at.is_some() {
            let op = op.clone();
            self.ops.end(id);
            self.op_gone(picture, &op);
            return;
        }
        let polls = Polls::of(stats.poll_stats.as_ref());
        let made = made.unwrap_or(clock.now);
        let (state, since) = polls.state(made, None);
        let current = match state {
            State::Running => clock.now.since(since),
            _ => Nanos::ZERO,
        };
        op.state = state;
        op.total = clock.now.since(made);
        op.busy = polls.busy.saturating_add(current).min(op.total);
        op.polls = polls.count;
        op.task = stats.task_id.and_then(|id| tasks.alive(id.id));
        op.attributes = fields::attributes(&stats.attributes, metas);
        picture.put_op(op.clone());
        let waiter = op.task.filter(|_| state == State::Idle);
        let (seq, resource) = (op.seq, op.resource);
        self.waits(resource, seq, waiter);
    }

    fn op_gone(&mut self, picture: &mut Picture, op: &AsyncOp) {
        picture.end_op(op.seq);
        self.waits(op.resource, op.seq, None);
    }

    /// Notes who waits with an operation, if somebody does.
    fn waits(&mut self, resource: ResourceSeq, op: AsyncOpSeq, waiter: Option<TaskSeq>) {
        let Some(id) = self.spans.get(&resource) else {
            return;
        };
        let has_changed = match waiter {
            Some(task) => {
                let waiters = self.waiters.entry(resource).or_default();
                waiters.insert(op, task) != Some(task)
            }
            None => {
                let waiters = self.waiters.get_mut(&resource);
                waiters.is_some_and(|waiters| waiters.remove(&op).is_some())
            }
        };
        if has_changed {
            self.changed.insert(*id);
        }
    }

    /// Draws the resources of which something has changed.
    pub(super) fn settle(&mut self, picture: &mut Picture, clock: Clock) {
        let now = clock.at(clock.now);
        for id in std::mem::take(&mut self.changed) {
            let Some(resource) = self.resources.alive_mut(id) else {
                continue;
            };
            resource.total = now.saturating_sub(resource.created_at);
            let waiters = self.waiters.get(&resource.seq);
            let waiters = waiters.into_iter().flat_map(BTreeMap::values);
            resource.waiters = waiters.copied().collect();
            picture.put_resource(resource.clone());
        }
    }
}

fn kind(resource: &WireResource) -> &str {
    let kind = resource.kind.as_ref().and_then(|kind| kind.kind.as_ref());
    match kind {
        Some(Kind::Known(known)) if *known == KnownKind::Timer as i32 => "timer",
        Some(Kind::Other(other)) => other,
        Some(Kind::Known(_)) | None => "",
    }
}
