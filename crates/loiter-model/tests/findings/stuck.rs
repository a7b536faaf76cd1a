//! Cycles, and those that hang on what never goes on.

use loiter_model::{
    Kind, Task, WaitKind,
    finding::{Certainty, Evidence, Finding, FindingKind, Rules},
};

use super::{
    assert_silent, brief, only,
    world::{
        JOIN_WITH_TIMEOUT, Known, NOW, SAMPLED, SERVER, allowing, found, found_by, idle,
        just_below, secs, seq, wait, waiting,
    },
};

const CYCLE: FindingKind = FindingKind::WaitCycle;
const DEAD: FindingKind = FindingKind::DeadByAssociation;
const PROVED: Certainty = Certainty::Proved;

fn joining(number: u64) -> Task {
    waiting(number, WaitKind::Join)
}

fn cycles(finding: &Finding) -> Vec<Vec<u64>> {
    let cycles = finding
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Cycle { tasks } => Some(tasks.iter().map(|task| task.get()).collect()),
            _ => None,
        });
    cycles.collect()
}

#[test]
fn a_cycle_is_found_from_wherever_one_begins() {
    for (pairs, cycle) in [
        (&[(1, 1)][..], &[1][..]),
        (&[(1, 2), (2, 1)], &[1, 2]),
        (&[(1, 3), (3, 2), (2, 1)], &[1, 3, 2]),
    ] {
        let mut tasks: Vec<_> = cycle.iter().map(|task| joining(*task)).collect();
        let known = Known::default().waiting_for(pairs);
        for _ in 0..tasks.len() {
            tasks.rotate_left(1);
            let finding = only(found(&tasks, &known));
            let count = cycle.len() as u64;
            assert_eq!(
                (finding.kind, finding.certainty, finding.count),
                (CYCLE, PROVED, count)
            );
            assert_eq!(cycles(&finding), [cycle]);
            assert_eq!(
                finding.evidence[0],
                Evidence::Idle {
                    longest: secs(60),
                    median: secs(60)
                }
            );
            assert_eq!(finding.evidence.len(), 2);
        }
    }
}

#[test]
fn who_hangs_on_a_cycle_is_dead_by_association() {
    // 5 → 4 → 1 ⇄ 2, and 3 waits for nobody.
    let tasks = [1, 2, 3, 4, 5].map(joining);
    let known = Known::default().waiting_for(&[(5, 4), (4, 1), (1, 2), (2, 1)]);
    let findings = found(&tasks, &known);
    assert_eq!(brief(&findings), [(CYCLE, PROVED, 2), (DEAD, PROVED, 2)]);
    assert_eq!(findings[1].sample, [seq(4), seq(5)]);
    assert!(
        findings[1]
            .evidence
            .contains(&Evidence::WaitsForEndOf { task: seq(1) })
    );
}

#[test]
fn who_waits_for_a_task_without_a_waker_is_dead_by_association() {
    let dead = Task {
        live_wakers: 0,
        wait: wait(WaitKind::Nothing),
        ..idle(1, 60)
    };
    let known = Known::default().waiting_for(&[(2, 1), (3, 2)]);
    // A lock that a dead task holds is one finding, and no blocked lock besides.
    let tasks = [dead, joining(2), waiting(3, WaitKind::Mutex)];
    let findings = found(&tasks, &known);
    assert_eq!(
        brief(&findings),
        [
            (FindingKind::NoWaker, PROVED, 1),
            (DEAD, PROVED, 1),
            (DEAD, PROVED, 1)
        ]
    );
    let mut all = Vec::new();
    findings
        .iter()
        .for_each(|finding| all.extend_from_slice(&finding.sample));
    all.sort();
    assert_eq!(all, [seq(1), seq(2), seq(3)]);
}

#[test]
fn nobody_is_stuck_while_one_may_go_on() {
    let (first, second) = (joining(1), joining(2));
    let known = Known::default().waiting_for(&[(1, 2), (2, 1)]);
    for (what, second) in [
        ("not yet blocked", just_below(second)),
        (
            "with a timeout",
            Task {
                wait: Some(JOIN_WITH_TIMEOUT),
                ..second
            },
        ),
        (
            "one of several",
            Task {
                wait: wait(WaitKind::Select),
                ..second
            },
        ),
        (
            "a part of a task",
            Task {
                may_be_part: true,
                ..second
            },
        ),
        (
            "a root",
            Task {
                kind: Kind::BlockOn,
                ..second
            },
        ),
    ] {
        assert_silent(what, &found(&[first, second], &known));
    }
    assert_silent("the other is not there", &found(&[first], &known));
    let known = Known::default().waiting_for(&[(1, 2)]);
    assert_silent("no cycle", &found(&[first, second], &known));
}

#[test]
fn a_cycle_needs_no_look() {
    let known = Known::default().waiting_for(&[(1, 2), (2, 1)]);
    let finding = only(found(&[idle(1, 60), idle(2, 60)], &known));
    assert_eq!((finding.kind, finding.wait), (CYCLE, None));
    let sampled = [1, 2].map(|number| Task {
        wait: Some(SAMPLED),
        ..idle(number, 60)
    });
    assert_eq!(only(found(&sampled, &known)).doubts, []);
}

#[test]
fn cycles_of_the_same_tasks_are_one_finding() {
    let pair = |number: u64, site| Task {
        site,
        ..joining(number)
    };
    let tasks: Vec<_> = (0..5)
        .flat_map(|pair_of| {
            [
                pair(10 + pair_of, SERVER),
                pair(20 + pair_of, super::world::POOL),
            ]
        })
        .collect();
    let pairs: Vec<_> = (0..5)
        .flat_map(|of| [(10 + of, 20 + of), (20 + of, 10 + of)])
        .collect();
    let finding = only(found(&tasks, &Known::default().waiting_for(&pairs)));
    assert_eq!(finding.count, 10);
    assert_eq!(finding.site, Some(super::world::POOL));
    assert_eq!(cycles(&finding), [[20, 10], [21, 11], [22, 12]]);
}

#[test]
fn a_cycle_that_is_allowed_has_no_dead_either() {
    let tasks = [joining(1), joining(2), joining(3)];
    let known = Known::default().waiting_for(&[(1, 2), (2, 1), (3, 1)]);
    let mut rules = Rules::new(allowing("seq:2", &[CYCLE]));
    assert_silent("allowed", &found_by(&mut rules, NOW, &tasks, &known));
    assert_eq!(rules.allowed(), [2]);
}

#[test]
fn a_long_chain_is_followed_without_recursion() {
    let count = 100_000;
    let tasks: Vec<_> = (1..=count).map(joining).collect();
    let mut pairs: Vec<_> = (2..=count).map(|task| (task, task - 1)).collect();
    pairs.push((1, 1));
    let findings = found(&tasks, &Known::default().waiting_for(&pairs));
    assert_eq!(
        brief(&findings),
        [(DEAD, PROVED, count - 1), (CYCLE, PROVED, 1)]
    );
}
