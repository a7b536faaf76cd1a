//! Limits on the number of tasks, and sites that grow.

use loiter_model::{
    Kind, Nanos, State, Task, WaitKind,
    finding::{Certainty, Evidence, Finding, FindingKind, Growth, RuleSettings, Rules},
};

use super::{
    assert_silent, brief, only,
    world::{
        Known, NOW, OTHER, POOL, SERVER, TOKIO, allow, allowing, found, found_by, idle, secs, seq,
    },
};

const TOO_MANY: FindingKind = FindingKind::TooManyAlive;

fn tasks(count: u64) -> Vec<Task> {
    (1..=count).map(|number| idle(number, 1)).collect()
}

fn limits(all: Option<u64>, site: Option<u64>) -> RuleSettings {
    RuleSettings {
        max_alive: all,
        max_alive_at_site: site,
        ..RuleSettings::default()
    }
}

fn counted(settings: RuleSettings, tasks: &[Task]) -> Vec<Finding> {
    found_by(&mut Rules::new(settings), NOW, tasks, &Known::default())
}

#[test]
fn a_limit_is_exceeded_by_one_more() {
    assert_silent("as many", &counted(limits(Some(9), Some(9)), &tasks(9)));
    let finding = only(counted(limits(Some(9), None), &tasks(10)));
    assert_eq!(
        (finding.kind, finding.certainty, finding.site, finding.count),
        (TOO_MANY, Certainty::Proved, None, 10)
    );
    assert_eq!(finding.evidence, [Evidence::Limit { most: 9 }]);
    assert_eq!(finding.sample, (1..=8).map(seq).collect::<Vec<_>>());
    assert_eq!(finding.bytes, 1_000);
    let finding = only(counted(limits(None, Some(9)), &tasks(10)));
    assert_eq!((finding.kind, finding.site), (TOO_MANY, Some(POOL)));
}

#[test]
fn tasks_that_were_never_alive_together_are_not_added_up() {
    // The first one ended after it was met, and then the last one came.
    let mut tasks = tasks(10);
    tasks[9].spawned_at = Nanos(NOW.0 + 1);
    assert_silent("nine", &counted(limits(Some(9), Some(9)), &tasks));
    let finding = only(counted(limits(Some(8), None), &tasks));
    assert_eq!(finding.count, 9);
    tasks[9].spawned_at = NOW;
    let finding = only(counted(limits(Some(9), None), &tasks));
    assert_eq!(finding.count, 10);
}

#[test]
fn sites_are_counted_apart() {
    let mut tasks = tasks(6);
    tasks[0].site = SERVER;
    tasks[1].site = SERVER;
    let findings = counted(limits(Some(5), Some(3)), &tasks);
    let sites: Vec<_> = findings
        .iter()
        .map(|finding| (finding.site, finding.count))
        .collect();
    assert_eq!(sites, [(None, 6), (Some(POOL), 4)]);
}

#[test]
fn what_the_runtime_needs_does_not_count() {
    let root = Task {
        kind: Kind::BlockOn,
        ..idle(1, 1)
    };
    let own = Task {
        kind: Kind::Blocking,
        ..idle(2, 1)
    };
    let worker = Task {
        site: TOKIO,
        state: State::Running,
        ..own
    };
    let ended = Task {
        state: State::Ended,
        ..idle(3, 1)
    };
    assert_silent(
        "none",
        &counted(limits(Some(0), Some(0)), &[root, worker, ended]),
    );
    assert_eq!(counted(limits(Some(0), None), &[own]).len(), 1);
}

#[test]
fn what_is_allowed_does_not_count() {
    let mut tasks = tasks(10);
    tasks[4].name = Some(OTHER);
    let settings = RuleSettings {
        allow: vec![allow("name:other", &[TOO_MANY])],
        ..limits(Some(9), Some(9))
    };
    let mut rules = Rules::new(settings);
    assert_silent(
        "nine",
        &found_by(&mut rules, NOW, &tasks, &Known::default()),
    );
    assert_eq!(rules.allowed(), [1]);
}

#[test]
fn it_is_told_since_when() {
    let mut rules = Rules::new(limits(Some(1), None));
    let mut since = |second: u64, count| {
        let at = secs(1_000 + second);
        let findings = found_by(&mut rules, at, &tasks(count), &Known::default());
        findings.first().map(|finding| finding.since)
    };
    assert_eq!(since(0, 1), None);
    assert_eq!(since(1, 2), Some(secs(1_001)));
    assert_eq!(since(2, 3), Some(secs(1_001)));
    assert_eq!(since(3, 1), None);
    assert_eq!(since(4, 2), Some(secs(1_004)));
}

fn grown(certainty: Certainty) -> Known {
    let growth = Growth {
        certainty,
        over: secs(600),
        before: 20,
        now: 90,
        spawned: 100,
        ended: 30,
    };
    Known {
        growth: [(POOL, growth)].into(),
        ..Known::default()
    }
}

#[test]
fn a_growth_is_told_with_its_tasks() {
    for certainty in [Certainty::Watch, Certainty::Suspected] {
        let finding = only(found(&tasks(90), &grown(certainty)));
        assert_eq!(
            (finding.kind, finding.certainty, finding.site, finding.count),
            (FindingKind::GrowingSite, certainty, Some(POOL), 90)
        );
        assert_eq!(finding.since, secs(400));
        let over = secs(600);
        assert_eq!(
            finding.evidence,
            [
                Evidence::Alive {
                    before: 20,
                    now: 90,
                    over
                },
                Evidence::Flow {
                    spawned: 100,
                    ended: 30,
                    over
                },
            ]
        );
    }
    assert_silent("all are gone", &found(&[], &grown(Certainty::Suspected)));
}

#[test]
fn a_growth_is_silent_when_all_its_tasks_are_allowed() {
    let known = grown(Certainty::Suspected);
    let growing = FindingKind::GrowingSite;
    let mut all = tasks(90);
    let mut rules = Rules::new(allowing("name:worker", &[growing]));
    assert_silent("all", &found_by(&mut rules, NOW, &all, &known));
    assert_eq!(rules.allowed(), [90]);
    for at in [0, 50, 89] {
        let name = all[at].name.replace(OTHER);
        let mut rules = Rules::new(allowing("name:worker", &[growing]));
        assert_eq!(only(found_by(&mut rules, NOW, &all, &known)).count, 90);
        all[at].name = name;
    }
    let mut rules = Rules::new(allowing("name:worker", &[TOO_MANY]));
    assert_eq!(brief(&found_by(&mut rules, NOW, &all, &known)).len(), 1);
    // Nothing is to be said of a site twice because one of its tasks waits.
    all[0].wait = super::world::wait(WaitKind::Mutex);
    assert_eq!(found(&all, &known).len(), 1);
}
