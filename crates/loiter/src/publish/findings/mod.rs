//! What is wrong with the program: the rules, fed from the table.

mod facts;
mod in_place;
mod news;
mod rate;
mod report;

use std::{sync::Arc, time::Duration};

use loiter_model::{
    Nanos, TaskSeq, Tier, Totals,
    finding::{Allow, Doubt, Held, RuleSettings, Rules},
    query::Filter,
    update::{FindingsUpdate, LabelSet},
};
use tokio::time;

pub(crate) use self::rate::Rate;
use self::{facts::Known, in_place::InPlace, news::News, report::Reports};
#[cfg(any(feature = "census", feature = "pprof"))]
use super::told::Told;
use super::{
    Answers,
    joins::{Joining, Joins},
    timed,
};
use crate::{
    agent::Core,
    builder::{Config, Redact},
    finding,
    upkeep::{self, Part},
};

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
    /// The tasks that the last look told of, if they are to be listed.
    listed: Option<Vec<TaskSeq>>,
}

impl Findings {
    pub(crate) fn new(core: Arc<Core>, answers: Arc<Answers>, settings: RuleSettings) -> Self {
        Self {
            core,
            answers,
            rules: Rules::new(settings),
            joins: Joins::default(),
            scans: 0,
            listed: None,
        }
    }

    /// Looks at every task and says what is wrong. O(tasks), with breaks.
    pub(crate) async fn look(&mut self) -> FindingsUpdate {
        let table = self.answers.table();
        let limits = self.rules.settings().thresholds;
        // The rules go by what tasks wait on, and equal waits shall be one finding. To work stacks
        // out is not a part of the look, as that is done once for each; to look for them is.
        let walk = self.answers.read_long_waits(limits.blocked_after).await;
        let started = table.now();
        let mut totals = Totals::default();
        let mut scan = self.rules.scan(Nanos(started), table);
        if self.listed.is_some() {
            scan.list_tasks();
        }
        let mut in_place = InPlace::new(self.core.tier == Tier::EveryTask, limits);
        let mut joining = Joining::new(table, limits);
        self.answers
            .visit_indexed(|index, task| {
                totals.count(task, &limits);
                scan.visit(task);
                joining.visit(index, task);
                in_place.visit(task);
            })
            .await;
        self.joins.resolve(table, &joining.tasks).await;
        let alive = self.answers.alive_among(scan.wanted()).await;
        // After the tasks: what they wait for then, they waited for when they were met, unless they
        // have gone on.
        let reading = self.answers.read_resources().await;
        let doubts = doubts(&self.core, &self.answers, &totals);
        let (mut findings, listed) = scan.finish_listing(&Known {
            table,
            history: self.answers.history(),
            alive,
            joins: &self.joins,
            held: Held::by_task(reading.resources(), table),
            in_place,
            doubts,
        });
        if let Some(last) = &mut self.listed {
            *last = listed;
        }
        self.scans += 1;
        let omitted = findings.len().saturating_sub(MOST) as u64;
        findings.truncate(MOST);
        let mut labels = LabelSet::default();
        for finding in &findings {
            labels.add_finding(finding, table);
        }
        FindingsUpdate {
            overview: (self.answers).overview(started.saturating_sub(walk.0), totals),
            findings,
            omitted,
            allowed: self.rules.allowed().to_vec(),
            own_allow: own_allow(&self.core.config),
            scans: self.scans,
            labels,
        }
    }
}

/// What the program itself allows; what it wrote of that, unless nobody is to be told.
fn own_allow(config: &Config) -> Vec<Allow> {
    let mut allow = config.rules.allow.clone();
    if config.redacted.has(Redact::FindingTexts) {
        for entry in &mut allow {
            entry.filter = Filter::default();
            entry.reason = "redacted".to_owned();
        }
    }
    allow
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
    let mut findings = Findings::new(core.clone(), answers.clone(), core.config.rules.clone());
    if cfg!(feature = "pprof") {
        findings.listed = Some(Vec::new());
    }
    let mut news = News::default();
    let mut reports = Reports::new(core);
    let mut pause = EVERY;
    loop {
        time::sleep(pause).await;
        upkeep::may_panic(Part::Findings);
        let (update, spent) = timed(findings.look()).await;
        #[cfg(any(feature = "census", feature = "pprof"))]
        answers.last_told().set(Told {
            findings: update.findings.clone(),
            #[cfg(feature = "pprof")]
            tasks: findings.listed.clone().unwrap_or_default(),
        });
        for change in news.take(&update) {
            reports.take(&change, update.overview.at);
            finding::tell(change);
        }
        reports.settle(update.overview.at);
        pause = EVERY.max(Duration::from(spent) * SHARE);
    }
}
