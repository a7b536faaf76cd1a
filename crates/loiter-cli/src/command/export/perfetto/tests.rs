//! Reads what was written by the numbers of the fields alone, without the messages it was written
//! with.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::command::export::tests::{FROM, entries, trace_of};

/// The fields of one message.
struct Fields<'a>(Vec<(u64, Value<'a>)>);

#[derive(Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().expect("a number goes on");
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return number;
        }
    }
    panic!("a number of more than ten bytes");
}

impl<'a> Fields<'a> {
    fn of(mut bytes: &'a [u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let value = match key & 7 {
                0 => Value::Number(varint(&mut bytes)),
                1 => {
                    let (number, rest) = bytes.split_at(8);
                    bytes = rest;
                    Value::Number(u64::from_le_bytes(number.try_into().expect("eight")))
                }
                2 => {
                    let length = varint(&mut bytes) as usize;
                    let (value, rest) = bytes.split_at(length);
                    bytes = rest;
                    Value::Bytes(value)
                }
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, value));
        }
        Self(fields)
    }

    fn all(&self, number: u64) -> impl Iterator<Item = Value<'a>> {
        let fields = self.0.iter().filter(move |(field, _)| *field == number);
        fields.map(|(_, value)| *value)
    }

    fn number(&self, number: u64) -> Option<u64> {
        self.all(number).find_map(|value| match value {
            Value::Number(number) => Some(number),
            Value::Bytes(_) => None,
        })
    }

    fn bytes(&self, number: u64) -> impl Iterator<Item = &'a [u8]> {
        self.all(number).filter_map(|value| match value {
            Value::Bytes(bytes) => Some(bytes),
            Value::Number(_) => None,
        })
    }

    fn text(&self, number: u64) -> Option<&'a str> {
        let text = self.bytes(number).next()?;
        Some(std::str::from_utf8(text).expect("UTF-8"))
    }

    fn message(&self, number: u64) -> Option<Fields<'a>> {
        self.bytes(number).next().map(Fields::of)
    }
}

fn written() -> Vec<u8> {
    let mut out = Vec::new();
    trace_of(entries(), "", &mut Perfetto::new(&mut out));
    out
}

fn packets(trace: &[u8]) -> Vec<Fields<'_>> {
    let trace = Fields::of(trace);
    assert!(trace.0.iter().all(|(field, _)| *field == 1));
    trace.bytes(1).map(Fields::of).collect()
}

#[test]
fn the_beginning_says_what_time_it_is_and_what_comes_needs_it() {
    let trace = written();
    let packets = packets(&trace);
    let first = &packets[0];
    assert_eq!(first.number(13), Some(1));
    let clocks = first.message(6).expect("clocks");
    let clocks: HashMap<_, _> = clocks
        .bytes(1)
        .map(Fields::of)
        .map(|clock| (clock.number(1), clock.number(2)))
        .collect();
    assert_eq!(clocks[&Some(6)], Some(FROM.0));
    assert_eq!(clocks[&Some(1)], Some(1_700_000_093_000_000_000));
    assert!(packets.iter().all(|packet| packet.number(10) == Some(1)));
    let events = packets.iter().filter(|packet| packet.message(11).is_some());
    assert!(events.clone().count() > 40);
    for event in events {
        assert_eq!(event.number(13), Some(2));
        assert!(event.number(8) >= Some(FROM.0));
    }
}

#[test]
fn every_event_is_on_a_track_of_the_program() {
    let trace = written();
    let packets = packets(&trace);
    let mut tracks = HashMap::new();
    for packet in &packets {
        if let Some(track) = packet.message(60) {
            tracks.insert(track.number(1).expect("a number"), track);
        }
        let Some(event) = packet.message(11) else {
            continue;
        };
        // Its track was described before, and so were those around it, up to the process.
        let mut uuid = event.number(11).expect("a track");
        while let Some(parent) = tracks[&uuid].number(5) {
            uuid = parent;
        }
        let process = tracks[&uuid].message(3).expect("a process");
        assert_eq!(process.number(1), Some(4711));
        assert_eq!(process.text(6), Some("checkout"));
    }
    let named = |uuid: u64| tracks[&uuid].text(2).expect("a name");
    let task = (1 << 62) + 17;
    assert_eq!(named(task), "#17 blocked-send");
    let site = tracks[&task].number(5).expect("a site");
    assert_eq!(named(site), "src/report.rs:31:5");
    let counters = tracks.values().filter(|track| track.message(8).is_some());
    assert_eq!(counters.count(), 4);
}

#[test]
fn slices_nest_arrows_meet_and_names_are_known() {
    let trace = written();
    let packets = packets(&trace);
    let mut names: HashMap<u64, &str> = HashMap::new();
    let mut categories = HashSet::new();
    let mut events = Vec::new();
    for packet in &packets {
        if let Some(interned) = packet.message(12) {
            for name in interned.bytes(2).map(Fields::of) {
                names.insert(name.number(1).expect("iid"), name.text(2).expect("name"));
            }
            let all = interned.bytes(1).map(Fields::of);
            categories.extend(all.filter_map(|category| category.number(1)));
        }
        if let Some(event) = packet.message(11) {
            assert!(event.all(3).all(|category| match category {
                Value::Number(category) => categories.contains(&category),
                Value::Bytes(_) => false,
            }));
            if let Some(iid) = event.number(10) {
                assert!(names.contains_key(&iid), "name {iid}");
            }
            events.push((packet.number(8).expect("a time"), event));
        }
    }
    // As readers do: by time, and as they stand within one.
    events.sort_by_key(|(at, _)| *at);
    let mut open: HashMap<u64, Vec<&str>> = HashMap::new();
    let mut begun = HashSet::new();
    let mut ended = HashSet::new();
    let mut seen = HashSet::new();
    for (_, event) in &events {
        let stack = open.entry(event.number(11).expect("a track")).or_default();
        let name = event.number(10).map(|iid| names[&iid]).or(event.text(23));
        seen.extend(name);
        match event.number(9) {
            Some(1) => stack.push(name.expect("a slice has a name")),
            Some(2) => drop(stack.pop().expect("it has begun")),
            Some(3) => {}
            Some(4) => assert!(event.number(30).is_some()),
            other => panic!("type {other:?}"),
        }
        for (field, ends) in [(47, &mut begun), (48, &mut ended)] {
            for flow in event.all(field) {
                let Value::Number(flow) = flow else {
                    panic!("a flow is a number");
                };
                assert!(ends.insert(flow), "flow {flow} twice");
            }
        }
        assert!(ended.is_subset(&begun));
    }
    assert!(open.values().all(Vec::is_empty), "{open:?}");
    assert_eq!((begun.len(), ended.len()), (4, 4));
    for name in [
        "idle",
        "mpsc send · report.rs:40 send_all",
        "3 events lost",
        "finished",
    ] {
        assert!(seen.contains(name), "{name} in {seen:?}");
    }
    assert!(
        seen.iter()
            .any(|name| name.starts_with("no waker (proved)"))
    );
}

#[test]
fn what_is_beside_an_event_has_its_name_and_value() {
    let trace = written();
    let packets = packets(&trace);
    let annotations = packets.iter().filter_map(|packet| packet.message(11));
    let annotations = annotations.flat_map(|event| {
        let annotations = event.bytes(4).map(Fields::of);
        annotations.collect::<Vec<_>>()
    });
    let facts: Vec<_> = annotations
        .map(|it| (it.text(10).expect("a name"), it.number(3), it.text(6)))
        .collect();
    assert!(facts.contains(&("before_the_trace_ns", Some(92_700_000_000), None)));
    assert!(facts.contains(&("woken_by", Some(18), None)));
    assert!(facts.contains(&("program", None, Some("checkout"))));
}

#[test]
fn only_so_many_names_are_kept() {
    let mut out = Vec::new();
    let mut perfetto = Perfetto::new(&mut out);
    for number in 0..MOST_NAMES + 2 {
        let event = new_event(INSTANT, PROGRAM);
        let written = perfetto.named(FROM, Category::Task, &number.to_string(), event);
        written.expect("memory");
    }
    let packets = packets(&out);
    let last = packets.last().and_then(|packet| packet.message(11));
    let last = last.expect("an event");
    assert_eq!((last.number(10), last.text(23)), (None, Some("10001")));
    let interned = packets.iter().filter_map(|packet| packet.message(12));
    assert_eq!(interned.count(), MOST_NAMES);
}
