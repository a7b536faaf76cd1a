//! Locks of which it is known who holds them.

use loiter_model::{
    Task, WaitKind,
    finding::{Certainty, Evidence, Finding, FindingKind},
};

use super::{
    assert_silent, brief, only,
    world::{JOIN_WITH_TIMEOUT, Known, POOL, found, idle, just_below, secs, seq, waiting},
};

const CYCLE: FindingKind = FindingKind::WaitCycle;
const LOCK: FindingKind = FindingKind::BlockedLock;
const PROVED: Certainty = Certainty::Proved;
const SUSPECTED: Certainty = Certainty::Suspected;

fn locking(number: u64) -> Task {
    waiting(number, WaitKind::Mutex)
}

fn held(waiter: u64, holder: u64) -> Evidence {
    Evidence::Held {
        waiter: seq(waiter),
        holder: seq(holder),
        what: format!("Mutex of {holder}").into(),
    }
}

fn cycle(tasks: &[u64]) -> Evidence {
    Evidence::Cycle {
        tasks: tasks.iter().map(|task| seq(*task)).collect(),
    }
}

fn only_cycle(tasks: &[Task], known: &Known) -> Finding {
    let finding = only(found(tasks, known));
    assert_eq!((finding.kind, finding.certainty), (CYCLE, SUSPECTED));
    finding
}

#[test]
fn two_that_hold_what_the_other_wants_are_suspected() {
    let tasks = [locking(1), locking(2)];
    let known = Known::default().holding(&[(1, 2), (2, 1)]);
    let finding = only_cycle(&tasks, &known);
    assert_eq!(finding.count, 2);
    assert_eq!(
        finding.evidence[1..],
        [cycle(&[1, 2]), held(1, 2), held(2, 1)]
    );
    // Also where nobody saw on what they wait.
    let unseen = [1, 2].map(|number| Task {
        wait: None,
        ..locking(number)
    });
    only_cycle(&unseen, &known);
}

#[test]
fn one_that_wants_what_it_holds_is_a_cycle_of_its_own() {
    let finding = only_cycle(&[locking(1)], &Known::default().holding(&[(1, 1)]));
    assert_eq!(finding.evidence[1..], [cycle(&[1]), held(1, 1)]);
}

#[test]
fn an_end_and_a_lock_make_a_cycle_that_is_suspected_too() {
    // 1 waits for the end of 2, which wants what 1 holds.
    let tasks = [waiting(1, WaitKind::Join), locking(2)];
    let known = Known::default().waiting_for(&[(1, 2)]).holding(&[(2, 1)]);
    let finding = only_cycle(&tasks, &known);
    assert_eq!(finding.evidence[1..], [cycle(&[1, 2]), held(2, 1)]);
}

#[test]
fn whoever_wants_a_lock_is_told_who_holds_it() {
    // 3 wants what 1 holds, which is one of a cycle; 4 wants what one holds that runs on.
    let tasks = [locking(1), locking(2), locking(3), locking(4)];
    let known = Known::default()
        .holding(&[(1, 2), (2, 1), (3, 1), (4, 9)])
        .waited(POOL, 1_000, secs(1));
    let findings = found(&tasks, &known);
    assert_eq!(
        brief(&findings),
        [(CYCLE, SUSPECTED, 2), (LOCK, SUSPECTED, 2)]
    );
    assert!(findings[1].evidence.contains(&held(3, 1)), "{findings:?}");
    let unseen = Task {
        wait: None,
        ..locking(4)
    };
    let finding = only(found(&[unseen], &known));
    assert_eq!(finding.kind, LOCK);
    assert!(finding.evidence.contains(&held(4, 9)));
}

#[test]
fn what_may_end_otherwise_is_no_cycle() {
    let known = Known::default().holding(&[(1, 2), (2, 1)]);
    let pair = |second: Task| [locking(1), second];
    let is_cycle = |tasks: &[Task], known: &Known| {
        found(tasks, known)
            .iter()
            .any(|finding| finding.kind == CYCLE)
    };
    assert!(is_cycle(&pair(locking(2)), &known));
    assert!(!is_cycle(&pair(just_below(locking(2))), &known));
    assert!(!is_cycle(&[locking(1)], &known));
    let part = Task {
        may_be_part: true,
        ..locking(2)
    };
    assert!(!is_cycle(&pair(part), &known));
    let with_timeout = Task {
        wait: Some(JOIN_WITH_TIMEOUT),
        ..idle(2, 60)
    };
    assert!(!is_cycle(&pair(with_timeout), &known));
    let mut also = known.clone();
    if let Some(held) = also.held.get_mut(&seq(2)) {
        held.is_all = false;
    }
    assert!(!is_cycle(&pair(locking(2)), &also));
}

#[test]
fn what_is_proved_stays_so() {
    // 1 and 2 wait for each other's end; a lock that 3 wants changes nothing.
    let tasks = [
        waiting(1, WaitKind::Join),
        waiting(2, WaitKind::Join),
        locking(3),
    ];
    let known = Known::default()
        .waiting_for(&[(1, 2), (2, 1)])
        .holding(&[(1, 3), (3, 1)]);
    let findings = found(&tasks, &known);
    assert_eq!(brief(&findings), [(CYCLE, PROVED, 2), (LOCK, SUSPECTED, 1)]);
    assert_silent("not blocked yet", &found(&[just_below(locking(1))], &known));
}
