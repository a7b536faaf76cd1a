//! The whole program counted, for monitoring.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use loiter_model::{
    Condition, Distribution, Ending, Kind, Nanos, SiteId, State, Task, Thresholds, Tier,
    finding::{Certainty, Finding, FindingKind},
    metric::{LABELLED_SITES, OTHER_SITES},
    query::Labels,
};
use tokio::task;

use super::{Answers, cost};
use crate::{stretch, upkeep};

/// Sites that are added up without a break: a few milliseconds at most.
const SITES_AT_ONCE: u32 = 64;

/// The states of a task that is alive.
pub(super) const ALIVE: [State; 3] = [State::Running, State::Scheduled, State::Idle];

/// Everything that is counted, at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Census {
    /// By the label of the site.
    pub(crate) sites: BTreeMap<Arc<str>, AtSite>,
    /// How many there are, and of how many tasks.
    pub(crate) findings: BTreeMap<(FindingKind, Certainty), (u64, u64)>,
    pub(crate) runtime_tasks: Option<u64>,
    pub(crate) untracked: u64,
    pub(crate) events_lost: u64,
    pub(crate) cpu: Option<Duration>,
    pub(crate) bytes: u64,
    /// Of each part of the agent.
    pub(crate) panics: Vec<(&'static str, u64)>,
    pub(crate) started_unix: Nanos,
    pub(crate) tier: Option<Tier>,
}

/// The tasks of one site, or of all further ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AtSite {
    /// Of each kind that was ever seen here, how many are in each state of [`ALIVE`].
    pub(crate) alive: BTreeMap<Kind, [u64; ALIVE.len()]>,
    pub(crate) blocked: u64,
    pub(crate) hogging: u64,
    pub(crate) starved: u64,
    pub(crate) oldest_idle: Nanos,
    pub(crate) spawned: u64,
    /// In the order of [`Ending::ALL`].
    pub(crate) ended: [u64; Ending::ALL.len()],
    pub(crate) poll: Distribution,
    pub(crate) scheduled: Distribution,
    pub(crate) waited: Distribution,
    pub(crate) lifetime: Distribution,
}

/// Which kinds of tasks were seen at which site, by whoever counted: a count that falls to zero is
/// told as zero, not left out.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<BTreeMap<Arc<str>, Vec<Kind>>>);

impl AtSite {
    fn count(&mut self, task: &Task, limits: &Thresholds) {
        let state = ALIVE.iter().position(|alive| *alive == task.state);
        if let Some(state) = state {
            self.alive.entry(task.kind).or_default()[state] += 1;
        }
        match task.condition(limits) {
            Some(Condition::Blocked) => self.blocked += 1,
            Some(Condition::Hogging) => self.hogging += 1,
            Some(Condition::Starved) => self.starved += 1,
            None => {}
        }
        self.oldest_idle = self.oldest_idle.max(task.idle().unwrap_or_default());
    }

    fn add(&mut self, other: &Self) {
        for (kind, states) in &other.alive {
            let sums = self.alive.entry(*kind).or_default();
            sums.iter_mut()
                .zip(states)
                .for_each(|(sum, more)| *sum += more);
        }
        self.blocked += other.blocked;
        self.hogging += other.hogging;
        self.starved += other.starved;
        self.oldest_idle = self.oldest_idle.max(other.oldest_idle);
        self.spawned += other.spawned;
        self.ended
            .iter_mut()
            .zip(other.ended)
            .for_each(|(sum, more)| *sum += more);
        self.poll.merge(&other.poll);
        self.scheduled.merge(&other.scheduled);
        self.waited.merge(&other.waited);
        self.lifetime.merge(&other.lifetime);
    }
}

impl Census {
    fn add(&mut self, label: Arc<str>, site: &AtSite) {
        self.sites.entry(label).or_default().add(site);
    }

    fn add_findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            let key = (finding.kind, finding.certainty);
            let (findings, tasks) = self.findings.entry(key).or_default();
            *findings += 1;
            *tasks += finding.count;
        }
    }

    /// Adds the kinds that were there in earlier ones.
    fn recall(&mut self, seen: &Seen) {
        let mut seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (label, site) in &mut self.sites {
            let kinds = seen.entry(label.clone()).or_default();
            for kind in kinds.iter() {
                site.alive.entry(*kind).or_default();
            }
            *kinds = site.alive.keys().copied().collect();
        }
    }
}

impl Answers {
    /// Counts everything. O(tasks) and some microseconds a site, with breaks.
    pub(crate) async fn census(&self) -> Census {
        let table = self.table();
        let limits = self.core.config.rules.thresholds;
        let mut met = Vec::new();
        met.resize_with(LABELLED_SITES + 1, AtSite::default);
        self.visit_indexed(|_, task| {
            met[label_of(task.site.0)].count(task, &limits);
        })
        .await;
        let sites = table.sites();
        for id in 0..sites.count() {
            if id % SITES_AT_ONCE == SITES_AT_ONCE - 1 {
                task::yield_now().await;
            }
            stretch::rest();
            let sums = sites.sums(id);
            met[label_of(id)].add(&AtSite {
                spawned: sums.spawned,
                ended: sites.endings(id),
                poll: sums.poll,
                scheduled: sums.scheduled,
                waited: sums.waited,
                lifetime: sums.lifetime,
                ..AtSite::default()
            });
        }
        let mut census = Census {
            runtime_tasks: self.runtime_tasks(),
            untracked: table.untracked(),
            events_lost: table.events().lost(),
            bytes: table.bytes() as u64,
            panics: upkeep::panics(),
            started_unix: Nanos(table.clock().started_unix()),
            tier: Some(self.core.tier),
            ..Census::default()
        };
        for (number, site) in met.iter().enumerate() {
            if site.spawned > 0 {
                let known = (number < LABELLED_SITES).then(|| table.site(SiteId(number as u32)));
                let label = known.flatten().map(|site| site.to_string());
                census.add(label.as_deref().unwrap_or(OTHER_SITES).into(), site);
            }
        }
        census.add_findings(&self.last_told().get().findings);
        census.recall(&self.seen);
        census.cpu = cost::cpu_time();
        census
    }
}

/// Where a site is counted.
fn label_of(site: u32) -> usize {
    (site as usize).min(LABELLED_SITES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_was_seen_is_told_as_zero_later() {
        let seen = Seen::default();
        let label: Arc<str> = "src/pool.rs:88:9".into();
        let mut first = Census::default();
        let met = AtSite {
            alive: BTreeMap::from([(Kind::Task, [1, 0, 2])]),
            ..AtSite::default()
        };
        first.add(label.clone(), &met);
        first.recall(&seen);
        assert_eq!(first.sites[&label].alive[&Kind::Task], [1, 0, 2]);
        let mut second = Census::default();
        second.add(label.clone(), &AtSite::default());
        second.recall(&seen);
        assert_eq!(second.sites[&label].alive[&Kind::Task], [0, 0, 0]);
        assert_eq!(second.sites[&label].alive.len(), 1);
    }

    #[test]
    fn sites_beyond_the_limit_are_counted_together() {
        assert_eq!(label_of(0), 0);
        assert_eq!(label_of(LABELLED_SITES as u32 - 1), LABELLED_SITES - 1);
        assert_eq!(label_of(LABELLED_SITES as u32), LABELLED_SITES);
        assert_eq!(label_of(u32::MAX), LABELLED_SITES);
        let mut census = Census::default();
        let one = AtSite {
            spawned: 2,
            ended: [1, 0, 0, 1, 0],
            oldest_idle: Nanos::from_secs(7),
            ..AtSite::default()
        };
        census.add(OTHER_SITES.into(), &one);
        census.add(OTHER_SITES.into(), &one);
        let other = &census.sites[OTHER_SITES];
        assert_eq!(other.spawned, 4);
        assert_eq!(other.ended, [2, 0, 0, 2, 0]);
        assert_eq!(other.oldest_idle, Nanos::from_secs(7));
    }
}
