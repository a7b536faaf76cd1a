//! How often the stack is noted of a task that cannot be asked.
//!
//! A task that was not spawned through this crate is never polled by a look. But with tokio's
//! own report, the clone of its waker arrives on the stack of the leaf that registers it. Noting
//! that stack every time would cost more than all the rest, so there is a budget: so many polls
//! a second over all, and a share of it for each site, so that busy ones leave some to the
//! others.

use std::{
    cell::RefCell,
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Relaxed, Release},
    },
};

use crate::stacks::{RawStack, unwind};

/// Polls that are noted in one window, over all sites: of some ten microseconds each, 0.25 % of
/// a core.
const IN_A_WINDOW: u64 = 25;
/// Polls of one site's tasks in one window.
const OF_A_SITE: u64 = 4;
/// The same for tests, which want to know of each task what it waits on, at up to some percent
/// of a core.
const OFTEN_IN_A_WINDOW: u64 = 400;
const OFTEN_OF_A_SITE: u64 = 64;

/// The budget. Windows follow each other ten times a second.
#[derive(Debug)]
pub(crate) struct Sampler {
    /// Something is left of it: all that a clone looks at.
    open: AtomicBool,
    /// The window's number in the high half, what was noted in it in the low half.
    noted: AtomicU64,
    in_a_window: u64,
    of_a_site: u64,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            open: AtomicBool::new(false),
            noted: AtomicU64::new(0),
            in_a_window: IN_A_WINDOW,
            of_a_site: OF_A_SITE,
        }
    }
}

/// What one site has had of the budget, packed like [`Sampler::noted`].
#[derive(Debug, Default)]
pub(crate) struct Share(AtomicU64);

thread_local! {
    static NOTING: RefCell<Noting> = const { RefCell::new(Noting::new()) };
}

/// The poll that is being noted on this thread.
struct Noting {
    task: u64,
    stack: Option<RawStack>,
}

impl Noting {
    const fn new() -> Self {
        Self {
            task: 0,
            stack: None,
        }
    }
}

const LOW: u64 = u32::MAX as u64;

impl Sampler {
    /// For tests: a larger budget, and from the first task on.
    pub(crate) fn often() -> Self {
        Self {
            open: AtomicBool::new(true),
            in_a_window: OFTEN_IN_A_WINDOW,
            of_a_site: OFTEN_OF_A_SITE,
            ..Self::default()
        }
    }

    /// Opens the next window. For the agent's thread.
    pub(crate) fn next_window(&self) {
        let window = (self.noted.load(Relaxed) >> 32) + 1;
        self.noted.store((window & LOW) << 32, Relaxed);
        self.open.store(true, Release);
    }

    /// Whether something is left of the window's budget.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Whether something is left of a site's share.
    #[inline]
    pub(crate) fn has_room(&self, share: &Share) -> bool {
        let (noted, had) = (self.noted.load(Relaxed), share.0.load(Relaxed));
        had >> 32 != noted >> 32 || had & LOW < self.of_a_site
    }

    /// Takes one poll of the budget. Two threads may take the same last one: so be it.
    fn take(&self, share: &Share) -> bool {
        if !self.has_room(share) {
            return false;
        }
        let noted = self.noted.load(Relaxed);
        let window = noted >> 32;
        let had = share.0.load(Relaxed);
        let had = if had >> 32 == window { had & LOW } else { 0 };
        if noted & LOW >= self.in_a_window {
            self.open.store(false, Relaxed);
            return false;
        }
        share.0.store(window << 32 | (had + 1), Relaxed);
        self.noted.fetch_add(1, Relaxed);
        true
    }

    /// Notes where a task's waker is being cloned, in its own poll on this thread.
    #[cold]
    pub(crate) fn note(&self, task: u64, share: &Share) {
        // A thread that is about to end notes nothing.
        let _ = NOTING.try_with(|noting| {
            let Ok(mut noting) = noting.try_borrow_mut() else {
                return;
            };
            if noting.task != task {
                if !self.take(share) {
                    return;
                }
                noting.task = task;
                noting.stack = Some(RawStack::with_room());
            }
            if let Some(stack) = &mut noting.stack {
                // Where the task's own future begins is found out by the names.
                unwind(stack, std::ptr::without_provenance(usize::MAX));
            }
        });
    }

    /// What was noted of a task's poll on this thread, which ends now.
    #[cold]
    pub(crate) fn noted(&self, task: u64) -> Option<RawStack> {
        NOTING
            .try_with(|noting| {
                let mut noting = noting.try_borrow_mut().ok()?;
                if noting.task != task {
                    return None;
                }
                noting.task = 0;
                noting.stack.take()
            })
            .ok()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many polls of this site's tasks are noted.
    fn notes(sampler: &Sampler, share: &Share, polls: u64) -> usize {
        let noted = (1..=polls).filter(|&task| {
            sampler.note(task, share);
            sampler.noted(task).is_some()
        });
        noted.count()
    }

    #[test]
    fn the_budget_is_shared() {
        let sampler = Sampler::default();
        assert!(!sampler.is_open());
        sampler.next_window();
        let shares: Vec<Share> = (0..10).map(|_| Share::default()).collect();
        let noted: usize = shares
            .iter()
            .map(|share| {
                let noted = notes(&sampler, share, 100);
                assert!(noted as u64 <= OF_A_SITE);
                noted
            })
            .sum();
        assert_eq!(noted as u64, IN_A_WINDOW);
        assert!(!sampler.is_open());
        sampler.next_window();
        assert_eq!(notes(&sampler, &shares[0], 100) as u64, OF_A_SITE);
    }

    #[test]
    fn tests_sample_often_and_from_the_start() {
        let (sampler, share) = (Sampler::often(), Share::default());
        assert!(sampler.is_open());
        assert_eq!(notes(&sampler, &share, 100) as u64, OFTEN_OF_A_SITE);
    }

    #[test]
    fn each_clone_of_a_poll_is_a_branch() {
        let sampler = Sampler::default();
        sampler.next_window();
        let share = Share::default();
        sampler.note(7, &share);
        sampler.note(7, &share);
        assert!(sampler.noted(8).is_none());
        assert_eq!(sampler.noted(7).expect("noted").branches().count(), 2);
        assert!(sampler.noted(7).is_none());
    }
}
