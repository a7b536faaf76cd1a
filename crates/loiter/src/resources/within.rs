//! Which resources and operations each thread is inside of: plain cells, like those of
//! [`Thread`](crate::thread::Thread).

use std::cell::Cell;

use super::{Ref, What};

/// Levels that are told apart. An operation on a lock makes six: the lock, the operation, its
/// poll, and the same again for the semaphore inside.
const DEEPEST: usize = 24;

thread_local! {
    static WITHIN: Within = const { Within::new() };
}

/// One thread's cells.
pub(super) struct Within {
    /// Outermost first.
    entered: [Cell<Ref>; DEEPEST],
    depth: Cell<usize>,
}

impl Within {
    const fn new() -> Self {
        Self {
            entered: [const { Cell::new(Ref::untracked(What::Resource)) }; DEEPEST],
            depth: Cell::new(0),
        }
    }

    /// Runs with this thread's cells.
    pub(super) fn with<T>(run: impl FnOnce(&Self) -> T) -> T {
        WITHIN.with(run)
    }

    pub(super) fn enter(&self, entered: Ref) {
        let depth = self.depth.get();
        if let Some(top) = self.entered.get(depth) {
            top.set(entered);
        }
        self.depth.set(depth + 1);
    }

    /// Spans need not be left in the order they were entered.
    pub(super) fn leave(&self, left: Ref) {
        let depth = self.depth.get();
        if depth > DEEPEST {
            self.depth.set(depth - 1);
        } else if let Some(place) = (0..depth).rev().find(|&i| self.entered[i].get() == left) {
            for i in place..depth - 1 {
                self.entered[i].set(self.entered[i + 1].get());
            }
            self.depth.set(depth - 1);
        }
    }

    /// The innermost one of its kind.
    pub(super) fn innermost(&self, what: What) -> Option<Ref> {
        let known = self.depth.get().min(DEEPEST);
        let entered = self.entered[..known].iter().rev().map(Cell::get);
        entered.into_iter().find(|entered| entered.what == what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(what: What, index: u32) -> Ref {
        Ref {
            what,
            index,
            seq_bits: 1,
        }
    }

    #[test]
    fn the_innermost_one_counts() {
        let within = Within::new();
        assert_eq!(within.innermost(What::Resource), None);
        within.enter(at(What::Resource, 1));
        within.enter(at(What::Op, 2));
        within.enter(at(What::Resource, 3));
        assert_eq!(
            within.innermost(What::Resource),
            Some(at(What::Resource, 3))
        );
        assert_eq!(within.innermost(What::Op), Some(at(What::Op, 2)));
        // tokio leaves an operation's spans in the order in which they were entered.
        within.leave(at(What::Resource, 1));
        within.leave(at(What::Op, 2));
        assert_eq!(
            within.innermost(What::Resource),
            Some(at(What::Resource, 3))
        );
        within.leave(at(What::Resource, 3));
        assert_eq!(within.innermost(What::Resource), None);
    }

    #[test]
    fn too_deep_is_counted_only() {
        let within = Within::new();
        for index in 0..2 * DEEPEST as u32 {
            within.enter(at(What::Op, index));
        }
        for index in (0..2 * DEEPEST as u32).rev() {
            within.leave(at(What::Op, index));
        }
        assert_eq!(within.innermost(What::Op), None);
        within.enter(at(What::Op, 7));
        assert_eq!(within.innermost(What::Op), Some(at(What::Op, 7)));
    }
}
