//! What is right as it is.

use std::collections::HashMap;

use super::FindingKind;
use crate::{
    Task, Thresholds,
    query::{Filter, Labels, Matcher},
};

/// Tasks about which nothing is to be said, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Allow {
    /// Which tasks.
    pub filter: Filter,
    /// Of which kinds of findings; empty for all.
    pub kinds: Vec<FindingKind>,
    /// Why that is right.
    pub reason: String,
}

impl Allow {
    /// Whether it is about findings of a kind.
    #[must_use]
    pub fn covers(&self, kind: FindingKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// The entries whose filters let a task through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed(u32);

impl Allowed {
    /// No entry does.
    pub(super) const NONE: Self = Self(0);
}

/// Asks once at most which entries let a task through: most tasks need not be asked of.
pub(super) struct Question<'a, L> {
    task: &'a Task,
    limits: &'a Thresholds,
    labels: &'a L,
    answer: Option<Allowed>,
}

impl<'a, L: Labels> Question<'a, L> {
    pub(super) fn new(task: &'a Task, limits: &'a Thresholds, labels: &'a L) -> Self {
        Self {
            task,
            limits,
            labels,
            answer: None,
        }
    }

    pub(super) fn answer(&mut self, list: &mut AllowList) -> Allowed {
        let Self {
            task,
            limits,
            labels,
            answer,
        } = self;
        *answer.get_or_insert_with(|| list.of(task, limits, *labels))
    }
}

/// The list, made ready for the tasks of one scan, and what it kept silent.
///
/// For one scan only: the matchers remember names by ids that may stand for others later.
pub(super) struct AllowList {
    entries: Vec<Entry>,
    /// What an [`Allowed`] stands for; the first is empty. Tasks that the same entries let
    /// through share one.
    sets: Vec<Box<[usize]>>,
    by_set: HashMap<Box<[usize]>, u32>,
    /// The set of the last task: that of the next one is often the same.
    last: u32,
    /// Tasks that each entry kept silent.
    counts: Vec<u64>,
    passing: Vec<usize>,
}

struct Entry {
    matcher: Matcher,
    /// A bit for each kind.
    kinds: u32,
}

const fn bit(kind: FindingKind) -> u32 {
    1 << kind as u32
}

impl AllowList {
    pub(super) fn new(allow: &[Allow]) -> Self {
        let entries = allow.iter().map(|allow| Entry {
            matcher: Matcher::new(&allow.filter),
            kinds: FindingKind::ALL
                .iter()
                .filter(|kind| allow.covers(**kind))
                .fold(0, |kinds, kind| kinds | bit(*kind)),
        });
        Self {
            entries: entries.collect(),
            sets: vec![Box::default()],
            by_set: HashMap::new(),
            last: 0,
            counts: vec![0; allow.len()],
            passing: Vec::new(),
        }
    }

    /// Whether an entry is about findings of a kind at all.
    pub(super) fn covers(&self, kind: FindingKind) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.kinds & bit(kind) != 0)
    }

    fn of(&mut self, task: &Task, limits: &Thresholds, labels: &impl Labels) -> Allowed {
        self.passing.clear();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if entry.matcher.matches(task, limits, labels) {
                self.passing.push(index);
            }
        }
        if self.passing.is_empty() {
            return Allowed::NONE;
        }
        if *self.sets[self.last as usize] != *self.passing {
            self.last = self.set();
        }
        Allowed(self.last)
    }

    /// The number of the set of those that let a task through.
    fn set(&mut self) -> u32 {
        let passing = self.passing.as_slice();
        if let Some(set) = self.by_set.get(passing) {
            return *set;
        }
        let set = self.sets.len() as u32;
        self.sets.push(passing.into());
        self.by_set.insert(passing.into(), set);
        set
    }

    /// Whether nothing is to be said of this kind.
    pub(super) fn is_silent(&self, allowed: Allowed, kind: FindingKind) -> bool {
        self.entry(allowed, kind).is_some()
    }

    /// Like [`is_silent`](Self::is_silent), for tasks of which something would be said
    /// otherwise: counts them.
    pub(super) fn silences(&mut self, allowed: Allowed, kind: FindingKind, tasks: u64) -> bool {
        let Some(entry) = self.entry(allowed, kind) else {
            return false;
        };
        self.counts[entry] = self.counts[entry].saturating_add(tasks);
        true
    }

    /// The first entry that lets it through and is about this kind.
    fn entry(&self, allowed: Allowed, kind: FindingKind) -> Option<usize> {
        let set = &self.sets[allowed.0 as usize];
        let mut entries = set.iter().copied();
        entries.find(|entry| self.entries[*entry].kinds & bit(kind) != 0)
    }

    /// Tasks that each entry kept silent in this scan.
    pub(super) fn counts(&self) -> &[u64] {
        &self.counts
    }
}
