//! A small program of which everything is said in a line or two.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use loiter_model::{
    AwaitStack, Branch, Frame, NameId, Nanos, Quantiles, Site, SiteId, StackSource, Task, TaskSeq,
    Wait, WaitId, WaitKind,
    finding::{
        Allow, Doubt, Facts, Finding, FindingKind, Growth, Held, LostWakeup, RuleSettings, Rules,
        SiteFacts,
    },
    update::LabelSet,
};

use super::arbitrary::{frame, idle_task};

/// When scans begin.
pub(crate) const NOW: Nanos = Nanos::from_secs(1_000);

pub(crate) const POOL: SiteId = SiteId(0);
pub(crate) const SERVER: SiteId = SiteId(1);
/// One of tokio's own.
pub(crate) const TOKIO: SiteId = SiteId(2);
/// One of a library's.
pub(crate) const LIBRARY: SiteId = SiteId(3);

pub(crate) const WORKER: NameId = NameId(0);
pub(crate) const OTHER: NameId = NameId(1);
pub(crate) const CHECKOUT: NameId = NameId(2);

/// Seen by a sample only.
pub(crate) const SAMPLED: WaitId = WaitId(100);
pub(crate) const SAMPLED_NOTHING: WaitId = WaitId(101);
/// A `timeout` around a join handle.
pub(crate) const JOIN_WITH_TIMEOUT: WaitId = WaitId(102);
/// Like [`wait`] of `MpscRecv`, by another way to the same place.
pub(crate) const OTHER_STACK: WaitId = WaitId(103);
/// An mpsc recv elsewhere.
pub(crate) const OTHER_PLACE: WaitId = WaitId(104);

/// An mpsc recv of a library.
pub(crate) const OF_LIBRARY: WaitId = WaitId(108);
/// A message or a reply, whichever comes first.
pub(crate) const MESSAGE_OR_REPLY: WaitId = WaitId(105);
/// A message, unless it is cancelled.
pub(crate) const MESSAGE_OR_CANCELLED: WaitId = WaitId(106);
/// A message, for a while.
pub(crate) const MESSAGE_IN_TIME: WaitId = WaitId(107);

pub(crate) fn seq(seq: u64) -> TaskSeq {
    TaskSeq::new(seq).expect("above zero")
}

pub(crate) fn secs(secs: u64) -> Nanos {
    Nanos::from_secs(secs)
}

/// A probed wait of each kind.
pub(crate) fn wait(kind: WaitKind) -> Option<WaitId> {
    Some(WaitId(kind as u32))
}

/// A task that has been idle for so many seconds, spawned as many before, or 100 seconds.
pub(crate) fn idle(number: u64, secs: u64) -> Task {
    let age = Nanos::from_secs(secs.max(100));
    Task {
        name: Some(WORKER),
        site: POOL,
        size: Some(100),
        spawned_at: NOW.saturating_sub(age),
        in_state: Nanos::from_secs(secs),
        total: age,
        polls: 3,
        wakes: 2,
        live_wakers: 1,
        ..idle_task(number)
    }
}

/// The same, idle for a moment less than makes it blocked.
pub(crate) fn just_below(task: Task) -> Task {
    Task {
        in_state: Nanos(secs(10).0 - 1),
        ..task
    }
}

/// One that waits so for a minute.
pub(crate) fn waiting(number: u64, kind: WaitKind) -> Task {
    Task {
        wait: wait(kind),
        ..idle(number, 60)
    }
}

/// What [`Facts`] says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) sites: HashMap<SiteId, SiteFacts>,
    pub(crate) growth: HashMap<SiteId, Growth>,
    /// Every task that was ever heard of and is not among these is alive.
    pub(crate) ended: HashSet<TaskSeq>,
    pub(crate) waits_for: HashMap<TaskSeq, TaskSeq>,
    pub(crate) held: HashMap<TaskSeq, Held>,
    /// Nobody can see who does.
    pub(crate) is_place_unseen: bool,
    pub(crate) lost: Vec<LostWakeup>,
    pub(crate) doubts: Vec<Doubt>,
}

impl Facts for Known {
    fn sites(&self) -> u32 {
        4
    }

    fn site(&self, id: SiteId) -> SiteFacts {
        assert!(id.0 < self.sites(), "{id:?} was never given out");
        self.sites.get(&id).copied().unwrap_or_default()
    }

    fn growth(&self, id: SiteId) -> Option<Growth> {
        assert!(id.0 < self.sites(), "{id:?} was never given out");
        self.growth.get(&id).copied()
    }

    fn is_alive(&self, task: TaskSeq) -> bool {
        !self.ended.contains(&task)
    }

    fn waits_for(&self, task: TaskSeq) -> Option<TaskSeq> {
        self.waits_for.get(&task).copied()
    }

    fn held(&self, task: TaskSeq) -> Option<Held> {
        self.held.get(&task).cloned()
    }

    fn may_be_in_place(&self, _: TaskSeq) -> bool {
        self.is_place_unseen
    }

    fn lost_wakeups(&self) -> Vec<LostWakeup> {
        self.lost.clone()
    }

    fn doubts(&self) -> Vec<Doubt> {
        self.doubts.clone()
    }
}

impl Known {
    /// These have ended.
    pub(crate) fn ended(mut self, ended: &[u64]) -> Self {
        self.ended.extend(ended.iter().map(|task| seq(*task)));
        self
    }

    /// Each waits for the other.
    pub(crate) fn waiting_for(mut self, pairs: &[(u64, u64)]) -> Self {
        let pairs = pairs.iter().map(|(task, other)| (seq(*task), seq(*other)));
        self.waits_for.extend(pairs);
        self
    }

    /// Each waits for a lock that the other holds, and for nothing else.
    pub(crate) fn holding(mut self, pairs: &[(u64, u64)]) -> Self {
        for (task, other) in pairs {
            let held = Held {
                by: seq(*other),
                what: format!("Mutex of {other}").into(),
                is_all: true,
            };
            self.held.insert(seq(*task), held);
        }
        self
    }

    pub(crate) fn spawned(mut self, site: SiteId, spawned: u64) -> Self {
        self.sites.entry(site).or_default().spawned = spawned;
        self
    }

    /// So many waits have ended, 99 of 100 within `p99`.
    pub(crate) fn waited(mut self, site: SiteId, count: u64, p99: Nanos) -> Self {
        self.sites.entry(site).or_default().waited = usual(count, p99);
        self
    }

    /// So many tasks have ended, 99 of 100 within `p99`.
    pub(crate) fn lived(mut self, site: SiteId, count: u64, p99: Nanos) -> Self {
        let facts = self.sites.entry(site).or_default();
        facts.ended = count;
        facts.lifetime = usual(count, p99);
        self
    }
}

fn usual(count: u64, p99: Nanos) -> Quantiles {
    Quantiles {
        count,
        p50: p99,
        p90: p99,
        p99,
        max: p99,
    }
}

pub(crate) fn allow(filter: &str, kinds: &[FindingKind]) -> Allow {
    Allow {
        filter: filter.parse().expect("a filter"),
        kinds: kinds.to_vec(),
        reason: "by design".to_owned(),
    }
}

pub(crate) fn allowing(filter: &str, kinds: &[FindingKind]) -> RuleSettings {
    RuleSettings {
        allow: vec![allow(filter, kinds)],
        ..RuleSettings::default()
    }
}

/// What one scan finds, by rules without a memory.
pub(crate) fn found(tasks: &[Task], known: &Known) -> Vec<Finding> {
    found_by(&mut Rules::new(RuleSettings::default()), NOW, tasks, known)
}

pub(crate) fn found_by(
    rules: &mut Rules,
    at: Nanos,
    tasks: &[Task],
    known: &Known,
) -> Vec<Finding> {
    let labels = labels();
    let mut scan = rules.scan(at, &labels);
    scan.list_tasks();
    for task in tasks {
        scan.visit(task);
    }
    let wanted = scan.wanted();
    let distinct: HashSet<_> = wanted.iter().collect();
    assert_eq!(distinct.len(), wanted.len(), "{wanted:?}");
    let (findings, listed) = scan.finish_listing(&Asked {
        known,
        wanted: wanted.into_iter().collect(),
    });
    assert_listed(&findings, &listed);
    findings
}

/// The list has the tasks of all findings but those about whole sites, and no others.
fn assert_listed(findings: &[Finding], listed: &[TaskSeq]) {
    let of_tasks = findings.iter().filter(|finding| {
        !matches!(
            finding.kind,
            FindingKind::GrowingSite | FindingKind::TooManyAlive
        )
    });
    let count: u64 = of_tasks.clone().map(|finding| finding.count).sum();
    assert!(listed.len() as u64 <= count, "{listed:?}: {findings:?}");
    assert_eq!(listed.is_empty(), count == 0, "{listed:?}: {findings:?}");
    assert!(listed.is_sorted_by(|a, b| a < b), "{listed:?}");
    for task in of_tasks.flat_map(|finding| &finding.sample) {
        assert!(listed.contains(task), "{task:?}: {listed:?}");
    }
}

/// The same facts; insists that the rules ask only of those that they named.
struct Asked<'a> {
    known: &'a Known,
    wanted: HashSet<TaskSeq>,
}

impl Facts for Asked<'_> {
    fn sites(&self) -> u32 {
        self.known.sites()
    }

    fn site(&self, id: SiteId) -> SiteFacts {
        self.known.site(id)
    }

    fn growth(&self, id: SiteId) -> Option<Growth> {
        self.known.growth(id)
    }

    fn is_alive(&self, task: TaskSeq) -> bool {
        assert!(self.wanted.contains(&task), "{task} was not wanted");
        self.known.is_alive(task)
    }

    fn waits_for(&self, task: TaskSeq) -> Option<TaskSeq> {
        self.known.waits_for(task)
    }

    fn held(&self, task: TaskSeq) -> Option<Held> {
        self.known.held(task)
    }

    fn may_be_in_place(&self, task: TaskSeq) -> bool {
        self.known.may_be_in_place(task)
    }

    fn lost_wakeups(&self) -> Vec<LostWakeup> {
        self.known.lost_wakeups()
    }

    fn doubts(&self) -> Vec<Doubt> {
        self.known.doubts()
    }
}

pub(crate) fn labels() -> LabelSet {
    let mut labels = LabelSet::default();
    let sites = [
        "src/pool.rs",
        "src/server.rs",
        "/home/me/.cargo/registry/src/index-1/tokio-1.48.0/src/fs/file.rs",
        "/home/me/.cargo/registry/src/index-1/sqlx-0.8.0/src/pool.rs",
    ];
    for (id, file) in (0..).zip(sites) {
        let site = Site::new(file, 10 + id, 5);
        labels.sites.insert(SiteId(id), Arc::new(site));
    }
    for (id, name) in (0..).zip(["worker", "other", "checkout"]) {
        labels.names.insert(NameId(id), name.into());
    }
    let next_job = frame("app::pool::Pool::next_job::{{closure}}", "src/pool.rs", 88);
    let run = frame("app::pool::run::{{closure}}", "src/pool.rs", 40);
    let serve = frame("app::server::serve::{{closure}}", "src/server.rs", 7);
    let recv = frame(
        "tokio::sync::mpsc::bounded::Receiver<T>::recv::{{closure}}",
        "/home/me/.cargo/registry/src/index-1/tokio-1.48.0/src/sync/mpsc/bounded.rs",
        200,
    );
    let probed = StackSource::Probed;
    for kind in WaitKind::ALL {
        let place = (*kind != WaitKind::Nothing).then_some(&next_job);
        let stack: &[&[&Frame]] = match kind {
            WaitKind::Nothing => &[],
            WaitKind::Select => &[&[&recv, &next_job, &run], &[&serve, &run]],
            _ => &[&[&recv, &next_job, &run]],
        };
        insert(
            &mut labels,
            WaitId(*kind as u32),
            *kind,
            place,
            stack,
            probed,
        );
    }
    let receive = WaitKind::MpscRecv;
    let stack: &[&[&Frame]] = &[&[&recv, &next_job, &serve]];
    let place = Some(&next_job);
    insert(
        &mut labels,
        SAMPLED,
        receive,
        place,
        stack,
        StackSource::Sampled,
    );
    insert(&mut labels, OTHER_STACK, receive, place, stack, probed);
    insert(
        &mut labels,
        OTHER_PLACE,
        receive,
        Some(&serve),
        &[&[&serve]],
        probed,
    );
    let pooled = frame(
        "hyper_util::client::Pooled::idle::{{closure}}",
        "/home/me/.cargo/registry/src/index-1/hyper-util-0.1.17/src/client/legacy/pool.rs",
        7,
    );
    let stack: &[&[&Frame]] = &[&[&recv, &pooled]];
    insert(
        &mut labels,
        OF_LIBRARY,
        receive,
        Some(&pooled),
        stack,
        probed,
    );
    let nothing = WaitKind::Nothing;
    insert(
        &mut labels,
        SAMPLED_NOTHING,
        nothing,
        None,
        &[],
        StackSource::Sampled,
    );
    let timeout: &[&[&Frame]] = &[&[&next_job], &[&next_job]];
    insert(
        &mut labels,
        JOIN_WITH_TIMEOUT,
        WaitKind::Join,
        place,
        timeout,
        probed,
    );
    let poll = |of: &str| {
        let function = format!("<tokio::{of} as core::future::future::Future>::poll");
        frame(&function, "", 0)
    };
    let reply = poll("sync::oneshot::Receiver<T>");
    let cancelled = poll("sync::notify::Notified");
    let timeout = poll("time::timeout::Timeout<T>");
    let sleep = poll("time::sleep::Sleep");
    for (id, expected, branches) in [
        (
            MESSAGE_OR_REPLY,
            WaitKind::Select,
            [vec![&recv, &serve], vec![&reply, &run]],
        ),
        (
            MESSAGE_OR_CANCELLED,
            WaitKind::Select,
            [vec![&recv, &serve], vec![&cancelled, &run]],
        ),
        (
            MESSAGE_IN_TIME,
            WaitKind::MpscRecv,
            [
                vec![&recv, &timeout, &serve],
                vec![&sleep, &timeout, &serve],
            ],
        ),
    ] {
        let branches = branches.into_iter().map(|frames| Branch {
            frames: frames.into_iter().cloned().collect(),
        });
        let wait = Wait::new(AwaitStack {
            branches: branches.collect(),
            source: probed,
        });
        assert_eq!(wait.kind, expected);
        labels.waits.insert(id, Arc::new(wait));
    }
    labels
}

fn insert(
    labels: &mut LabelSet,
    id: WaitId,
    kind: WaitKind,
    place: Option<&Frame>,
    stack: &[&[&Frame]],
    source: StackSource,
) {
    let branches = stack.iter().map(|frames| Branch {
        frames: frames.iter().copied().cloned().collect(),
    });
    let wait = Wait {
        kind,
        place: place.cloned(),
        stack: AwaitStack {
            branches: branches.collect(),
            source,
        },
    };
    labels.waits.insert(id, Arc::new(wait));
}
