//! Tasks that nothing can wake.

use loiter_model::{
    Kind, Nanos, State, Task, WaitId, WaitKind,
    finding::{Certainty, Doubt, Evidence, FindingKind, RuleSettings, Rules},
};

use super::{
    assert_silent, brief, only,
    world::{Known, NOW, SAMPLED, SAMPLED_NOTHING, found, found_by, idle, just_below, secs, wait},
};

const NO_WAKER: FindingKind = FindingKind::NoWaker;

/// A look confirmed it.
fn dead(number: u64) -> Task {
    Task {
        live_wakers: 0,
        wait: wait(WaitKind::Nothing),
        ..idle(number, 10)
    }
}

/// Nobody could look.
fn unlooked(number: u64) -> Task {
    Task {
        wait: None,
        ..dead(number)
    }
}

#[test]
fn a_look_that_meets_no_waker_proves_it() {
    for kind in [Kind::Task, Kind::Local] {
        let finding = only(found(&[Task { kind, ..dead(1) }], &Known::default()));
        assert_eq!(
            (finding.kind, finding.certainty),
            (NO_WAKER, Certainty::Proved)
        );
        assert_eq!(finding.wait, wait(WaitKind::Nothing));
        assert_eq!(
            finding.evidence,
            [
                Evidence::Idle {
                    longest: secs(10),
                    median: secs(10)
                },
                Evidence::NoLiveWaker,
                Evidence::ConfirmedByLook,
            ]
        );
    }
}

#[test]
fn waiting_by_design_does_not_excuse_it() {
    let task = Task {
        expect_idle: true,
        ..dead(1)
    };
    assert_eq!(only(found(&[task], &Known::default())).kind, NO_WAKER);
}

#[test]
fn what_comes_close_is_none() {
    let dead = dead(1);
    for (what, task) in [
        ("just below the limit", just_below(dead)),
        (
            "a waker is left",
            Task {
                live_wakers: 1,
                ..dead
            },
        ),
        ("never polled", Task { polls: 0, ..dead }),
        (
            "a root",
            Task {
                kind: Kind::BlockOn,
                ..dead
            },
        ),
        (
            "on the blocking pool",
            Task {
                kind: Kind::Blocking,
                ..dead
            },
        ),
        (
            "a part of a task",
            Task {
                may_be_part: true,
                ..dead
            },
        ),
        (
            "not idle",
            Task {
                state: State::Scheduled,
                in_state: Nanos(1),
                ..dead
            },
        ),
        (
            "ended",
            Task {
                state: State::Ended,
                ..dead
            },
        ),
    ] {
        assert_silent(what, &found(&[task], &Known::default()));
    }
}

#[test]
fn without_a_look_it_takes_two_scans() {
    let known = Known::default();
    for (wait, doubts) in [
        (None, &[][..]),
        (Some(WaitId(999)), &[]),
        (Some(SAMPLED_NOTHING), &[Doubt::Sampled]),
        (Some(SAMPLED), &[Doubt::Sampled]),
    ] {
        let task = Task {
            wait,
            ..unlooked(1)
        };
        let mut rules = Rules::new(RuleSettings::default());
        assert_silent("the first", &found_by(&mut rules, NOW, &[task], &known));
        let later = NOW.saturating_add(secs(1));
        let finding = only(found_by(&mut rules, later, &[task], &known));
        assert_eq!(
            (finding.kind, finding.certainty),
            (NO_WAKER, Certainty::Suspected)
        );
        assert_eq!(finding.doubts, doubts);
        let polled = Task { polls: 4, ..task };
        assert_silent("polled", &found_by(&mut rules, later, &[polled], &known));
        let finding = only(found_by(&mut rules, later, &[polled], &known));
        assert_eq!(finding.kind, NO_WAKER);
    }
}

#[test]
fn a_waker_between_two_scans_counts() {
    let mut rules = Rules::new(RuleSettings::default());
    let known = Known::default();
    let woken = Task {
        live_wakers: 1,
        ..unlooked(1)
    };
    for task in [unlooked(1), woken, unlooked(1)] {
        assert_silent("it had one", &found_by(&mut rules, NOW, &[task], &known));
    }
}

#[test]
fn looked_at_and_not_are_two_findings() {
    let tasks = [unlooked(1), unlooked(2), dead(3)];
    let mut rules = Rules::new(RuleSettings::default());
    found_by(&mut rules, NOW, &tasks, &Known::default());
    let findings = found_by(&mut rules, NOW, &tasks, &Known::default());
    assert_eq!(
        brief(&findings),
        [
            (NO_WAKER, Certainty::Proved, 1),
            (NO_WAKER, Certainty::Suspected, 2)
        ]
    );
    assert_ne!(findings[0].key(), findings[1].key());
}
