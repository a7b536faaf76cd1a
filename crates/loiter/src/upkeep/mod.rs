//! Keeps the agent's parts running: one that panics is told of in the log, and begins again.
//!
//! A panic of the agent's is a bug of the agent's, and no reason for the program to end. Each part
//! runs under [`keep`] (for ever) or [`once`] (a connection, a stream, an answer), so that a panic
//! ends no more than that. Nothing can be done in a program that is built with `panic = "abort"`.

mod caught;
#[cfg(test)]
pub(crate) mod inject;
mod part;
mod pauses;
mod place;
#[cfg(test)]
mod tests;
mod told;

use std::time::{Duration, Instant};

use tokio::time;

pub(crate) use part::Part;
use pauses::Pauses;
pub(crate) use place::{note_places, of_the_program};

/// Where a test may have a part panic. Nothing at all in any other build.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn may_panic(_: Part) {}

#[cfg(test)]
pub(crate) use inject::may_panic;

/// Runs a part until it comes to its end. Should it panic, it begins again after a pause.
pub(crate) async fn keep<F: Future<Output = ()>>(part: Part, mut begin: impl FnMut() -> F) {
    let mut pauses = Pauses::default();
    loop {
        let began = Instant::now();
        let Err(panic) = caught::polled(async { begin().await }).await else {
            return;
        };
        let pause = pauses.next(began.elapsed());
        told::tell(part, &panic, Some(pause));
        time::sleep(pause).await;
    }
}

/// Runs something of which there will be another one. `None` should it panic.
pub(crate) fn once<T>(
    part: Part,
    future: impl Future<Output = T>,
) -> impl Future<Output = Option<T>> {
    let polled = caught::polled(future);
    async move {
        match polled.await {
            Ok(done) => Some(done),
            Err(panic) => {
                told::tell(part, &panic, None);
                None
            }
        }
    }
}

/// The same without a runtime.
pub(crate) fn once_here<T>(part: Part, work: impl FnOnce() -> T) -> Option<T> {
    match caught::called(work) {
        Ok(done) => Some(done),
        Err(panic) => {
            told::tell(part, &panic, None);
            None
        }
    }
}

/// [`keep`] for a part that is a whole thread: the calling one.
pub(crate) fn keep_thread(part: Part, mut begin: impl FnMut()) {
    let mut pauses = Pauses::default();
    loop {
        let began = Instant::now();
        let Err(panic) = caught::called(&mut begin) else {
            return;
        };
        let pause = pauses.next(began.elapsed());
        told::tell(part, &panic, Some(pause));
        std::thread::sleep(pause);
    }
}

/// How often each part has panicked, by its name.
#[cfg(any(test, feature = "census"))]
pub(crate) fn panics() -> Vec<(&'static str, u64)> {
    Part::ALL
        .map(|part| (part.name(), told::count(part)))
        .to_vec()
}

/// Lasts for a while, as a person reads it.
fn in_words(pause: Duration) -> String {
    match pause.as_millis() {
        millis @ ..1000 => format!("{millis} ms"),
        _ => format!("{} s", pause.as_secs()),
    }
}
