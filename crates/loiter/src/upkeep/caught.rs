//! Catches panics, and what is known of them.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use super::place::{self, Place};
use crate::stretch;

/// A panic that was caught.
#[derive(Debug)]
pub(super) struct Caught {
    pub(super) message: String,
    /// `None` where the program has a panic hook of its own that is newer than the agent.
    pub(super) place: Option<Place>,
}

/// Polls a future to its end, or to its panic.
///
/// Whatever it changed half-way stays so: whoever begins again either begins with nothing of it, or
/// has kept it behind locks that do not mind.
pub(super) fn polled<T>(
    future: impl Future<Output = T>,
) -> impl Future<Output = Result<T, Caught>> {
    // Here, as whoever spawns it moves it about.
    let mut future = Box::pin(future);
    async move {
        let done = poll_fn(|cx| {
            let polled = called(|| future.as_mut().poll(cx));
            stretch::rest();
            match polled {
                Ok(poll) => poll.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            }
        })
        .await;
        // What it holds may panic, too.
        let dropped = called(|| drop(future));
        match (done, dropped) {
            (Ok(done), Ok(())) => Ok(done),
            (Err(panic), _) | (Ok(_), Err(panic)) => Err(panic),
        }
    }
}

/// Calls a function to its end, or to its panic.
pub(super) fn called<T>(work: impl FnOnce() -> T) -> Result<T, Caught> {
    let noting = place::Noting::begin();
    let done = catch_unwind(AssertUnwindSafe(work));
    done.map_err(|payload| {
        let place = noting.place();
        Caught {
            message: words(payload),
            place,
        }
    })
}

/// What `panic!` was called with, if it is text.
fn words(payload: Box<dyn Any + Send>) -> String {
    let payload = match payload.downcast::<String>() {
        Ok(text) => return *text,
        Err(payload) => payload,
    };
    match payload.downcast::<&str>() {
        Ok(text) => (*text).to_owned(),
        Err(payload) => {
            // Nobody knows what its drop would do.
            std::mem::forget(payload);
            "without a word".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn at_once<T>(future: impl Future<Output = T>) -> T {
        match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("it waits"),
        }
    }

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a drop");
        }
    }

    #[test]
    fn panics_are_caught_wherever_they_are() {
        let message = |caught: Result<i32, Caught>| caught.expect_err("it panics").message;
        assert_eq!(message(called(|| panic!("with {}", 7))), "with 7");
        assert_eq!(message(called(|| panic!("plain"))), "plain");
        let odd = called(|| std::panic::panic_any(7));
        assert_eq!(message(odd), "without a word");
        assert_eq!(
            message(at_once(polled(async { panic!("in a poll") }))),
            "in a poll"
        );
        let in_a_drop = at_once(polled(async {
            let bomb = Bomb;
            std::future::ready(()).await;
            drop(bomb);
            7
        }));
        assert_eq!(message(in_a_drop), "in a drop");
        assert_eq!(called(|| 7).expect("no panic"), 7);
        assert_eq!(at_once(polled(async { 7 })).expect("no panic"), 7);
    }
}
