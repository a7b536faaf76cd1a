//! The lints: each from its threshold on, for the tasks that it is for.

mod arbitrary;

use arbitrary::{idle_task, labels, task, tasks, thresholds};
use loiter_model::{
    Ending, Kind, Lint, LintLimits, Lints, Nanos, State, Task, Thresholds, Totals,
    query::{Filter, Labels},
};
use proptest::{collection::vec, prelude::*, sample::select};

/// One that waits for what somebody else will wake it for.
fn well() -> Task {
    Task {
        polls: 100,
        wakes: 99,
        live_wakers: 1,
        size: Some(512),
        in_state: Nanos::from_secs(3_600),
        ..idle_task(1)
    }
}

fn lints(task: &Task) -> Lints {
    task.lints(&Thresholds::default())
}

fn only(lint: Lint) -> Lints {
    lint.into()
}

#[test]
fn a_task_that_is_well_has_none() {
    assert_eq!(lints(&well()), Lints::NONE);
}

#[test]
fn self_wakes_count_from_more_than_half_of_twenty_wakes() {
    let of = |self_wakes, wakes| {
        lints(&Task {
            self_wakes,
            wakes,
            ..well()
        })
    };
    assert_eq!(of(50, 100), Lints::NONE);
    assert_eq!(of(51, 100), only(Lint::SelfWakes));
    // A wake is its own before it is counted as one.
    assert_eq!(of(101, 100), only(Lint::SelfWakes));
    assert_eq!(of(19, 19), Lints::NONE);
    assert_eq!(of(20, 20), only(Lint::SelfWakes));
    assert_eq!(of(0, 0), Lints::NONE);
    assert_eq!(of(u64::MAX, u64::MAX), only(Lint::SelfWakes));
    let all = Thresholds {
        lints: LintLimits {
            self_wakes_percent: 100,
            ..LintLimits::default()
        },
        ..Thresholds::default()
    };
    let spinning = Task {
        self_wakes: 1_000,
        wakes: 1_000,
        ..well()
    };
    assert_eq!(spinning.lints(&all), Lints::NONE);
}

#[test]
fn a_waker_is_lost_once_the_task_has_been_idle_for_a_second() {
    let lost = Task {
        live_wakers: 0,
        in_state: LintLimits::SETTLED,
        ..well()
    };
    assert_eq!(lints(&lost), only(Lint::LostWaker));
    let in_state = lost.in_state.saturating_sub(Nanos(1));
    for fine in [
        Task { in_state, ..lost },
        // Its only waker was used up by the wake.
        Task {
            state: State::Scheduled,
            ..lost
        },
        Task {
            state: State::Running,
            ..lost
        },
        // It was never asked to register one.
        Task { polls: 0, ..lost },
        // The rest of the task may have the waker.
        Task {
            may_be_part: true,
            ..lost
        },
        Task {
            state: State::Ended,
            ending: Some(Ending::Finished),
            ..lost
        },
    ] {
        assert_eq!(lints(&fine), Lints::NONE, "{fine:?}");
    }
}

#[test]
fn a_first_poll_has_never_yielded_from_a_second_on() {
    let first = Task {
        state: State::Running,
        polls: 1,
        in_state: Nanos::from_secs(1),
        ..well()
    };
    assert_eq!(lints(&first), only(Lint::NeverYielded));
    for fine in [
        Task {
            in_state: Nanos(999_999_999),
            ..first
        },
        Task { polls: 2, ..first },
        Task {
            state: State::Scheduled,
            ..first
        },
        Task {
            state: State::Ended,
            ending: Some(Ending::Finished),
            ..first
        },
    ] {
        assert_eq!(lints(&fine), Lints::NONE, "{fine:?}");
    }
}

#[test]
fn a_future_is_boxed_when_it_had_another_size() {
    let of = |original_size, size| {
        lints(&Task {
            original_size,
            size,
            ..well()
        })
    };
    assert_eq!(of(Some(20_000), Some(8)), only(Lint::AutoBoxedFuture));
    assert_eq!(of(Some(8), Some(8)), Lints::NONE);
    assert_eq!(of(Some(20_000), None), Lints::NONE);
    assert_eq!(of(None, Some(8)), Lints::NONE);
}

#[test]
fn a_future_is_large_from_its_limit_on() {
    let of = |size| lints(&Task { size, ..well() });
    assert_eq!(of(Some(1023)), Lints::NONE);
    assert_eq!(of(Some(1024)), only(Lint::LargeFuture));
    assert_eq!(of(None), Lints::NONE);
    let anything = Thresholds {
        lints: LintLimits {
            large_future_bytes: 0,
            ..LintLimits::default()
        },
        ..Thresholds::default()
    };
    let unknown = Task {
        size: None,
        ..well()
    };
    assert_eq!(unknown.lints(&anything), Lints::NONE);
}

#[test]
fn what_has_a_thread_of_its_own_may_do_as_it_likes() {
    let everything = Task {
        wakes: 100,
        self_wakes: 100,
        size: Some(4_096),
        original_size: Some(20_000),
        ..well()
    };
    let lost = Task {
        live_wakers: 0,
        ..everything
    };
    let first = Task {
        state: State::Running,
        polls: 1,
        ..everything
    };
    for kind in [Kind::Blocking, Kind::BlockOn] {
        for task in [lost, first] {
            let task = Task { kind, ..task };
            assert_eq!(lints(&task), only(Lint::AutoBoxedFuture), "{task:?}");
        }
    }
    let local = Kind::Local;
    for (task, lint) in [(lost, Lint::LostWaker), (first, Lint::NeverYielded)] {
        let task = Task {
            kind: local,
            ..task
        };
        let expected = [
            Lint::SelfWakes,
            lint,
            Lint::AutoBoxedFuture,
            Lint::LargeFuture,
        ];
        assert_eq!(lints(&task), expected.into_iter().collect(), "{task:?}");
    }
}

#[test]
fn an_ended_task_keeps_what_does_not_pass_and_is_not_counted() {
    let task = Task {
        wakes: 100,
        self_wakes: 100,
        size: Some(4_096),
        live_wakers: 0,
        state: State::Ended,
        ending: Some(Ending::Finished),
        ..well()
    };
    let expected = [Lint::SelfWakes, Lint::LargeFuture].into_iter().collect();
    assert_eq!(lints(&task), expected);
    let mut totals = Totals::default();
    totals.count(&task, &Thresholds::default());
    assert_eq!(totals, Totals::default());
}

#[test]
fn explanations_have_the_figures() {
    let task = Task {
        self_wakes: 60,
        wakes: 80,
        in_state: Nanos::from_millis(1_500),
        size: Some(2_104),
        original_size: Some(20_000),
        ..well()
    };
    for (lint, figures) in [
        (Lint::SelfWakes, ["60 times", "75%"]),
        (Lint::LostWaker, ["1.50s", "waker"]),
        (Lint::NeverYielded, ["1.50s", "first poll"]),
        (Lint::AutoBoxedFuture, ["20000 bytes", "boxed"]),
        (Lint::LargeFuture, ["2104 bytes", "future"]),
    ] {
        let explanation = lint.explanation(&task);
        for figure in figures {
            assert!(explanation.contains(figure), "{explanation}");
        }
    }
}

/// A filter term on lints, and whether a task that has `lints` passes it.
fn term() -> impl Strategy<Value = (String, bool, Lints)> {
    let lints = vec(select(&Lint::ALL[..]), 1..4);
    (any::<bool>(), lints).prop_map(|(negated, lints)| {
        let names: Vec<_> = lints.iter().map(|lint| lint.name()).collect();
        let not = if negated { "-" } else { "" };
        let text = format!("{not}lint:{}", names.join(","));
        (text, negated, lints.into_iter().collect())
    })
}

proptest! {
    #[test]
    fn a_filter_says_the_same(
        task in task(), limits in thresholds(), terms in vec(term(), 0..4),
    ) {
        let has = task.lints(&limits);
        let expected = terms
            .iter()
            .all(|(_, negated, set)| has.within(*set).is_empty() == *negated);
        let texts: Vec<_> = terms.iter().map(|(text, ..)| text.as_str()).collect();
        let text = format!("all {}", texts.join(" "));
        let filter: Filter = text.parse().expect("a filter");
        prop_assert_eq!(filter.matches(&task, &limits, &labels()), expected, "{}", text);
        let any: Filter = "all lint".parse().expect("a filter");
        prop_assert_eq!(any.matches(&task, &limits, &labels()), !has.is_empty());
    }

    #[test]
    fn what_is_allowed_is_silent_and_changes_nothing_else(
        task in task(), limits in thresholds(), allowed in vec(select(&Lint::ALL[..]), 0..4),
    ) {
        let allowed: Lints = allowed.into_iter().collect();
        let strict = LintLimits { allowed: Lints::NONE, ..limits.lints };
        let lenient = LintLimits { allowed, ..strict };
        prop_assert_eq!(lenient.lints(&task), strict.lints(&task).without(allowed));
    }

    #[test]
    fn totals_count_the_tasks_that_a_filter_finds(tasks in tasks(40), limits in thresholds()) {
        let mut totals = Totals::default();
        for task in &tasks {
            totals.count(task, &limits);
        }
        for lint in Lint::ALL {
            let filter = format!("lint:{}", lint.name()).parse().expect("a filter");
            prop_assert_eq!(totals.lints.of(lint), found(&tasks, &filter, &limits, &labels()));
        }
    }

    #[test]
    fn an_explanation_is_there_whatever_the_figures(task in task(), lint in select(&Lint::ALL[..])) {
        prop_assert!(!lint.explanation(&task).is_empty());
    }
}

fn found(tasks: &[Task], filter: &Filter, limits: &Thresholds, labels: &impl Labels) -> u64 {
    let matches = |task: &&Task| filter.matches(task, limits, labels);
    tasks.iter().filter(matches).count() as u64
}
