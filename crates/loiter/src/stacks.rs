//! Return addresses, as they are noted on the application's threads: no symbols, no lock.

use std::ptr;

use loiter_model::StackSource;

/// Addresses of one look at most, all branches together.
const ADDRESSES: usize = 1024;
/// Addresses of one branch at most: the innermost ones.
const DEEPEST: usize = 128;
/// Branches at most: a task that waits for a thousand things at once is shown with these.
const BRANCHES: usize = 32;

/// What a task waited on in one poll, as addresses: a branch for each waker that was cloned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct RawStack {
    addresses: Vec<usize>,
    /// Where each branch ends in `addresses`.
    ends: Vec<u16>,
}

impl RawStack {
    /// An empty one that grows without allocating: a leaf may hold a lock while its waker is
    /// cloned.
    pub(crate) fn with_room() -> Self {
        Self {
            addresses: Vec::with_capacity(ADDRESSES),
            ends: Vec::with_capacity(BRANCHES),
        }
    }

    /// Where the calling function is called from: the innermost calls.
    #[cold]
    #[inline(never)]
    pub(crate) fn of_here() -> Self {
        let mut stack = Self {
            addresses: Vec::with_capacity(DEEPEST),
            ends: Vec::with_capacity(1),
        };
        unwind(&mut stack, ptr::without_provenance(usize::MAX));
        stack.shrink()
    }

    /// The branches, each innermost first.
    pub(crate) fn branches(&self) -> impl Iterator<Item = &[usize]> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|&end| usize::from(end)));
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.addresses[start..usize::from(end)])
    }

    /// Whether no waker was cloned.
    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Gives up the room that was not needed.
    pub(crate) fn shrink(mut self) -> Self {
        self.addresses.shrink_to_fit();
        self.ends.shrink_to_fit();
        self
    }

    #[cfg(test)]
    pub(crate) fn push_branch(&mut self, addresses: &[usize]) {
        self.addresses.extend(addresses);
        self.ends.push(self.addresses.len() as u16);
    }

    fn has_room(&self) -> bool {
        self.ends.len() < BRANCHES && self.addresses.len() + DEEPEST <= ADDRESSES
    }
}

/// A look that found a task pending.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) seq: u64,
    /// The slot it has.
    pub(crate) index: u32,
    /// Polls that had ended when the wait began.
    pub(crate) polls: u64,
    pub(crate) source: StackSource,
    pub(crate) stack: RawStack,
    /// How long the task had been idle, if it seems to have gone on in the poll that looked, and
    /// waits anew.
    pub(crate) went_on_after: Option<u64>,
}

/// Notes a branch: where the caller's caller is called from, outwards up to the frame in which
/// the value at `outermost` lives.
///
/// Allocates nothing, and takes no lock but the dynamic loader's own, which a thread holds only
/// while it loads a library.
#[inline(never)]
pub(crate) fn unwind(stack: &mut RawStack, outermost: *const ()) {
    if !stack.has_room() {
        return;
    }
    let here = 0_u8;
    let innermost = ptr::from_ref(&here).addr();
    let outermost = outermost.addr();
    let start = stack.addresses.len();
    each_frame(|frame| {
        let base = frame.sp().addr();
        // A platform that cannot say keeps its frames: what is ours is left out later.
        if base != 0 {
            if base <= innermost {
                return true;
            }
            if base > outermost {
                return false;
            }
        }
        stack.addresses.push(frame.ip().addr());
        stack.addresses.len() - start < DEEPEST
    });
    stack
        .ends
        .push(u16::try_from(stack.addresses.len()).unwrap_or(u16::MAX));
}

#[cfg(not(windows))]
fn each_frame(each: impl FnMut(&backtrace::Frame) -> bool) {
    // SAFETY: unsynchronized means only that it may run on several threads at a time, which the
    // unwinder of every platform but Windows allows (its `dbghelp` does not). The synchronized
    // one would wait for whoever resolves symbols: the agent's thread does, for milliseconds.
    #[allow(unsafe_code)]
    unsafe {
        backtrace::trace_unsynchronized(each);
    }
}

#[cfg(windows)]
fn each_frame(each: impl FnMut(&backtrace::Frame) -> bool) {
    backtrace::trace(each);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn note(stack: &mut RawStack, outermost: *const ()) {
        unwind(stack, outermost);
        std::hint::black_box(stack);
    }

    #[test]
    fn branches_are_kept_apart() {
        let mut stack = RawStack::with_room();
        assert!(stack.is_empty());
        let outermost = 0_u8;
        let outermost = ptr::from_ref(&outermost).cast();
        note(&mut stack, outermost);
        note(&mut stack, outermost);
        let branches: Vec<_> = stack.branches().collect();
        assert_eq!(branches.len(), 2);
        assert!(
            !branches[0].is_empty() && branches[0].len() < 10,
            "{branches:?}"
        );
        assert_ne!(branches[0], branches[1], "two places");
        assert_eq!(branches[0].len(), branches[1].len());
    }

    #[test]
    fn it_never_grows() {
        let mut stack = RawStack::with_room();
        let (addresses, ends) = (stack.addresses.as_ptr(), stack.ends.as_ptr());
        for _ in 0..10 * BRANCHES {
            note(&mut stack, ptr::without_provenance(usize::MAX));
        }
        assert_eq!(
            (stack.addresses.as_ptr(), stack.ends.as_ptr()),
            (addresses, ends)
        );
        assert!(stack.ends.len() <= BRANCHES);
    }
}
