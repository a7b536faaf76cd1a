//! An update as an agent might send it, for the tests of what is printed.

use std::{num::NonZeroU64, sync::Arc};

use loiter_model::{
    Attribute, AttributeValue, AwaitStack, Branch, Frame, Kind, LintCounts, NameId, Nanos,
    Quantiles, Resource, ResourceSeq, Site, SiteId, SiteStats, StackSource, State, Target, Task,
    TaskSeq, Teller, Thresholds, Tier, Totals, Wait, WaitId, WaitStats,
    finding::{Certainty, Doubt, Evidence, Finding, FindingKind},
    update::{
        CaptureOutcome, FindingsUpdate, LabelSet, Overview, ResourcesUpdate, SitesUpdate,
        TasksUpdate, WaitsUpdate,
    },
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
        teller: Teller::Agent,
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

pub(crate) fn capture() -> CaptureOutcome {
    CaptureOutcome {
        matched: 42,
        captured: 40,
        not_idle: 1,
        not_watched: 1,
        ..CaptureOutcome::default()
    }
}

/// A lock that somebody holds and somebody waits for, and the semaphore inside of it.
pub(crate) fn resources() -> ResourcesUpdate {
    let seq = |number| TaskSeq::new(number).expect("not 0");
    let attribute = |name: &str, value| Attribute {
        name: name.into(),
        value,
        unit: None,
    };
    let lock = Resource {
        seq: ResourceSeq::new(3).expect("not 0"),
        parent: None,
        kind: "Sync".into(),
        concrete_type: "Mutex".into(),
        site: SiteId(1),
        is_internal: false,
        created_at: Nanos::from_secs(1),
        total: Nanos::from_secs(92),
        has_ended: false,
        attributes: vec![attribute("locked", AttributeValue::Flag(true))],
        holders: vec![seq(17)],
        waiters: [18, 19, 20, 21].map(seq).to_vec(),
    };
    let inside = Resource {
        seq: ResourceSeq::new(4).expect("not 0"),
        parent: Some(lock.seq),
        concrete_type: "Semaphore".into(),
        site: SiteId(0),
        is_internal: true,
        attributes: vec![attribute("permits", AttributeValue::Number(0))],
        holders: Vec::new(),
        ..lock.clone()
    };
    ResourcesUpdate {
        overview: overview(),
        is_tracking: true,
        untracked: 5,
        matched: 2,
        offset: 0,
        resources: vec![lock, inside],
        ops: Vec::new(),
        labels: labels(),
    }
}

pub(crate) fn waits() -> WaitsUpdate {
    let seq = |number| TaskSeq::new(number).expect("not 0");
    let group = |wait, state, count, numbers: &[u64]| WaitStats {
        wait,
        state,
        site: SiteId(1),
        count,
        oldest: Some(Nanos::from_millis(92_700)),
        median: Some(Nanos::from_millis(90_000)),
        bytes: 384 * count,
        sample: numbers.iter().copied().map(seq).collect(),
    };
    WaitsUpdate {
        overview: overview(),
        matched: 5,
        offset: 0,
        waits: vec![
            group(
                Some(WaitId(3)),
                State::Idle,
                10,
                &[17, 20, 21, 22, 23, 24, 25, 26],
            ),
            group(Some(WaitId(4)), State::Idle, 2, &[30, 31]),
            group(Some(WaitId(5)), State::Idle, 1, &[32]),
            group(None, State::Idle, 1, &[33]),
            group(None, State::Running, 1, &[18]),
        ],
        labels: labels(),
    }
}

/// One of each certainty, the worst first.
pub(crate) fn findings() -> FindingsUpdate {
    let seq = |number| TaskSeq::new(number).expect("not 0");
    let idle = Evidence::Idle {
        longest: Nanos::from_millis(92_700),
        median: Nanos::from_millis(90_000),
    };
    let no_waker = Finding {
        kind: FindingKind::NoWaker,
        certainty: Certainty::Proved,
        site: Some(SiteId(1)),
        wait: Some(WaitId(5)),
        name: Some(NameId(0)),
        scope: None,
        count: 1,
        sample: vec![seq(32)],
        bytes: 384,
        since: Nanos::from_millis(300),
        evidence: vec![
            idle.clone(),
            Evidence::NoLiveWaker,
            Evidence::ConfirmedByLook,
        ],
        doubts: Vec::new(),
    };
    let blocked_send = Finding {
        kind: FindingKind::BlockedSend,
        certainty: Certainty::Suspected,
        wait: Some(WaitId(3)),
        count: 10,
        sample: [17, 20, 21, 22, 23, 24, 25, 26].map(seq).into(),
        bytes: 3840,
        evidence: vec![
            idle,
            Evidence::SiteWaits {
                p99: Nanos::from_millis(20),
                count: 12,
            },
        ],
        doubts: vec![Doubt::FewSamples { count: 12 }],
        ..no_waker.clone()
    };
    let growing = Finding {
        kind: FindingKind::GrowingSite,
        certainty: Certainty::Watch,
        wait: None,
        name: None,
        count: 42,
        sample: Vec::new(),
        evidence: vec![
            Evidence::Alive {
                before: 10,
                now: 42,
                over: Nanos::from_secs(60),
            },
            Evidence::Flow {
                spawned: 40,
                ended: 8,
                over: Nanos::from_secs(60),
            },
        ],
        ..no_waker.clone()
    };
    FindingsUpdate {
        overview: overview(),
        findings: vec![no_waker, blocked_send, growing],
        scans: 30,
        labels: labels(),
        ..FindingsUpdate::default()
    }
}

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.into(),
        file: file.into(),
        line,
        column: 9,
    }
}

const MPSC: &str = "/home/me/.cargo/registry/src/index/tokio-1.48.0/src/sync/mpsc/bounded.rs";

fn probed(branches: Vec<Vec<Frame>>) -> Wait {
    let branches = branches.into_iter();
    Wait::new(AwaitStack {
        branches: branches.map(|frames| Branch { frames }).collect(),
        source: StackSource::Probed,
    })
}

fn send() -> Wait {
    let send = "tokio::sync::mpsc::bounded::Sender<T>::send::{{closure}}";
    let reserve = "tokio::sync::mpsc::bounded::Sender<T>::reserve::{{closure}}";
    let acquire = "<tokio::sync::batch_semaphore::Acquire as core::future::future::Future>::poll";
    let semaphore = "/home/me/.cargo/registry/src/index/tokio-1.48.0/src/sync/batch_semaphore.rs";
    probed(vec![vec![
        frame(acquire, semaphore, 600),
        frame(reserve, MPSC, 1100),
        frame(send, MPSC, 1024),
        frame(
            "checkout::report::send_all::{{closure}}",
            "src/report.rs",
            40,
        ),
        frame("checkout::main::{{closure}}", "src/main.rs", 12),
    ]])
}

fn select() -> Wait {
    let recv = "tokio::sync::mpsc::bounded::Receiver<T>::recv::{{closure}}";
    let sleep = "/home/me/.cargo/registry/src/index/tokio-1.48.0/src/time/sleep.rs";
    let poll = "<tokio::time::sleep::Sleep as core::future::future::Future>::poll";
    let work = |line| frame("checkout::pool::work::{{closure}}", "src/pool.rs", line);
    probed(vec![
        vec![frame(recv, MPSC, 245), work(12)],
        vec![frame(poll, sleep, 446), work(13)],
    ])
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
            lints: LintCounts([0, 0, 0, 1, 0]),
            spawned: 1042,
            ended: 1000,
            untracked: 0,
            remembered: 512,
        },
        history: vec![40, 41, 42],
        scan_time: Nanos::from_micros(80),
        runtime_tasks: None,
    }
}

fn blocked() -> Task {
    Task {
        seq: TaskSeq(NonZeroU64::new(17).expect("17 is not 0")),
        tokio_id: NonZeroU64::new(21),
        name: Some(NameId(0)),
        scope: None,
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
        sole_waker: false,
        expect_idle: false,
        may_be_part: false,
        in_place: false,
        wait: Some(WaitId(3)),
        ending: None,
    }
}

fn hogging() -> Task {
    Task {
        seq: TaskSeq(NonZeroU64::new(18).expect("18 is not 0")),
        tokio_id: None,
        name: None,
        state: State::Running,
        wait: None,
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
        waits: [
            (WaitId(3), Arc::new(send())),
            (WaitId(4), Arc::new(select())),
            (WaitId(5), Arc::new(probed(Vec::new()))),
        ]
        .into(),
    }
}
