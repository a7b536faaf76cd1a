//! A poll that looks at what a task waits on.
//!
//! A pending future must have left a waker in whatever it waits on, and it clones the one it is
//! polled with unless it has one that wakes the same task. So the future is polled with a waker
//! that is no clone of any: every leaf clones it anew, and each clone is made at the leaf, under
//! the whole chain of async calls. The return addresses there are noted; the clone that the
//! leaf gets is one of the task's usual waker, so that later polls find it unchanged.
//!
//! It is a poll like any other, which a future must accept at any time, so no wake can get lost:
//! the leaves are registered with a real waker throughout.

use std::{
    cell::UnsafeCell,
    mem::ManuallyDrop,
    pin::Pin,
    ptr,
    sync::atomic::{
        AtomicBool,
        Ordering::{Acquire, Release},
    },
    task::{Context, Poll, RawWaker, RawWakerVTable, Waker},
};

use loiter_model::StackSource;

use super::signs::Signs;
use crate::{
    stacks::{RawStack, Seen, unwind},
    table::{Slot, Table},
};

/// Polls a future with a waker that notes where it is cloned.
#[cold]
pub(super) fn poll<F: Future>(
    future: Pin<&mut F>,
    waker: &Waker,
    table: &'static Table,
    slot: &'static Slot,
) -> Poll<F::Output> {
    let looking = Looking {
        waker,
        stack: UnsafeCell::new(RawStack::with_room()),
        noting: AtomicBool::new(false),
    };
    slot.note_future_end(ptr::from_ref(&*future).addr() + size_of::<F>());
    let before = Signs::of(slot);
    let poll = {
        // SAFETY: the functions of `VTABLE` take the address of a `Looking`, which outlives this
        // waker; whoever wants one for longer has to clone it, and gets one of another kind.
        let waker = unsafe { Waker::new(ptr::from_ref(&looking).cast(), &VTABLE) };
        let waker = ManuallyDrop::new(waker);
        future.poll(&mut Context::from_waker(&waker))
    };
    // A wake that runs into the look may be the one that it waited for.
    let idle = slot.idle_before_look();
    if poll.is_ready() {
        if let Some(idle) = idle {
            table.ends_unwoken(slot, idle);
        }
        slot.looked_in_vain();
    } else {
        let went_on = before.has_gone_on(slot);
        table.saw(Seen {
            seq: slot.seq(),
            index: slot.index(),
            polls: slot.polls(),
            source: StackSource::Probed,
            stack: looking.stack.into_inner(),
            went_on_after: idle.filter(|_| went_on),
        });
    }
    poll
}

/// What the functions of the waker share.
struct Looking<'a> {
    /// The task's usual waker.
    waker: &'a Waker,
    stack: UnsafeCell<RawStack>,
    /// A waker may be cloned on several threads at a time.
    noting: AtomicBool,
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, forget);

/// # Safety
/// `data` must come from a `Looking` that is still there.
unsafe fn looking<'a>(data: *const ()) -> &'a Looking<'a> {
    // SAFETY: the caller promises it.
    unsafe { &*data.cast() }
}

#[inline(never)]
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: as `VTABLE` is used in `poll` only.
    let looking = unsafe { looking(data) };
    if !looking.noting.swap(true, Acquire) {
        // SAFETY: `noting` lets one thread in at a time, and `poll` looks only after the future
        // has returned.
        let stack = unsafe { &mut *looking.stack.get() };
        unwind(stack, ptr::from_ref(looking).cast());
        looking.noting.store(false, Release);
    }
    let clone = ManuallyDrop::new(looking.waker.clone());
    RawWaker::new(clone.data(), clone.vtable())
}

unsafe fn wake(data: *const ()) {
    // Nobody owns such a waker; should one be made out of its parts, it still wakes.
    // SAFETY: as for `wake_by_ref`.
    unsafe { wake_by_ref(data) };
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as `VTABLE` is used in `poll` only.
    unsafe { looking(data) }.waker.wake_by_ref();
}

unsafe fn forget(_: *const ()) {}
