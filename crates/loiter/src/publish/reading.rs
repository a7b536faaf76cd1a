//! Turns addresses into words, away from the agent's thread: the first look at a program's debug
//! info may take seconds, and whoever asks for something else is answered meanwhile.

use std::sync::Arc;

use tokio::task;

use super::cost;
use crate::{
    table::Table,
    thread::Thread,
    upkeep::{self, Part},
};

/// How often it is tried: symbols that panic once may do so again.
const TRIES: u8 = 2;

/// Works out what was seen of waits and was not read yet.
pub(crate) async fn waits(table: &Arc<Table>) {
    for _ in 0..=TRIES {
        if !table.waits().has_unread() || of_table(table, |table| table.waits().read_all()).await {
            return;
        }
    }
}

/// Works out how the tasks ended that are remembered by now.
pub(crate) async fn endings(table: &Arc<Table>) {
    table.settle();
    // Further ones may have been settled meanwhile, and would be shown as they are.
    let mut panics = 0;
    while table.has_unread_endings() {
        if of_table(table, Table::read_endings).await {
            continue;
        }
        panics += 1;
        if panics == TRIES {
            return table.give_endings_up();
        }
    }
}

/// Whether it came to its end: should it panic, what was not read is tried once more.
async fn of_table(table: &Arc<Table>, read: impl FnOnce(&Table) + Send + 'static) -> bool {
    let table = table.clone();
    let read = move || {
        upkeep::may_panic(Part::Symbols);
        read(&table);
    };
    apart(Part::Symbols, read).await.is_some()
}

/// Does this on a thread of its own; `None` should it panic.
pub(crate) async fn apart<T: Send + 'static>(
    part: Part,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let working = task::spawn_blocking(move || {
        Thread::with(Thread::become_agent);
        upkeep::once_here(part, || cost::aside(work))
    });
    working.await.ok()?
}
