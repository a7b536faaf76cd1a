//! Whatever is written is read, and whatever happened to a file, reading it ends well.

mod support;

use std::io::Cursor;

use loiter_model::{
    Nanos, WaitId,
    update::{Description, Event, EventBatch, LabelSet, LearntWait},
};
use loiter_recording::{End, Entry, Gap, ReadError, Recording, Waits, Writer};
use proptest::{collection::vec, prelude::*};

use support::{Life, batch, open, seq, target, tasks, written};

/// An event with what was told beside it, its names as texts.
type Told = (Event, Option<(Description, Option<String>, Option<String>)>);

fn told(batch: &EventBatch) -> Vec<Told> {
    let text = |id: Option<_>| id.map(|id| batch.labels.names[&id].to_string());
    let events = batch.told().map(|(event, told)| {
        let told = told.map(|told| {
            let nameless = Description {
                name: None,
                scope: None,
                ..*told
            };
            (nameless, text(told.name), text(told.scope))
        });
        (*event, told)
    });
    events.collect()
}

/// A recording with everything in it.
fn whole() -> Vec<u8> {
    let life = Life::new(7, 400);
    let mut entries = vec![
        Entry::Keyframe {
            at: Nanos(1),
            target: Box::new(target()),
        },
        Entry::Tasks(tasks(1, &[(1, "main"), (2, "worker")])),
        Entry::KeyframeEnd { at: Nanos(2) },
        Entry::Gap(Gap {
            from: Nanos(500),
            to: Nanos(700),
            reason: "the connection was lost".to_owned(),
        }),
    ];
    entries.extend(life.batches(40).into_iter().map(Entry::Events));
    written(entries, Nanos(300))
}

#[test]
fn everything_is_read_in_the_order_of_time() {
    let file = whole();
    let mut recording = open(file);
    assert_eq!(recording.end(), End::Whole);
    assert_eq!(recording.target().expect("a target"), target());
    let gaps: Vec<_> = recording.gaps().collect();
    assert_eq!(gaps, [(Nanos(500), Nanos(700))]);
    let entries: Result<Vec<_>, _> = recording.entries(Nanos::ZERO).collect();
    let entries = entries.expect("it is whole");
    assert!(entries.is_sorted_by_key(Entry::at));
    let Entry::Tasks(update) = &entries[1] else {
        panic!("{entries:?}");
    };
    let names = update.tasks.iter().map(|task| task.name.expect("a name"));
    let names: Vec<_> = names.map(|id| &*update.labels.names[&id]).collect();
    assert_eq!(names, ["main", "worker"]);
}

#[test]
fn a_file_that_is_cut_off_is_read_up_to_its_last_whole_block() {
    let file = whole();
    let blocks = open(file.clone()).blocks().to_vec();
    for length in 0..file.len() {
        let cut = file[..length].to_vec();
        let left: Vec<_> = blocks
            .iter()
            .filter(|block| block.offset + block.length <= length as u64)
            .copied()
            .collect();
        match Recording::open(Cursor::new(cut)) {
            Ok(mut recording) => {
                assert_eq!(recording.blocks(), left, "cut at {length}");
                assert_ne!(recording.end(), End::Whole, "cut at {length}");
                let all = recording.entries(Nanos::ZERO);
                assert!(all.into_iter().all(|entry| entry.is_ok()));
            }
            Err(ReadError::NotARecording) => assert!(length < 9),
            Err(ReadError::Empty) => assert!(left.is_empty()),
            Err(other) => panic!("cut at {length}: {other}"),
        }
    }
}

#[test]
fn other_files_and_later_versions_are_named() {
    let error = |bytes: &[u8]| {
        let error = Recording::open(Cursor::new(bytes)).expect_err("no recording");
        error.to_string()
    };
    assert!(error(b"#!/bin/sh\necho\n").contains("no recording"));
    assert!(error(b"").contains("no recording"));
    let mut later = whole();
    later[8] = 9;
    assert!(error(&later).contains("format 9"), "{}", error(&later));
}

#[test]
fn a_number_that_was_given_to_another_name_meanwhile_makes_no_mistake() {
    let first = tasks(1, &[(1, "before")]);
    let second = tasks(2, &[(1, "after")]);
    let file = written([first, second].map(Entry::Tasks).to_vec(), Nanos::MAX);
    let mut recording = open(file);
    let mut ids = Vec::new();
    for (entry, name) in recording.entries(Nanos::ZERO).zip(["before", "after"]) {
        let Ok(Entry::Tasks(update)) = entry else {
            panic!("{entry:?}");
        };
        let id = update.tasks[0].name.expect("a name");
        assert_eq!(&*update.labels.names[&id], name);
        ids.push(id);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn lost_events_are_added_up_over_streams() {
    let event = |at| batch(&[at]);
    let lost =
        [(1, 0), (2, 5), (3, 5), (4, 2), (5, 3)].map(|(at, lost)| EventBatch { lost, ..event(at) });
    let file = written(lost.map(Entry::Events).to_vec(), Nanos(1));
    let mut recording = open(file);
    let last = recording.entries(Nanos::ZERO).last();
    let Some(Ok(Entry::Events(last))) = last else {
        panic!("{last:?}");
    };
    assert_eq!(last.lost, 8);
}

#[test]
fn reading_begins_at_the_last_keyframe_that_was_complete() {
    let keyframe = |at| {
        let begin = Entry::Keyframe {
            at: Nanos(at),
            target: Box::new(target()),
        };
        [begin, Entry::KeyframeEnd { at: Nanos(at + 10) }]
    };
    let mut entries: Vec<_> = [100, 200, 300].into_iter().flat_map(keyframe).collect();
    entries.push(Entry::Keyframe {
        at: Nanos(400),
        target: Box::new(target()),
    });
    let mut recording = open(written(entries, Nanos::MAX));
    for (at, from) in [
        (0, 100),
        (105, 100),
        (205, 100),
        (210, 200),
        (299, 200),
        (10_000, 300),
    ] {
        let first = recording.entries(Nanos(at)).next();
        let first = first.expect("an entry").expect("it is right");
        assert_eq!(first.at(), Nanos(from), "at {at}");
    }
}

#[test]
fn many_rows_are_split() {
    let rows: Vec<_> = (1..=70_000).map(|seq| (seq, "x")).collect();
    let update = tasks(1, &rows);
    let mut recording = open(written(vec![Entry::Tasks(update.clone())], Nanos::MAX));
    let mut read = Vec::new();
    for entry in recording.entries(Nanos::ZERO) {
        let Ok(Entry::Tasks(part)) = entry else {
            panic!("{entry:?}");
        };
        read.extend(part.tasks.iter().map(|task| task.seq));
    }
    let all: Vec<_> = update.tasks.iter().map(|task| task.seq).collect();
    assert_eq!(read, all);
}

proptest! {
    #[test]
    fn any_events_are_read_as_they_were(
        seeds in vec((any::<u64>(), 0..300_usize), 1..4),
        wild in vec(support::event(), 0..60),
        step in 1..2_000_u64,
    ) {
        let mut batches: Vec<EventBatch> = seeds
            .iter()
            .flat_map(|(seed, count)| Life::new(*seed, *count).batches(50))
            .collect();
        batches.push(support::batch_of(wild));
        let mut expected: Vec<Told> = batches.iter().flat_map(told).collect();
        expected.sort_by_key(|(event, _)| event.at);
        let waits = batches.iter().map(|batch| batch.waits.len()).sum::<usize>();
        let entries = batches.into_iter().map(Entry::Events).collect();
        // All of it waits, and is then written a little at a time.
        let mut writer = Writer::new(Vec::new()).expect("memory");
        let entries: Vec<Entry> = entries;
        entries.into_iter().for_each(|entry| writer.add(entry));
        for until in (0..40_000).step_by(step as usize * 20) {
            writer.settle(Nanos(until)).expect("memory");
            if until % 3 == 0 {
                writer.flush().expect("memory");
            }
        }
        let file = writer.finish().expect("memory");
        if expected.is_empty() {
            prop_assert!(matches!(Recording::open(Cursor::new(file)), Err(ReadError::Empty)));
            return Ok(());
        }
        let mut recording = open(file);
        prop_assert_eq!(recording.events(), expected.len() as u64);
        let (mut read, mut learnt) = (Vec::new(), Vec::new());
        for entry in recording.entries(Nanos::ZERO) {
            match entry {
                Ok(Entry::Events(batch)) => read.extend(told(&batch)),
                Ok(Entry::Waits(waits)) => learnt.extend(waits.waits),
                other => panic!("{other:?}"),
            }
        }
        prop_assert_eq!(read, expected);
        prop_assert_eq!(learnt.len(), waits);
    }

    #[test]
    fn no_damage_panics_or_goes_unnoticed(at in 0..1_000_000_usize, flip in 1..=u8::MAX) {
        let mut file = whole();
        let at = at % file.len();
        file[at] ^= flip;
        if let Ok(mut recording) = Recording::open(Cursor::new(file)) {
            let is_whole = recording.end() == End::Whole;
            let all = recording.entries(Nanos::ZERO);
            let is_right = all.into_iter().all(|entry| entry.is_ok());
            prop_assert!(!is_whole || !is_right, "at {}", at);
        }
    }

    #[test]
    fn no_garbage_panics(bytes in vec(any::<u8>(), 0..512)) {
        prop_assert!(Recording::open(Cursor::new(&bytes)).is_err());
        let bytes = [&b"LOITER\x1aR\x01"[..], &bytes].concat();
        prop_assert!(Recording::open(Cursor::new(bytes)).is_err());
    }
}

#[test]
fn after_everything_was_written_once_the_rest_is_in_the_order_of_time_still() {
    let wait = |at| {
        let wait = LearntWait {
            at: Nanos(at),
            task: seq(1),
            wait: WaitId(0),
        };
        Entry::Waits(Waits {
            waits: vec![wait],
            labels: LabelSet::default(),
        })
    };
    let mut writer = Writer::new(Vec::new()).expect("memory");
    writer.add(Entry::Events(batch(&[10])));
    writer.add(wait(20));
    writer.settle(Nanos::MAX).expect("memory");
    let written = writer.written();
    writer.flush().expect("memory");
    assert_eq!(writer.written(), written, "nothing was left");
    writer.add(wait(50));
    writer.settle(Nanos(30)).expect("memory");
    writer.flush().expect("memory");
    writer.add(Entry::KeyframeEnd { at: Nanos(40) });
    let (file, bytes) = writer.finish_counted().expect("memory");
    assert_eq!(bytes, file.len() as u64);
    let mut recording = open(file);
    let times = recording.entries(Nanos::ZERO).map(|entry| {
        let entry = entry.expect("it is right");
        entry.at()
    });
    assert_eq!(times.collect::<Vec<_>>(), [10, 20, 40, 50].map(Nanos));
}
