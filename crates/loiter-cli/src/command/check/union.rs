//! Everything that was found over a time, each finding once.

use std::{collections::HashMap, sync::Arc};

use loiter_model::{
    Nanos, Site, Wait,
    finding::{Advice, Finding, FindingKey, Headline},
    query::Labels,
    update::{FindingsUpdate, LabelSet},
};

/// A finding, as it was seen last.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// With the worst certainty and the largest count of all times that it was seen.
    pub(crate) finding: Finding,
    /// What it refers to: its own copy, as the agent gives the number of a name that is no longer
    /// in use to another one.
    pub(crate) labels: LabelSet,
    /// When it was seen last, from the agent's start.
    pub(crate) at: Nanos,
    /// Whether it was there to the end.
    pub(crate) is_ongoing: bool,
}

impl Seen {
    /// As it is in an update.
    pub(crate) fn new(finding: &Finding, update: &FindingsUpdate) -> Self {
        let mut labels = LabelSet::default();
        labels.add_finding(finding, &update.labels);
        Self {
            finding: finding.clone(),
            labels,
            at: update.overview.at,
            is_ongoing: true,
        }
    }

    /// The finding in one line.
    pub(crate) fn headline(&self) -> String {
        let headline = Headline {
            finding: &self.finding,
            labels: &self.labels,
            at: self.at,
        };
        headline.to_string()
    }

    /// Its cause and cure.
    pub(crate) fn advice(&self) -> Advice {
        Advice::of(self.finding.kind, self.wait().map(|wait| wait.kind))
    }

    /// Where its tasks were spawned.
    pub(crate) fn site(&self) -> Option<Arc<Site>> {
        self.labels.site(self.finding.site?)
    }

    /// What its tasks wait on.
    pub(crate) fn wait(&self) -> Option<Arc<Wait>> {
        self.labels.wait(self.finding.wait?)
    }

    /// Takes over what was worse when it was seen earlier. Since when it is so stays as it is: it
    /// may have come and gone meanwhile.
    fn outdo(&mut self, earlier: &Finding) {
        let finding = &mut self.finding;
        finding.certainty = finding.certainty.max(earlier.certainty);
        finding.count = finding.count.max(earlier.count);
        finding.bytes = finding.bytes.max(earlier.bytes);
    }

    /// Whether `later` is about the same tasks, of which it is known meanwhile what they wait on.
    fn is_outdated_by(&self, later: &Finding) -> bool {
        let earlier = &self.finding;
        let is_one_task = |seq| later.sample.contains(seq);
        earlier.wait.is_none()
            && later.wait.is_some()
            && (earlier.kind, earlier.site) == (later.kind, later.site)
            && earlier.sample.iter().any(is_one_task)
    }
}

/// The findings of all updates so far.
#[derive(Debug, Default)]
pub(super) struct Union {
    seen: HashMap<FindingKey, Seen>,
}

impl Union {
    /// Adds an update.
    pub(super) fn take(&mut self, update: &FindingsUpdate) {
        for seen in self.seen.values_mut() {
            seen.is_ongoing = false;
        }
        for finding in &update.findings {
            let mut seen = Seen::new(finding, update);
            let key = finding.key();
            if let Some(earlier) = self.seen.remove(&key) {
                seen.outdo(&earlier.finding);
            }
            let outdated = FindingKey { wait: None, ..key };
            let is_outdated = |earlier: &Seen| earlier.is_outdated_by(finding);
            if self.seen.get(&outdated).is_some_and(is_outdated)
                && let Some(earlier) = self.seen.remove(&outdated)
            {
                seen.outdo(&earlier.finding);
            }
            self.seen.insert(key, seen);
        }
    }

    /// How many different ones there are.
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// All of them, the worst first.
    pub(super) fn into_findings(self) -> Vec<Seen> {
        let mut findings: Vec<Seen> = self.seen.into_values().collect();
        findings.sort_by_cached_key(|seen| seen.finding.rank(seen.at));
        findings
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::finding::{Certainty, Evidence, FindingKind};

    use super::*;
    use crate::command::sample;

    fn union(updates: &[FindingsUpdate]) -> Vec<Seen> {
        let mut union = Union::default();
        for update in updates {
            union.take(update);
        }
        union.into_findings()
    }

    #[test]
    fn one_finding_seen_often_is_one_with_the_worst_of_each_and_the_last_evidence() {
        let mut first = sample::findings();
        first.findings.truncate(1);
        let mut last = first.clone();
        last.overview.at = Nanos::from_secs(99);
        first.findings[0].certainty = Certainty::Proved;
        first.findings[0].count = 70;
        last.findings[0].since = Nanos::from_secs(98);
        last.findings[0].certainty = Certainty::Watch;
        last.findings[0].evidence = vec![Evidence::NeverWoken];
        let seen = union(&[first.clone(), last]);
        assert_eq!(seen.len(), 1);
        let Seen { finding, at, .. } = &seen[0];
        assert_eq!(finding.certainty, Certainty::Proved);
        assert_eq!(finding.count, 70);
        assert_eq!(finding.evidence, [Evidence::NeverWoken]);
        assert_eq!(*at, Nanos::from_secs(99));
        assert_eq!(
            seen[0].at.saturating_sub(seen[0].finding.since),
            Nanos::from_secs(1)
        );
        assert!(seen[0].is_ongoing);
    }

    #[test]
    fn what_passes_is_kept_and_marked() {
        let first = sample::findings();
        let mut last = first.clone();
        let gone = last.findings.remove(0);
        let seen = union(&[first.clone(), last]);
        assert_eq!(seen.len(), first.findings.len());
        for seen in seen {
            assert_eq!(seen.is_ongoing, seen.finding.key() != gone.key());
        }
    }

    #[test]
    fn a_wait_that_becomes_known_makes_no_second_finding() {
        let is_known = sample::findings();
        let mut is_unknown = is_known.clone();
        let known = &is_known.findings[0];
        assert!(known.wait.is_some() && known.kind == FindingKind::NoWaker);
        is_unknown.findings.truncate(1);
        is_unknown.findings[0].wait = None;
        let seen = union(&[is_unknown.clone(), is_known.clone()]);
        assert_eq!(seen.len(), is_known.findings.len());
        // Other tasks of the same site are another finding.
        is_unknown.findings[0].sample.clear();
        let seen = union(&[is_unknown, is_known.clone()]);
        assert_eq!(seen.len(), is_known.findings.len() + 1);
    }

    #[test]
    fn a_name_whose_number_is_given_to_another_stays() {
        let first = sample::findings();
        let mut last = first.clone();
        last.findings.clear();
        for name in last.labels.names.values_mut() {
            *name = "another".into();
        }
        let seen = union(&[first, last]);
        let name = seen[0].finding.name.expect("it has one");
        assert_ne!(seen[0].labels.name(name).as_deref(), Some("another"));
    }

    #[test]
    fn the_worst_come_first() {
        let seen = union(&[sample::findings()]);
        let certainties: Vec<_> = seen.iter().map(|seen| seen.finding.certainty).collect();
        assert!(certainties.is_sorted_by(|a, b| a >= b), "{certainties:?}");
    }
}
