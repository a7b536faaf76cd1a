//! Programs of other shapes than the demo.

use std::process::Command;

use loiter_tests::{Program, free_address, wait_until};
use serde_json::Value;

use crate::LOITER;

/// The tasks of a filter, once there is one.
fn wait_for_tasks(address: &str, filter: &str) -> Vec<Value> {
    wait_until(filter, || {
        let finished = LOITER.run(&["tasks", address, "--filter", filter]);
        if finished.code != Some(0) {
            return None;
        }
        let document: Value = serde_json::from_str(&finished.stdout).ok()?;
        let tasks = document["tasks"].as_array()?.clone();
        (!tasks.is_empty()).then_some(tasks)
    })
}

#[test]
fn an_axum_service_needs_one_line() {
    let address = free_address().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-service"));
    command.env("LOITER_LISTEN", &address);
    let _service = Program::start(command);
    // Its own task, and the one that axum spawns for a connection.
    let own = wait_for_tasks(&address, "site:programs/axum.rs");
    assert_eq!(own[0]["kind"], "task", "{own:?}");
    let connections = wait_for_tasks(&address, "site:axum-");
    assert_eq!(connections[0]["state"], "idle", "{connections:?}");
}

#[test]
fn every_runtime_and_every_kind_of_task_is_seen() {
    let program = Program::start(Command::new(env!("CARGO_BIN_EXE_every-runtime")));
    let address = program.address();
    for name in [
        "in-tokio-main",
        "in-current-thread",
        "in-a-runtime-of-its-own",
        "beside-a-local-set",
    ] {
        let tasks = wait_for_tasks(&address, &format!("name:{name}"));
        assert_eq!(tasks[0]["kind"], "task", "{tasks:?}");
        assert_eq!(tasks[0]["state"], "idle", "{tasks:?}");
    }
    let local = wait_for_tasks(&address, "kind:local");
    assert_eq!(local[0]["state"], "idle", "{local:?}");
    let blocking = wait_for_tasks(&address, "kind:blocking fn:tokio_main");
    assert_eq!(blocking[0]["state"], "running", "{blocking:?}");
    // One for each thread that blocks on a future.
    let roots = wait_until("four roots", || {
        let roots = wait_for_tasks(&address, "kind:block_on");
        (roots.len() == 4).then_some(roots)
    });
    let in_this_program = |task: &&Value| {
        let file = task["site"]["file"].as_str();
        file.is_some_and(|file| file.ends_with("programs/runtimes.rs"))
    };
    assert!(
        roots.iter().filter(in_this_program).count() >= 1,
        "{roots:?}"
    );
}
