//! Answers queries about resources.

use std::collections::HashSet;

use loiter_model::{
    Nanos, Resource, ResourceSeq, Task, TaskSeq, Totals,
    query::{ResourceQuery, ResourceScan},
    update::{LabelSet, ResourceDetail, ResourcesUpdate},
};
use tokio::task;

use super::Answers;
use crate::{
    resources::{Reading, Resources},
    stretch,
};

/// Parts that are read before others get their turn: some thousand resources and operations.
const AT_ONCE: usize = 8;
/// Operations of one answer about one resource.
const MOST_OPS: usize = 1000;
/// Operations of an answer about many.
const MOST_OPS_OF_ALL: usize = 4000;
/// Holders, and waiters, of one resource in an answer.
const MOST_TASKS: usize = 1000;

impl Answers {
    /// Answers with a row a resource, and the operations on them if these are wanted.
    pub(crate) async fn resources(&self, query: &ResourceQuery, with_ops: bool) -> ResourcesUpdate {
        let table = self.table();
        let started = table.now();
        let reading = self.read_resources().await;
        let mut totals = Totals::default();
        self.visit_indexed(|_, task| totals.count(task, &query.thresholds))
            .await;
        let mut scan = ResourceScan::new(query, table);
        for resource in reading.resources() {
            scan.visit(resource);
        }
        let mut answer = scan.finish();
        let mut labels = LabelSet::default();
        for resource in &mut answer.resources {
            labels.add_site(resource.site, table);
            bound(resource);
        }
        let shown = answer.resources.iter().filter(|_| with_ops);
        let ops = shown.flat_map(|resource| reading.ops_of(resource.seq).iter().take(MOST_OPS));
        let ops = ops.take(MOST_OPS_OF_ALL).cloned().collect();
        ResourcesUpdate {
            overview: self.overview(started, totals),
            is_tracking: table.resources().is_some(),
            untracked: table.resources().map_or(0, Resources::untracked),
            matched: answer.matched,
            offset: answer.offset,
            resources: answer.resources,
            ops,
            labels,
        }
    }

    /// One resource; `None` when it is gone. O(resources, operations and tasks).
    pub(crate) async fn resource(&self, seq: ResourceSeq) -> Option<ResourceDetail> {
        let table = self.table();
        let reading = self.read_resources().await;
        let mut resource = reading.resource(seq)?.clone();
        let mut parent = resource
            .parent
            .and_then(|parent| reading.resource(parent).cloned());
        parent.iter_mut().for_each(bound);
        bound(&mut resource);
        let all = reading.ops_of(seq);
        let ops: Vec<_> = all.iter().take(MOST_OPS).cloned().collect();
        let users = ops.iter().filter_map(|op| op.task);
        let others = resource.holders.iter().chain(&resource.waiters).copied();
        let tasks = self.tasks_among(users.chain(others).collect()).await;
        let mut labels = LabelSet::of(&tasks, table);
        for resource in [Some(&resource), parent.as_ref()].into_iter().flatten() {
            labels.add_site(resource.site, table);
        }
        Some(ResourceDetail {
            at: Nanos(table.now()),
            ops_omitted: (all.len() - ops.len()) as u64,
            resource,
            parent,
            ops,
            tasks,
            labels,
        })
    }

    /// The same as [`read`]; an empty one where none are tracked.
    pub(super) async fn read_resources(&self) -> Reading {
        let table = self.table();
        match table.resources() {
            Some(resources) => read(resources, table.now()).await,
            None => Reading::default(),
        }
    }

    /// Those of some tasks that are alive, by number.
    async fn tasks_among(&self, wanted: HashSet<TaskSeq>) -> Vec<Task> {
        let mut tasks = Vec::new();
        if wanted.is_empty() {
            return tasks;
        }
        self.visit_indexed(|_, task| {
            if wanted.contains(&task.seq) {
                tasks.push(*task);
            }
        })
        .await;
        tasks.sort_unstable_by_key(|task| task.seq);
        tasks
    }
}

/// Every resource and operation, as of `now`, with breaks.
pub(crate) async fn read(resources: &Resources, now: u64) -> Reading {
    let mut reading = Reading::at(now);
    for page in 0..resources.pages() {
        stretch::rest();
        resources.read_page(page, &mut reading);
        if page % AT_ONCE == AT_ONCE - 1 {
            task::yield_now().await;
        }
    }
    reading.finish()
}

/// An answer has room for so many.
fn bound(resource: &mut Resource) {
    resource.holders.truncate(MOST_TASKS);
    resource.waiters.truncate(MOST_TASKS);
}
