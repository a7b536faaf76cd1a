//! Resources and the operations on them: all of them, and what changes between.

use std::{collections::HashMap, sync::Arc, time::Instant};

use futures_util::{StreamExt, stream};
use loiter_model::{
    AsyncOp, AsyncOpSeq, Nanos, Resource, ResourceSeq, State, Thresholds,
    query::{Query, ResourceColumn, Sort, Window},
    update::{LabelSet, ResourcesUpdate},
};
use tokio::time;

use super::{
    keyframe::{filter, first},
    pace::Later,
};
use crate::source::{Source, SourceError, Updates};

/// Resources of one answer.
const ROWS: u64 = 2_000;
/// As many as are followed between keyframes: a target looks at all that it has for each answer.
const MOST: u64 = 20_000;
/// Operations of one answer at most.
const OPS: usize = 4_000;
/// How often they are asked for.
const EVERY: time::Duration = time::Duration::from_secs(1);
/// Asking for them takes this share of the time at most: one in so many.
const SHARE: u32 = 10;

/// Asks for all, in parts: the next part is after `after`, and `None` is from a target that keeps
/// track of none.
pub(super) struct Parts {
    after: u64,
    is_over: bool,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self {
            after: 0,
            is_over: false,
        }
    }

    pub(super) async fn next(
        &mut self,
        source: &dyn Source,
        thresholds: Thresholds,
    ) -> Result<Option<ResourcesUpdate>, SourceError> {
        if self.is_over {
            return Ok(None);
        }
        let query = Query {
            filter: filter(&format!("seq>{}", self.after)),
            sort: Sort {
                column: ResourceColumn::Seq,
                descending: false,
            },
            window: Window {
                offset: 0,
                limit: ROWS,
            },
            thresholds,
        };
        let updates = match source.watch_resources_and_ops(query, None).await {
            Err(
                SourceError::CannotTell { .. }
                | SourceError::TooOld { .. }
                | SourceError::WrongProtocol { .. },
            ) => return Ok(None),
            updates => updates?,
        };
        let update = first(updates).await?;
        if !update.is_tracking {
            return Ok(None);
        }
        let last = update.resources.last().map(|resource| resource.seq.get());
        let is_last = update.resources.len() as u64 >= update.matched;
        match last {
            // A target that goes round in circles is to end as well.
            Some(last) if last > self.after && !is_last => self.after = last,
            _ => self.is_over = true,
        }
        Ok(Some(update))
    }
}

/// What changes, again and again, from a target that keeps track of some. One that has no room for the
/// question is asked later.
pub(super) fn changes(source: Arc<dyn Source>, thresholds: Thresholds) -> Updates<ResourcesUpdate> {
    let begin = Some((source, Changes::default(), time::Duration::ZERO));
    let updates = stream::unfold(begin, move |state| async move {
        let (source, mut changes, mut pause) = state?;
        let mut later = Later::default();
        loop {
            time::sleep(pause).await;
            let started = Instant::now();
            let mut all = match all(&*source, thresholds).await {
                Ok(Some(all)) => {
                    later = Later::default();
                    all
                }
                // It will never have any, as far as this run of it goes.
                Ok(None) => std::future::pending().await,
                Err(error) if error.may_pass() => {
                    later.pass().await;
                    continue;
                }
                Err(error) => return Some((Err(error), None)),
            };
            pause = EVERY.max(started.elapsed() * SHARE);
            changes.only(&mut all);
            if !all.resources.is_empty() || !all.ops.is_empty() {
                return Some((Ok(all), Some((source, changes, pause))));
            }
        }
    });
    updates.boxed()
}

/// All of them as one answer, or no row if they are too many; `None` if there are none to be had.
async fn all(
    source: &dyn Source,
    thresholds: Thresholds,
) -> Result<Option<ResourcesUpdate>, SourceError> {
    let mut parts = Parts::new();
    let Some(mut all) = parts.next(source, thresholds).await? else {
        return Ok(None);
    };
    if all.matched > MOST {
        all.resources.clear();
        all.ops.clear();
        return Ok(Some(all));
    }
    while let Some(part) = parts.next(source, thresholds).await? {
        all.overview = part.overview;
        all.matched = all.resources.len() as u64 + part.matched;
        all.resources.extend(part.resources);
        all.ops.extend(part.ops);
        all.labels.sites.extend(part.labels.sites);
    }
    Ok(Some(all))
}

/// Them as they were last told.
#[derive(Debug, Default)]
struct Changes {
    resources: HashMap<ResourceSeq, Resource>,
    ops: HashMap<AsyncOpSeq, AsyncOp>,
}

impl Changes {
    /// Leaves those that are not as they were, but for the time that passes for each, and adds the ends
    /// of those that are no more.
    fn only(&mut self, update: &mut ResourcesUpdate) {
        let at = update.overview.at;
        // Of what did not fit into the answer nobody knows.
        let is_whole = update.resources.len() as u64 >= update.matched;
        let told = std::mem::take(&mut update.resources);
        let now: HashMap<_, _> = told.iter().map(|it| (it.seq, it.clone())).collect();
        let before = std::mem::replace(&mut self.resources, now);
        let is_same = |resource: &Resource| {
            let known = before.get(&resource.seq);
            known.is_some_and(|known| with_total(known.clone(), resource.total) == *resource)
        };
        update.resources = told.into_iter().filter(|it| !is_same(it)).collect();
        let gone = before.into_values().filter(|_| is_whole);
        for known in gone.filter(|known| !self.resources.contains_key(&known.seq)) {
            let total = at.saturating_sub(known.created_at);
            update.resources.push(Resource {
                has_ended: true,
                waiters: Vec::new(),
                ..with_total(known, total)
            });
        }
        self.ops(&mut update.ops, at, is_whole);
        let mut labels = LabelSet::default();
        for resource in &update.resources {
            labels.add_site(resource.site, &update.labels);
        }
        update.labels = labels;
    }

    fn ops(&mut self, update: &mut Vec<AsyncOp>, at: Nanos, is_whole: bool) {
        // An answer that is full may hide some.
        let is_whole = is_whole && update.len() < OPS;
        let told = std::mem::take(update);
        let now: HashMap<_, _> = told.iter().map(|op| (op.seq, op.clone())).collect();
        let before = std::mem::replace(&mut self.ops, now);
        let is_same = |op: &AsyncOp| {
            let known = before.get(&op.seq);
            known.is_some_and(|known| with_times_of(known.clone(), op) == *op)
        };
        update.extend(told.into_iter().filter(|op| !is_same(op)));
        let gone = before.into_values().filter(|_| is_whole);
        for known in gone.filter(|known| !self.ops.contains_key(&known.seq)) {
            update.push(AsyncOp {
                state: State::Ended,
                total: at.saturating_sub(known.created_at),
                ..known
            });
        }
    }
}

fn with_total(resource: Resource, total: Nanos) -> Resource {
    Resource { total, ..resource }
}

/// With the times of another one that just pass: those of a poll only inside of it.
fn with_times_of(op: AsyncOp, other: &AsyncOp) -> AsyncOp {
    let is_in_poll = op.state == State::Running;
    AsyncOp {
        total: other.total,
        busy: if is_in_poll { other.busy } else { op.busy },
        ..op
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::update::Overview;

    use super::*;
    use crate::ui::fixture;

    fn at(seconds: u64, resources: Vec<Resource>, ops: Vec<AsyncOp>) -> ResourcesUpdate {
        ResourcesUpdate {
            overview: Overview {
                at: Nanos::from_secs(seconds),
                ..Overview::default()
            },
            matched: resources.len() as u64,
            resources,
            ops,
            ..ResourcesUpdate::default()
        }
    }

    fn later(resources: &[Resource], seconds: u64) -> Vec<Resource> {
        let later = |it: &Resource| it.total.saturating_add(Nanos::from_secs(seconds));
        let resources = resources.iter();
        resources
            .map(|it| with_total(it.clone(), later(it)))
            .collect()
    }

    #[test]
    fn what_only_went_on_is_left_out_and_what_is_gone_has_ended() {
        let all = fixture::resources_update().resources;
        let ops = fixture::resource_detail().ops;
        assert!(all.len() > 1 && ops.len() > 1, "{all:?} {ops:?}");
        let mut changes = Changes::default();
        let mut told = at(4_000, all.clone(), ops.clone());
        changes.only(&mut told);
        assert_eq!((&told.resources, &told.ops), (&all, &ops), "all is new");

        let passed = |op: &AsyncOp| AsyncOp {
            total: op.total.saturating_add(Nanos::from_secs(5)),
            ..op.clone()
        };
        let next_ops: Vec<_> = ops.iter().map(passed).collect();
        let mut told = at(4_005, later(&all, 5), next_ops.clone());
        changes.only(&mut told);
        assert!(told.resources.is_empty() && told.ops.is_empty(), "{told:?}");

        // The first one is gone, and somebody more holds the second one.
        let mut next = later(&all[1..], 6);
        next[0].holders.extend(loiter_model::TaskSeq::new(77));
        let changed = next[0].clone();
        let mut told = at(4_006, next, next_ops[1..].to_vec());
        changes.only(&mut told);
        let [seen, gone] = &told.resources[..] else {
            panic!("{told:?}");
        };
        assert_eq!(*seen, changed);
        assert!(gone.has_ended && gone.seq == all[0].seq && gone.waiters.is_empty());
        let [ended] = &told.ops[..] else {
            panic!("{told:?}");
        };
        assert!(ended.state == State::Ended && ended.seq == ops[0].seq);
    }

    #[test]
    fn what_did_not_fit_into_an_answer_has_not_ended() {
        let all = fixture::resources_update().resources;
        let mut changes = Changes::default();
        changes.only(&mut at(100, all.clone(), Vec::new()));
        let mut told = ResourcesUpdate {
            matched: all.len() as u64,
            ..at(100, all[1..].to_vec(), Vec::new())
        };
        changes.only(&mut told);
        assert_eq!(told.resources, []);
    }
}
