//! What is wrong with the program: the rules, fed from the table.

mod facts;
mod news;
mod rate;
mod report;

use std::{sync::Arc, time::Duration};

use loiter_model::{
    Nanos, Tier, Totals,
    finding::{Doubt, RuleSettings, Rules},
    update::{FindingsUpdate, LabelSet},
};
use tokio::time;

use self::{facts::Known, news::News, report::Reports};
use super::{
    Answers,
    joins::{Joining, Joins},
};
use crate::{agent::Core, finding};

/// Findings of one answer.
const MOST: usize = 1000;
/// Between two looks of the agent's own.
const EVERY: Duration = Duration::from_secs(1);
/// Its own looks may take this share of its thread's time: one in so many.
const SHARE: u32 = 100;

/// One set of rules, and what they remember.
pub(crate) struct Findings {
    core: Arc<Core>,
    answers: Arc<Answers>,
    rules: Rules,
    joins: Joins,
    scans: u64,
}

impl Findings {
    pub(crate) fn new(core: Arc<Core>, answers: Arc<Answers>, settings: RuleSettings) -> Self {
        Self {
            core,
            answers,
            rules: Rules::new(settings),
            joins: Joins::default(),
            scans: 0,
        }
    }

    /// Looks at every task and says what is wrong. O(tasks), with breaks.
    pub(crate) async fn look(&mut self) -> FindingsUpdate {
        let table = self.answers.table();
        let limits = self.rules.settings().thresholds;
        // The rules go by what tasks wait on, and equal waits shall be one finding. Not a part of
        // the look: each stack is worked out once.
        self.answers.read_long_waits(limits.blocked_after).await;
        let started = table.now();
        let mut totals = Totals::default();
        let mut scan = self.rules.scan(Nanos(started), table);
        let mut joining = Joining::new(table, limits);
        self.answers
            .visit_indexed(|index, task| {
                totals.count(task, &limits);
                scan.visit(task);
                joining.visit(index, task);
            })
            .await;
        self.joins.resolve(table, &joining.tasks).await;
        let alive = self.answers.alive_among(scan.wanted()).await;
        let doubts = doubts(&self.core, &self.answers, &totals);
        let mut findings = scan.finish(&Known {
            table,
            history: self.answers.history(),
            alive,
            joins: &self.joins,
            doubts,
        });
        self.scans += 1;
        let omitted = findings.len().saturating_sub(MOST) as u64;
        findings.truncate(MOST);
        let mut labels = LabelSet::default();
        for finding in &findings {
            labels.add_finding(finding, table);
        }
        FindingsUpdate {
            overview: self.answers.overview(started, totals),
            findings,
            omitted,
            allowed: self.rules.allowed().to_vec(),
            own_allow: self.core.config.rules.allow.clone(),
            scans: self.scans,
            labels,
        }
    }
}

/// What makes every finding unsure: a task that is not seen may be the missing other end.
fn doubts(core: &Core, answers: &Answers, totals: &Totals) -> Vec<Doubt> {
    let untracked = core.table.untracked();
    let unseen = match core.tier {
        Tier::EveryTask => 0,
        Tier::NotBuiltIn | Tier::SubscriberTaken => {
            let all = answers.runtime_tasks().unwrap_or_default();
            all.saturating_sub(totals.alive)
        }
    };
    let untracked = (untracked > 0).then_some(Doubt::Untracked { tasks: untracked });
    let unseen = (unseen > 0).then_some(Doubt::Unseen { tasks: unseen });
    untracked.into_iter().chain(unseen).collect()
}

/// Looks by the program's own settings, for ever, and tells what is new.
pub(crate) async fn watch(core: Arc<Core>, answers: Arc<Answers>) {
    let mut findings = Findings::new(core.clone(), answers, core.config.rules.clone());
    let mut news = News::default();
    let mut reports = Reports::new(core);
    let mut pause = EVERY;
    loop {
        time::sleep(pause).await;
        let update = findings.look().await;
        for change in news.take(&update) {
            reports.take(&change, update.overview.at);
            finding::tell(change);
        }
        reports.settle(update.overview.at);
        pause = EVERY.max(Duration::from(update.overview.scan_time) * SHARE);
    }
}
