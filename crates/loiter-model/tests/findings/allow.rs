//! What is right as it is.

use loiter_model::{
    Task, WaitKind,
    finding::{Finding, FindingKind, RuleSettings, Rules},
};

use super::{
    assert_silent, only,
    world::{CHECKOUT, Known, NOW, OTHER, SERVER, allow, found_by, waiting},
};

fn task() -> Task {
    Task {
        scope: Some(CHECKOUT),
        ..waiting(1, WaitKind::MpscSend)
    }
}

fn found_but(filters: &[(&str, &[FindingKind])], tasks: &[Task]) -> (Vec<Finding>, Vec<u64>) {
    let entries = filters.iter().map(|(filter, kinds)| allow(filter, kinds));
    let mut rules = Rules::new(RuleSettings {
        allow: entries.collect(),
        ..RuleSettings::default()
    });
    let findings = found_by(&mut rules, NOW, tasks, &Known::default());
    (findings, rules.allowed().to_vec())
}

#[test]
fn an_entry_names_tasks_by_anything() {
    for filter in [
        "",
        "site:pool.rs",
        "name:worker",
        "scope:checkout",
        "wait:\"mpsc send\"",
        "wait:next_job",
        "seq:1",
        "blocked",
        "pool",
    ] {
        let (findings, allowed) = found_but(&[(filter, &[])], &[task()]);
        assert_silent(filter, &findings);
        assert_eq!(allowed, [1]);
    }
    for filter in [
        "site:server",
        "name:other",
        "scope:worker",
        "wait:recv",
        "seq:2",
        "idle>2m",
    ] {
        let (findings, allowed) = found_but(&[(filter, &[])], &[task()]);
        assert_eq!(findings.len(), 1, "{filter}");
        assert_eq!(allowed, [0]);
    }
}

#[test]
fn an_entry_is_about_its_kinds_only() {
    let send = FindingKind::BlockedSend;
    let (findings, allowed) = found_but(&[("", &[FindingKind::BlockedLock, send])], &[task()]);
    assert_silent("its kind", &findings);
    assert_eq!(allowed, [1]);
    let (findings, allowed) = found_but(&[("", &[FindingKind::BlockedLock])], &[task()]);
    assert_eq!((only(findings).kind, allowed.as_slice()), (send, &[0][..]));
}

#[test]
fn the_first_entry_that_helps_is_counted() {
    let tasks: Vec<_> = (1..=5)
        .map(|number| Task {
            name: Some(if number < 3 { OTHER } else { CHECKOUT }),
            ..waiting(number, WaitKind::MpscSend)
        })
        .collect();
    let filters: &[(&str, &[FindingKind])] = &[
        ("", &[FindingKind::Hogging]),
        ("name:other", &[]),
        ("seq:1,3", &[]),
        ("site:pool", &[FindingKind::BlockedSend]),
        ("site:pool", &[]),
    ];
    let (findings, allowed) = found_but(filters, &tasks);
    assert_silent("all", &findings);
    assert_eq!(allowed, [0, 2, 1, 2, 0]);
}

#[test]
fn only_the_others_are_told() {
    let tasks: Vec<_> = (1..=5)
        .map(|number| Task {
            site: if number < 3 { SERVER } else { task().site },
            ..waiting(number, WaitKind::MpscSend)
        })
        .collect();
    let (findings, allowed) = found_but(&[("site:server", &[])], &tasks);
    assert_eq!((only(findings).count, allowed.as_slice()), (3, &[2][..]));
}

#[test]
fn the_same_tasks_are_not_counted_again_in_every_scan() {
    let mut rules = Rules::new(super::world::allowing("", &[]));
    assert_eq!(rules.allowed(), [0]);
    for count in [2, 3, 1] {
        let tasks: Vec<_> = (1..=count)
            .map(|number| waiting(number, WaitKind::Mutex))
            .collect();
        found_by(&mut rules, NOW, &tasks, &Known::default());
    }
    assert_eq!(rules.allowed(), [3]);
}

#[test]
fn what_would_not_be_told_is_not_counted() {
    let (_, allowed) = found_but(&[("", &[])], &[waiting(1, WaitKind::IoRead)]);
    assert_eq!(allowed, [0]);
}
