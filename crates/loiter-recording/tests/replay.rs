//! What a replay shows at a time is what was known at that time.

mod support;

use loiter_model::{
    CloseUp, Nanos, State, Task,
    picture::{Picture, PictureLimits},
    query::{Sort, TaskColumn, TaskQuery, Window},
    update::{LabelSet, TasksUpdate},
};
use loiter_recording::{Entry, Replay};
use proptest::{collection::vec, prelude::*};

use support::{Life, open, seq, target, written};

fn everything() -> TaskQuery {
    TaskQuery {
        filter: "all".parse().expect("a filter"),
        sort: Sort {
            column: TaskColumn::Seq,
            descending: false,
        },
        window: Window {
            offset: 0,
            limit: u64::MAX,
        },
        thresholds: Default::default(),
    }
}

/// Plays events into a picture, as the target itself would have it.
fn picture(life: &Life, until: Nanos) -> Picture {
    let mut picture = Picture::new(PictureLimits::default());
    for batch in life.batches(usize::MAX) {
        *picture.labels_mut() = batch.labels.clone();
        for (event, told) in batch.told().filter(|(event, _)| event.at <= until) {
            picture.apply(event);
            if let Some(told) = told {
                picture.describe(event.task, told);
            }
        }
    }
    picture.advance(until);
    picture
}

/// A keyframe as a recorder takes it: the tasks in two parts, at two times.
fn keyframe(life: &Life, at: Nanos) -> Vec<Entry> {
    let later = at.saturating_add(Nanos(40));
    let mut first = picture(life, at).tasks(&everything());
    let mut second = picture(life, later).tasks(&everything());
    let middle = first.tasks.get(first.tasks.len() / 2).map(|task| task.seq);
    first.tasks.retain(|task| Some(task.seq) < middle);
    second.tasks.retain(|task| Some(task.seq) >= middle);
    vec![
        Entry::Keyframe {
            at,
            target: Box::new(target()),
        },
        Entry::Tasks(first),
        Entry::Tasks(second),
        Entry::KeyframeEnd { at: later },
    ]
}

fn recorded(life: &Life, keyframes: &[u64]) -> Vec<u8> {
    let mut entries: Vec<_> = life.batches(30).into_iter().map(Entry::Events).collect();
    for at in keyframes {
        entries.extend(keyframe(life, Nanos(*at)));
    }
    written(entries, Nanos(900))
}

/// With texts for the names.
fn named(update: TasksUpdate) -> Vec<(Task, Option<String>, Option<String>)> {
    let LabelSet { names, .. } = update.labels;
    let text = |id: Option<_>| id.and_then(|id| names.get(&id)).map(ToString::to_string);
    let tasks = update.tasks.into_iter().map(|task| {
        let (name, scope) = (text(task.name), text(task.scope));
        let nameless = Task {
            name: None,
            scope: None,
            ..task
        };
        (nameless, name, scope)
    });
    tasks.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_time_shows_what_was_known_then(
        seed: u64,
        keyframes in vec(100..9_000_u64, 0..4),
        times in vec(0..12_000_u64, 1..12),
    ) {
        let life = Life::new(seed, 300);
        // The first one comes before anything.
        let mut all = vec![0];
        all.extend(keyframes);
        let mut replay = Replay::new(open(recorded(&life, &all))).expect("a recording");
        for at in times {
            replay.go_to(Nanos(at)).expect("it is whole");
            let at = replay.at();
            let shown = named(replay.picture().tasks(&everything()));
            let known = named(picture(&life, at).tasks(&everything()));
            prop_assert_eq!(shown, known, "at {}", at);
        }
    }

    #[test]
    fn steps_lead_from_event_to_event_and_back(seed: u64) {
        let life = Life::new(seed, 60);
        let mut replay = Replay::new(open(recorded(&life, &[0]))).expect("a recording");
        let first = replay.range().0;
        let mut times: Vec<_> = life.events.iter().map(|(event, _)| event.at).collect();
        times.retain(|at| *at > first);
        times.dedup();
        for at in &times {
            prop_assert!(replay.step().expect("it is whole"));
            prop_assert_eq!(replay.at(), *at);
        }
        prop_assert!(!replay.step().expect("it is whole"));
        for at in times.iter().rev().skip(1) {
            prop_assert!(replay.step_back().expect("it is whole"));
            prop_assert_eq!(replay.at(), *at);
        }
    }
}

/// What is known of a task that is looked at from its spawn on.
fn close_up(life: &Life, number: u64, until: Nanos) -> Option<CloseUp> {
    let mut known = None;
    let events = life.events.iter().map(|(event, _)| event);
    for event in events.filter(|it| it.task.get() == number && it.at <= until) {
        match &mut known {
            None => known = Some(CloseUp::new(State::Scheduled, event.at)),
            Some(known) => CloseUp::take(known, event.at, event.kind),
        }
    }
    known
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_task_seen_closely_is_what_its_events_say(
        seed: u64,
        keyframes in vec(100..9_000_u64, 0..4),
        times in vec(0..12_000_u64, 1..12),
        number in 1..9_u64,
    ) {
        let life = Life::new(seed, 300);
        let mut all = vec![0];
        all.extend(keyframes);
        let mut replay = Replay::new(open(recorded(&life, &all))).expect("a recording");
        replay.watch(seq(number)).expect("it is whole");
        for at in times {
            replay.go_to(Nanos(at)).expect("it is whole");
            let known = close_up(&life, number, replay.at());
            let shown = replay.close_up(seq(number));
            let figures = |it: &CloseUp| (it.timeline(), it.poll().clone(), it.scheduled().clone());
            prop_assert_eq!(shown.map(figures), known.as_ref().map(figures), "at {}", at);
        }
        replay.watch_only(|_| false);
        prop_assert!(replay.close_up(seq(number)).is_none());
    }
}

#[test]
fn what_ended_unseen_is_gone_with_the_next_keyframe() {
    let tasks = |at, names: &[_]| Entry::Tasks(support::tasks(at, names));
    let frame = |at, rows| {
        let begin = Entry::Keyframe {
            at: Nanos(at),
            target: Box::new(target()),
        };
        [begin, rows, Entry::KeyframeEnd { at: Nanos(at + 1) }]
    };
    let mut entries = frame(10, tasks(10, &[(1, "a"), (2, "b")])).to_vec();
    entries.extend(frame(20, tasks(20, &[(2, "b")])));
    let mut replay = Replay::new(open(written(entries, Nanos::MAX))).expect("a recording");
    let mut alive = |at| {
        replay.go_to(Nanos(at)).expect("it is whole");
        let update = replay.picture().tasks(&TaskQuery {
            filter: Default::default(),
            ..everything()
        });
        let seqs = update.tasks.iter().map(|task| task.seq.get());
        seqs.collect::<Vec<_>>()
    };
    assert_eq!(alive(19), [1, 2]);
    assert_eq!(alive(21), [2]);
    assert_eq!(alive(15), [1, 2]);
}
