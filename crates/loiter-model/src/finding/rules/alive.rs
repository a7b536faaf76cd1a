//! How many tasks are alive, in all and at each site.

use super::{ids::Ids, merge::Common};
use crate::{
    Kind, NameId, Nanos, SiteId, Task, TaskSeq,
    finding::{
        Certainty, Evidence, Finding, FindingKind, Growth, RuleSettings,
        allow::{AllowList, Allowed, Question},
    },
    first::First,
    query::{ById, Labels},
};

/// Tasks alive, added up.
#[derive(Default)]
struct Count {
    alive: u64,
    bytes: u64,
    name: Common<Option<NameId>>,
    scope: Common<Option<NameId>>,
    /// Those that were spawned first.
    first: First<TaskSeq, { Finding::SAMPLE }>,
}

impl Count {
    fn add(&mut self, task: &Task) {
        self.alive += 1;
        self.bytes = self.bytes.saturating_add(task.size.unwrap_or(0));
        self.name.add(task.name);
        self.scope.add(task.scope);
        self.first.offer(task.seq);
    }

    fn finding(&self, kind: FindingKind, site: Option<SiteId>) -> Finding {
        Finding {
            kind,
            certainty: Certainty::Proved,
            site,
            wait: None,
            name: self.name.get().flatten(),
            scope: self.scope.get().flatten(),
            count: self.alive,
            sample: self.first.to_vec(),
            bytes: self.bytes,
            since: Nanos::ZERO,
            evidence: Vec::new(),
            doubts: Vec::new(),
        }
    }
}

/// The tasks of one site.
struct SiteCount {
    site: SiteId,
    count: Count,
    /// One of them at least is not right as it is, should they become ever more.
    may_be_told: bool,
    /// The entries that let the first of them through, unless `may_be_told`.
    allowed: Allowed,
}

/// Counts of every site that has a task.
#[derive(Default)]
struct BySite {
    by_id: ById<u32>,
    sites: Vec<SiteCount>,
}

impl BySite {
    fn of(&mut self, id: SiteId) -> &mut SiteCount {
        let sites = &mut self.sites;
        let index = self.by_id.get_or_make(id.0, || {
            sites.push(SiteCount {
                site: id,
                count: Count::default(),
                may_be_told: false,
                allowed: Allowed::NONE,
            });
            sites.len() as u32 - 1
        });
        &mut self.sites[index as usize]
    }
}

/// What a scan counts of every task.
pub(super) struct Alive {
    /// When the scan began.
    at: Nanos,
    sites: BySite,
    /// Counts of those that a limit is about; `None` without a limit.
    limited: Option<Limited>,
    /// Whether an entry may keep a growth silent.
    growth_may_be_silent: bool,
}

#[derive(Default)]
struct Limited {
    all: Count,
    sites: BySite,
}

impl Alive {
    pub(super) fn new(at: Nanos, settings: &RuleSettings, allow: &AllowList) -> Self {
        let has_limit = settings.max_alive.is_some() || settings.max_alive_at_site.is_some();
        Self {
            at,
            sites: BySite::default(),
            limited: has_limit.then(Limited::default),
            growth_may_be_silent: allow.covers(FindingKind::GrowingSite),
        }
    }

    /// Takes a task. `is_runtimes`: whether it was spawned by the runtime, for itself.
    #[inline]
    pub(super) fn count(
        &mut self,
        task: &Task,
        allow: &mut AllowList,
        allowed: &mut Question<'_, impl Labels>,
        is_runtimes: impl FnOnce() -> bool,
    ) {
        let site = self.sites.of(task.site);
        site.count.add(task);
        if self.growth_may_be_silent && !site.may_be_told {
            let allowed = allowed.answer(allow);
            if !allow.is_silent(allowed, FindingKind::GrowingSite) {
                site.may_be_told = true;
            } else if site.count.first.first() == Some(&task.seq) {
                site.allowed = allowed;
            }
        }
        let Some(limited) = &mut self.limited else {
            return;
        };
        // A scan takes a while: one that ended after it was met, and one that was spawned before it
        // was met, may never have been alive together. Those that were there when it began were.
        if task.spawned_at > self.at {
            return;
        }
        // A root is what spawned the others, and a runtime's own threads are nobody's leak.
        if task.kind == Kind::BlockOn || (task.kind == Kind::Blocking && is_runtimes()) {
            return;
        }
        let allowed = allowed.answer(allow);
        if !allow.silences(allowed, FindingKind::TooManyAlive, 1) {
            limited.all.add(task);
            limited.sites.of(task.site).count.add(task);
        }
    }

    /// The sites that grow.
    pub(super) fn growing(
        &self,
        at: Nanos,
        allow: &mut AllowList,
        growth: impl Fn(SiteId) -> Option<Growth>,
    ) -> Vec<Finding> {
        let growing = self.sites.sites.iter().filter_map(|site| {
            let growth = growth(site.site)?;
            let alive = site.count.alive;
            let may_be_told = site.may_be_told || !self.growth_may_be_silent;
            if !may_be_told && allow.silences(site.allowed, FindingKind::GrowingSite, alive) {
                return None;
            }
            let Growth {
                certainty,
                over,
                before,
                now,
                spawned,
                ended,
            } = growth;
            let kind = FindingKind::GrowingSite;
            Some(Finding {
                certainty,
                since: at.saturating_sub(over),
                evidence: vec![
                    Evidence::Alive { before, now, over },
                    Evidence::Flow {
                        spawned,
                        ended,
                        over,
                    },
                ],
                ..site.count.finding(kind, Some(site.site))
            })
        });
        growing.collect()
    }

    /// Where more are alive than the limits say.
    pub(super) fn too_many(
        &self,
        at: Nanos,
        settings: &RuleSettings,
        since: &mut Exceeded,
    ) -> Vec<Finding> {
        let Some(limited) = &self.limited else {
            return Vec::new();
        };
        let all = settings.max_alive.map(|most| (None, &limited.all, most));
        let sites = settings.max_alive_at_site.into_iter().flat_map(|most| {
            let sites = limited.sites.sites.iter();
            sites.map(move |site| (Some(site.site), &site.count, most))
        });
        let exceeded = all.into_iter().chain(sites);
        let exceeded = exceeded.filter(|(_, count, most)| count.alive > *most);
        let findings = exceeded.map(|(site, count, most)| Finding {
            since: since.get(&site).copied().unwrap_or(at),
            evidence: vec![Evidence::Limit { most }],
            ..count.finding(FindingKind::TooManyAlive, site)
        });
        let findings: Vec<_> = findings.collect();
        *since = findings.iter().map(|it| (it.site, it.since)).collect();
        findings
    }
}

/// Since when a site, or the whole program, has more tasks than the limit.
pub(super) type Exceeded = Ids<Option<SiteId>, Nanos>;
