//! How many bytes an event takes in a file, and how many events one core writes and reads a second.
//!
//! `cargo bench -p loiter-recording` prints a table over services that are made up by chance, but
//! the same ones each time: see [`service`]. Events come in batches of ten milliseconds, as an
//! agent sends them, and are written as a recorder writes them: a block a second, or as many as
//! fit into one.

mod service;

use std::{
    io::Cursor,
    sync::Arc,
    time::{Duration, Instant},
};

use loiter_model::{
    AwaitStack, Branch, Frame, Nanos, StackSource, Wait, WaitId, WaitKind,
    update::{Event, EventBatch, EventKind, LearntWait},
};
use loiter_recording::{Entry, Recording, Writer};

use service::Service;

/// The goals: bytes an event at most, events a second at least.
const MOST_BYTES: f64 = 6.0;
const LEAST_RATE: f64 = 1e6;

const EVENTS: usize = 2_000_000;
const BATCH: Nanos = Nanos::from_millis(10);
const ROUNDS: usize = 3;
/// Of so many polls, one ends in a wait of which the agent finds out what it is for: many more than
/// it does, as it asks tasks that have waited for long and samples few others.
const POLLS_A_WAIT: usize = 50;
/// Places at which a service waits.
const WAITS: u32 = 200;

fn main() {
    println!("with a wait learnt for each {POLLS_A_WAIT} polls");
    println!(
        "{:44} {:>10} {:>8} {:>14} {:>14}",
        "service", "events/s", "B/event", "written/s", "read/s"
    );
    let mut reached = true;
    for service in service::ALL {
        let batches = batches(&service);
        let (file, wrote) = best(|| write(&batches));
        let (events, read) = best(|| read(&file));
        assert_eq!(events, EVENTS, "all that was written is read");
        let span = batches.last().and_then(|it| it.events.last());
        let span = span.map_or(Duration::ZERO, |event| event.at.into());
        let rate = |took: Duration| EVENTS as f64 / took.as_secs_f64();
        let bytes = file.len() as f64 / EVENTS as f64;
        println!(
            "{:44} {:>10.0} {bytes:>8.2} {:>14.0} {:>14.0}",
            service.name,
            rate(span),
            rate(wrote),
            rate(read),
        );
        reached &= bytes <= MOST_BYTES && rate(wrote) >= LEAST_RATE;
    }
    let verdict = if reached { "reached" } else { "missed" };
    println!("\ngoal of {MOST_BYTES} bytes and {LEAST_RATE:.0} events/s: {verdict}");
}

fn batches(service: &Service) -> Vec<EventBatch> {
    let (events, descriptions, labels) = service.run(EVENTS);
    let mut descriptions = descriptions.into_iter();
    let of_batch = |event: &Event| event.at.0 / BATCH.0;
    let batches = events.chunk_by(|a, b| of_batch(a) == of_batch(b));
    let mut labels = labels;
    labels.waits = (0..WAITS).map(|id| (WaitId(id), wait(id))).collect();
    let mut labels = Some(labels);
    let mut polls = 0;
    batches
        .map(|events| {
            let described = events.iter().filter(|it| it.kind.has_description());
            EventBatch {
                descriptions: descriptions.by_ref().take(described.count()).collect(),
                events: events.to_vec(),
                waits: waits(events, &mut polls),
                labels: labels.take().unwrap_or_default(),
                lost: 0,
            }
        })
        .collect()
}

/// What is found out of the polls among these events.
fn waits(events: &[Event], polls: &mut usize) -> Vec<LearntWait> {
    let ends = events.iter().filter(|it| it.kind == EventKind::PollEnd);
    let seen = ends.filter(|_| {
        *polls += 1;
        polls.is_multiple_of(POLLS_A_WAIT)
    });
    let waits = seen.map(|event| LearntWait {
        at: event
            .at
            .saturating_add(Nanos::from_micros(event.task.get() % 900)),
        task: event.task,
        wait: WaitId(event.task.get() as u32 % WAITS),
    });
    waits.collect()
}

/// As deep as those of real services, about.
fn wait(id: u32) -> Arc<Wait> {
    let frames = (0..8).map(|depth| Frame {
        function: format!("service::part_{}::step_{id}::{{closure#0}}", depth * 3 % 7).into(),
        file: format!("src/part_{}/mod.rs", depth * 3 % 7).into(),
        line: id * 7 + depth,
        column: 9,
    });
    let branches = vec![Branch {
        frames: frames.collect(),
    }];
    Arc::new(Wait {
        kind: WaitKind::ALL[id as usize % WaitKind::ALL.len()],
        place: None,
        stack: AwaitStack {
            branches,
            source: StackSource::Probed,
        },
    })
}

fn write(batches: &[EventBatch]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("memory");
    let mut flushed = Nanos::ZERO;
    for batch in batches {
        let Some(last) = batch.events.last() else {
            continue;
        };
        writer.add(Entry::Events(batch.clone()));
        writer.settle(last.at).expect("memory");
        if last.at.saturating_sub(flushed) >= Nanos::from_secs(1) {
            writer.flush().expect("memory");
            flushed = last.at;
        }
    }
    writer.finish().expect("memory")
}

fn read(file: &[u8]) -> usize {
    let mut recording = Recording::open(Cursor::new(file)).expect("a recording");
    let entries = recording.entries(Nanos::ZERO);
    let events = entries.map(|entry| match entry.expect("it is whole") {
        Entry::Events(batch) => batch.events.len(),
        _ => 0,
    });
    events.sum()
}

fn best<T>(mut run: impl FnMut() -> T) -> (T, Duration) {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        let result = run();
        (result, start.elapsed())
    });
    rounds
        .min_by_key(|(_, took)| *took)
        .expect("there are rounds")
}
