//! Tasks, labels and filters for property tests: from few values, so that they meet.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "shared by several test programs"
)]

use std::{num::NonZeroU64, sync::Arc};

use loiter_model::{
    Attribute, AttributeValue, AwaitStack, Branch, Ending, Frame, Kind, Lint, LintLimits, NameId,
    Nanos, Resource, ResourceSeq, Site, SiteId, StackSource, State, Task, TaskSeq, Thresholds,
    Wait, WaitId, WaitKind,
    finding::{Allow, FindingKind},
    query::{Column, Filter, Query, Sort, Window},
    update::LabelSet,
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Names 0 to 2, sites 0 to 3, waits 0 to 6, and one each far away; tasks refer to others too.
pub fn labels() -> LabelSet {
    let site = |file: &str, line, function: &str| {
        let function = function.into();
        Arc::new(Site {
            function,
            ..Site::new(file, line, 5)
        })
    };
    let mut set = LabelSet::default();
    for (id, name) in [
        (0, "worker"),
        (1, "Wörker \"two\""),
        (2, "idle"),
        (1 << 30, "far"),
    ] {
        set.names.insert(NameId(id), name.into());
    }
    for (id, site) in [
        (0, site("src/pool.rs", 88, "")),
        (
            1,
            site(
                "/home/me/.cargo/registry/src/index-1/hyper-1.0.0/src/rt.rs",
                9,
                "",
            ),
        ),
        (2, site("src/pool.rs", 9, "dns::resolve")),
        (3, site("src/ΣΑΣ.rs", 0, "worker<u8>")),
        (u32::MAX, site("src/far.rs", 1, "")),
    ] {
        set.sites.insert(SiteId(id), site);
    }
    for (id, wait) in (0..6).chain([1 << 20]).zip(waits()) {
        set.waits.insert(WaitId(id), Arc::new(wait));
    }
    set
}

pub fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.into(),
        file: file.into(),
        line,
        column: 9,
    }
}

/// Two that are alike but for their stacks, and some that are not.
fn waits() -> [Wait; 7] {
    let next_job = frame("app::Pool::next_job::{{closure}}", "src/pool.rs", 88);
    let serve = frame("{async_fn#0}", "src/ΣΑΣ.rs", 7);
    let wait = |kind, place: &Frame, frames: &[&Frame]| Wait {
        kind,
        place: Some(place.clone()),
        stack: AwaitStack {
            branches: vec![Branch {
                frames: frames.iter().copied().cloned().collect(),
            }],
            source: StackSource::Probed,
        },
    };
    let nothing = Wait {
        kind: WaitKind::Nothing,
        place: None,
        stack: AwaitStack {
            branches: Vec::new(),
            source: StackSource::Sampled,
        },
    };
    [
        wait(WaitKind::MpscRecv, &next_job, &[&next_job, &serve]),
        wait(WaitKind::MpscRecv, &next_job, &[&next_job]),
        wait(WaitKind::Mutex, &next_job, &[&next_job]),
        wait(WaitKind::MpscRecv, &serve, &[&serve]),
        nothing,
        wait(WaitKind::Unknown, &frame("app::far", "", 0), &[]),
        wait(WaitKind::Join, &serve, &[]),
    ]
}

/// Few durations, around thresholds and at the ends.
pub fn nanos() -> impl Strategy<Value = Nanos> {
    prop_oneof![
        8 => select(vec![0, 1, 50_000_000, 100_000_000, 1_000_000_000, 10_000_000_000]),
        2 => 0..20_000_000_000u64,
        1 => Just(u64::MAX),
    ]
    .prop_map(Nanos)
}

/// Draws what it is asked for: far faster than a strategy a field.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        self.0 >> 33
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll() as usize % from.len()]
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.roll() & 3 > 0).then_some(value)
    }

    fn nanos(&mut self) -> Nanos {
        let any = self.roll() % 20_000_000_000;
        let some = [0, 1, 50_000_000, 100_000_000, 1_000_000_000, 10_000_000_000];
        Nanos(match self.roll() % 10 {
            0 => u64::MAX,
            1 | 2 => any,
            _ => self.pick(&some),
        })
    }

    fn count(&mut self) -> u64 {
        let any = 900 + self.roll() % 200;
        self.pick(&[0, 0, 1, 1, 2, 3, 4, any, u64::MAX])
    }

    fn seq(&mut self) -> Option<TaskSeq> {
        TaskSeq::new(self.roll() % 9)
    }
}

/// An idle one of the first site, of which nothing else is known.
pub fn idle_task(seq: u64) -> Task {
    let seq = TaskSeq::new(seq).expect("above zero");
    Task {
        state: State::Idle,
        ..Task::spawned(seq, SiteId(0), None, Nanos::ZERO)
    }
}

pub fn task() -> impl Strategy<Value = Task> {
    any::<u64>().prop_map(|seed| {
        let mut dice = Dice(seed);
        let state = dice.pick(&State::ALL);
        let ending = dice.pick(&Ending::ALL);
        let [name, scope] = [(); 2].map(|()| dice.pick(&[0, 1, 2, 3, 1 << 30, u32::MAX]));
        let [size, original_size] = [(); 2].map(|()| dice.count());
        let wait = dice.pick(&[0, 1, 2, 3, 4, 5, 6, 1 << 20, u32::MAX]);
        Task {
            seq: TaskSeq::new(1).expect("above zero"),
            tokio_id: NonZeroU64::new(dice.roll() % 9),
            name: dice.maybe(NameId(name)),
            scope: dice.maybe(NameId(scope)),
            kind: dice.pick(&Kind::ALL),
            site: SiteId(dice.pick(&[0, 1, 2, 3, 4, 70_000, u32::MAX])),
            parent: dice.seq(),
            size: dice.maybe(size),
            original_size: dice.maybe(original_size),
            spawned_at: dice.nanos(),
            state,
            in_state: dice.nanos(),
            total: dice.nanos(),
            busy: dice.nanos(),
            scheduled: dice.nanos(),
            polls: dice.count(),
            longest_poll: dice.nanos(),
            wakes: dice.count(),
            self_wakes: dice.count(),
            live_wakers: dice.pick(&[0, 1, 2]),
            woken_by: dice.seq(),
            sole_waker: dice.roll() & 1 > 0,
            expect_idle: dice.roll() & 1 > 0,
            may_be_part: dice.roll() & 1 > 0,
            in_place: state == State::Running && dice.roll() & 1 > 0,
            wait: (state == State::Idle)
                .then(|| dice.maybe(wait))
                .flatten()
                .map(WaitId),
            ending: (state == State::Ended).then_some(ending),
        }
    })
}

/// Tasks in the order of a table, with numbers of their own in no order.
pub fn tasks(most: usize) -> impl Strategy<Value = Vec<Task>> {
    (vec(task(), 0..most), any::<u64>()).prop_map(|(mut tasks, seed)| {
        let count = tasks.len() as u64;
        for (index, task) in (0..).zip(&mut tasks) {
            let seq = 1 + (index + seed % 7) % count;
            task.seq = TaskSeq::new(seq).expect("above zero");
        }
        tasks
    })
}

/// A text of terms that are mostly right.
pub fn filter_text() -> impl Strategy<Value = String> {
    let term = prop_oneof![
        6 => select(vec![
            "idle", "running", "scheduled", "ended", "finished", "cancelled", "panicked", "named",
            "blocked", "hogging", "starved", "warn", "all", "state:idle,running", "state:any",
            "state!=running", "kind:task", "kind:local,blocking", "ending:unknown,panicked",
            "ending:any", "warn:blocked,starved", "lint", "lint:self-wakes,never-yielded",
            "lint:large-future", "lint!=auto-boxed-future", "lints:any",
        ]).prop_map(str::to_owned),
        3 => number_term(),
        4 => text_term(),
    ];
    vec((select(vec!["", "", "-", "!"]), term), 0..4).prop_map(|terms| {
        let terms = terms.iter().map(|(not, term)| format!("{not}{term}"));
        terms.collect::<Vec<_>>().join("  ")
    })
}

fn number_term() -> impl Strategy<Value = String> {
    let operator = || select(vec![":", "=", "!=", ">", ">=", "<", "<="]);
    let time = select(vec![
        "idle",
        "busy",
        "sched",
        "waited",
        "total",
        "longest-poll",
        "AGE",
    ]);
    let duration = prop_oneof![
        select(vec![
            "0", "1ns", "50ms", ".1s", "1s", "10s", "1m30s", "1d2h"
        ])
        .prop_map(str::to_owned),
        any::<u64>().prop_map(|n| format!("{n}ns")),
    ];
    let number = select(vec!["polls", "wakes", "self_wakes", "wakers", "size"]);
    let count = prop_oneof![
        (0..5u64).prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        select(vec!["1k", "2M", "1000", "1G"]).prop_map(str::to_owned),
    ];
    let id = select(vec!["seq", "id", "parent", "woken-by"]);
    prop_oneof![
        (time, operator(), duration).prop_map(|(f, o, v)| format!("{f}{o}{v}")),
        (number, operator(), count).prop_map(|(f, o, v)| format!("{f}{o}{v}")),
        (id, operator(), 0..9u64).prop_map(|(f, o, v)| format!("{f}{o}{v}")),
        vec(0..9u64, 1..4).prop_map(|ids| {
            let ids = ids.iter().map(u64::to_string).collect::<Vec<_>>();
            format!("seq:{}", ids.join(","))
        }),
    ]
}

fn text_term() -> impl Strategy<Value = String> {
    let known = || {
        select(vec![
            "worker",
            "WÖRKER",
            "idle",
            "pool",
            "pool.rs:88",
            "src/pool.rs:88:5",
            "hyper-1.0.0",
            "/home/",
            "hyper-1.0.0/src/rt.rs:9:5",
            "dns::resolve",
            "RESOLVE",
            "σασ",
            "worker<u8>",
            "far",
            "src",
            "\"",
            "mpsc recv",
            "next_job",
            "app::Pool",
            "nothing",
        ])
        .prop_map(str::to_owned)
    };
    let text = || prop_oneof![8 => known(), 1 => "\\PC{1,6}"];
    let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
    let field = select(vec![
        "name:",
        "scope:",
        "scope!=",
        "site:",
        "fn:",
        "name=",
        "site=",
        "site!=",
        "function=",
        "wait:",
        "wait=",
        "waits-on!=",
    ]);
    prop_oneof![
        text().prop_map(move |text| quoted(&text)),
        select(vec!["worker", "pool", "pool.rs:88", "dns::resolve"]).prop_map(str::to_owned),
        (field, vec(text(), 1..4)).prop_map(move |(field, texts)| {
            format!(
                "{field}{}",
                texts.iter().map(quoted).collect::<Vec<_>>().join(",")
            )
        }),
    ]
}

pub fn filter() -> impl Strategy<Value = Filter> {
    filter_text().prop_map(|text| {
        text.parse()
            .unwrap_or_else(|error| panic!("`{text}`: {error}"))
    })
}

pub fn sort<C: Column>() -> impl Strategy<Value = Sort<C>> {
    (select(C::ALL), any::<bool>()).prop_map(|(column, descending)| Sort { column, descending })
}

pub fn window() -> impl Strategy<Value = Window> {
    let number =
        || prop_oneof![6 => 0..12u64, 3 => 0..300u64, 1 => select(vec![u64::MAX - 1, u64::MAX])];
    (number(), number()).prop_map(|(offset, limit)| Window { offset, limit })
}

pub fn thresholds() -> impl Strategy<Value = Thresholds> {
    let after = (nanos(), nanos(), nanos());
    (after, lint_limits()).prop_map(|((blocked_after, hogging_after, starved_after), lints)| {
        Thresholds {
            blocked_after,
            hogging_after,
            starved_after,
            lints,
        }
    })
}

fn lint_limits() -> impl Strategy<Value = LintLimits> {
    let allowed = vec(select(&Lint::ALL[..]), 0..3);
    let bytes = select(vec![0, 1, 4, 1_000, u64::MAX]);
    (allowed, 0..=100u8, nanos(), bytes).prop_map(
        |(allowed, self_wakes_percent, never_yielded_after, large_future_bytes)| LintLimits {
            allowed: allowed.into_iter().collect(),
            self_wakes_percent,
            never_yielded_after,
            large_future_bytes,
        },
    )
}

pub fn query<C: Column>() -> impl Strategy<Value = Query<C>> {
    (filter(), sort(), window(), thresholds()).prop_map(|(filter, sort, window, thresholds)| {
        Query {
            filter,
            sort,
            window,
            thresholds,
        }
    })
}

/// An entry of an allow list.
pub fn allow() -> impl Strategy<Value = Allow> {
    let kinds = vec(select(FindingKind::ALL), 0..3);
    (filter(), kinds, "\\PC{0,4}").prop_map(|(filter, kinds, reason)| Allow {
        filter,
        kinds,
        reason,
    })
}

pub fn attribute() -> impl Strategy<Value = Attribute> {
    let value = prop_oneof![
        any::<u64>().prop_map(AttributeValue::Number),
        any::<i64>().prop_map(AttributeValue::Signed),
        any::<bool>().prop_map(AttributeValue::Flag),
        "\\PC{0,4}".prop_map(|text| AttributeValue::Text(text.into())),
    ];
    let name = select(vec!["permits", "locked", "dauer"]);
    let unit = proptest::option::of(select(vec!["ms", "bytes"]));
    (name, value, unit).prop_map(|(name, value, unit)| Attribute {
        name: name.into(),
        value,
        unit: unit.map(Into::into),
    })
}

pub fn resource() -> impl Strategy<Value = Resource> {
    let tasks = || vec((1..9u64).prop_filter_map("above zero", TaskSeq::new), 0..3);
    let texts = (
        select(vec!["Sync", "timer"]),
        select(vec!["Mutex", "Semaphore", "Sleep"]),
    );
    (
        (1..9u64, 0..9u64, texts),
        select(vec![0, 1, 2, 3, 4, 70_000, u32::MAX]),
        any::<[bool; 2]>(),
        (nanos(), nanos()),
        vec(attribute(), 0..3),
        (tasks(), tasks()),
    )
        .prop_map(
            |(
                (seq, parent, (kind, concrete_type)),
                site,
                [is_internal, has_ended],
                (created_at, total),
                attributes,
                (holders, waiters),
            )| Resource {
                seq: ResourceSeq::new(seq).expect("above zero"),
                parent: ResourceSeq::new(parent),
                kind: kind.into(),
                concrete_type: concrete_type.into(),
                site: SiteId(site),
                is_internal,
                created_at,
                total,
                has_ended,
                attributes,
                holders,
                waiters,
            },
        )
}

/// Resources in the order of their numbers.
pub fn resources(most: usize) -> impl Strategy<Value = Vec<Resource>> {
    vec(resource(), 0..most).prop_map(|mut resources| {
        for (seq, resource) in (1..).zip(&mut resources) {
            resource.seq = ResourceSeq::new(seq).expect("above zero");
        }
        resources
    })
}
