//! A recording made from each kind of target, opened again.

use std::{fs::File, path::Path};

use loiter_model::{
    Nanos,
    query::{Query, ResourceColumn, Sort, Window},
};
use loiter_recording::{Recording, Replay};
use loiter_tests::{Finished, Server, wait_until};
use serde_json::Value;

use crate::{
    LOITER,
    service::{SHAPES, Service},
};

fn record(service: &Service, file: &Path) -> Finished {
    let file = file.to_str().expect("a path in UTF-8");
    LOITER.run(&["record", &service.address, "-o", file, "--for", "3s"])
}

fn named(document: &Value) -> Vec<String> {
    let tasks = document["tasks"].as_array().expect("tasks");
    let names = tasks.iter().filter_map(|task| task["name"].as_str());
    let mut names: Vec<_> = names.map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn a_recording_of_each_server_replays() {
    let folder = tempfile::tempdir().expect("a folder");
    for server in [Server::ConsoleSubscriber, Server::Agent] {
        let service = Service::start(&["mutex"], server);
        let file = folder.path().join(format!("{server:?}.loiter"));
        let finished = record(&service, &file);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        drop(service);

        let file = file.to_str().expect("a path in UTF-8");
        let document = LOITER.tasks(&[file, "--json"]);
        assert_eq!(
            named(&document),
            ["holder", "waiter-1", "waiter-2"],
            "{server:?}"
        );

        let mut terminal = LOITER.terminal(&["replay", file]);
        for text in ["holder", "waiter-1", "waiter-2"] {
            terminal.wait_for_text(text);
        }
        terminal.type_keys("q");
        terminal.wait_for_end(0);
    }
}

/// Who waits for a lock is seen in its details at any time, by the operations on it.
#[test]
fn operations_on_resources_are_recorded_from_each_server() {
    let folder = tempfile::tempdir().expect("a folder");
    for server in [Server::ConsoleSubscriber, Server::Agent] {
        let service = Service::start(&["mutex"], server);
        let file = folder.path().join(format!("{server:?}.loiter"));
        // On a busy machine it may take longer than that until anything is told.
        let mut replay = wait_until("something is recorded", || {
            let finished = record(&service, &file);
            assert_eq!(finished.code, Some(0), "{finished:?}");
            let recording = Recording::open(File::open(&file).expect("a file")).ok()?;
            Replay::new(recording).ok()
        });
        let (from, to) = replay.range();
        for at in [to, Nanos(from.0.midpoint(to.0))] {
            replay.go_to(at).expect("it is whole");
            let picture = replay.picture();
            let resources = picture.resources(&Query {
                filter: "mutex".parse().expect("a filter"),
                sort: Sort::by(ResourceColumn::Seq),
                window: Window {
                    offset: 0,
                    limit: 100,
                },
                thresholds: Default::default(),
            });
            let details = resources.resources.iter();
            let details = details.filter_map(|it| picture.resource(it.seq));
            let ops: Vec<_> = details.flat_map(|detail| detail.ops).collect();
            let waiting = ops.iter().filter(|op| &*op.source == "Mutex::lock");
            assert_eq!(waiting.count(), 2, "{server:?} at {at}: {ops:#?}");
        }
    }
}

/// The fields of a document that hold as long as nothing happens: all but times, and what is read
/// off times.
fn lasting(document: &Value) -> Value {
    match document {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| {
                let is_time = name.ends_with("_ns") || name.ends_with("_per_sec");
                !is_time && !matches!(name.as_str(), "history" | "headline" | "text")
            });
            fields
                .map(|(name, value)| (name.clone(), lasting(value)))
                .collect()
        }
        Value::Array(values) => values.iter().map(lasting).collect(),
        other => other.clone(),
    }
}

/// What commands say of a service, or of a file.
fn told(target: &str) -> Vec<(&'static str, Value)> {
    let commands: [(_, &[&str]); 5] = [
        ("tasks", &["tasks", "--json"]),
        ("sites", &["tasks", "--group", "site", "--json"]),
        ("waits", &["stacks", "--no-capture", "--json"]),
        ("resources", &["resources", "--json"]),
        ("findings", &CHECK),
    ];
    let commands = commands.into_iter().map(|(name, args)| {
        let finished = LOITER.run(&[args, &[target]].concat());
        let document: Value = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{name} of {target}: {error}: {finished:?}"));
        (name, lasting(&document))
    });
    commands.collect()
}

/// Where two documents say different things, and what.
fn differences(place: &str, live: &Value, recorded: &Value) -> Vec<String> {
    let inside = |name: &dyn std::fmt::Display, live, recorded| {
        differences(&format!("{place}/{name}"), live, recorded)
    };
    match (live, recorded) {
        (Value::Object(ours), Value::Object(theirs)) if ours.len() == theirs.len() => {
            let fields = ours.iter();
            fields
                .flat_map(|(name, value)| inside(name, value, &recorded[name]))
                .collect()
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.iter().zip(theirs).enumerate();
            pairs
                .flat_map(|(number, (ours, theirs))| inside(&number, ours, theirs))
                .collect()
        }
        _ if live == recorded => Vec::new(),
        _ => vec![format!("{place}: {live} live, {recorded} recorded")],
    }
}

const CHECK: [&str; 7] = [
    "check",
    "--for",
    "2s",
    "--blocked-after",
    "1s",
    "--format",
    "json",
];

/// Whatever is asked of the end of a recording is answered as the service itself answered then: in
/// services where nothing moves, so that the one can be compared with the other.
#[test]
fn a_recording_ends_as_the_service_was_then() {
    let folder = tempfile::tempdir().expect("a folder");
    for (shape, names) in SHAPES {
        let service = Service::start(&[shape], Server::Agent);
        wait_until("its tasks have come to rest", || {
            let document = LOITER.tasks(&[&service.address, "-f", "idle>1s"]);
            (document["matched"].as_u64() >= Some(names.len() as u64)).then_some(())
        });
        let file = folder.path().join(shape);
        let finished = record(&service, &file);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let live = told(&service.address);
        let recorded = told(file.to_str().expect("a path in UTF-8"));
        let found = live.iter().find(|(name, _)| *name == "findings");
        let found = found.and_then(|(_, document)| document["findings"].as_array());
        let is_found = found.is_some_and(|it| !it.is_empty());
        assert!(
            is_found || *shape != "mutex",
            "a lock that is never given back"
        );
        for ((name, live), (_, recorded)) in live.into_iter().zip(recorded) {
            let differ = differences("", &live, &recorded);
            assert!(differ.is_empty(), "{shape}: {name}: {differ:#?}");
        }
    }
}
