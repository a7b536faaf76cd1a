//! What one client was told of resources and the operations on them, so that it is told what is
//! new.

use std::collections::HashMap;

use loiter_model::{AsyncOp, Nanos, Resource, query::Labels};
use loiter_wire::console::{self as wire, AsyncOpStats, ResourceStats};

use super::message::{self, Calendar};

/// By their numbers, what was told last. Tokio tells of resources only where the program asked for
/// it, and of no more than the table of them has room for.
#[derive(Default)]
pub(super) struct ToldResources {
    resources: HashMap<u64, Known<ResourceStats>>,
    ops: HashMap<u64, Known<AsyncOpStats>>,
    round: u64,
    /// How much had changed in their table at the last look.
    changes: Option<u64>,
    untracked: Option<(u64, u64)>,
}

struct Known<S> {
    stats: S,
    /// Where it was met last.
    round: u64,
}

/// Something to tell. What is new has its message, without which its stats are a change.
pub(super) enum ResourceNews {
    Resource(u64, Option<wire::Resource>, ResourceStats),
    Op(u64, Option<wire::AsyncOp>, AsyncOpStats),
}

impl ToldResources {
    /// Whether to look at all of them: `false` if so much had changed at the last look already.
    /// A look begins.
    pub(super) fn begin(&mut self, changes: u64) -> bool {
        self.round += 1;
        self.changes.replace(changes) != Some(changes)
    }

    pub(super) fn resource(
        &mut self,
        resource: &Resource,
        calendar: Calendar,
        labels: &impl Labels,
    ) -> Option<ResourceNews> {
        let seq = resource.seq.get();
        let stats = calendar.resource_stats(resource);
        let new = || message::resource(resource, labels);
        let (new, stats) = meet(&mut self.resources, self.round, seq, stats, new)?;
        Some(ResourceNews::Resource(seq, new, stats))
    }

    pub(super) fn op(&mut self, op: &AsyncOp, calendar: Calendar) -> Option<ResourceNews> {
        let seq = op.seq.get();
        let stats = calendar.op_stats(op);
        let new = || message::async_op(op);
        let (new, stats) = meet(&mut self.ops, self.round, seq, stats, new)?;
        Some(ResourceNews::Op(seq, new, stats))
    }

    /// Whatever was not met in this look has ended.
    pub(super) fn end(&mut self, now: Nanos, calendar: Calendar) -> Vec<ResourceNews> {
        let dropped_at = Some(calendar.timestamp(now));
        let round = self.round;
        let resources = self.resources.extract_if(|_, known| known.round != round);
        let resources = resources.map(|(seq, known)| {
            let stats = ResourceStats {
                dropped_at,
                ..known.stats
            };
            ResourceNews::Resource(seq, None, stats)
        });
        let ops = self.ops.extract_if(|_, known| known.round != round);
        let ops = ops.map(|(seq, known)| {
            let stats = AsyncOpStats {
                dropped_at,
                ..known.stats
            };
            ResourceNews::Op(seq, None, stats)
        });
        resources.chain(ops).collect()
    }

    /// How many resources and operations found no room since it was asked last.
    pub(super) fn lost(&mut self, untracked: (u64, u64)) -> (u64, u64) {
        let before = self.untracked.replace(untracked).unwrap_or(untracked);
        (
            untracked.0.saturating_sub(before.0),
            untracked.1.saturating_sub(before.1),
        )
    }
}

/// Takes one; gives what of it is to be told.
fn meet<S: Clone + PartialEq, M>(
    known: &mut HashMap<u64, Known<S>>,
    round: u64,
    seq: u64,
    stats: S,
    new: impl FnOnce() -> M,
) -> Option<(Option<M>, S)> {
    let now = Known {
        stats: stats.clone(),
        round,
    };
    match known.insert(seq, now) {
        None => Some((Some(new()), stats)),
        Some(before) => (before.stats != stats).then_some((None, stats)),
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::{ResourceSeq, SiteId, update::LabelSet};

    use super::*;

    const CALENDAR: Calendar = Calendar { started_unix: 0 };

    fn lock(seq: u64, total: u64) -> Resource {
        Resource {
            seq: ResourceSeq::new(seq).expect("not zero"),
            parent: None,
            kind: "Sync".into(),
            concrete_type: "Mutex".into(),
            site: SiteId(0),
            is_internal: false,
            created_at: Nanos(5),
            total: Nanos(total),
            has_ended: false,
            attributes: Vec::new(),
            holders: Vec::new(),
            waiters: Vec::new(),
        }
    }

    #[test]
    fn a_resource_is_told_when_it_comes_and_when_it_goes() {
        let mut told = ToldResources::default();
        let mut changes = 0;
        let mut look = |seqs: &[(u64, u64)]| {
            changes += 1;
            assert!(told.begin(changes) && !told.begin(changes));
            let labels = LabelSet::default();
            let met: Vec<_> = (seqs.iter())
                .filter_map(|&(seq, total)| told.resource(&lock(seq, total), CALENDAR, &labels))
                .collect();
            let ended = told.end(Nanos(100), CALENDAR);
            let words = met.into_iter().chain(ended).map(|news| match news {
                ResourceNews::Resource(seq, new, stats) => {
                    (seq, new.is_some(), stats.dropped_at.is_some())
                }
                ResourceNews::Op(..) => unreachable!("there is none"),
            });
            words.collect::<Vec<_>>()
        };
        assert_eq!(
            look(&[(1, 1), (2, 1)]),
            [(1, true, false), (2, true, false)]
        );
        assert_eq!(look(&[(1, 2), (2, 2)]), [], "time passes");
        assert_eq!(look(&[(2, 3)]), [(1, false, true)]);
        assert_eq!(look(&[(2, 4)]), []);
    }

    #[test]
    fn only_what_found_no_room_since_is_lost() {
        let mut told = ToldResources::default();
        assert_eq!(told.lost((7, 8)), (0, 0));
        assert_eq!(told.lost((9, 11)), (2, 3));
    }
}
