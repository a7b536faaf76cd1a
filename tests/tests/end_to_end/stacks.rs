//! `loiter stacks`: what the tasks of a real service wait on.

use loiter_tests::{FakeAgent, wait_until};
use serde_json::Value;

use crate::{LOITER, shared};

/// The stacks of a filter, once each of its tasks has one.
fn captured(filter: &str) -> Vec<Value> {
    wait_until(filter, || {
        let args = ["stacks", &shared().address, "--json", "--filter", filter];
        let finished = LOITER.run(&args);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let document: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        let capture = &document["capture"];
        let is_complete =
            capture["matched"].as_u64() > Some(0) && capture["captured"] == capture["matched"];
        let stacks = document["stacks"].as_array().expect("stacks").clone();
        (is_complete && stacks.iter().all(|stack| stack["kind"].is_string())).then_some(stacks)
    })
}

fn text(args: &[&str]) -> String {
    let finished = LOITER.run(&[&["stacks", &shared().address], args].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.stdout
}

#[test]
fn each_leak_is_named_by_what_it_waits_on() {
    for (name, kind, file) in [
        ("blocked-send", "mpsc send", "leak/blocked_send.rs"),
        ("blocked-receive", "mpsc recv", "leak/blocked_receive.rs"),
        ("lock-waiter", "mutex", "leak/lock_held.rs"),
        ("lock-holder", "oneshot recv", "leak/lock_held.rs"),
    ] {
        let stacks = captured(&format!("name:{name} state:idle"));
        let stack = &stacks[0];
        assert_eq!(stack["kind"], kind, "{stack}");
        assert_eq!(stack["source"], "probed", "{stack}");
        let frames = stack["branches"][0]["frames"].as_array().expect("frames");
        assert_eq!(frames[0]["origin"], "tokio", "{stack}");
        let is_here = |frame: &&Value| {
            frame["file"]
                .as_str()
                .is_some_and(|path| path.ends_with(file))
        };
        let here = frames.iter().find(is_here).expect(file);
        assert_eq!(here["origin"], "user", "{here}");
        assert!(here["line"].as_u64() > Some(0), "{here}");
    }
}

#[test]
fn nothing_can_wake_what_registered_no_waker() {
    let stacks = captured("name:wait-on-nothing");
    assert_eq!(stacks[0]["kind"], "nothing", "{stacks:?}");
    assert_eq!(stacks[0]["branches"], serde_json::json!([]));
    let text = text(&["--text", "--filter", "name:wait-on-nothing"]);
    assert!(text.contains("nothing can wake it"), "{text}");
}

#[test]
fn equal_stacks_are_one() {
    let stacks = captured("name:lock-waiter");
    assert_eq!(stacks.len(), 1, "{stacks:?}");
    assert_eq!(stacks[0]["count"], 3);
    let tasks = stacks[0]["tasks"].as_array().expect("tasks");
    assert!(tasks.iter().all(|task| task["name"] == "lock-waiter"));

    let text = text(&["--text", "--filter", "name:lock-waiter"]);
    let header = text.lines().next().expect("a header");
    assert!(
        header.starts_with("3 tasks \"lock-waiter\" [mutex, "),
        "{text}"
    );
    assert!(text.contains("lock_held.rs:"), "{text}");
    assert!(text.contains("frames of tokio)"), "{text}");
    assert!(text.contains("spawned at "), "{text}");
    assert!(text.contains("captured 3 of 3"), "{text}");
}

#[test]
fn every_call_is_printed_on_demand() {
    captured("name:lock-waiter");
    let text = text(&["--text", "--all-frames", "-f", "name:lock-waiter"]);
    assert!(text.contains("/src/sync/mutex.rs:"), "{text}");
    assert!(!text.contains("frames of tokio)"), "{text}");
}

#[test]
fn a_running_task_is_there_without_a_stack() {
    let text = text(&["--text", "--filter", "name:infinite-loop"]);
    assert!(text.starts_with("task "), "{text}");
    assert!(text.contains("\"infinite-loop\" [running, "), "{text}");
    assert!(text.contains("1 was not idle"), "{text}");
}

#[test]
fn no_task_is_asked_unless_it_is_wanted() {
    let args = ["--no-capture", "--limit", "1"];
    let document: Value = serde_json::from_str(&text(&args)).expect("a pipe gets JSON");
    assert_eq!(document["capture"], Value::Null);
    assert_eq!(document["stacks"].as_array().map(Vec::len), Some(1));
    assert!(document["matched"].as_u64() > Some(1), "{document}");
}

#[test]
fn the_order_is_that_of_a_column() {
    let args = ["--json", "--sort", "oldest", "--reverse"];
    let document: Value = serde_json::from_str(&text(&args)).expect("JSON");
    let stacks = document["stacks"].as_array().expect("stacks");
    let oldest = stacks
        .iter()
        .filter_map(|stack| stack["oldest_ns"].as_u64());
    assert!(oldest.is_sorted(), "{document}");
}

#[test]
fn an_agent_that_cannot_ask_is_of_another_version() {
    let agent = FakeAgent::saying(FakeAgent::target(), FakeAgent::no_tasks());
    let finished = LOITER.run(&["stacks", &agent.start()]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(finished.stderr.contains("CaptureStacks"), "{finished:?}");
    assert!(finished.stderr.contains("version"), "{finished:?}");
}

#[test]
fn a_service_that_does_not_want_to_be_asked_says_so() {
    let mut command = LOITER.demo_command("127.0.0.1:0");
    command.env("LOITER_CAPTURE_STACKS", "off");
    let service = loiter_tests::Program::start(command);
    let address = service.address();
    let finished = LOITER.run(&["stacks", &address]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(
        finished.stderr.contains("LOITER_CAPTURE_STACKS"),
        "{finished:?}"
    );
    let finished = LOITER.run(&["stacks", &address, "--no-capture"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}
