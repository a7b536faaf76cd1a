//! What it costs to look for findings among a million tasks of a thousand sites.
//!
//! `cargo bench -p loiter-model --bench rules`; a number as argument: that many tasks.

use std::{
    hint::black_box,
    num::NonZeroU64,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use loiter_model::{
    AwaitStack, Branch, Frame, Kind, NameId, Nanos, Quantiles, Site, SiteId, StackSource, State,
    Task, TaskSeq, Wait, WaitId, WaitKind,
    finding::{Allow, Doubt, Facts, Finding, Growth, LostWakeup, RuleSettings, Rules, SiteFacts},
    update::LabelSet,
};

const SITES: u32 = 1_000;
const ROUNDS: usize = 10;
const NOW: Nanos = Nanos::from_secs(3_600);

fn main() {
    let given = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let tasks: u64 = given.unwrap_or(1_000_000);
    let labels = labels();
    println!("{tasks} tasks of {SITES} sites, CPU time, the least of {ROUNDS}");
    let none = RuleSettings::default();
    let idle = task(1, 5);
    measure("idle, none blocked", tasks, &labels, &none, |seq| Task {
        seq,
        ..idle
    });
    measure("every state", tasks, &labels, &none, |seq| Task {
        seq,
        state: [State::Idle, State::Scheduled, State::Running][(seq.get() * 7 % 3) as usize],
        in_state: Nanos::from_millis(50),
        wait: None,
        ..idle
    });
    let blocked = task(1, 60);
    let unknown = |seq| Task {
        seq,
        wait: None,
        ..blocked
    };
    measure("blocked, waits unknown", tasks, &labels, &none, unknown);
    let known = |kind: u32| {
        move |seq: TaskSeq| Task {
            seq,
            wait: Some(WaitId(kind)),
            ..blocked
        }
    };
    measure("blocked in io read", tasks, &labels, &none, known(2));
    measure("blocked in mpsc recv", tasks, &labels, &none, known(0));
    measure("blocked in mpsc send", tasks, &labels, &none, known(1));
    let allow = RuleSettings {
        allow: [
            "site:pool,http",
            "name:worker",
            "wait:\"mpsc send\" idle>30s",
        ]
        .map(|filter| Allow {
            filter: filter.parse().expect("a filter"),
            kinds: Vec::new(),
            reason: String::new(),
        })
        .into(),
        ..RuleSettings::default()
    };
    measure(
        "the same, three allow entries",
        tasks,
        &labels,
        &allow,
        known(1),
    );
    measure("no waker, unlooked", tasks, &labels, &none, |seq| Task {
        seq,
        live_wakers: 0,
        wait: None,
        ..blocked
    });
}

fn measure(
    what: &str,
    tasks: u64,
    labels: &LabelSet,
    settings: &RuleSettings,
    task: impl Fn(TaskSeq) -> Task,
) {
    let tasks = (1..=tasks).filter_map(TaskSeq::new).map(|seq| {
        let site = SiteId((seq.get() % u64::from(SITES)) as u32);
        Task {
            site,
            spawned_at: Nanos::from_millis(seq.get() % 60_000),
            ..task(seq)
        }
    });
    let tasks: Vec<Task> = tasks.collect();
    let mut rules = Rules::new(settings.clone());
    let mut best = [Duration::MAX; 4];
    let mut findings = Vec::new();
    for _ in 0..ROUNDS {
        let start = cpu_time();
        let mut scan = rules.scan(NOW, labels);
        for task in &tasks {
            scan.visit(task);
        }
        let visited = cpu_time();
        black_box(scan.wanted());
        let asked = cpu_time();
        findings = scan.finish(&Busy);
        let end = cpu_time();
        let parts = [end - start, visited - start, asked - visited, end - asked];
        best = best.min(parts);
    }
    let count: u64 = findings.iter().map(|finding: &Finding| finding.count).sum();
    let [all, visit, wanted, finish] = best;
    println!(
        "{what:32} {all:>10.1?}: visit {visit:.1?}, wanted {wanted:.1?}, finish {finish:.1?}; \
         {} findings over {count} tasks",
        findings.len()
    );
}

/// What this thread has used, where the system tells; what has passed elsewhere.
fn cpu_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let used = stat.and_then(|stat| stat.split(' ').next()?.parse().ok());
    used.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn task(seq: u64, idle: u64) -> Task {
    let in_state = Nanos::from_secs(idle);
    Task {
        seq: TaskSeq::new(seq).expect("above zero"),
        tokio_id: NonZeroU64::new(seq),
        name: Some(NameId(0)),
        scope: None,
        kind: Kind::Task,
        site: SiteId(0),
        parent: TaskSeq::new(1),
        size: Some(512),
        original_size: None,
        spawned_at: Nanos::ZERO,
        state: State::Idle,
        in_state,
        total: in_state,
        busy: Nanos::ZERO,
        scheduled: Nanos::ZERO,
        polls: 1,
        longest_poll: Nanos::ZERO,
        wakes: 0,
        self_wakes: 0,
        live_wakers: 1,
        woken_by: None,
        sole_waker: false,
        expect_idle: false,
        may_be_part: false,
        in_place: false,
        wait: Some(WaitId(0)),
        ending: None,
    }
}

fn labels() -> LabelSet {
    let mut labels = LabelSet::default();
    labels.names.insert(NameId(0), "worker".into());
    for site in 0..SITES {
        let file = format!("src/module_{site}.rs");
        let site_of = Site::new(file, site + 1, 9);
        labels.sites.insert(SiteId(site), Arc::new(site_of));
    }
    let kinds = [WaitKind::MpscRecv, WaitKind::MpscSend, WaitKind::IoRead];
    for (id, kind) in (0..).zip(kinds) {
        let place = Frame {
            function: "app::Pool::next_job".into(),
            file: "src/pool.rs".into(),
            line: 88,
            column: 9,
        };
        let wait = Wait {
            kind,
            place: Some(place.clone()),
            stack: AwaitStack {
                branches: vec![Branch {
                    frames: vec![place],
                }],
                source: StackSource::Probed,
            },
        };
        labels.waits.insert(WaitId(id), Arc::new(wait));
    }
    labels
}

/// A program of which everything is known that a rule may ask for.
struct Busy;

impl Facts for Busy {
    fn sites(&self) -> u32 {
        SITES
    }

    fn site(&self, _: SiteId) -> SiteFacts {
        let usual = Quantiles {
            count: 1_000,
            p99: Nanos::from_secs(1),
            ..Quantiles::default()
        };
        SiteFacts {
            spawned: 10_000,
            ended: 9_000,
            waited: usual,
            lifetime: usual,
        }
    }

    fn growth(&self, _: SiteId) -> Option<Growth> {
        None
    }

    fn is_alive(&self, _: TaskSeq) -> bool {
        true
    }

    fn waits_for(&self, _: TaskSeq) -> Option<TaskSeq> {
        None
    }

    fn lost_wakeups(&self) -> Vec<LostWakeup> {
        Vec::new()
    }

    fn doubts(&self) -> Vec<Doubt> {
        Vec::new()
    }
}
