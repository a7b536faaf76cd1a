//! What is wrong, by the rules.

use std::collections::HashMap;

use super::Picture;
use crate::{
    SiteId, TaskSeq, Totals,
    finding::{Doubt, Facts, Growth, Held, LostWakeup, Rules, SiteFacts},
    update::{FindingsUpdate, LabelSet},
};

/// Findings of one answer.
const MOST: usize = 1000;

impl Picture {
    /// Says what is wrong. The rules remember from one call to the next what they have seen: some
    /// need to see a task twice, at two times. O(tasks).
    #[must_use]
    pub fn findings(&self, rules: &mut Rules) -> FindingsUpdate {
        let limits = rules.settings().thresholds;
        let mut totals = Totals::default();
        let mut scan = rules.scan(self.at, self);
        self.visit(false, |task| {
            totals.count(task, &limits);
            scan.visit(task);
        });
        let mut findings = scan.finish(&Known {
            picture: self,
            held: self.held(),
        });
        let omitted = findings.len().saturating_sub(MOST) as u64;
        findings.truncate(MOST);
        let mut labels = LabelSet::default();
        for finding in &findings {
            labels.add_finding(finding, self);
        }
        FindingsUpdate {
            overview: self.overview(totals),
            findings,
            omitted,
            allowed: rules.allowed().to_vec(),
            own_allow: Vec::new(),
            scans: rules.scans(),
            labels,
        }
    }
}

/// What the rules need to know beside tasks.
struct Known<'a> {
    picture: &'a Picture,
    held: HashMap<TaskSeq, Held>,
}

impl Facts for Known<'_> {
    fn sites(&self) -> u32 {
        self.picture.sites.len()
    }

    fn site(&self, id: SiteId) -> SiteFacts {
        self.picture.sites.facts(id)
    }

    fn growth(&self, id: SiteId) -> Option<Growth> {
        self.picture.history.growth(id.0)
    }

    fn is_alive(&self, task: TaskSeq) -> bool {
        self.picture.tasks.get(task).is_some()
    }

    fn waits_for(&self, _: TaskSeq) -> Option<TaskSeq> {
        None
    }

    fn held(&self, task: TaskSeq) -> Option<Held> {
        self.held.get(&task).cloned()
    }

    fn lost_wakeups(&self) -> Vec<LostWakeup> {
        Vec::new()
    }

    fn doubts(&self) -> Vec<Doubt> {
        let tasks = self.picture.all_untracked();
        let untracked = (tasks > 0).then_some(Doubt::Untracked { tasks });
        untracked
            .into_iter()
            .chain(self.picture.doubts.clone())
            .collect()
    }
}
