//! Profiles of known tasks, read again by the numbers of pprof's fields.

use std::{collections::HashMap, io::Read, sync::Arc};

use flate2::read::GzDecoder;
use loiter_model::{
    AwaitStack, Branch, Frame, Kind, NameId, Nanos, Site, SiteId, StackSource, State, Task,
    TaskSeq, Wait, WaitId, update::LabelSet,
};
use loiter_pprof::{Subject, TaskProfile};
use proptest::prelude::*;

/// Where tokio has it.
const MPSC: &str = "/cargo/registry/src/index/tokio-1.54.1/src/sync/mpsc/bounded.rs";

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.into(),
        file: file.into(),
        line,
        column: 1,
    }
}

fn labels() -> LabelSet {
    let next_job = frame("app::pool::next_job", "src/pool.rs", 88);
    let run = frame("app::pool::run", "src/pool.rs", 12);
    let receive = frame("tokio::sync::mpsc::bounded::Receiver<u8>::recv", MPSC, 1);
    let branch = |frames: &[&Frame]| Branch {
        frames: frames.iter().map(|frame| (*frame).clone()).collect(),
    };
    let source = StackSource::Probed;
    let wait = |branches| {
        let stack = AwaitStack { branches, source };
        Arc::new(Wait::new(stack))
    };
    LabelSet {
        names: [(NameId(0), "request".into())].into(),
        sites: HashMap::from([
            (SiteId(0), Arc::new(Site::new("src/main.rs", 7, 5))),
            (SiteId(1), Arc::new(Site::new("src/other.rs", 9, 5))),
        ]),
        waits: HashMap::from([
            (WaitId(0), wait(vec![branch(&[&receive, &next_job, &run])])),
            (
                WaitId(1),
                wait(vec![
                    branch(&[&receive, &next_job, &run]),
                    branch(&[&frame("app::tick", "src/pool.rs", 99), &run]),
                ]),
            ),
            (WaitId(2), wait(Vec::new())),
        ]),
    }
}

fn task(seq: u64, state: State, site: u32, wait: Option<u32>, seconds: u64) -> Task {
    Task {
        seq: TaskSeq::new(seq).expect("not zero"),
        tokio_id: None,
        name: None,
        scope: Some(NameId(0)),
        kind: Kind::Task,
        site: SiteId(site),
        parent: None,
        size: None,
        original_size: None,
        spawned_at: Nanos::ZERO,
        state,
        in_state: Nanos::from_secs(seconds),
        total: Nanos::from_secs(seconds),
        busy: Nanos::ZERO,
        scheduled: Nanos::ZERO,
        polls: 1,
        longest_poll: Nanos::ZERO,
        wakes: 0,
        self_wakes: 0,
        live_wakers: 1,
        woken_by: None,
        sole_waker: false,
        expect_idle: false,
        may_be_part: false,
        in_place: false,
        wait: wait.map(WaitId),
        ending: None,
    }
}

fn profile(tasks: &[Task]) -> TaskProfile {
    let labels = labels();
    let mut profile = TaskProfile::new(Subject::Tasks);
    for task in tasks {
        profile.add(task, &labels);
    }
    profile
}

/// Some tasks of each sort.
fn some() -> TaskProfile {
    profile(&[
        task(1, State::Idle, 0, Some(0), 61),
        task(2, State::Idle, 0, Some(0), 130),
        task(3, State::Idle, 0, Some(1), 3),
        task(4, State::Idle, 1, Some(2), 3),
        task(5, State::Running, 1, None, 3),
        task(6, State::Ended, 1, None, 3),
    ])
}

#[test]
fn equal_tasks_are_one() {
    let profile = some();
    assert_eq!(profile.tasks(), 5, "an ended task is none");
    let groups = profile.groups();
    assert_eq!(groups.len(), 4);
    assert_eq!(groups[0].count, 2);
    assert_eq!(groups[0].idle, Nanos::from_secs(191));
    assert_eq!(groups[0].oldest, Nanos::from_secs(130));
    assert!(
        groups
            .iter()
            .all(|group| group.scope.as_deref() == Some("request"))
    );
}

#[test]
fn counts_read_as_those_of_goroutines() {
    let text = some().to_counts();
    let first = "goroutine profile: total 5\n2 @\n\
        # labels: {\"kind\":\"task\", \"state\":\"idle\", \"site\":\"src/main.rs:7:5\", \
        \"wait\":\"mpsc recv\", \"scope\":\"request\"}\n\
        #\ttokio::sync::mpsc::bounded::Receiver::recv\t/cargo/registry/src/index/tokio-1.54.1/src/sync/mpsc/bounded.rs:1\n\
        #\tapp::pool::next_job\tsrc/pool.rs:88\n\
        #\tapp::pool::run\tsrc/pool.rs:12\n\
        #\tspawn src/main.rs:7:5\tsrc/main.rs:7\n\n";
    assert!(text.starts_with(first), "{text}");
    assert!(
        text.contains("#\tselect of 2\t?\n#\tapp::pool::run\t"),
        "{text}"
    );
}

#[test]
fn a_dump_reads_as_that_of_goroutines() {
    let text = some().to_dump();
    let first = "goroutine 1 [mpsc recv, 2 minutes, 2 tasks]:\n\
        tokio::sync::mpsc::bounded::Receiver::recv()\n\t/cargo/registry/src/index/tokio-1.54.1/src/sync/mpsc/bounded.rs:1\n";
    assert!(text.starts_with(first), "{text}");
    assert!(
        text.contains("[nothing]:\nnothing: no waker is registered()"),
        "{text}"
    );
    assert!(text.contains("[running]:\ncreated by spawn src/other.rs:9:5\n\tsrc/other.rs:9\n"));
}

/// The fields of a message by their numbers, read without any knowledge of pprof.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Value)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => Value::Number(varint(&mut bytes)),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Value::Bytes(value.to_vec())
            }
            wire => panic!("wire type {wire}"),
        };
        fields.push((key >> 3, value));
    }
    fields
}

#[derive(Debug)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (first, rest) = bytes.split_first().expect("another byte");
        *bytes = rest;
        value |= u64::from(first & 127) << shift;
        if first & 128 == 0 {
            break;
        }
    }
    value
}

fn all(fields: &[(u64, Value)], number: u64) -> Vec<&[u8]> {
    let wanted = fields.iter().filter(|(field, _)| *field == number);
    wanted
        .filter_map(|(_, value)| match value {
            Value::Bytes(bytes) => Some(&**bytes),
            Value::Number(_) => None,
        })
        .collect()
}

fn packed(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        numbers.push(varint(&mut bytes));
    }
    numbers
}

/// Count and idle time of each sample, and its calls.
fn samples(bytes: &[u8]) -> Vec<(Vec<u64>, Vec<String>)> {
    let mut message = Vec::new();
    let read = GzDecoder::new(bytes).read_to_end(&mut message);
    read.expect("gzip");
    let profile = fields(&message);
    let texts = all(&profile, 6);
    let number = |fields: &[(u64, Value)], wanted| {
        let found = fields.iter().find(|(field, _)| *field == wanted);
        match found {
            Some((_, Value::Number(number))) => *number,
            _ => 0,
        }
    };
    let functions: HashMap<u64, String> = all(&profile, 5)
        .into_iter()
        .map(|function| {
            let function = fields(function);
            let name = texts[number(&function, 2) as usize];
            (
                number(&function, 1),
                String::from_utf8(name.to_vec()).expect("UTF-8"),
            )
        })
        .collect();
    let locations: HashMap<u64, String> = all(&profile, 4)
        .into_iter()
        .map(|location| {
            let location = fields(location);
            let line = fields(all(&location, 4)[0]);
            (number(&location, 1), functions[&number(&line, 1)].clone())
        })
        .collect();
    all(&profile, 2)
        .into_iter()
        .map(|sample| {
            let sample = fields(sample);
            let calls = packed(all(&sample, 1)[0]);
            let calls = calls.iter().map(|call| locations[call].clone());
            (packed(all(&sample, 2)[0]), calls.collect())
        })
        .collect()
}

#[test]
fn a_profile_has_the_counts_and_the_calls() {
    let samples = samples(&some().to_pprof(Nanos::from_secs(1)));
    let (values, calls) = &samples[0];
    assert_eq!(*values, [2, 191_000_000_000]);
    assert_eq!(
        *calls,
        [
            "tokio::sync::mpsc::bounded::Receiver::recv",
            "app::pool::next_job",
            "app::pool::run",
            "spawn src/main.rs:7:5",
        ]
    );
    assert!(
        samples.iter().any(|(values, _)| *values == [1, 0]),
        "a running one"
    );
}

proptest! {
    /// However tasks are grouped, none is lost and none counts twice.
    #[test]
    fn every_task_counts_once(tasks in prop::collection::vec((0..4usize, 0..3u32, prop::option::of(0..4u32), 0..100u64), 0..50)) {
        let tasks: Vec<_> = tasks
            .into_iter()
            .enumerate()
            .map(|(seq, (state, site, wait, seconds))| {
                task(seq as u64 + 1, State::ALL[state], site, wait, seconds)
            })
            .collect();
        let alive = tasks.iter().filter(|task| task.state != State::Ended).count() as u64;
        let profile = profile(&tasks);
        prop_assert_eq!(profile.tasks(), alive);
        let samples = samples(&profile.to_pprof(Nanos::ZERO));
        prop_assert_eq!(samples.iter().map(|(values, _)| values[0]).sum::<u64>(), alive);
        let _ = (profile.to_counts(), profile.to_dump());
    }
}
