//! loiter, on console-subscriber.

use std::collections::BTreeSet;

use loiter_tests::{Server, wait_until};
use serde_json::Value;

use crate::{
    LOITER,
    service::{SHAPES, Service},
};

/// What does not depend on time of the tasks with a name.
fn tasks(service: &Service) -> BTreeSet<[String; 5]> {
    let document = LOITER.tasks(&[&service.address, "--json"]);
    let rows = document["tasks"].as_array().expect("tasks").clone();
    let named = rows.iter().filter(|task| task["name"].is_string());
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    named
        .map(|task| {
            [
                text(&task["name"]),
                text(&task["state"]),
                text(&task["kind"]),
                format!("{}:{}", task["site"]["file"], task["site"]["line"]),
                format!("{} polls, {} wakers", task["polls"], task["wakers"]),
            ]
        })
        .collect()
}

#[test]
fn it_shows_the_same_tasks_of_both_servers() {
    for (shape, names) in SHAPES {
        let [stock, ours] = [Server::ConsoleSubscriber, Server::Agent].map(|server| {
            let service = Service::start(&[shape], server);
            wait_until("the named tasks idle", || {
                let tasks = tasks(&service);
                let are_idle = tasks.iter().all(|[_, state, ..]| state == "idle");
                (tasks.len() == names.len() && are_idle).then_some(tasks)
            })
        });
        // How often a waiter yielded before the lock was taken is a matter of luck.
        let but_polls = |tasks: &BTreeSet<[String; 5]>| -> BTreeSet<[String; 4]> {
            let tasks = tasks.iter().cloned();
            tasks
                .map(|[name, state, kind, site, _]| [name, state, kind, site])
                .collect()
        };
        assert_eq!(but_polls(&ours), but_polls(&stock), "{shape}");
    }
}

#[test]
fn the_screen_says_who_tells_and_highlights_who_is_blocked() {
    let service = Service::start(&["mutex"], Server::ConsoleSubscriber);
    let mut terminal = LOITER.terminal(&[&service.address, "--blocked-after", "500ms"]);
    for text in [
        "console-subscriber",
        "waiter-1",
        "waiter-2",
        "holder",
        "shapes.rs",
    ] {
        terminal.wait_for_text(text);
    }
    terminal.wait_for("three blocked tasks", |screen| {
        screen.contents().contains("3 blocked")
    });
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn the_commands_work() {
    let service = Service::start(&["mutex"], Server::ConsoleSubscriber);
    wait_until("a mutex for which two wait", || {
        let finished = LOITER.run(&["resources", &service.address, "--json"]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let document: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        let resources = document["resources"].as_array().expect("resources");
        let mutex = resources.iter().find(|it| it["type"] == "Mutex")?;
        let waiters = mutex["waiters"].as_array().map(Vec::len);
        (waiters == Some(2)).then_some(())
    });

    let stacks = LOITER.run(&["stacks", &service.address]);
    assert_eq!(stacks.code, Some(2), "{stacks:?}");
    assert!(stacks.stderr.contains("cannot tell"), "{stacks:?}");

    let check = LOITER.run(&[
        "check",
        &service.address,
        "--for",
        "3s",
        "--fail-on",
        "proved",
    ]);
    assert_eq!(check.code, Some(0), "nothing is proved: {check:?}");
}
