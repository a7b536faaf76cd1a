//! Waits that seem to have no end.

use loiter_model::{
    Kind, Nanos, Task, WaitId, WaitKind,
    finding::{Certainty, Doubt, Evidence, Finding, FindingKind},
};

use super::{
    assert_silent, brief, only,
    world::{
        Known, LIBRARY, MESSAGE_IN_TIME, MESSAGE_OR_CANCELLED, MESSAGE_OR_REPLY, NOW, OF_LIBRARY,
        OTHER_PLACE, POOL, SAMPLED, SERVER, found, idle, just_below, secs, seq, wait, waiting,
    },
};

const SUSPECTED: Certainty = Certainty::Suspected;
const RECEIVES: [WaitKind; 5] = [
    WaitKind::MpscRecv,
    WaitKind::OneshotRecv,
    WaitKind::BroadcastRecv,
    WaitKind::WatchChanged,
    WaitKind::Notify,
];
const LOCKS: [WaitKind; 5] = [
    WaitKind::Mutex,
    WaitKind::RwLockRead,
    WaitKind::RwLockWrite,
    WaitKind::Semaphore,
    WaitKind::Barrier,
];

#[test]
fn long_sends_and_locks_are_suspected() {
    let sends = [(WaitKind::MpscSend, FindingKind::BlockedSend)];
    let locks = LOCKS.map(|kind| (kind, FindingKind::BlockedLock));
    for (wait, kind) in sends.into_iter().chain(locks) {
        let task = waiting(1, wait);
        let finding = only(found(&[task], &Known::default()));
        assert_eq!((finding.kind, finding.certainty), (kind, SUSPECTED));
        assert_eq!(finding.doubts, [Doubt::FewSamples { count: 0 }]);
        assert_eq!(finding.since, NOW.saturating_sub(secs(60)));

        let usual = Known::default().waited(POOL, 20, secs(6));
        let finding = only(found(&[task], &usual));
        assert_eq!(finding.doubts, []);
        assert!(finding.evidence.contains(&Evidence::SiteWaits {
            p99: secs(6),
            count: 20
        }));

        let slow = Known::default().waited(POOL, 20, Nanos(secs(6).0 + 1));
        assert_silent("usual there", &found(&[task], &slow));
        let too_few = Known::default().waited(POOL, 19, secs(6_000));
        assert_eq!(
            only(found(&[task], &too_few)).doubts,
            [Doubt::FewSamples { count: 19 }]
        );
        for (what, task) in [
            ("not yet", just_below(task)),
            (
                "by design",
                Task {
                    expect_idle: true,
                    ..task
                },
            ),
            (
                "a root",
                Task {
                    kind: Kind::BlockOn,
                    ..task
                },
            ),
        ] {
            assert_silent(what, &found(&[task], &Known::default()));
        }
    }
}

#[test]
fn waits_on_the_world_are_silent() {
    for kind in [
        WaitKind::Accept,
        WaitKind::Signal,
        WaitKind::Sleep,
        WaitKind::IoRead,
        WaitKind::IoWrite,
        WaitKind::Process,
        WaitKind::Select,
        WaitKind::Join,
        WaitKind::Unknown,
    ] {
        // Even where everything else speaks for a leak.
        let tasks: Vec<_> = (1..6)
            .map(|number| Task {
                wakes: 0,
                parent: Some(seq(90)),
                spawned_at: secs(number * 10),
                ..waiting(number, kind)
            })
            .collect();
        let known = Known::default().spawned(POOL, 100).ended(&[90]);
        assert_silent(kind.name(), &found(&tasks, &known));
    }
}

/// Tasks that were spawned one after the other, ten seconds apart.
fn over_time(count: u64, task: impl Fn(u64) -> Task) -> Vec<Task> {
    let tasks = (1..=count).map(|number| Task {
        spawned_at: secs(number * 10),
        ..task(number)
    });
    tasks.collect()
}

#[test]
fn those_that_outlive_their_parents_are_suspected() {
    let known = Known::default().spawned(POOL, 3).ended(&[90, 91]);
    for kind in RECEIVES {
        let tasks = over_time(2, |number| Task {
            parent: Some(seq(89 + number)),
            ..waiting(number, kind)
        });
        let finding = only(found(&tasks, &known));
        assert_eq!(
            (finding.kind, finding.certainty, finding.count),
            (FindingKind::BlockedReceive, SUSPECTED, 2)
        );
        assert!(
            finding
                .evidence
                .contains(&Evidence::ParentEnded { parent: seq(90) })
        );
        assert!(!finding.evidence.contains(&Evidence::NeverWoken));

        let alive = Known::default().spawned(POOL, 3);
        assert_silent("their parents are alive", &found(&tasks, &alive));
        let few = Known::default().spawned(POOL, 2).ended(&[90, 91]);
        assert_silent("no turnover", &found(&tasks, &few));
        let slow = known.clone().waited(POOL, 20, secs(7));
        assert_silent("usual there", &found(&tasks, &slow));
        let change = |change: fn(&mut Task)| {
            let mut tasks = tasks.clone();
            tasks.iter_mut().for_each(change);
            found(&tasks, &known)
        };
        assert_silent("by design", &change(|task| task.expect_idle = true));
        assert_silent("not yet", &change(|task| *task = just_below(*task)));
        assert_silent("roots", &change(|task| task.kind = Kind::BlockOn));
        assert_silent("no parents", &change(|task| task.parent = None));
        assert_silent("one burst", &change(|task| task.spawned_at = secs(10)));
    }
}

#[test]
fn a_burst_ends_after_a_second() {
    let known = Known::default().spawned(POOL, 3).ended(&[90]);
    let spread = |nanos| {
        [0, nanos].map(|nanos| Task {
            seq: seq(1 + nanos),
            parent: Some(seq(90)),
            spawned_at: Nanos(secs(10).0 + nanos),
            ..waiting(1, WaitKind::Notify)
        })
    };
    assert_silent("one burst", &found(&spread(999_999_999), &known));
    assert_eq!(found(&spread(1_000_000_000), &known).len(), 1);
}

#[test]
fn several_that_were_never_woken_are_suspected() {
    let known = Known::default().spawned(POOL, 3);
    let never = |number| Task {
        wakes: 0,
        ..waiting(number, WaitKind::MpscRecv)
    };
    let finding = only(found(&over_time(3, never), &known));
    assert_eq!((finding.certainty, finding.count), (SUSPECTED, 3));
    assert!(finding.evidence.contains(&Evidence::NeverWoken));
    assert_silent("two only", &found(&over_time(2, never), &known));
    let one_woken = |number: u64| Task {
        wakes: u64::from(number == 3),
        ..never(number)
    };
    assert_silent("one was", &found(&over_time(3, one_woken), &known));
    let elsewhere = |number: u64| Task {
        wait: if number == 3 {
            Some(OTHER_PLACE)
        } else {
            never(1).wait
        },
        ..never(number)
    };
    let watched = found(&over_time(3, elsewhere), &known);
    assert_eq!(
        brief(&watched),
        [(FindingKind::BlockedReceive, Certainty::Watch, 1)],
        "the one that is alone there"
    );
}

#[test]
fn those_far_older_than_their_siblings_are_suspected() {
    let tasks = over_time(2, |number| waiting(number, WaitKind::WatchChanged));
    // The younger one is 980 s old.
    let lived = |count, p99| Known::default().spawned(POOL, 22).lived(POOL, count, p99);
    let finding = only(found(&tasks, &lived(20, secs(98))));
    assert_eq!((finding.certainty, finding.count), (SUSPECTED, 2));
    assert!(finding.evidence.contains(&Evidence::SiteLifetimes {
        p99: secs(98),
        count: 20
    }));
    assert_silent("not so old", &found(&tasks, &lived(20, secs(100))));
    assert_silent("few siblings", &found(&tasks, &lived(19, secs(1))));
}

#[test]
fn one_that_was_never_woken_is_watched() {
    let known = Known::default().spawned(POOL, 1);
    for kind in [WaitKind::MpscRecv, WaitKind::OneshotRecv] {
        let task = Task {
            wakes: 0,
            ..waiting(1, kind)
        };
        let finding = only(found(&[task], &known));
        assert_eq!(
            (finding.kind, finding.certainty),
            (FindingKind::BlockedReceive, Certainty::Watch)
        );
        for (what, task) in [
            ("woken", Task { wakes: 1, ..task }),
            ("not yet", just_below(task)),
            (
                "by design",
                Task {
                    expect_idle: true,
                    ..task
                },
            ),
            (
                "a root",
                Task {
                    kind: Kind::BlockOn,
                    ..task
                },
            ),
        ] {
            assert_silent(what, &found(&[task], &known));
        }
        let other = Task {
            seq: seq(2),
            ..task
        };
        assert_silent("two of a pool", &found(&[task, other], &known));
        let slow = known.clone().waited(POOL, 20, secs(7));
        assert_silent("usual there", &found(&[task], &slow));
    }
    for kind in [
        WaitKind::BroadcastRecv,
        WaitKind::WatchChanged,
        WaitKind::Notify,
    ] {
        let listener = Task {
            wakes: 0,
            ..waiting(1, kind)
        };
        assert_silent("waits for the shutdown", &found(&[listener], &known));
    }
}

#[test]
fn a_pool_of_workers_may_be_quiet() {
    let workers: Vec<_> = (1..=8)
        .map(|number| Task {
            wakes: 0,
            ..idle(number, 600)
        })
        .map(|task| Task {
            wait: wait(WaitKind::MpscRecv),
            ..task
        })
        .collect();
    assert_silent(
        "a pool",
        &found(&workers, &Known::default().spawned(POOL, 8)),
    );
}

#[test]
fn writers_of_a_chat_may_be_quiet() {
    // Each greeted its client, and nobody has written since; their readers are alive.
    let tasks = over_time(50, |number| {
        let writer = Task {
            wakes: 1,
            parent: Some(seq(1_000 + number)),
            ..waiting(number, WaitKind::MpscRecv)
        };
        let reader = Task {
            site: SERVER,
            ..waiting(1_000 + number, WaitKind::IoRead)
        };
        if number % 2 == 0 { writer } else { reader }
    });
    let known = Known::default()
        .spawned(POOL, 500)
        .lived(POOL, 450, secs(300))
        .waited(POOL, 4_000, secs(20));
    assert_silent("a chat", &found(&tasks, &known));
}

#[test]
fn a_sampled_wait_is_in_doubt() {
    let known = Known::default().spawned(POOL, 3).ended(&[90]);
    let tasks = over_time(2, |number| Task {
        parent: Some(seq(90)),
        wait: Some(SAMPLED),
        ..idle(number, 60)
    });
    let finding = only(found(&tasks, &known));
    assert_eq!(
        finding.doubts,
        [Doubt::Sampled, Doubt::FewSamples { count: 0 }]
    );
}

fn orphan(number: u64, kind: WaitKind) -> Task {
    Task {
        wakes: 2,
        sole_waker: true,
        woken_by: Some(seq(80)),
        parent: Some(seq(90)),
        ..waiting(number, kind)
    }
}

#[test]
fn whose_only_waker_has_ended_is_orphaned() {
    let known = Known::default().ended(&[80, 90]);
    let kinds = RECEIVES.iter().chain(&LOCKS);
    for kind in kinds.chain(&[WaitKind::MpscSend, WaitKind::Unknown]) {
        let finding = only(found(&[orphan(1, *kind)], &known));
        assert_eq!(
            (finding.kind, finding.certainty),
            (FindingKind::OrphanedWait, SUSPECTED)
        );
        let by = Evidence::WokenOnlyBy {
            waker: seq(80),
            wakes: 2,
        };
        assert!(finding.evidence.contains(&by));
        assert!(
            finding
                .evidence
                .contains(&Evidence::ParentEnded { parent: seq(90) })
        );
    }
    let unknown = Task {
        wait: None,
        ..orphan(1, WaitKind::Unknown)
    };
    assert_eq!(
        only(found(&[unknown], &known)).kind,
        FindingKind::OrphanedWait
    );
}

#[test]
fn an_orphan_needs_an_ended_parent_or_a_wait_far_beyond_the_usual() {
    let task = orphan(1, WaitKind::Notify);
    let waker_ended = Known::default().ended(&[80]);
    assert_silent(
        "the parent may spawn another",
        &found(&[task], &waker_ended),
    );
    let usual = waker_ended.waited(POOL, 20, secs(6));
    assert_eq!(only(found(&[task], &usual)).kind, FindingKind::OrphanedWait);
}

#[test]
fn who_may_still_be_woken_is_no_orphan() {
    let known = Known::default().ended(&[80, 90]);
    let task = orphan(1, WaitKind::Notify);
    for (what, task) in [
        (
            "others woke it too",
            Task {
                sole_waker: false,
                ..task
            },
        ),
        ("woken once only", Task { wakes: 1, ..task }),
        (
            "by the world",
            Task {
                woken_by: None,
                ..task
            },
        ),
        (
            "by design",
            Task {
                expect_idle: true,
                ..task
            },
        ),
        ("not yet", just_below(task)),
        (
            "a root",
            Task {
                kind: Kind::BlockOn,
                ..task
            },
        ),
        (
            "by a living task",
            Task {
                woken_by: Some(seq(81)),
                ..task
            },
        ),
        (
            "keeps a connection",
            Task {
                wait: wait(WaitKind::IoRead),
                ..task
            },
        ),
        (
            "ticks",
            Task {
                wait: wait(WaitKind::Sleep),
                ..task
            },
        ),
        (
            "waits for any of them",
            Task {
                wait: wait(WaitKind::Select),
                ..task
            },
        ),
    ] {
        assert_silent(what, &found(&[task], &known));
    }
}

/// Waits as leaked ones do, but for what they wait on.
fn waiting_on(id: WaitId) -> Vec<Finding> {
    let tasks = over_time(3, |number| Task {
        wakes: 0,
        wait: Some(id),
        ..waiting(number, WaitKind::MpscRecv)
    });
    found(&tasks, &Known::default().spawned(POOL, 3))
}

#[test]
fn a_select_without_a_way_out_is_like_its_branches() {
    assert_eq!(
        brief(&waiting_on(MESSAGE_OR_REPLY)),
        [(FindingKind::BlockedReceive, SUSPECTED, 3)]
    );
    assert_silent("cancellable", &waiting_on(MESSAGE_OR_CANCELLED));
}

#[test]
fn what_libraries_keep_for_later_is_silent() {
    let of_library = |number, wait| Task {
        wakes: 0,
        site: LIBRARY,
        wait: Some(wait),
        ..waiting(number, WaitKind::MpscRecv)
    };
    let known = Known::default().spawned(LIBRARY, 100);
    let pool = over_time(3, |number| of_library(number, OF_LIBRARY));
    assert_silent("a pool of connections", &found(&pool, &known));
    let alone = of_library(1, OTHER_PLACE);
    assert_silent(
        "a future that is handed to a library",
        &found(&[alone], &known),
    );
    let handed_over = over_time(3, |number| of_library(number, OTHER_PLACE));
    assert_eq!(
        brief(&found(&handed_over, &known)),
        [(FindingKind::BlockedReceive, SUSPECTED, 3)]
    );
}

#[test]
fn a_wait_with_a_timeout_ends_by_itself() {
    assert_silent("timeout", &waiting_on(MESSAGE_IN_TIME));
}

#[test]
fn an_orphan_is_not_told_twice() {
    let known = Known::default().spawned(POOL, 3).ended(&[80, 90]);
    let tasks = over_time(3, |number| orphan(number, WaitKind::MpscRecv));
    assert_eq!(
        brief(&found(&tasks, &known)),
        [(FindingKind::OrphanedWait, SUSPECTED, 3)]
    );
}
