//! The one table that this process records into, for those who are not handed it: wakers and
//! wrapped futures.

use std::sync::{Arc, OnceLock};

use crate::table::Table;

static RECORDING: OnceLock<Recording> = OnceLock::new();

struct Recording {
    table: Arc<Table>,
    traced: bool,
}

/// From now on, tasks that are spawned through this crate are recorded. `traced`: tokio tells of
/// every task by itself. Only the first call counts.
pub(crate) fn start(table: Arc<Table>, traced: bool) {
    let _ = RECORDING.set(Recording { table, traced });
}

/// The table, if there is one. It lives for ever.
pub(crate) fn table() -> Option<&'static Table> {
    Some(&*RECORDING.get()?.table)
}

/// Whether tokio tells of every task by itself.
pub(crate) fn is_traced() -> bool {
    RECORDING.get().is_some_and(|recording| recording.traced)
}
