//! Adds tasks of which the same is to be said up to one finding.

use std::{
    cmp::Reverse,
    hash::{Hash, Hasher},
};

use super::{
    ids::Ids,
    waits::{Known, WaitIndex},
};
use crate::{
    NameId, Nanos, SiteId, StackSource, Task, TaskSeq, WaitId,
    finding::{Certainty, Doubt, Evidence, Finding, FindingKind},
    first::First,
    times::Times,
};

/// What findings add up of a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) seq: TaskSeq,
    /// For how long it has been so.
    pub(super) time: Nanos,
    pub(super) bytes: u64,
    pub(super) name: Option<NameId>,
    pub(super) scope: Option<NameId>,
    pub(super) site: SiteId,
    pub(super) wait: WaitIndex,
}

impl Member {
    pub(super) fn new(task: &Task, wait: WaitIndex) -> Self {
        Self {
            seq: task.seq,
            time: task.in_state,
            bytes: task.size.unwrap_or(0),
            name: task.name,
            scope: task.scope,
            site: task.site,
            wait,
        }
    }
}

/// A 99th percentile, and over how many.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usual {
    pub(super) p99: Nanos,
    pub(super) count: u64,
}

/// What speaks for a finding beside the time, of one task: a finding tells that of its first.
#[derive(Clone, Debug, Default)]
pub(super) struct Grounds {
    pub(super) confirmed_by_look: bool,
    pub(super) site_waits: Option<Usual>,
    pub(super) never_woken: bool,
    pub(super) parent_ended: Option<TaskSeq>,
    pub(super) site_lifetimes: Option<Usual>,
    /// The waker, and how often it woke the task.
    pub(super) woken_only_by: Option<(TaskSeq, u64)>,
    pub(super) waits_for: Option<TaskSeq>,
    /// [`Evidence::Held`].
    pub(super) held: Option<Evidence>,
    /// How long a task had been idle that then went on unwoken.
    pub(super) went_on_after: Option<Nanos>,
    /// A second, and of a hundred.
    pub(super) self_wakes: Option<(u64, u8)>,
    /// So few waits of its site have ended that they say nothing.
    pub(super) few_samples: Option<u64>,
    /// Its worker may serve others: that cannot be seen.
    pub(super) may_be_in_place: bool,
}

/// A value that all have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Common<T> {
    /// Nothing was added.
    #[default]
    Unset,
    All(T),
    Mixed,
}

impl<T: Copy + PartialEq> Common<T> {
    pub(super) fn add(&mut self, value: T) {
        *self = match *self {
            Self::Unset => Self::All(value),
            Self::All(all) if all == value => return,
            Self::All(_) | Self::Mixed => Self::Mixed,
        };
    }

    pub(super) fn get(self) -> Option<T> {
        match self {
            Self::All(all) => Some(all),
            Self::Unset | Self::Mixed => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    kind: FindingKind,
    certainty: Certainty,
    site: SiteId,
    /// As in [`Known`].
    spot: u32,
}

impl Hash for Key {
    /// In two words instead of four.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.site.0) << 32 | u64::from(self.spot));
        state.write_u64((self.kind as u64) << 8 | self.certainty as u64);
    }
}

/// The findings about tasks so far.
#[derive(Default)]
pub(super) struct Merge {
    by_key: Ids<Key, u32>,
    groups: Vec<Group>,
    /// The group of the last task: tasks of one kind often follow each other.
    last: Option<(Key, u32)>,
    /// The tasks that were added, if anybody wants to know.
    listed: Option<Vec<TaskSeq>>,
}

/// A finding being added up.
struct Group {
    key: Key,
    count: u64,
    bytes: u64,
    name: Common<Option<NameId>>,
    scope: Common<Option<NameId>>,
    /// Of waits that count as one the first, which stays the same longest.
    wait: Option<WaitId>,
    oldest: First<(Reverse<Nanos>, TaskSeq), { Finding::SAMPLE }>,
    /// For how long it has been so.
    times: Times,
    /// Those of the first.
    grounds: Grounds,
    all_never_woken: bool,
    any_sampled: bool,
    cycles: Vec<Cycle>,
}

/// The tasks of a cycle in order, and what is known of who holds what.
type Cycle = (Vec<TaskSeq>, Vec<Evidence>);

/// How many cycles a finding names.
const CYCLES: usize = 3;
/// Of how many tasks of a cycle it says who holds what.
const HELD: usize = 4;

impl Merge {
    /// Says it of one task more. Allocates for the first two of a group only.
    pub(super) fn add(
        &mut self,
        kind: FindingKind,
        certainty: Certainty,
        member: &Member,
        wait: &Known,
        grounds: &Grounds,
    ) {
        let key = Key {
            kind,
            certainty,
            site: member.site,
            spot: wait.spot,
        };
        let group = self.group(key);
        group.waits_on(wait);
        group.add(member, grounds);
        self.list(member.seq);
    }

    /// Says of these that each waits for the next one, and the last for the first, which gives
    /// the finding its site and its wait. `held`: which of them hold what for whom.
    pub(super) fn add_cycle<'a>(
        &mut self,
        certainty: Certainty,
        held: Vec<Evidence>,
        members: impl Iterator<Item = (&'a Member, &'a Known)> + Clone,
    ) {
        let Some((first, wait)) = members.clone().next() else {
            return;
        };
        let key = Key {
            kind: FindingKind::WaitCycle,
            certainty,
            site: first.site,
            spot: wait.spot,
        };
        let tasks = members.clone().map(|(member, _)| member.seq).collect();
        let group = self.group(key);
        group.waits_on(wait);
        group.cycles.push((tasks, held));
        for (member, _) in members.clone() {
            group.add(member, &Grounds::default());
        }
        members.for_each(|(member, _)| self.list(member.seq));
    }

    /// From now on keeps the number of every task that is added.
    pub(super) fn keep_list(&mut self) {
        self.listed.get_or_insert_default();
    }

    /// The tasks that were added since, in order, none twice.
    pub(super) fn take_list(&mut self) -> Vec<TaskSeq> {
        let mut listed = self.listed.take().unwrap_or_default();
        listed.sort_unstable();
        listed.dedup();
        listed
    }

    fn list(&mut self, task: TaskSeq) {
        if let Some(listed) = &mut self.listed {
            listed.push(task);
        }
    }

    fn group(&mut self, key: Key) -> &mut Group {
        let index = match self.last {
            Some((last, index)) if last == key => index,
            _ => {
                let groups = &mut self.groups;
                *self.by_key.entry(key).or_insert_with(|| {
                    groups.push(Group::new(key));
                    groups.len() as u32 - 1
                })
            }
        };
        self.last = Some((key, index));
        &mut self.groups[index as usize]
    }

    /// The findings, in no order.
    pub(super) fn finish(self, at: Nanos) -> impl Iterator<Item = Finding> {
        self.groups.into_iter().map(move |group| group.finish(at))
    }
}

impl Group {
    fn new(key: Key) -> Self {
        Self {
            key,
            count: 0,
            bytes: 0,
            name: Common::Unset,
            scope: Common::Unset,
            wait: None,
            oldest: First::default(),
            times: Times::default(),
            grounds: Grounds::default(),
            all_never_woken: true,
            any_sampled: false,
            cycles: Vec::new(),
        }
    }

    fn waits_on(&mut self, wait: &Known) {
        self.wait = match (self.wait, wait.id) {
            (Some(first), Some(id)) => Some(first.min(id)),
            (first, id) => first.or(id),
        };
        self.any_sampled |= wait.source == Some(StackSource::Sampled);
    }

    fn add(&mut self, member: &Member, grounds: &Grounds) {
        self.count += 1;
        self.all_never_woken &= grounds.never_woken;
        self.bytes = self.bytes.saturating_add(member.bytes);
        self.name.add(member.name);
        self.scope.add(member.scope);
        self.times.record(member.time);
        let is_first = self.oldest.offer((Reverse(member.time), member.seq));
        if is_first {
            self.grounds = grounds.clone();
        }
    }

    fn finish(mut self, at: Nanos) -> Finding {
        let longest = self.times.longest().unwrap_or_default();
        Finding {
            kind: self.key.kind,
            certainty: self.key.certainty,
            site: Some(self.key.site),
            wait: self.wait,
            name: self.name.get().flatten(),
            scope: self.scope.get().flatten(),
            count: self.count,
            sample: self.oldest.iter().map(|(_, seq)| *seq).collect(),
            bytes: self.bytes,
            since: at.saturating_sub(longest),
            evidence: self.evidence(longest),
            doubts: self.doubts(),
        }
    }

    fn evidence(&mut self, longest: Nanos) -> Vec<Evidence> {
        let median = self.times.median().unwrap_or_default();
        let grounds = self.grounds.clone();
        let mut evidence = Vec::new();
        match self.key.kind {
            FindingKind::NoWaker => {
                evidence.push(Evidence::Idle { longest, median });
                evidence.push(Evidence::NoLiveWaker);
            }
            FindingKind::Hogging | FindingKind::LongBlocking => {
                evidence.push(Evidence::Polling { longest });
            }
            FindingKind::Starved => evidence.push(Evidence::Scheduled { longest }),
            FindingKind::LostWakeup
            | FindingKind::BusyLoop
            | FindingKind::GrowingSite
            | FindingKind::TooManyAlive => {}
            FindingKind::WaitCycle
            | FindingKind::DeadByAssociation
            | FindingKind::OrphanedWait
            | FindingKind::BlockedSend
            | FindingKind::BlockedReceive
            | FindingKind::BlockedLock => evidence.push(Evidence::Idle { longest, median }),
        }
        let given = [
            grounds
                .confirmed_by_look
                .then_some(Evidence::ConfirmedByLook),
            grounds
                .site_waits
                .map(|Usual { p99, count }| Evidence::SiteWaits { p99, count }),
            self.all_never_woken.then_some(Evidence::NeverWoken),
            grounds
                .parent_ended
                .map(|parent| Evidence::ParentEnded { parent }),
            grounds
                .site_lifetimes
                .map(|Usual { p99, count }| Evidence::SiteLifetimes { p99, count }),
            grounds
                .woken_only_by
                .map(|(waker, wakes)| Evidence::WokenOnlyBy { waker, wakes }),
            grounds
                .waits_for
                .map(|task| Evidence::WaitsForEndOf { task }),
            grounds.held,
            grounds
                .went_on_after
                .map(|idle| Evidence::WentOnUnwoken { idle }),
            grounds
                .self_wakes
                .map(|(per_second, percent)| Evidence::SelfWakes {
                    per_second,
                    percent,
                }),
        ];
        evidence.extend(given.into_iter().flatten());
        self.cycles.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (tasks, held) in self.cycles.drain(..).take(CYCLES) {
            evidence.push(Evidence::Cycle { tasks });
            evidence.extend(held.into_iter().take(HELD));
        }
        evidence
    }

    fn doubts(&self) -> Vec<Doubt> {
        // What is proved is beyond doubt, whatever is known of the wait.
        if self.key.certainty == Certainty::Proved {
            return Vec::new();
        }
        let few = self.grounds.few_samples;
        let doubts = [
            self.any_sampled.then_some(Doubt::Sampled),
            few.map(|count| Doubt::FewSamples { count }),
            self.grounds.may_be_in_place.then_some(Doubt::InPlace),
        ];
        doubts.into_iter().flatten().collect()
    }
}

/// Puts the worst first.
pub(super) fn rank(findings: &mut [Finding], at: Nanos) {
    findings.sort_by_cached_key(|finding| finding.rank(at));
}
