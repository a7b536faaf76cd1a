//! What the agent has to say to the people who run the program: through its tracing subscriber, or on
//! standard error when it has none.
//!
//! Either may keep one waiting for ever. So what the agent's own thread has to say is said on another
//! one, and what that has no room for is counted.

use std::{
    io::{self, Write},
    panic::{UnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use tracing_core::dispatcher;

use crate::{aside::Aside, upkeep};

/// Where it is said.
static VOICE: Aside = Aside::new("loiter-notice");
/// What there was no room for, and that was not said yet.
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

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

/// Warns of something. `through_tracing`: to the program's subscriber.
pub(crate) fn warn(through_tracing: bool, message: &str) {
    let message = message.to_owned();
    let say = move || at_once(through_tracing, &message);
    if !aside(through_tracing, say) {
        LEFT_OUT.fetch_add(1, Relaxed);
    }
}

/// Like [`warn`], for good news; nothing without a subscriber.
pub(crate) fn info(through_tracing: bool, message: &str) {
    if !through_tracing {
        return;
    }
    let message = message.to_owned();
    let say = || through(move || tracing::info!(target: "loiter", "{message}"));
    if !aside(through_tracing, say) {
        LEFT_OUT.fetch_add(1, Relaxed);
    }
}

/// Like [`warn`], but says it before it returns: for the program's own threads while it starts, and
/// for those that may wait.
pub(crate) fn at_once(through_tracing: bool, message: &str) {
    if through_tracing {
        through(|| tracing::warn!(target: "loiter", "{message}"));
    } else {
        // Not with `eprintln!`, which panics when nothing can be written: into the program, or
        // in the middle of the agent's own work.
        let _ = writeln!(io::stderr(), "loiter: {message}");
    }
}

/// Has something said among these, by what does not panic: whether there was room for it.
pub(crate) fn aside(through_tracing: bool, say: impl FnOnce() + Send + 'static) -> bool {
    VOICE.call(move || {
        say();
        // There is no room only while others wait, so one of those comes by here afterwards.
        let left_out = LEFT_OUT.swap(0, Relaxed);
        if left_out > 0 {
            let message = format!("{left_out} more notices were left out, as these took too long");
            at_once(through_tracing, &message);
        }
    })
}

/// The program's subscriber may panic, which is not the agent's affair.
fn through(say: impl FnOnce() + UnwindSafe) {
    let _ = upkeep::of_the_program(|| catch_unwind(say));
}
