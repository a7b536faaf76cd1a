//! Attached to a service that has a stock console-subscriber in it and no loiter.

use std::process::Command;

use loiter_tests::{Program, Server, wait_until};

use crate::LOITER;

/// One task holds a lock, two wait for it.
fn service() -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shapes"));
    command.arg("mutex");
    Server::ConsoleSubscriber.start(command)
}

#[test]
fn its_tasks_are_listed_like_an_agents() {
    let service = service();
    let address = service.address();
    let document = wait_until("the tasks are there", || {
        let document = LOITER.tasks(&[&address, "--json", "--filter", "name:waiter idle"]);
        (document["matched"] == 2).then_some(document)
    });
    assert_eq!(document["target"]["teller"], "console-subscriber");
    assert_eq!(document["tier"], "every_task");
    for task in document["tasks"].as_array().expect("rows") {
        assert_eq!(task["kind"], "task", "{task}");
        assert_eq!(task["state"], "idle", "{task}");
        // The waker is in the queue of the lock.
        assert_eq!(task["wakers"], 1, "{task}");
        // Once more for each time that it came before the holder.
        assert!(task["polls"].as_u64() >= Some(1), "{task}");
        let site = task["site"]["file"].as_str().expect("a path");
        assert!(site.ends_with("programs/shapes.rs"), "{task}");
        // It does not tell these.
        assert!(
            task["parent"].is_null() && task["woken_by"].is_null(),
            "{task}"
        );
    }
}

#[test]
fn what_it_cannot_tell_is_refused_with_the_reason() {
    let service = service();
    let address = service.address();
    let refused = LOITER.run(&["stacks", &address]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("cannot tell what tasks wait on"),
        "{}",
        refused.stderr
    );
}

#[test]
fn the_ui_shows_who_is_blocked_and_finds_the_service_again() {
    let mut service = service();
    let address = service.address();
    let terminal = LOITER.terminal(&[&address, "--blocked-after", "1s"]);
    terminal.wait_for_text("connected");
    terminal.wait_for_text("console-subscriber cannot tell what tasks wait on");
    terminal.wait_for("the tasks are blocked", |screen| {
        let contents = screen.contents();
        let is_blocked = |name: &str| {
            let mut lines = contents.lines();
            lines.any(|line| line.starts_with('■') && line.contains(name))
        };
        ["holder", "waiter-1", "waiter-2"]
            .into_iter()
            .all(is_blocked)
    });
    service.kill();
    terminal.wait_for_text("reconnecting");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shapes"));
    command.args(["long-sleep", "--console"]);
    command.env("TOKIO_CONSOLE_BIND", &address);
    let _other = Program::start(command);
    terminal.wait_for_text("sleeper");
    terminal.wait_for("the tasks of before are gone", |screen| {
        !screen.contents().contains("waiter-1")
    });
}
