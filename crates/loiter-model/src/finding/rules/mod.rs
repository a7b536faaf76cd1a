//! The rules: fed every task once a scan, they say what is wrong.

mod alive;
mod facts;
mod ids;
mod judge;
mod merge;
mod sites;
mod spinning;
mod stuck;
mod suspicion;
mod waiter;
mod waits;

use std::{cmp::Reverse, fmt};

pub use facts::{Facts, Held, LostWakeup, SiteFacts};

use super::{
    Allow, Certainty, Finding, FindingKind,
    allow::{AllowList, Question},
};
use crate::{
    Condition, Kind, Nanos, Origin, SiteId, State, Task, TaskSeq, Thresholds, query::Labels,
};
use alive::{Alive, Exceeded};
use ids::Ids;
use judge::Judge;
use merge::{Grounds, Member, Merge, rank};
use sites::Origins;
use spinning::Spinning;
use waiter::{Waiter, Waker};
use waits::{Abouts, WaitIndex, Waits};

/// A function on the blocking pool is long from here on, however low the limit for waits.
const LONG_BLOCKING: Nanos = Nanos::from_secs(10);
/// For how long a lost wakeup is told.
const LOST_FOR: Nanos = Nanos::from_secs(600);
/// Tasks without a waker, and without a look, that are remembered at most.
const MOST_UNLOOKED: usize = 1 << 17;

/// What the rules go by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSettings {
    /// The limits for blocked, hogging and starved.
    pub thresholds: Thresholds,
    /// Tasks that may be alive in all; `None`: any number. Neither roots of `block_on` nor the
    /// threads of a runtime count.
    pub max_alive: Option<u64>,
    /// Tasks of one site that may be alive; `None`: any number.
    pub max_alive_at_site: Option<u64>,
    /// What is right as it is.
    pub allow: Vec<Allow>,
}

/// The rules, and what they remember from one scan to the next: candidates only, so that it
/// stays small however many tasks there are.
#[derive(Debug)]
pub struct Rules {
    settings: RuleSettings,
    allowed: Vec<u64>,
    /// Polls of blocked tasks that had no waker in the last scan, and that nobody looked at.
    unlooked: Ids<TaskSeq, u64>,
    spinning: Spinning,
    exceeded: Exceeded,
    abouts: Abouts,
}

impl Rules {
    /// Nothing is remembered yet.
    #[must_use]
    pub fn new(settings: RuleSettings) -> Self {
        Self {
            allowed: vec![0; settings.allow.len()],
            settings,
            unlooked: Ids::default(),
            spinning: Spinning::default(),
            exceeded: Exceeded::default(),
            abouts: Abouts::default(),
        }
    }

    /// What they go by.
    #[must_use]
    pub fn settings(&self) -> &RuleSettings {
        &self.settings
    }

    /// How many tasks each entry of [`RuleSettings::allow`] kept silent so far: the most in one
    /// scan, since the same tasks are met in every scan.
    #[must_use]
    pub fn allowed(&self) -> &[u64] {
        &self.allowed
    }

    /// How often they have looked at every task.
    #[must_use]
    pub fn scans(&self) -> u64 {
        self.spinning.scans()
    }

    /// Begins a scan. `at`: now, from the agent's start. Tasks that are met later may have been
    /// spawned meanwhile.
    pub fn scan<'a, L: Labels>(&'a mut self, at: Nanos, labels: &'a L) -> Scan<'a, L> {
        self.spinning.begin();
        let allow = AllowList::new(&self.settings.allow);
        let waits = Waits::new(std::mem::take(&mut self.abouts));
        Scan {
            alive: Alive::new(at, &self.settings, &allow),
            rules: self,
            labels,
            at,
            allow,
            waits,
            origins: Origins::default(),
            waiters: Vec::new(),
            others: Vec::new(),
            hogs: Vec::new(),
            unlooked: Ids::default(),
            merge: Merge::default(),
        }
    }
}

/// A look at every task. O(1) a task; keeps some 100 bytes of each blocked one until it is
/// finished.
pub struct Scan<'a, L> {
    rules: &'a mut Rules,
    labels: &'a L,
    at: Nanos,
    allow: AllowList,
    waits: Waits,
    origins: Origins,
    waiters: Vec<Waiter>,
    /// Whose end would make the wait of one of them suspicious; some twice.
    others: Vec<TaskSeq>,
    /// Inside one poll for too long.
    hogs: Vec<Task>,
    unlooked: Ids<TaskSeq, u64>,
    alive: Alive,
    merge: Merge,
}

impl<L> fmt::Debug for Scan<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("at", &self.at)
            .field("blocked", &self.waiters.len())
            .finish_non_exhaustive()
    }
}

impl<L: Labels> Scan<'_, L> {
    /// Takes a task that is alive; an ended one changes nothing.
    pub fn visit(&mut self, task: &Task) {
        if task.state == State::Ended {
            return;
        }
        let limits = self.rules.settings.thresholds;
        let mut allowed = Question::new(task, &limits, self.labels);
        let is_runtimes = || {
            let origin = self.origins.of(task.site, self.labels);
            matches!(origin, Origin::Tokio | Origin::Std)
        };
        self.alive
            .count(task, &mut self.allow, &mut allowed, is_runtimes);
        let condition = task.condition(&limits);
        if condition == Some(Condition::Blocked) {
            return self.blocked(task, &mut allowed);
        }
        if task.state == State::Idle {
            return;
        }
        // No more of them than the program has threads.
        if condition == Some(Condition::Hogging) {
            self.hogs.push(*task);
        }
        if condition == Some(Condition::Starved)
            && let Some(symptom) = Symptom::starved(task)
        {
            self.tell(task, &mut allowed, &symptom);
        }
        if let Some(symptom) = self.spinning(task) {
            self.tell(task, &mut allowed, &symptom);
        }
        if let Some(symptom) = self.long_blocking(task, &limits) {
            self.tell(task, &mut allowed, &symptom);
        }
    }

    fn blocked(&mut self, task: &Task, allowed: &mut Question<'_, L>) {
        let wait = self.waits.index(task.wait, self.labels);
        let known = self.waits.known(wait);
        let waker = if !task.has_no_waker() {
            if known.is_for_the_world() {
                return;
            }
            Waker::MayBe
        } else if known.is_nothing() {
            Waker::Nowhere
        } else {
            if self.unlooked.len() < MOST_UNLOOKED {
                self.unlooked.insert(task.seq, task.polls);
            }
            if self.rules.unlooked.get(&task.seq) == Some(&task.polls) {
                Waker::MissingStill
            } else {
                Waker::MayBe
            }
        };
        let allowed = allowed.answer(&mut self.allow);
        let is_own = self.origins.of(task.site, self.labels) == Origin::User;
        let waiter = Waiter::new(task, wait, waker, allowed, is_own);
        for other in waiter.others(known) {
            // Mostly that of the waiter before: few tasks are the parents of all others.
            if self.others.last() != Some(&other) {
                self.others.push(other);
            }
        }
        self.waiters.push(waiter);
    }

    fn spinning(&mut self, task: &Task) -> Option<Symptom> {
        let spun = self.rules.spinning.take(self.at, task)?;
        Some(Symptom {
            kind: FindingKind::BusyLoop,
            certainty: Certainty::Suspected,
            time: spun.time,
            grounds: Grounds {
                self_wakes: Some((spun.per_second, spun.percent)),
                ..Grounds::default()
            },
        })
    }

    fn long_blocking(&mut self, task: &Task, limits: &Thresholds) -> Option<Symptom> {
        let is_long = task.kind == Kind::Blocking
            && task.state == State::Running
            && task.in_state >= limits.blocked_after.max(LONG_BLOCKING)
            && !task.expect_idle;
        // What a library does on the pool is its own affair.
        let is_own = is_long && self.origins.of(task.site, self.labels) == Origin::User;
        is_own.then(|| Symptom {
            kind: FindingKind::LongBlocking,
            certainty: Certainty::Watch,
            time: task.in_state,
            grounds: Grounds::default(),
        })
    }

    fn tell(&mut self, task: &Task, allowed: &mut Question<'_, L>, symptom: &Symptom) {
        let &Symptom {
            kind,
            certainty,
            time,
            ref grounds,
        } = symptom;
        let allowed = allowed.answer(&mut self.allow);
        if self.allow.silences(allowed, kind, 1) {
            return;
        }
        let member = Member {
            time,
            ..Member::new(task, WaitIndex::UNKNOWN)
        };
        let unknown = self.waits.known(WaitIndex::UNKNOWN);
        self.merge.add(kind, certainty, &member, unknown, grounds);
    }

    /// Tasks of which [`Facts::is_alive`] is going to be asked, in no order, none twice.
    #[must_use]
    pub fn wanted(&self) -> Vec<TaskSeq> {
        let mut wanted = self.others.clone();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Keeps the numbers of all tasks that findings are about, for
    /// [`finish_listing`](Self::finish_listing): 8 bytes each. To be called before any task is
    /// visited.
    pub fn list_tasks(&mut self) {
        self.merge.keep_list();
    }

    /// What is wrong, the worst first.
    #[must_use]
    pub fn finish(self, facts: &impl Facts) -> Vec<Finding> {
        self.finish_listing(facts).0
    }

    /// The same, and the tasks that it is about, in order, none twice: without those of a
    /// finding about all tasks of a site or of the program. None at all unless
    /// [`list_tasks`](Self::list_tasks) was called.
    #[must_use]
    pub fn finish_listing(mut self, facts: &impl Facts) -> (Vec<Finding>, Vec<TaskSeq>) {
        self.lost_wakeups(facts);
        self.hogging(facts);
        let Self {
            rules,
            at,
            mut allow,
            waits,
            waiters,
            unlooked,
            alive,
            mut merge,
            ..
        } = self;
        let judge = Judge {
            at,
            waiters: &waiters,
            waits: &waits,
            facts,
            allow: &mut allow,
            merge: &mut merge,
        };
        judge.judge();
        let listed = merge.take_list();
        let mut findings: Vec<_> = merge.finish(at).collect();
        let growth = |site: SiteId| (site.0 < facts.sites()).then(|| facts.growth(site))?;
        findings.extend(alive.growing(at, &mut allow, growth));
        findings.extend(alive.too_many(at, &rules.settings, &mut rules.exceeded));
        let doubts = facts.doubts();
        for finding in &mut findings {
            if finding.certainty != Certainty::Proved {
                finding.doubts.extend_from_slice(&doubts);
            }
        }
        rank(&mut findings, at);
        rules.unlooked = unlooked;
        rules.abouts = waits.into_abouts();
        rules.spinning.end();
        for (most, now) in rules.allowed.iter_mut().zip(allow.counts()) {
            *most = (*most).max(*now);
        }
        (findings, listed)
    }

    fn hogging(&mut self, facts: &impl Facts) {
        let limits = self.rules.settings.thresholds;
        for task in std::mem::take(&mut self.hogs) {
            let symptom = Symptom::hogging(&task, facts.may_be_in_place(task.seq));
            let mut allowed = Question::new(&task, &limits, self.labels);
            self.tell(&task, &mut allowed, &symptom);
        }
    }

    fn lost_wakeups(&mut self, facts: &impl Facts) {
        let limits = self.rules.settings.thresholds;
        let mut lost = facts.lost_wakeups();
        // The shorter the waits, the sooner a look meets one that is just about to end.
        lost.retain(|lost| {
            self.at.saturating_sub(lost.at) <= LOST_FOR && lost.idle >= limits.blocked_after
        });
        // Of one task the longest wait.
        lost.sort_unstable_by_key(|lost| (lost.task, Reverse(lost.idle), lost.at));
        lost.dedup_by_key(|lost| lost.task);
        for lost in lost {
            let since = lost.at.saturating_sub(lost.idle);
            let symptom = Symptom {
                kind: FindingKind::LostWakeup,
                certainty: Certainty::Suspected,
                time: self.at.saturating_sub(since),
                grounds: Grounds {
                    went_on_after: Some(lost.idle),
                    ..Grounds::default()
                },
            };
            let task = lost.as_task();
            self.tell(
                &task,
                &mut Question::new(&task, &limits, self.labels),
                &symptom,
            );
        }
    }
}

/// What is wrong with a task by itself, whatever the others do.
struct Symptom {
    kind: FindingKind,
    certainty: Certainty,
    /// For how long it has been so.
    time: Nanos,
    grounds: Grounds,
}

impl Symptom {
    /// It may not even be spawned yet, or be part of a task that polls it when it pleases.
    fn starved(task: &Task) -> Option<Self> {
        (!task.may_be_part).then(|| Self {
            kind: FindingKind::Starved,
            certainty: Certainty::Proved,
            time: task.in_state,
            grounds: Grounds::default(),
        })
    }

    /// Not sure if another thread may go on in the place of its worker.
    fn hogging(task: &Task, may_be_in_place: bool) -> Self {
        Self {
            kind: FindingKind::Hogging,
            certainty: match may_be_in_place {
                true => Certainty::Suspected,
                false => Certainty::Proved,
            },
            time: task.in_state,
            grounds: Grounds {
                may_be_in_place,
                ..Grounds::default()
            },
        }
    }
}
