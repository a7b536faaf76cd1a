//! Turns addresses into words, away from the agent's thread: the first look at a program's debug
//! info may take seconds, and whoever asks for something else is answered meanwhile.

use std::sync::Arc;

use tokio::task;

use super::cost;
use crate::{table::Table, thread::Thread};

/// Works out what was seen of waits and was not read yet.
pub(crate) async fn waits(table: &Arc<Table>) {
    if table.waits().has_unread() {
        of_table(table, |table| table.waits().read_all()).await;
    }
}

/// Works out how the tasks ended that are remembered by now.
pub(crate) async fn endings(table: &Arc<Table>) {
    table.settle();
    // Further ones may have been settled meanwhile, and would be shown as they are.
    while table.has_unread_endings() {
        if !of_table(table, Table::read_endings).await {
            return;
        }
    }
}

/// Whether it came to its end: should it panic, what was not read stays so.
async fn of_table(table: &Arc<Table>, read: impl FnOnce(&Table) + Send + 'static) -> bool {
    let table = table.clone();
    apart(move || read(&table)).await.is_some()
}

/// Does this on a thread of its own; `None` should it panic.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let working = task::spawn_blocking(move || {
        Thread::with(Thread::become_agent);
        cost::aside(work)
    });
    working.await.ok()
}
