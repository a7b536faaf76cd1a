//! The waker that a wrapped task is polled with: it notes what happens to it and passes on to
//! the runtime's own waker, which the slot keeps.
//!
//! Its data is the slot's address, so a clone is one addition and allocates nothing. A clone
//! counts as a holder of the slot: the slot cannot change hands before the last one is gone.

use std::{
    mem::ManuallyDrop,
    ops::Deref,
    ptr,
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::{Slot, Table};
use crate::{recording, thread::Thread};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// A slot's waker that counts as no holder: for the length of a poll, during which the task's
/// wrapper holds the slot.
pub(crate) struct Borrowed(ManuallyDrop<Waker>);

impl Borrowed {
    /// `slot` must be one of [`recording::table`]'s and keep the runtime's waker.
    pub(crate) fn of(slot: &'static Slot) -> Self {
        // SAFETY: the functions of `VTABLE` take the address of a slot that lives for ever.
        let waker = unsafe { Waker::new(ptr::from_ref(slot).cast(), &VTABLE) };
        // Not dropped: it was not counted either.
        Self(ManuallyDrop::new(waker))
    }
}

impl Deref for Borrowed {
    type Target = Waker;

    fn deref(&self) -> &Waker {
        &self.0
    }
}

impl Slot {
    /// The halves, as addresses, of the wakers by which others may wake the task: one of ours,
    /// and the runtime's own.
    pub(crate) fn wakers(&self) -> [Option<(usize, usize)>; 2] {
        let own = (ptr::from_ref(self).addr(), ptr::from_ref(&VTABLE).addr());
        let kept = self
            .kept_waker()
            .map(|(data, vtable)| (data.addr(), ptr::from_ref(vtable).addr()));
        [Some(own), kept]
    }
}

/// # Safety
/// `data` must come from a `&'static Slot`.
unsafe fn slot(data: *const ()) -> &'static Slot {
    // SAFETY: the caller promises it; slabs of the one recording table are never freed.
    unsafe { &*data.cast() }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: as `VTABLE` is used with slots only.
    unsafe { slot(data) }.waker_cloned();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as `VTABLE` is used with slots only; this one waker is used up after it.
    unsafe {
        wake_by_ref(data);
        drop_waker(data);
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as `VTABLE` is used with slots only.
    let slot = unsafe { slot(data) };
    if let Some(table) = recording::table() {
        // First the note: the task may run the moment the runtime knows.
        table.wake(slot);
    }
    pass_on(slot);
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: as `VTABLE` is used with slots only.
    let slot = unsafe { slot(data) };
    if let Some(table) = recording::table() {
        table.release(slot);
    }
}

/// Wakes the task through the runtime's own waker. The caller is a holder of the slot.
fn pass_on(slot: &Slot) {
    if let Some((data, vtable)) = slot.kept_waker() {
        // SAFETY: both halves are those of a live waker, which the slot drops only when it has
        // no holder left; not dropped here.
        let waker = ManuallyDrop::new(unsafe { Waker::new(data, vtable) });
        waker.wake_by_ref();
    }
}

impl Table {
    /// A task with a waker of ours was woken.
    fn wake(&self, slot: &Slot) {
        self.note_wake(slot, slot.seq());
    }

    /// One holder less.
    fn release(&self, slot: &Slot) {
        if slot.waker_gone() == super::slot::Held::NoMore {
            self.free(slot);
        }
    }

    /// The agent holds the slot no longer.
    pub(super) fn let_go(&self, slot: &Slot) {
        if slot.let_go() == super::slot::Held::NoMore {
            self.free(slot);
        }
    }

    /// Asks an idle task to say what it waits on, by a poll that no wake led to. Only on the
    /// agent's thread. Whether it was asked: not if it is gone, or nothing kept its waker.
    pub(crate) fn ask(&self, index: u32, seq: u64) -> bool {
        let Some(slot) = self.slab.get(index) else {
            return false;
        };
        if !slot.hold(seq) {
            return false;
        }
        // It may have changed hands just before it was held.
        let asked = slot.seq() == seq && slot.kept_waker().is_some() && slot.ask();
        if asked {
            Thread::with(|thread| thread.ask(|| pass_on(slot)));
        }
        self.let_go(slot);
        asked
    }
}
