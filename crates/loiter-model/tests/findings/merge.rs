//! Tasks of which the same is to be said, and which findings come first.

use loiter_model::{
    Kind, Nanos, State, Task, WaitKind,
    finding::{Certainty, Doubt, Evidence, Finding, FindingKind},
};

use super::{
    brief, only,
    world::{
        CHECKOUT, Known, NOW, OTHER, OTHER_PLACE, OTHER_STACK, POOL, SERVER, WORKER, found, idle,
        secs, seq, wait, waiting,
    },
};

fn sending(number: u64, idle_secs: u64) -> Task {
    Task {
        wait: wait(WaitKind::MpscSend),
        ..idle(number, idle_secs)
    }
}

#[test]
fn alike_waits_are_one_finding() {
    let tasks: Vec<_> = (1..=100)
        .map(|number| sending(number, 10 + number))
        .collect();
    let finding = only(found(&tasks, &Known::default()));
    assert_eq!((finding.count, finding.bytes), (100, 10_000));
    assert_eq!((finding.name, finding.scope), (Some(WORKER), None));
    let oldest: Vec<_> = (93..=100).rev().map(seq).collect();
    assert_eq!(finding.sample, oldest);
    assert_eq!(finding.since, NOW.saturating_sub(secs(110)));
    let Some(Evidence::Idle { longest, median }) = finding.evidence.first() else {
        panic!("{finding:?}");
    };
    assert_eq!(*longest, secs(110));
    assert!((secs(52)..secs(68)).contains(median), "{median}");
}

#[test]
fn other_sites_and_places_are_other_findings() {
    let receiving = |number, wait, site| Task {
        wait: Some(wait),
        wakes: 0,
        site,
        parent: Some(seq(90)),
        spawned_at: secs(number * 10),
        ..idle(number, 60)
    };
    let recv = loiter_model::WaitId(WaitKind::MpscRecv as u32);
    let tasks = [
        receiving(1, OTHER_STACK, POOL),
        receiving(2, recv, POOL),
        receiving(3, OTHER_PLACE, POOL),
        receiving(4, OTHER_PLACE, POOL),
        receiving(5, recv, SERVER),
        receiving(6, recv, SERVER),
        receiving(7, recv, SERVER),
    ];
    let known = Known::default()
        .spawned(POOL, 9)
        .spawned(SERVER, 9)
        .ended(&[90]);
    let findings = found(&tasks, &known);
    let by: Vec<_> = findings
        .iter()
        .map(|it| (it.site, it.wait, it.count))
        .collect();
    assert_eq!(
        by,
        [
            (Some(SERVER), Some(recv), 3),
            (Some(POOL), Some(recv), 2),
            (Some(POOL), Some(OTHER_PLACE), 2),
        ]
    );
}

#[test]
fn a_name_or_scope_is_told_when_all_have_it() {
    let named = |names: [_; 2], scopes: [_; 2]| {
        let tasks = [0, 1].map(|at| Task {
            name: names[at],
            scope: scopes[at],
            ..sending(1 + at as u64, 60)
        });
        let finding = only(found(&tasks, &Known::default()));
        (finding.name, finding.scope)
    };
    let (worker, other, checkout) = (Some(WORKER), Some(OTHER), Some(CHECKOUT));
    assert_eq!(named([worker; 2], [checkout; 2]), (worker, checkout));
    assert_eq!(named([worker, other], [checkout, None]), (None, None));
    assert_eq!(named([None, worker], [None; 2]), (None, None));
}

#[test]
fn the_sure_ones_come_first_then_the_heavy_ones() {
    let running = Task {
        state: State::Running,
        in_state: secs(1),
        ..idle(1, 0)
    };
    let blocking = Task {
        kind: Kind::Blocking,
        state: State::Running,
        in_state: secs(100_000),
        ..idle(2, 0)
    };
    let lock = Task {
        site: SERVER,
        ..waiting(3, WaitKind::Mutex)
    };
    let large = Task {
        size: Some(10_000),
        ..waiting(4, WaitKind::RwLockRead)
    };
    let tasks = [
        blocking,
        lock,
        large,
        sending(5, 30),
        sending(6, 31),
        running,
    ];
    let kinds = brief(&found(&tasks, &Known::default()));
    assert_eq!(
        kinds,
        [
            (FindingKind::Hogging, Certainty::Proved, 1),
            // 2 tasks for 31 s, then one for 60 s with more bytes than the other.
            (FindingKind::BlockedSend, Certainty::Suspected, 2),
            (FindingKind::BlockedLock, Certainty::Suspected, 1),
            (FindingKind::BlockedLock, Certainty::Suspected, 1),
            (FindingKind::LongBlocking, Certainty::Watch, 1),
        ]
    );
    let findings = found(&tasks, &Known::default());
    assert_eq!([findings[2].bytes, findings[3].bytes], [10_000, 100]);
}

#[test]
fn doubts_are_about_what_is_not_proved() {
    let doubts = vec![Doubt::Untracked { tasks: 3 }, Doubt::Unseen { tasks: 4 }];
    let known = Known {
        doubts: doubts.clone(),
        ..Known::default()
    }
    .waited(POOL, 20, Nanos(1));
    let hogging = Task {
        state: State::Running,
        ..sending(2, 60)
    };
    let findings = found(&[sending(1, 60), hogging], &known);
    let with = |finding: &Finding| (finding.kind, finding.doubts.clone());
    assert_eq!(
        findings.iter().map(with).collect::<Vec<_>>(),
        [
            (FindingKind::Hogging, Vec::new()),
            (FindingKind::BlockedSend, doubts),
        ]
    );
}
