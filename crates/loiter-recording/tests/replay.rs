//! What a replay shows at a time is what was known at that time.

mod support;

use loiter_model::{
    AsyncOp, AsyncOpSeq, CloseUp, Nanos, Resource, ResourceSeq, SiteId, State, Task,
    picture::{Picture, PictureLimits},
    query::{Sort, TaskColumn, TaskQuery, Window},
    update::{LabelSet, Overview, ResourcesUpdate, TasksUpdate},
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
    let mut waits = life.waits.clone();
    waits.sort_by_key(|learnt| learnt.at);
    let mut waits = waits.into_iter().peekable();
    for batch in life.batches(usize::MAX) {
        *picture.labels_mut() = batch.labels.clone();
        for (event, told) in batch.told().filter(|(event, _)| event.at <= until) {
            while let Some(learnt) = waits.next_if(|it| it.at < event.at) {
                picture.learn_wait(learnt);
            }
            picture.apply(event);
            if let Some(told) = told {
                picture.describe(event.task, told);
            }
        }
    }
    waits
        .take_while(|it| it.at <= until)
        .for_each(|learnt| picture.learn_wait(learnt));
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

/// With texts for the names, and waits that are known as such.
fn named(update: TasksUpdate) -> Vec<(Task, Option<String>, Option<String>)> {
    let LabelSet { names, waits, .. } = update.labels;
    for wait in update.tasks.iter().filter_map(|task| task.wait) {
        assert!(waits.contains_key(&wait), "{wait:?} is not said");
    }
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
fn a_wait_is_shown_from_the_time_on_at_which_it_was_learnt() {
    let life = Life::new(7, 2_000);
    let keyframes = [0, 4_000, 20_000];
    let mut replay = Replay::new(open(recorded(&life, &keyframes))).expect("a recording");
    let mut shown = 0;
    for learnt in &life.waits {
        let mut wait_at = |at: Nanos| {
            replay.go_to(at).expect("it is whole");
            replay.picture().find_task(learnt.task)?.wait
        };
        let (before, then) = (wait_at(Nanos(learnt.at.0 - 1)), wait_at(learnt.at));
        shown += u32::from(before.is_none() && then == Some(learnt.wait));
    }
    assert!(shown > 20, "{shown} of {}", life.waits.len());
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

fn lock(number: u64, holders: &[u64]) -> Resource {
    Resource {
        seq: ResourceSeq::new(number).expect("above zero"),
        parent: None,
        kind: "Sync".into(),
        concrete_type: "Mutex".into(),
        site: SiteId(0),
        is_internal: false,
        created_at: Nanos(1),
        total: Nanos(9),
        has_ended: false,
        attributes: Vec::new(),
        holders: holders.iter().map(|holder| seq(*holder)).collect(),
        waiters: Vec::new(),
    }
}

fn op(number: u64, polls: u64, state: State) -> AsyncOp {
    AsyncOp {
        seq: AsyncOpSeq::new(number).expect("above zero"),
        parent: None,
        resource: ResourceSeq::new(1).expect("above zero"),
        task: Some(seq(7)),
        source: "Mutex::lock".into(),
        created_at: Nanos(2),
        total: Nanos(8),
        busy: Nanos(1),
        polls,
        state,
        attributes: Vec::new(),
    }
}

fn resources(at: u64, resources: Vec<Resource>, ops: Vec<AsyncOp>) -> Entry {
    Entry::Resources(ResourcesUpdate {
        overview: Overview {
            at: Nanos(at),
            ..Overview::default()
        },
        is_tracking: true,
        matched: resources.len() as u64,
        resources,
        ops,
        ..ResourcesUpdate::default()
    })
}

#[test]
fn resources_and_their_operations_are_as_they_were_at_any_time() {
    let frame = |at, rows| {
        let begin = Entry::Keyframe {
            at: Nanos(at),
            target: Box::new(target()),
        };
        [begin, rows, Entry::KeyframeEnd { at: Nanos(at + 1) }]
    };
    let idle = State::Idle;
    let mut entries = frame(
        10,
        resources(
            10,
            vec![lock(1, &[3]), lock(2, &[])],
            vec![op(1, 1, idle), op(2, 1, idle)],
        ),
    )
    .to_vec();
    entries.push(resources(
        20,
        vec![lock(1, &[4])],
        vec![op(2, 5, idle), op(3, 1, idle)],
    ));
    let ended = Resource {
        has_ended: true,
        ..lock(2, &[])
    };
    entries.push(resources(30, vec![ended], vec![op(3, 2, State::Ended)]));
    // The second operation ended unseen.
    entries.extend(frame(
        40,
        resources(40, vec![lock(1, &[4])], vec![op(1, 1, idle)]),
    ));
    let mut replay = Replay::new(open(written(entries, Nanos(5)))).expect("a recording");
    let mut at = |at| {
        replay.go_to(Nanos(at)).expect("it is whole");
        let find = |number| ResourceSeq::new(number).and_then(|it| replay.picture().resource(it));
        let lock = find(1).expect("it is there");
        let ops: Vec<_> = lock.ops.iter().map(|op| (op.seq.get(), op.polls)).collect();
        let second_has_ended = find(2).expect("it is remembered").resource.has_ended;
        (lock.resource.holders[0].get(), ops, second_has_ended)
    };
    for _ in 0..2 {
        assert_eq!(at(19), (3, vec![(1, 1), (2, 1)], false));
        assert_eq!(at(20), (4, vec![(1, 1), (2, 5), (3, 1)], false));
        assert_eq!(at(35), (4, vec![(1, 1), (2, 5)], true));
    }
    replay.go_to(Nanos(41)).expect("it is whole");
    let one = ResourceSeq::new(1).and_then(|it| replay.picture().resource(it));
    assert_eq!(one.expect("it is there").ops.len(), 1);
}
