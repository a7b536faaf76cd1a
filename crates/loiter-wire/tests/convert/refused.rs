//! What makes no sense is refused, what only newer peers know is read.

use loiter_model::{
    Ending, Lint, LintLimits, Lints, Nanos, SiteId, SiteStats, StackSource, Target, Task, TaskSeq,
    Thresholds, Tier, WaitId, WaitKind,
    finding::{Allow, Certainty, Doubt, Evidence, Finding, FindingKind, RuleSettings},
    query::{SiteColumn, Sort, TaskColumn, TaskQuery, Window},
    update::{
        Description, Event, EventBatch, EventKind, FindingsUpdate, LabelSet, LearntWait,
        SitesUpdate, TasksUpdate, WaitsUpdate,
    },
};
use loiter_wire::{
    BadQuery, BadRules, Question, read_rules,
    v1::{self, evidence::Fact},
};

use crate::arbitrary::labels;

fn some_task() -> v1::Task {
    v1::Task {
        seq: 1,
        kind: v1::Kind::Task.into(),
        state: v1::State::Ended.into(),
        ending: v1::Ending::Panicked.into(),
        ..Default::default()
    }
}

#[test]
fn a_task_that_makes_no_sense_is_refused() {
    let task = some_task();
    assert!(Task::try_from(task).is_ok());
    for (task, what) in [
        (v1::Task { seq: 0, ..task }, "a message without `Task.seq`"),
        (
            v1::Task { kind: 0, ..task },
            "a message without `Task.kind`",
        ),
        (
            v1::Task { kind: 9, ..task },
            "9 as `Task.kind`, an unknown kind",
        ),
        (
            v1::Task { state: 0, ..task },
            "a message without `Task.state`",
        ),
        (
            v1::Task { state: -1, ..task },
            "-1 as `Task.state`, an unknown state",
        ),
    ] {
        let error = Task::try_from(task).expect_err(what);
        assert_eq!(error.to_string(), format!("the peer sent {what}"));
    }
}

#[test]
fn what_only_newer_peers_know_is_read_as_well_as_can_be() {
    let newer = v1::Task {
        ending: 17,
        ..some_task()
    };
    let task = Task::try_from(newer).expect("a task");
    assert_eq!(task.ending, Some(loiter_model::Ending::Unknown));

    let alive = v1::Task {
        state: v1::State::Idle.into(),
        ..some_task()
    };
    assert_eq!(Task::try_from(alive).expect("a task").ending, None);
    assert_eq!(
        Task::try_from(v1::Task {
            wait: Some(1),
            ..alive
        })
        .expect("a task")
        .wait,
        Some(WaitId(1))
    );
    let ended = v1::Task {
        wait: Some(1),
        ..some_task()
    };
    assert_eq!(Task::try_from(ended).expect("a task").wait, None);

    let wait = v1::Wait {
        kind: 99,
        source: 99,
        ..Default::default()
    };
    let labels = LabelSet::try_from(labels_with(wait)).expect("labels");
    let wait = &labels.waits[&WaitId(1)];
    assert_eq!(
        (wait.kind, wait.stack.source),
        (WaitKind::Unknown, StackSource::Sampled)
    );

    let target = v1::Target {
        tier: 17,
        thresholds: Some(Thresholds::default().into()),
        ..Default::default()
    };
    let target = Target::try_from(target).expect("a target");
    assert_eq!(target.tier, Tier::EveryTask);
}

#[test]
fn who_knows_no_lints_has_the_usual_limits() {
    let old = v1::Thresholds {
        blocked_after_ns: 5,
        ..Default::default()
    };
    let limits = Thresholds::from(old);
    assert_eq!(limits.blocked_after, Nanos(5));
    assert_eq!(limits.lints, LintLimits::default());
    let newer = v1::LintLimits {
        allowed: vec![v1::Lint::LostWaker.into(), 77],
        self_wakes_percent: 300,
        ..Default::default()
    };
    let limits = LintLimits::from(newer);
    assert_eq!(limits.allowed, Lints::from(Lint::LostWaker));
    assert_eq!(limits.self_wakes_percent, 100);
}

fn labels_with(wait: v1::Wait) -> v1::Labels {
    v1::Labels {
        waits: [(1, wait)].into(),
        frames: [(3, v1::Frame::default())].into(),
        ..Default::default()
    }
}

#[test]
fn frames_are_sent_once() {
    let labels = v1::Labels::from(&labels());
    let frames: Vec<_> = labels.frames.values().collect();
    assert_eq!(frames.len(), 3, "{frames:?}");
}

#[test]
fn frames_that_are_not_there_are_refused() {
    let branch = |frame| v1::Branch {
        frames: vec![3, frame],
    };
    for (wait, expected) in [
        (
            v1::Wait {
                branches: vec![branch(3), branch(4)],
                ..Default::default()
            },
            Err("4 as `Branch.frames`, which is not in `Labels.frames`"),
        ),
        (
            v1::Wait {
                place: Some(5),
                ..Default::default()
            },
            Err("5 as `Wait.place`, which is not in `Labels.frames`"),
        ),
        (
            v1::Wait {
                place: Some(3),
                branches: vec![branch(3)],
                ..Default::default()
            },
            Ok(()),
        ),
    ] {
        let labels = LabelSet::try_from(labels_with(wait));
        let read = labels.as_ref().map(|_| ()).map_err(|error| &*error.what);
        assert_eq!(read, expected);
    }
}

#[test]
fn rows_of_the_other_kind_are_refused() {
    let tasks = v1::TasksUpdate::from(TasksUpdate {
        tasks: vec![some_task().try_into().expect("a task")],
        ..Default::default()
    });
    let error = SitesUpdate::try_from(tasks).expect_err("tasks instead of sites");
    assert!(
        error.what.contains("1 rows as `TasksUpdate.tasks`"),
        "{error}"
    );
    let sites = v1::TasksUpdate::from(SitesUpdate {
        sites: vec![SiteStats::default()],
        ..Default::default()
    });
    assert!(TasksUpdate::try_from(sites.clone()).is_err());
    let error = WaitsUpdate::try_from(sites).expect_err("sites instead of waits");
    assert!(
        error.what.contains("in answer to a query for waits"),
        "{error}"
    );
}

#[test]
fn rates_are_numbers() {
    for rate in [f64::NAN, f64::INFINITY, -1.0] {
        let stats = v1::SiteStats {
            spawned_per_sec: rate,
            ..Default::default()
        };
        assert_eq!(SiteStats::from(stats).spawned_per_sec, 0.0);
    }
}

#[test]
fn columns_of_events_fit_together() {
    let event = |at, kind| Event {
        at: Nanos(at),
        task: TaskSeq::new(1).expect("above zero"),
        kind,
    };
    let spawn = EventKind::Spawn {
        site: SiteId(2),
        parent: None,
    };
    let ending = Ending::Panicked;
    let batch = v1::EventBatch::from(EventBatch {
        events: vec![event(5, spawn), event(6, EventKind::Drop { ending })],
        descriptions: vec![Description::default()],
        waits: vec![LearntWait {
            at: Nanos(7),
            task: TaskSeq::new(1).expect("above zero"),
            wait: WaitId(3),
        }],
        ..Default::default()
    });
    type Damage = fn(&mut v1::EventBatch);
    let damages: [(&str, Damage); 16] = [
        ("`EventBatch.wait_seq`", |batch| batch.wait_seq.clear()),
        ("`EventBatch.wait_seq`", |batch| batch.wait_seq[0] = 0),
        ("`EventBatch.wait`", |batch| batch.wait.push(1)),
        ("`EventBatch.wait_seq`", |batch| batch.wait_at_ns.clear()),
        ("`EventBatch.seq`", |batch| batch.seq.clear()),
        ("`EventBatch.seq`", |batch| batch.seq[0] = 0),
        ("`EventBatch.kind`", |batch| batch.kind.push(1)),
        ("`EventBatch.kind`", |batch| batch.kind[0] = 99),
        ("`EventBatch.site`", |batch| batch.site.clear()),
        ("`EventBatch.site`", |batch| batch.site.push(1)),
        ("`EventBatch.other`", |batch| batch.other.clear()),
        ("`EventBatch.other`", |batch| batch.other.push(1)),
        ("`EventBatch.ending`", |batch| batch.ending.push(1)),
        ("`EventBatch.ending`", |batch| {
            // Two drops, one ending.
            batch.delta_ns.push(0);
            batch.seq.push(1);
            batch.kind.push(v1::EventKind::Drop.into());
        }),
        ("`EventBatch.description`", |batch| {
            batch.description.push(batch.description[0]);
        }),
        ("`Description.kind`", |batch| batch.description[0].kind = 99),
    ];
    for (column, damage) in damages {
        let mut batch = batch.clone();
        damage(&mut batch);
        let error = EventBatch::try_from(batch).expect_err(column);
        assert!(error.what.contains(column), "{column}: {error}");
    }
    // Agents from before there were such columns.
    let mut batch = batch;
    batch.ending.clear();
    batch.description.clear();
    let batch = EventBatch::try_from(batch).expect("they are right as well");
    assert!(batch.descriptions.is_empty());
    let ending = Ending::Unknown;
    assert_eq!(batch.events[1].kind, EventKind::Drop { ending });
}

#[test]
fn an_empty_query_asks_for_the_usual() {
    let own = Thresholds {
        blocked_after: Nanos(1),
        ..Default::default()
    };
    let read = |query| Question::read(query, own);
    let tasks = Question::Tasks(TaskQuery {
        filter: Default::default(),
        sort: Sort {
            column: TaskColumn::Idle,
            descending: true,
        },
        window: Window {
            offset: 0,
            limit: 0,
        },
        thresholds: own,
    });
    assert_eq!(read(v1::Query::default()), Ok(tasks));
    let sites = v1::Query {
        group: v1::Group::Site.into(),
        ..Default::default()
    };
    let Ok(Question::Sites(sites)) = read(sites) else {
        panic!("a question for sites");
    };
    assert_eq!(
        (sites.sort.column, sites.sort.descending),
        (SiteColumn::Alive, true)
    );
}

#[test]
fn a_bad_query_says_what_there_is() {
    let read = |query| Question::read(query, Thresholds::default());
    let filter = v1::Query {
        filter: "blocked idle>x".to_owned(),
        ..Default::default()
    };
    match read(filter) {
        Err(BadQuery::Filter(error)) => assert_eq!(error.span, 13..14),
        other => panic!("{other:?}"),
    }
    let column = v1::Query {
        sort: "alive".to_owned(),
        ..Default::default()
    };
    let error = read(column.clone())
        .expect_err("no column of tasks")
        .to_string();
    assert!(
        error.starts_with("there is no column `alive` to sort by; there are warn, seq,"),
        "{error}"
    );
    let group = v1::Query {
        group: v1::Group::Site.into(),
        ..column.clone()
    };
    assert!(read(group).is_ok());
    let group = v1::Query { group: 7, ..column };
    assert_eq!(read(group), Err(BadQuery::Group(7)));
}

fn some_finding() -> v1::Finding {
    v1::Finding {
        kind: v1::FindingKind::BlockedSend.into(),
        certainty: v1::Certainty::Proved.into(),
        ..Default::default()
    }
}

fn with_fact(fact: Fact) -> v1::Finding {
    v1::Finding {
        evidence: vec![v1::Evidence { fact: Some(fact) }],
        ..some_finding()
    }
}

#[test]
fn a_finding_that_makes_no_sense_is_refused() {
    assert!(Finding::try_from(some_finding()).is_ok());
    let with_kind = |kind| v1::Finding {
        kind,
        ..some_finding()
    };
    for (finding, what) in [
        (with_kind(0), "a message without `Finding.kind`"),
        (
            with_kind(-1),
            "-1 as `Finding.kind`, an unknown kind of findings",
        ),
        (
            v1::Finding {
                sample: vec![1, 0],
                ..some_finding()
            },
            "a message without `Finding.sample`",
        ),
        (
            with_fact(Fact::ParentEnded(0)),
            "a message without `Evidence.parent_ended`",
        ),
        (
            with_fact(Fact::WaitsForEndOf(0)),
            "a message without `Evidence.waits_for_end_of`",
        ),
        (
            with_fact(Fact::WokenOnlyBy(v1::evidence::WokenOnlyBy::default())),
            "a message without `Evidence.woken_only_by.waker`",
        ),
        (
            with_fact(Fact::Cycle(v1::evidence::Cycle { tasks: vec![1, 0] })),
            "a message without `Evidence.cycle.tasks`",
        ),
        (
            with_fact(Fact::SelfWakes(v1::evidence::SelfWakes {
                per_second: 1,
                percent: 101,
            })),
            "101 as `Evidence.self_wakes.percent`, which is more than all",
        ),
    ] {
        let error = Finding::try_from(finding).expect_err(what);
        assert_eq!(error.to_string(), format!("the peer sent {what}"));
    }
}

#[test]
fn what_newer_peers_find_is_read_as_well_as_can_be() {
    let newer = v1::Finding {
        certainty: 17,
        evidence: vec![
            v1::Evidence { fact: None },
            v1::Evidence {
                fact: Some(Fact::Limit(3)),
            },
        ],
        doubts: vec![
            v1::Doubt { doubt: None },
            v1::Doubt {
                doubt: Some(v1::doubt::Doubt::FewSamples(2)),
            },
        ],
        ..some_finding()
    };
    let finding = Finding::try_from(newer.clone()).expect("a finding");
    assert_eq!(finding.certainty, Certainty::Watch);
    assert_eq!(finding.evidence, [Evidence::Limit { most: 3 }]);
    assert_eq!(finding.doubts, [Doubt::FewSamples { count: 2 }]);

    let of_kind = |kind| v1::Finding {
        kind,
        ..newer.clone()
    };
    let update = |findings| v1::FindingsUpdate {
        findings,
        omitted: 3,
        ..FindingsUpdate::default().into()
    };
    let read = FindingsUpdate::try_from(update(vec![of_kind(99), newer.clone(), of_kind(-5)]));
    let read = read.expect("an update");
    assert_eq!((read.findings.len(), read.omitted), (1, 5));
    let error = FindingsUpdate::try_from(update(vec![of_kind(0)])).expect_err("no kind");
    assert_eq!(error.what, "a message without `Finding.kind`");
    let error = FindingsUpdate::try_from(v1::FindingsUpdate::default()).expect_err("empty");
    assert_eq!(error.what, "a message without `FindingsUpdate.overview`");
}

#[test]
fn an_allowed_kind_that_is_not_known_never_becomes_all() {
    let entry = |filter: &str, kinds: &[i32]| v1::Allow {
        filter: filter.to_owned(),
        kinds: kinds.to_vec(),
        reason: "so it is".to_owned(),
    };
    let known = entry("site:pool", &[v1::FindingKind::Hogging.into()]);
    let read = Allow::try_from(known.clone()).expect("an entry");
    assert_eq!(read.kinds, [FindingKind::Hogging]);
    for (entry, what) in [
        (
            entry("idle>x", &[]),
            "idle>x as `Allow.filter`, which is no filter",
        ),
        (
            entry("", &[99]),
            "99 as `Allow.kinds`, an unknown kind of findings",
        ),
        (
            entry("", &[0]),
            "0 as `Allow.kinds`, an unknown kind of findings",
        ),
    ] {
        assert_eq!(Allow::try_from(entry).expect_err(what).what, what);
    }

    let read = |allow| {
        let rules = v1::FindingRules {
            allow,
            ..Default::default()
        };
        read_rules(rules, &RuleSettings::default())
    };
    assert_eq!(read(vec![known.clone()]).expect("rules").allow.len(), 1);
    let bad = read(vec![known.clone(), entry("idle>x", &[])]).expect_err("no filter");
    assert!(
        matches!(&bad, BadRules::Filter { number: 2, error } if error.span == (5..6)),
        "{bad:?}"
    );
    let said = bad.to_string();
    assert!(
        said.starts_with("in filter 2 of the allow list: "),
        "{said}"
    );
    let bad = read(vec![known, entry("", &[99])]).expect_err("no kind");
    assert_eq!(
        bad.to_string(),
        "this agent does not know the kind of findings 99 of the allow list; it knows 1 to 14"
    );
}
