//! An update as an agent might send it, for the tests of what is printed.

use std::{num::NonZeroU64, sync::Arc};

use loiter_model::{
    Kind, NameId, Nanos, Quantiles, Site, SiteId, SiteStats, State, Target, Task, TaskSeq,
    Thresholds, Tier, Totals,
    update::{LabelSet, Overview, SitesUpdate, TasksUpdate},
};

/// Compares with a snapshot by this name alone: this code is built under two crates' names, for
/// its own tests and for the end-to-end tests.
pub(crate) fn assert_snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

pub(crate) fn target() -> Target {
    Target {
        name: "checkout".into(),
        pid: 4711,
        host: "db-3".into(),
        agent_version: "0.1.0".into(),
        run_id: 0x00c0_ffee_0123_4567,
        started_unix: Nanos::from_secs(1_700_000_000),
        uptime: Nanos::from_secs(93),
        tier: Tier::EveryTask,
        thresholds: Thresholds::default(),
        max_tasks: 1 << 20,
    }
}

pub(crate) fn tasks() -> TasksUpdate {
    TasksUpdate {
        overview: overview(),
        matched: 3,
        offset: 0,
        tasks: vec![blocked(), hogging()],
        labels: labels(),
    }
}

pub(crate) fn sites() -> SitesUpdate {
    SitesUpdate {
        overview: overview(),
        matched: 1,
        offset: 0,
        sites: vec![SiteStats {
            site: SiteId(1),
            alive: 2,
            idle: 1,
            running: 1,
            blocked: 1,
            hogging: 1,
            spawned: 12,
            ended: 10,
            spawned_per_sec: 0.5,
            ended_per_sec: 0.25,
            oldest_idle: Some(Nanos::from_millis(92_700)),
            median_idle: Some(Nanos::from_millis(92_700)),
            bytes: 768,
            history: vec![0, 1, 2],
            poll: Quantiles {
                count: 31,
                p50: Nanos::from_micros(2),
                p90: Nanos::from_micros(4),
                p99: Nanos::from_micros(8),
                max: Nanos::from_secs(92),
            },
            ..SiteStats::default()
        }],
        labels: labels(),
    }
}

fn overview() -> Overview {
    Overview {
        at: Nanos::from_secs(93),
        totals: Totals {
            alive: 42,
            running: 1,
            scheduled: 0,
            idle: 41,
            blocked: 3,
            hogging: 1,
            starved: 0,
            spawned: 1042,
            ended: 1000,
            untracked: 0,
            remembered: 512,
        },
        history: vec![40, 41, 42],
        scan_time: Nanos::from_micros(80),
    }
}

fn blocked() -> Task {
    Task {
        seq: TaskSeq(NonZeroU64::new(17).expect("17 is not 0")),
        tokio_id: NonZeroU64::new(21),
        name: Some(NameId(0)),
        kind: Kind::Task,
        site: SiteId(1),
        parent: TaskSeq::new(1),
        size: Some(384),
        original_size: Some(20_000),
        spawned_at: Nanos::from_millis(200),
        state: State::Idle,
        in_state: Nanos::from_millis(92_700),
        total: Nanos::from_millis(92_800),
        busy: Nanos::from_micros(15),
        scheduled: Nanos::from_micros(9),
        polls: 2,
        longest_poll: Nanos::from_micros(12),
        wakes: 1,
        self_wakes: 0,
        live_wakers: 1,
        woken_by: None,
        ending: None,
    }
}

fn hogging() -> Task {
    Task {
        seq: TaskSeq(NonZeroU64::new(18).expect("18 is not 0")),
        tokio_id: None,
        name: None,
        state: State::Running,
        in_state: Nanos::from_secs(92),
        busy: Nanos::from_secs(92),
        total: Nanos::from_secs(92),
        longest_poll: Nanos::from_secs(92),
        woken_by: TaskSeq::new(17),
        original_size: None,
        ..blocked()
    }
}

fn labels() -> LabelSet {
    LabelSet {
        names: [(NameId(0), "blocked-send".into())].into(),
        sites: [(SiteId(1), Arc::new(Site::new("src/report.rs", 31, 5)))].into(),
    }
}
