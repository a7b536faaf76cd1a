//! Targets of a fleet, and what they say.

use std::sync::Arc;

use loiter_model::{
    AwaitStack, Frame, Nanos, Site, SiteId, SiteStats, StackSource, Target, Teller, Thresholds,
    Tier, Totals, Wait, WaitId, WaitKind,
    finding::{Certainty, Finding, FindingKind},
    fleet::{Fleet, InstanceId, News},
    update::{FindingsUpdate, Overview, SitesUpdate},
};

pub(crate) const A: InstanceId = InstanceId(0);
pub(crate) const B: InstanceId = InstanceId(1);
pub(crate) const C: InstanceId = InstanceId(2);

pub(crate) fn secs(secs: u64) -> Nanos {
    Nanos::from_secs(secs)
}

/// A fleet of these targets, found at once.
pub(crate) fn fleet(ids: &[InstanceId]) -> Fleet {
    let mut fleet = Fleet::new();
    for &id in ids {
        fleet.hear(id, Nanos::ZERO, seen(id));
    }
    fleet
}

pub(crate) fn seen(id: InstanceId) -> News {
    News::Seen {
        name: format!("target-{}", id.0).into(),
        address: format!("10.0.0.{}:6669", id.0).into(),
    }
}

pub(crate) fn lost(reason: &str) -> News {
    News::Lost {
        reason: reason.into(),
    }
}

pub(crate) fn target(run_id: u64) -> News {
    News::Target(Box::new(Target {
        name: "checkout".to_owned(),
        pid: 4711,
        host: "pod-1".to_owned(),
        agent_version: "0.1.0".to_owned(),
        run_id,
        started_unix: Nanos::ZERO,
        uptime: Nanos::ZERO,
        teller: Teller::Agent,
        tier: Tier::EveryTask,
        thresholds: Thresholds::default(),
        max_tasks: 1,
    }))
}

/// The site in a line of one file.
pub(crate) fn site(line: u32) -> Arc<Site> {
    Arc::new(Site::new("src/pool.rs", line, 5))
}

/// Sites by their line, with so many tasks alive, all blocked. A target has ids of its own for
/// them: the lines upside down.
pub(crate) fn sites(counts: &[(u32, u64)]) -> News {
    let mut update = SitesUpdate {
        overview: overview(counts.iter().map(|(_, alive)| alive).sum()),
        matched: counts.len() as u64,
        ..SitesUpdate::default()
    };
    for &(line, alive) in counts {
        let id = SiteId(1000 - line);
        update.labels.sites.insert(id, site(line));
        update.sites.push(SiteStats {
            site: id,
            alive,
            idle: alive,
            blocked: alive,
            spawned_per_sec: 0.5,
            oldest_idle: Some(secs(alive)),
            bytes: alive * 100,
            ..SiteStats::default()
        });
    }
    News::Sites(Box::new(update))
}

pub(crate) fn overview(alive: u64) -> Overview {
    Overview {
        at: secs(1000),
        totals: Totals {
            alive,
            idle: alive,
            blocked: alive,
            ..Totals::default()
        },
        ..Overview::default()
    }
}

/// A finding over tasks of a site, that wait at a line of the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong {
    pub(crate) kind: FindingKind,
    pub(crate) certainty: Certainty,
    pub(crate) site: u32,
    pub(crate) line: u32,
    pub(crate) count: u64,
    pub(crate) age: u64,
}

pub(crate) const WRONG: Wrong = Wrong {
    kind: FindingKind::BlockedReceive,
    certainty: Certainty::Suspected,
    site: 10,
    line: 88,
    count: 1,
    age: 60,
};

/// Waits at this line, under calls of their own in each target.
fn wait(line: u32, function: &str) -> Wait {
    Wait {
        kind: WaitKind::MpscRecv,
        place: Some(Frame {
            function: function.into(),
            file: "src/pool.rs".into(),
            line,
            column: 9,
        }),
        stack: AwaitStack {
            branches: Vec::new(),
            source: StackSource::Probed,
        },
    }
}

pub(crate) fn findings(wrongs: &[Wrong]) -> News {
    let mut update = FindingsUpdate {
        overview: overview(0),
        scans: 2,
        ..FindingsUpdate::default()
    };
    for (index, wrong) in wrongs.iter().enumerate() {
        let (site_id, wait_id) = (SiteId(index as u32), WaitId(index as u32));
        update.labels.sites.insert(site_id, site(wrong.site));
        let function = format!("app::next_job::{}", wrong.count);
        let waits = Arc::new(wait(wrong.line, &function));
        update.labels.waits.insert(wait_id, waits);
        update.findings.push(Finding {
            kind: wrong.kind,
            certainty: wrong.certainty,
            site: Some(site_id),
            wait: Some(wait_id),
            name: None,
            scope: None,
            count: wrong.count,
            sample: Vec::new(),
            bytes: wrong.count * 100,
            since: update.overview.at.saturating_sub(secs(wrong.age)),
            evidence: Vec::new(),
            doubts: Vec::new(),
        });
    }
    News::Findings(Box::new(update))
}
