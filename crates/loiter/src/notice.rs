//! What the agent has to say to the people who run the program.

use std::{
    io::{self, Write},
    panic::catch_unwind,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tracing_core::dispatcher;

use crate::upkeep;

/// Set once the program's subscriber is the agent's own, with none behind it: what is said
/// through tracing is then heard by nobody.
static NOBODY_LISTENS: AtomicBool = AtomicBool::new(false);

/// Takes note that the agent's subscriber has been installed with none behind it.
pub(crate) fn nobody_listens() {
    NOBODY_LISTENS.store(true, Relaxed);
}

/// Whether what is said through tracing reaches somebody.
pub(crate) fn somebody_listens() -> bool {
    dispatcher::has_been_set() && !NOBODY_LISTENS.load(Relaxed)
}

/// Warns through the program's tracing subscriber, or on stderr when it has none.
pub(crate) fn warn(through_tracing: bool, message: &str) {
    if through_tracing {
        through(|| tracing::warn!(target: "loiter", "{message}"));
    } else {
        // Not with `eprintln!`, which panics when nothing can be written: into the program, or
        // in the middle of the agent's own work.
        let _ = writeln!(io::stderr(), "loiter: {message}");
    }
}

/// Like [`warn`], for good news; nothing without a subscriber.
pub(crate) fn info(through_tracing: bool, message: &str) {
    if through_tracing {
        through(|| tracing::info!(target: "loiter", "{message}"));
    }
}

/// The program's subscriber may panic, which is not the agent's affair.
fn through(say: impl FnOnce() + std::panic::UnwindSafe) {
    let _ = upkeep::of_the_program(|| catch_unwind(say));
}
