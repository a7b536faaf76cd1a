//! Findings over several targets.

use std::{
    cmp::Reverse,
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use super::{Instance, Share, site};
use crate::{
    Nanos, Site, Wait, WaitKind,
    finding::{Certainty, Finding, FindingKey, FindingKind},
    update::{FindingsUpdate, LabelSet, Overview},
    wait::Spot,
};

/// How many findings there are, by how sure they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindingCounts {
    /// Those that follow from what was seen.
    pub proved: u64,
    /// Those that everything speaks for.
    pub suspected: u64,
    /// Those that are worth an eye.
    pub watch: u64,
    /// Those of which only the number is known.
    pub omitted: u64,
}

/// A finding as one target told it, with what it needs to be shown: see
/// [`Headline`](crate::finding::Headline) and [`Markdown`](crate::finding::Markdown).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// What it refers to.
    pub labels: &'a LabelSet,
    /// When this was said, from the agent's start.
    pub at: Nanos,
}

/// Findings of one kind, equally sure, over tasks of one site that wait at one line, in all
/// targets that have any.
///
/// Counts are sums over the targets that answer; those that were lost have counts of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetFinding {
    /// What is wrong.
    pub kind: FindingKind,
    /// How sure that is.
    pub certainty: Certainty,
    /// Where its tasks were spawned; `None` for one about whole programs.
    pub site: Option<Arc<Site>>,
    /// What its tasks wait on, where that is known: as the largest target has it.
    pub wait: Option<Arc<Wait>>,
    /// How many tasks.
    pub count: u64,
    /// For how long it has been so for the first of them.
    pub age: Nanos,
    /// Bytes of their futures.
    pub bytes: u64,
    /// How many targets that answer have it.
    pub instances: u64,
    /// The target with most such tasks: of those that answer, where any does.
    pub largest: Share,
    /// Which of that target's findings it is.
    pub key: FindingKey,
    /// Tasks of which it was so in targets before they were lost.
    pub stale: u64,
    /// How many lost targets had it.
    pub stale_instances: u64,
    /// The most tasks times their age that it has in one target.
    weight: u128,
}

/// The findings of all targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetFindings {
    /// The worst first.
    pub rows: Vec<FleetFinding>,
    /// Findings that targets have further, and that are no part of the rows.
    pub omitted: u64,
}

/// What one target said of its findings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Findings {
    rows: Vec<Finding>,
    labels: LabelSet,
    at: Nanos,
    pub(super) counts: FindingCounts,
    pub(super) omitted: u64,
}

impl FindingCounts {
    /// Those of one answer.
    #[must_use]
    pub fn of(update: &FindingsUpdate) -> Self {
        let mut counts = Self {
            omitted: update.omitted,
            ..Self::default()
        };
        for finding in &update.findings {
            counts.count(finding.certainty);
        }
        counts
    }

    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u64 {
        let told = self.proved + self.suspected + self.watch;
        told.saturating_add(self.omitted)
    }

    /// The larger, the more there are, the surest first.
    pub(super) fn weight(&self) -> u64 {
        const BITS: u32 = 20;
        let less_sure = self.watch.saturating_add(self.omitted);
        [self.proved, self.suspected, less_sure]
            .into_iter()
            .fold(0, |weight, count| {
                weight << BITS | count.min((1 << BITS) - 1)
            })
    }

    fn count(&mut self, certainty: Certainty) {
        match certainty {
            Certainty::Proved => self.proved += 1,
            Certainty::Suspected => self.suspected += 1,
            Certainty::Watch => self.watch += 1,
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.proved += other.proved;
        self.suspected += other.suspected;
        self.watch += other.watch;
        self.omitted = self.omitted.saturating_add(other.omitted);
    }
}

impl Findings {
    /// Keeps the worst, and of the labels what they refer to.
    pub(super) fn of(update: FindingsUpdate) -> (Overview, Self) {
        let counts = FindingCounts::of(&update);
        let FindingsUpdate {
            overview,
            findings: mut rows,
            omitted,
            labels,
            ..
        } = update;
        let beyond = rows.len().saturating_sub(Instance::MOST_FINDINGS);
        rows.truncate(Instance::MOST_FINDINGS);
        let mut kept = LabelSet::default();
        for finding in &rows {
            kept.add_finding(finding, &labels);
        }
        let findings = Self {
            rows,
            labels: kept,
            at: overview.at,
            counts,
            omitted: omitted.saturating_add(beyond as u64),
        };
        (overview, findings)
    }

    pub(super) fn told(&self) -> impl Iterator<Item = Told<'_>> {
        self.rows.iter().map(|finding| Told {
            finding,
            labels: &self.labels,
            at: self.at,
        })
    }
}

impl<'a> Told<'a> {
    /// Where its tasks were spawned.
    #[must_use]
    pub fn site(&self) -> Option<&'a Arc<Site>> {
        self.labels.sites.get(&self.finding.site?)
    }

    /// What its tasks wait on.
    #[must_use]
    pub fn wait(&self) -> Option<&'a Arc<Wait>> {
        self.labels.waits.get(&self.finding.wait?)
    }

    /// For how long it has been so.
    #[must_use]
    pub fn age(&self) -> Nanos {
        self.at.saturating_sub(self.finding.since)
    }
}

/// What makes findings of several targets one.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    kind: FindingKind,
    certainty: Certainty,
    site: Option<site::Key<'a>>,
    wait: Option<(WaitKind, Option<Spot>)>,
}

impl<'a> Key<'a> {
    fn of(told: &Told<'a>) -> Self {
        let wait = told.wait().map(|wait| {
            let place = wait.place.as_ref();
            (wait.kind, place.map(Spot::of))
        });
        Self {
            kind: told.finding.kind,
            certainty: told.finding.certainty,
            site: told.site().map(|site| site::key(site)),
            wait,
        }
    }
}

/// Equal findings together, the worst first.
pub(super) fn merged<'a>(instances: impl Iterator<Item = &'a Instance>) -> FleetFindings {
    let mut rows: HashMap<Key<'a>, FleetFinding> = HashMap::new();
    let mut omitted: u64 = 0;
    for instance in instances {
        omitted = omitted.saturating_add(instance.findings_omitted());
        let is_stale = instance.are_findings_stale();
        for told in instance.findings() {
            let share = Share {
                instance: instance.id(),
                count: told.finding.count,
                is_stale,
            };
            match rows.entry(Key::of(&told)) {
                Entry::Occupied(row) => row.into_mut().add(&told, share),
                Entry::Vacant(place) => place
                    .insert(FleetFinding::new(&told, share))
                    .add(&told, share),
            }
        }
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by(|a, b| a.rank().cmp(&b.rank()));
    FleetFindings { rows, omitted }
}

impl FleetFinding {
    fn new(told: &Told<'_>, share: Share) -> Self {
        Self {
            kind: told.finding.kind,
            certainty: told.finding.certainty,
            site: told.site().cloned(),
            wait: told.wait().cloned(),
            count: 0,
            age: Nanos::ZERO,
            bytes: 0,
            instances: 0,
            largest: share,
            key: told.finding.key(),
            stale: 0,
            stale_instances: 0,
            weight: 0,
        }
    }

    fn add(&mut self, told: &Told<'_>, share: Share) {
        if share.rank() < self.largest.rank() {
            self.largest = share;
            self.key = told.finding.key();
            self.wait = told.wait().cloned();
        }
        let finding = told.finding;
        if share.is_stale {
            self.stale = self.stale.saturating_add(finding.count);
            self.stale_instances += 1;
            return;
        }
        let age = told.age();
        let weight = u128::from(finding.count) * u128::from(age.0);
        self.count = self.count.saturating_add(finding.count);
        self.age = self.age.max(age);
        self.bytes = self.bytes.saturating_add(finding.bytes);
        self.instances += 1;
        self.weight = self.weight.max(weight);
    }

    /// What is true of targets that answer before what was of lost ones; then the surest first,
    /// and of those equally sure the worst in one target.
    fn rank(&self) -> impl Ord + '_ {
        let sums = (Reverse(self.count), Reverse(self.stale));
        let worst = Reverse((self.certainty, self.weight));
        let site = self.site.as_deref();
        (
            self.largest.is_stale,
            worst,
            sums,
            self.kind,
            site,
            self.largest.instance,
            self.key,
        )
    }
}
