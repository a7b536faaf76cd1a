//! Tasks that are spawned through loiter, with and without tokio's own help.
//!
//! As in the agent's other tests, each program runs in a child process: a process has one agent.
#![cfg(feature = "agent")]

mod endings;
mod looks;
mod same_as_tokio;
mod scopes;
mod seen;
mod stress;
#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;
mod tracker;

use loiter_model::{Task, update::TasksUpdate};
use support::{Client, query, update_where};

/// The update in which this holds, as the model has it.
async fn when(
    client: &mut Client,
    filter: &str,
    holds: impl Fn(&TasksUpdate) -> bool,
) -> TasksUpdate {
    let read = |update: &loiter_wire::v1::TasksUpdate| -> TasksUpdate {
        update.clone().try_into().expect("well-formed")
    };
    let update = update_where(client, query(filter), |update| holds(&read(update))).await;
    read(&update)
}

/// The task of this name.
fn named<'a>(update: &'a TasksUpdate, name: &str) -> Option<&'a Task> {
    update.tasks.iter().find(|task| {
        let label = task.name.and_then(|id| update.labels.names.get(&id));
        label.is_some_and(|label| **label == *name)
    })
}
