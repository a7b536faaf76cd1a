//! The bookkeeping, without tokio.

use loiter_model::{ResourceSeq, State};

use super::*;

fn resource<'a>(concrete_type: &'a str) -> MadeResource<'a> {
    MadeResource {
        kind: "Sync",
        concrete_type,
        site: 1,
        is_internal: false,
        inherits_child_attributes: false,
    }
}

fn op(source: &str) -> MadeOp<'_> {
    MadeOp {
        source,
        inherits_child_attributes: false,
    }
}

fn update(name: &'static str, value: Value, change: Change) -> Update {
    Update {
        name,
        value,
        change,
        unit: UnitText::default(),
    }
}

/// Runs inside of a span.
fn inside<T>(resources: &Resources, of: Ref, run: impl FnOnce() -> T) -> T {
    resources.entered(of, || 10);
    let result = run();
    resources.left(of, || 30);
    result
}

#[test]
fn an_operation_says_what_it_does() {
    let resources = Resources::new(10);
    let timer = resources.resource_made(&resource("Sleep"), 1);
    let sleep = resources.op_made(&op("Sleep::new_timeout"), Some(timer), 2);
    let sleep = sleep.expect("of a resource");
    let polls = resources.poll_made(Some(sleep)).expect("of an operation");
    let state = || {
        let reading = resources.read(100);
        let op = reading.ops_of(ResourceSeq::new(1).expect("not 0"));
        let op = op.iter().next().expect("is there").clone();
        (op.state, op.polls, op.busy.0, op.total.0)
    };
    assert_eq!(state(), (State::Scheduled, 0, 0, 98));
    inside(&resources, timer, || {
        inside(&resources, sleep, || {
            inside(&resources, polls, || {
                assert_eq!(state(), (State::Running, 1, 90, 98));
                resources.polled(false);
            });
        });
    });
    assert_eq!(state(), (State::Idle, 1, 20, 98));
}

#[test]
fn what_is_dropped_is_gone_and_its_place_is_used_again() {
    let resources = Resources::new(1);
    let first = resources.resource_made(&resource("Mutex"), 1);
    assert_eq!(resources.read(5).resources().len(), 1);
    let beyond = resources.resource_made(&resource("Mutex"), 1);
    assert_eq!(beyond, Ref::untracked(What::Resource));
    assert_eq!(resources.untracked(), 1);
    resources.cloned(first);
    assert!(!resources.dropped(first));
    assert!(resources.dropped(first));
    assert!(resources.read(5).resources().is_empty());
    assert!(!resources.dropped(beyond));

    let second = resources.resource_made(&resource("Barrier"), 2);
    assert_eq!(second.index, first.index);
    // A reference that outlived what it stands for.
    resources.cloned(first);
    assert!(!resources.dropped(first));
    inside(&resources, first, || {
        resources.resource_updated(&update("size", Value::Number(1), Change::Override));
    });
    let reading = resources.read(5);
    assert_eq!(reading.resources().len(), 1);
    assert!(reading.resources()[0].attributes.is_empty());
}

#[test]
fn what_happens_inside_of_an_untracked_one_is_not_taken_for_an_outer_ones() {
    let resources = Resources::new(1);
    let lock = resources.resource_made(&resource("Mutex"), 1);
    inside(&resources, lock, || {
        let inner = resources.resource_made(&resource("Semaphore"), 1);
        inside(&resources, inner, || {
            resources.resource_updated(&update("permits", Value::Number(1), Change::Override));
            let made = resources.op_made(&op("Acquire::new"), None, 1);
            assert_eq!(made, Some(Ref::untracked(What::Op)));
        });
    });
    assert_eq!(resources.untracked_ops(), 1);
    assert!(resources.read(5).resources()[0].attributes.is_empty());
    assert_eq!(resources.op_made(&op("Mutex::lock"), None, 1), None);
    assert_eq!(resources.untracked_ops(), 1, "tokio does not tell of it");
}

#[test]
fn changes_are_told() {
    let resources = Resources::new(10);
    let mut last = resources.changes();
    let mut has_changed =
        || std::mem::replace(&mut last, resources.changes()) != resources.changes();
    let lock = resources.resource_made(&resource("Mutex"), 1);
    assert!(has_changed());
    assert!(!has_changed());
    inside(&resources, lock, || {
        assert!(!has_changed(), "to be inside of one is no change");
        resources.resource_updated(&update("locked", Value::Flag(true), Change::Override));
        assert!(has_changed());
    });
    resources.dropped(lock);
    assert!(has_changed());
}
