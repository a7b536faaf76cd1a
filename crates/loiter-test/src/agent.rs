//! The agent that sees the tasks: one for all checks of a process.

use std::sync::Once;

use loiter::{Builder, inspect};
use tracing_core::Subscriber;

use crate::block_on::block_on;

static STARTED: Once = Once::new();

/// Starts it, unless there is one already. `true` when nothing has been seen before this call.
pub(crate) fn start() -> bool {
    let mut is_first = false;
    STARTED.call_once(|| is_first = start_unless_there(Builder::new));
    is_first
}

/// Starts it before this subscriber, unless there is one already.
pub(crate) fn start_with<S: Subscriber + Send + Sync>(subscriber: impl FnOnce() -> S) {
    STARTED.call_once(|| {
        start_unless_there(|| Builder::new().with_subscriber(subscriber()));
    });
}

fn start_unless_there(builder: impl FnOnce() -> Builder) -> bool {
    let is_there = block_on(inspect::tier()).is_ok();
    if !is_there {
        // What is wrong is said in a warning, and what cannot be seen by each check.
        builder()
            .listen_nowhere()
            .report_findings(false)
            .for_tests()
            .init();
    }
    !is_there
}
