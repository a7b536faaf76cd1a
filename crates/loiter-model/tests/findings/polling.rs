//! Tasks that are not idle: hogging, starved, spinning, and functions on the blocking pool; and
//! lost wakeups.

use loiter_model::{
    Kind, NameId, Nanos, SiteId, State, Task, Thresholds,
    finding::{Certainty, Doubt, Evidence, FindingKind, LostWakeup, RuleSettings, Rules},
};

use super::{
    assert_silent, brief, only,
    world::{Known, LIBRARY, NOW, POOL, SERVER, TOKIO, allowing, found, found_by, idle, secs, seq},
};

fn in_state(number: u64, state: State, nanos: u64) -> Task {
    Task {
        state,
        in_state: Nanos(nanos),
        ..idle(number, 0)
    }
}

#[test]
fn a_poll_is_hogging_from_its_limit_on() {
    for kind in [Kind::Task, Kind::Local] {
        let poll = |nanos| Task {
            kind,
            ..in_state(1, State::Running, nanos)
        };
        let known = Known::default();
        assert_silent("just below", &found(&[poll(999_999_999)], &known));
        let finding = only(found(&[poll(1_000_000_000)], &known));
        assert_eq!(
            (finding.kind, finding.certainty),
            (FindingKind::Hogging, Certainty::Proved)
        );
        assert_eq!(finding.evidence, [Evidence::Polling { longest: secs(1) }]);
        assert_eq!(finding.since, NOW.saturating_sub(secs(1)));
    }
    // It has a thread of its own.
    let root = Task {
        kind: Kind::BlockOn,
        ..in_state(1, State::Running, secs(60).0)
    };
    assert_silent("a root", &found(&[root], &Known::default()));
}

#[test]
fn a_poll_that_gave_its_worker_away_hogs_nothing() {
    let long = Task {
        in_place: true,
        ..in_state(1, State::Running, secs(2).0)
    };
    let other = in_state(2, State::Running, secs(3).0);
    let known = Known::default();
    assert_silent("in place", &found(&[long], &known));
    let finding = only(found(&[long, other], &known));
    assert_eq!(finding.sample, [seq(2)]);
    assert_eq!(finding.certainty, Certainty::Proved);
}

#[test]
fn a_poll_that_may_have_given_its_worker_away_is_suspected() {
    let known = Known {
        is_place_unseen: true,
        ..Known::default()
    };
    let long = in_state(1, State::Running, secs(2).0);
    let finding = only(found(&[long], &known));
    assert_eq!(
        (finding.kind, finding.certainty, finding.doubts.as_slice()),
        (
            FindingKind::Hogging,
            Certainty::Suspected,
            &[Doubt::InPlace][..]
        )
    );
    let mut rules = Rules::new(allowing("site:pool.rs", &[]));
    assert_silent("allowed", &found_by(&mut rules, NOW, &[long], &known));
    assert_eq!(rules.allowed(), [1]);
}

#[test]
fn a_burst_of_spawns_is_starved_only_when_no_worker_comes() {
    let burst = |nanos| {
        let tasks = (1..=10_000).map(|number| in_state(number, State::Scheduled, nanos));
        found(&tasks.collect::<Vec<_>>(), &Known::default())
    };
    assert_silent("just below", &burst(99_999_999));
    let finding = only(burst(100_000_000));
    assert_eq!(
        (finding.kind, finding.certainty, finding.count),
        (FindingKind::Starved, Certainty::Proved, 10_000)
    );
    let longest = Nanos::from_millis(100);
    assert_eq!(finding.evidence, [Evidence::Scheduled { longest }]);
}

#[test]
fn a_part_is_polled_when_its_task_pleases() {
    let part = |polls| Task {
        polls,
        may_be_part: true,
        ..in_state(1, State::Scheduled, secs(60).0)
    };
    for polls in [0, 1] {
        assert_silent("a part", &found(&[part(polls)], &Known::default()));
    }
}

#[test]
fn the_limits_are_those_that_were_set() {
    let thresholds = Thresholds {
        blocked_after: Nanos(3),
        hogging_after: Nanos(2),
        starved_after: Nanos(1),
        ..Thresholds::default()
    };
    let mut rules = Rules::new(RuleSettings {
        thresholds,
        ..RuleSettings::default()
    });
    let blocked = Task {
        in_state: Nanos(3),
        live_wakers: 0,
        wait: super::world::wait(loiter_model::WaitKind::Nothing),
        ..idle(3, 0)
    };
    let tasks = [
        in_state(1, State::Running, 2),
        in_state(2, State::Scheduled, 1),
        blocked,
    ];
    let findings = found_by(&mut rules, NOW, &tasks, &Known::default());
    let mut kinds: Vec<_> = findings.iter().map(|finding| finding.kind).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            FindingKind::NoWaker,
            FindingKind::Hogging,
            FindingKind::Starved
        ]
    );
}

#[test]
fn a_function_of_the_programs_own_holds_its_thread_for_long() {
    let long = Task {
        kind: Kind::Blocking,
        ..in_state(1, State::Running, secs(10).0)
    };
    let known = Known::default();
    let finding = only(found(&[long], &known));
    assert_eq!(
        (finding.kind, finding.certainty),
        (FindingKind::LongBlocking, Certainty::Watch)
    );
    assert_eq!(finding.evidence, [Evidence::Polling { longest: secs(10) }]);
    for (what, task) in [
        (
            "just below",
            Task {
                in_state: Nanos(secs(10).0 - 1),
                ..long
            },
        ),
        (
            "by design",
            Task {
                expect_idle: true,
                ..long
            },
        ),
        (
            "tokio's",
            Task {
                site: TOKIO,
                ..long
            },
        ),
        (
            "a library's",
            Task {
                site: LIBRARY,
                ..long
            },
        ),
        (
            "of nobody knows where",
            Task {
                site: SiteId(77),
                ..long
            },
        ),
    ] {
        assert_silent(what, &found(&[task], &known));
    }
}

#[test]
fn a_low_limit_for_waits_makes_no_function_long() {
    let thresholds = Thresholds {
        blocked_after: Nanos(1),
        ..Thresholds::default()
    };
    let mut rules = Rules::new(RuleSettings {
        thresholds,
        ..RuleSettings::default()
    });
    let short = Task {
        kind: Kind::Blocking,
        ..in_state(1, State::Running, secs(9).0)
    };
    assert_silent(
        "9 s",
        &found_by(&mut rules, NOW, &[short], &Known::default()),
    );
}

/// What scans find of a task whose counts are these when one begins, second by second.
fn scanned(counts: impl IntoIterator<Item = (u64, u64, State)>) -> Vec<Option<Evidence>> {
    let mut rules = Rules::new(RuleSettings::default());
    let scans = (0..)
        .zip(counts)
        .map(|(second, (wakes, self_wakes, state))| {
            let task = Task {
                wakes,
                self_wakes,
                ..in_state(1, state, 1_000)
            };
            let at = NOW.saturating_add(secs(second));
            let findings = found_by(&mut rules, at, &[task], &Known::default());
            assert!(findings.len() <= 1, "{findings:?}");
            findings.into_iter().next().map(|finding| {
                assert_eq!(
                    (finding.kind, finding.certainty),
                    (FindingKind::BusyLoop, Certainty::Suspected)
                );
                assert_eq!(finding.since, NOW, "since the first scan");
                finding.evidence[0].clone()
            })
        });
    scans.collect()
}

#[test]
fn a_busy_loop_wakes_itself_for_five_seconds() {
    // 90 of 100 wakes, 100 a second.
    let spins = |second: u64| (7 + second * 111, 1 + second * 100, State::Scheduled);
    let evidence = Evidence::SelfWakes {
        per_second: 100,
        percent: 90,
    };
    let found = scanned((0..7).map(spins));
    assert_eq!(found[..5], [const { None }; 5]);
    assert_eq!(found[5..], [Some(evidence.clone()), Some(evidence)]);
}

#[test]
fn what_comes_close_is_no_busy_loop() {
    let never = |what: &str, counts: fn(u64) -> (u64, u64, State)| {
        let found = scanned((0..20).map(counts));
        assert!(found.iter().all(Option::is_none), "{what}: {found:?}");
    };
    never("too seldom", |second| {
        (1 + second * 99, 1 + second * 99, State::Running)
    });
    never("others wake it", |second| {
        (1 + second * 113, 1 + second * 100, State::Running)
    });
    never("idle at times", |second| {
        let state = if second % 5 == 4 {
            State::Idle
        } else {
            State::Running
        };
        (1 + second * 1_000, 1 + second * 1_000, state)
    });
    never("rests at times", |second| {
        let wakes = 1 + 1_000 * (second - second / 5);
        (wakes, wakes, State::Running)
    });
}

#[test]
fn scans_in_quick_succession_say_no_more_than_slow_ones() {
    let mut rules = Rules::new(RuleSettings::default());
    let known = Known::default();
    let mut told = Vec::new();
    for tick in 0..80 {
        let at = NOW.saturating_add(Nanos::from_millis(tick * 100));
        // In steps of ten seconds' worth: between two scans it is far too much or nothing.
        let wakes = 1 + tick / 10 * 150;
        let task = Task {
            wakes,
            self_wakes: wakes,
            ..in_state(1, State::Running, 1_000)
        };
        if !found_by(&mut rules, at, &[task], &known).is_empty() {
            told.push(tick);
        }
    }
    assert_eq!(told, (50..80).collect::<Vec<_>>());
}

fn lost(number: u64, site: SiteId, at: Nanos, idle: u64) -> LostWakeup {
    LostWakeup {
        task: seq(number),
        site,
        name: Some(NameId(0)),
        at,
        idle: secs(idle),
    }
}

#[test]
fn lost_wakeups_of_a_site_are_one_finding_for_ten_minutes() {
    let ago = |ago| NOW.saturating_sub(secs(ago));
    let known = Known {
        lost: vec![
            lost(1, POOL, ago(600), 20),
            lost(2, POOL, ago(10), 30),
            lost(2, POOL, ago(5), 11),
            lost(3, SERVER, ago(601), 20),
            lost(4, SERVER, ago(1), 12),
            // Shorter than a wait that counts.
            lost(5, SERVER, ago(1), 9),
        ],
        ..Known::default()
    };
    let findings = found(&[], &known);
    let kind = FindingKind::LostWakeup;
    assert_eq!(
        brief(&findings),
        [
            (kind, Certainty::Suspected, 2),
            (kind, Certainty::Suspected, 1)
        ]
    );
    assert_eq!(findings[0].sample, [seq(1), seq(2)]);
    assert_eq!(findings[0].since, ago(620));
    let idle = secs(20);
    assert_eq!(findings[0].evidence, [Evidence::WentOnUnwoken { idle }]);
    assert_eq!(
        (findings[1].site, findings[1].sample.as_slice()),
        (Some(SERVER), &[seq(4)][..])
    );

    let mut rules = Rules::new(allowing("site:pool.rs", &[]));
    let left = only(found_by(&mut rules, NOW, &[], &known));
    assert_eq!(left.site, Some(SERVER));
    assert_eq!(rules.allowed(), [2]);
}
