//! What is new about the findings of one look after the other.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use loiter_model::{
    Nanos,
    finding::{Certainty, Finding, FindingKey, FindingKind},
    update::FindingsUpdate,
};

use crate::finding::{Change, Found};

/// One that comes back within this time is not new.
const REMEMBERED: Nanos = Nanos::from_secs(10 * 60);

/// Remembers what was told. Pure: time comes with the findings.
#[derive(Debug, Default)]
pub(super) struct News {
    told: BTreeMap<FindingKey, Told>,
}

#[derive(Debug)]
struct Told {
    found: Arc<Found>,
    /// `None` while it is so.
    gone_at: Option<Nanos>,
}

impl Told {
    fn certainty(&self) -> Certainty {
        self.found.finding.certainty
    }
}

impl News {
    /// What has changed since the last look, the worst first.
    pub(super) fn take(&mut self, update: &FindingsUpdate) -> Vec<Change> {
        let at = update.overview.at;
        let mut changes = Vec::new();
        let mut present = BTreeSet::new();
        for finding in &update.findings {
            let key = key(finding);
            if present.insert(key) {
                changes.extend(self.is_so(key, finding, update));
            }
        }
        for (key, told) in &mut self.told {
            if told.gone_at.is_none() && !present.contains(key) {
                told.gone_at = Some(at);
                changes.push(Change::Gone(told.found.clone()));
            }
        }
        self.told.retain(|_, told| {
            told.gone_at
                .is_none_or(|gone_at| at.saturating_sub(gone_at) < REMEMBERED)
        });
        changes
    }

    fn is_so(
        &mut self,
        key: FindingKey,
        finding: &Finding,
        update: &FindingsUpdate,
    ) -> Option<Change> {
        let told = || {
            let found = Found::new(finding.clone(), &update.labels, update.overview.at);
            let found = Arc::new(found);
            let gone_at = None;
            (found.clone(), Told { found, gone_at })
        };
        match self.told.entry(key) {
            Entry::Vacant(entry) => {
                let (found, told) = told();
                entry.insert(told);
                Some(Change::New(found))
            }
            Entry::Occupied(mut entry) if finding.certainty > entry.get().certainty() => {
                let (found, told) = told();
                entry.insert(told);
                Some(Change::Surer(found))
            }
            Entry::Occupied(mut entry) => {
                let told = entry.get_mut();
                told.gone_at.take()?;
                Some(Change::Back(told.found.clone()))
            }
        }
    }
}

/// What a task without a waker waits on is known only after a look: that makes the finding surer,
/// and not another one.
fn key(finding: &Finding) -> FindingKey {
    let key = finding.key();
    FindingKey {
        wait: key.wait.filter(|_| key.kind != FindingKind::NoWaker),
        ..key
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::{SiteId, WaitId, update::Overview};

    use super::*;

    fn finding(kind: FindingKind, site: u32, certainty: Certainty) -> Finding {
        Finding {
            kind,
            certainty,
            site: Some(SiteId(site)),
            wait: None,
            name: None,
            scope: None,
            count: 1,
            sample: Vec::new(),
            bytes: 0,
            since: Nanos(0),
            evidence: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// What is new of these findings at a second, such as `new 1`: the site's number.
    fn told(news: &mut News, second: u64, findings: &[Finding]) -> Vec<String> {
        let update = FindingsUpdate {
            overview: Overview {
                at: Nanos::from_secs(second),
                ..Overview::default()
            },
            findings: findings.to_vec(),
            ..FindingsUpdate::default()
        };
        let site = |found: &Found| found.finding.site.expect("one has a site").0;
        let changes = news.take(&update).into_iter();
        changes
            .map(|change| match change {
                Change::New(found) => format!("new {}", site(&found)),
                Change::Surer(found) => format!("surer {}", site(&found)),
                Change::Back(found) => format!("back {}", site(&found)),
                Change::Gone(found) => format!("gone {}", site(&found)),
                Change::Missed(missed) => format!("missed {missed}"),
            })
            .collect()
    }

    #[test]
    fn each_is_told_once() {
        let mut news = News::default();
        let one = finding(FindingKind::Hogging, 1, Certainty::Proved);
        let two = finding(FindingKind::Hogging, 2, Certainty::Proved);
        assert_eq!(
            told(&mut news, 1, &[two.clone(), one.clone()]),
            ["new 2", "new 1"]
        );
        let more = Finding {
            count: 7,
            ..one.clone()
        };
        assert_eq!(told(&mut news, 2, &[more, two]), [""; 0]);
        assert_eq!(told(&mut news, 3, &[one]), ["gone 2"]);
        assert_eq!(told(&mut news, 4, &[]), ["gone 1"]);
        assert_eq!(told(&mut news, 5, &[]), [""; 0]);
    }

    #[test]
    fn one_that_comes_back_is_new_only_after_ten_minutes() {
        let mut news = News::default();
        let one = [finding(FindingKind::Starved, 1, Certainty::Proved)];
        assert_eq!(told(&mut news, 1, &one), ["new 1"]);
        assert_eq!(told(&mut news, 2, &[]), ["gone 1"]);
        assert_eq!(told(&mut news, 601, &one), ["back 1"]);
        assert_eq!(told(&mut news, 602, &[]), ["gone 1"]);
        assert_eq!(told(&mut news, 1202, &[]), [""; 0]);
        assert_eq!(told(&mut news, 1203, &one), ["new 1"]);
    }

    #[test]
    fn one_that_becomes_surer_is_told_again() {
        let mut news = News::default();
        let with = |certainty| [finding(FindingKind::GrowingSite, 1, certainty)];
        assert_eq!(told(&mut news, 1, &with(Certainty::Watch)), ["new 1"]);
        assert_eq!(told(&mut news, 2, &with(Certainty::Suspected)), ["surer 1"]);
        assert_eq!(told(&mut news, 3, &with(Certainty::Watch)), [""; 0]);
        assert_eq!(told(&mut news, 4, &with(Certainty::Suspected)), [""; 0]);
        assert_eq!(told(&mut news, 5, &[]), ["gone 1"]);
        assert_eq!(told(&mut news, 6, &with(Certainty::Proved)), ["surer 1"]);
        assert_eq!(told(&mut news, 7, &with(Certainty::Proved)), [""; 0]);
    }

    #[test]
    fn a_look_makes_a_lost_task_surer() {
        let mut news = News::default();
        let before = finding(FindingKind::NoWaker, 1, Certainty::Suspected);
        let after = Finding {
            wait: Some(WaitId(3)),
            ..finding(FindingKind::NoWaker, 1, Certainty::Proved)
        };
        assert_eq!(told(&mut news, 1, &[before]), ["new 1"]);
        assert_eq!(told(&mut news, 2, &[after]), ["surer 1"]);
    }
}
