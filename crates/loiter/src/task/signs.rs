//! Signs that a task went on in a poll, though it is pending after it.
//!
//! From outside, a future that waits on is like one that went on and waits anew. But what a task
//! does leaves traces, and three of them cost nothing to those who leave them:
//!
//! - It woke another task, or spawned one.
//! - A leaf of tokio was ready: each such costs the task one of the units that tokio gives it for
//!   a poll, and a leaf that is pending gives its unit back.
//! - It left more wakers behind than before. A leaf that is polled again puts the new waker in
//!   the place of the one that it had, so that their number stays the same: a further one is
//!   that of a further leaf.
//!
//! None of them is proof. A future may do all of that in every poll, and be right: whoever goes
//! by these signs has to look again (see `table/lost_wakeups.rs`).

use std::{
    mem,
    task::{Context, Poll, Waker},
};

use tokio::task::coop;

use crate::{table::Slot, thread::Thread};

/// More units than tokio gives: who has so many left is not bound by them.
const UNBOUND: u32 = 256;

/// What can be told of a task at one moment of a poll.
pub(super) struct Signs {
    /// Tasks of ours that were woken or spawned on this thread.
    deeds: u32,
    /// Units left.
    budget: u32,
    wakers: u64,
}

impl Signs {
    /// Those of now, in a poll of the task. Some hundred nanoseconds.
    pub(super) fn of(slot: &Slot) -> Self {
        Self {
            deeds: Thread::with(Thread::deeds),
            budget: budget(),
            wakers: slot.wakers_alive(),
        }
    }

    /// Whether the task has gone on since these were taken, by what can be told now.
    pub(super) fn has_gone_on(&self, slot: &Slot) -> bool {
        let now = Self::of(slot);
        now.deeds != self.deeds || now.budget < self.budget || now.wakers > self.wakers
    }
}

/// How many leaves of tokio may still be ready in this poll before the task has to yield.
///
/// Takes unit after unit, and gives all back at once: the first guard restores what there was
/// before it. Never one too many, as that would count as a yield.
fn budget() -> u32 {
    let mut context = Context::from_waker(Waker::noop());
    let mut first = None;
    let mut units = 0;
    while units < UNBOUND && coop::has_budget_remaining() {
        match coop::poll_proceed(&mut context) {
            Poll::Ready(unit) if first.is_none() => first = Some(unit),
            Poll::Ready(unit) => mem::forget(unit),
            Poll::Pending => break,
        }
        units += 1;
    }
    units
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn counting_the_budget_takes_nothing_of_it() {
        let all = budget();
        assert!(0 < all && all < UNBOUND, "{all}");
        assert_eq!(budget(), all);
        coop::consume_budget().await;
        assert_eq!(budget(), all - 1);
        poll_fn(|context| {
            while coop::has_budget_remaining() {
                match coop::poll_proceed(context) {
                    Poll::Ready(unit) => unit.made_progress(),
                    Poll::Pending => unreachable!("a unit is left"),
                }
            }
            Poll::Ready(())
        })
        .await;
        assert_eq!(budget(), 0);
    }

    #[tokio::test]
    async fn who_is_not_bound_has_more_than_there_are() {
        coop::unconstrained(async { assert_eq!(budget(), UNBOUND) }).await;
    }
}
