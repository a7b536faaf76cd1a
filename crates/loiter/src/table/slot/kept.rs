//! The runtime's own waker of a task, by which the agent can have it polled, and how it is held
//! on to meanwhile.

use std::{
    mem::ManuallyDrop,
    num::NonZeroUsize,
    ptr,
    task::{RawWakerVTable, Waker},
};

use super::{Held, ONE_OF_AGENT, Slot};
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

impl Slot {
    /// The runtime's own waker of the task, which stays for the slot's life.
    pub(crate) fn keep_waker(&self, waker: Waker) {
        let waker = ManuallyDrop::new(waker);
        self.waker_data.store(waker.data().cast_mut(), Relaxed);
        self.waker_vtable
            .store(ptr::from_ref(waker.vtable()).cast_mut(), Release);
    }

    /// The halves of the runtime's own waker, if one is kept.
    pub(crate) fn kept_waker(&self) -> Option<(*const (), &'static RawWakerVTable)> {
        let vtable = self.waker_vtable.load(Acquire);
        // SAFETY: the pointer is null or was made from a `&'static` in `keep_waker`.
        let vtable = unsafe { vtable.cast_const().as_ref() }?;
        Some((self.waker_data.load(Relaxed).cast_const(), vtable))
    }

    /// Forgets the kept waker and gives it back. Only for whoever frees the slot: nothing else
    /// uses it any more.
    pub(crate) fn take_waker(&self) -> Option<Waker> {
        let (data, vtable) = self.kept_waker()?;
        self.waker_vtable.store(ptr::null_mut(), Relaxed);
        // SAFETY: both halves came from the one waker that `keep_waker` took and forgot, and it
        // is given back once only: the vtable is null from now on.
        Some(unsafe { Waker::new(data, vtable) })
    }

    /// Notes where the task's future ends: pinned, so it stays there for the task's life.
    pub(crate) fn note_future_end(&self, address: usize) {
        self.future_end.store(address, Relaxed);
    }

    /// Where the task's future ends, if that was noted.
    pub(crate) fn future_end(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.future_end.load(Relaxed))
    }

    /// Bytes of the future, before boxing if it was boxed.
    pub(crate) fn future_size(&self) -> usize {
        let [size, original] = [&self.size, &self.original_size].map(|bytes| bytes.load(Relaxed));
        size.max(original) as usize
    }

    /// Bytes of the future where it is kept: less than before if it was boxed.
    pub(crate) fn smaller_size(&self) -> usize {
        match self.original_size.load(Relaxed) {
            0 => self.size.load(Relaxed) as usize,
            original => original.min(self.size.load(Relaxed)) as usize,
        }
    }

    /// Whether this waker is the one that is kept.
    #[inline]
    pub(crate) fn keeps(&self, waker: &Waker) -> bool {
        let kept = (
            self.waker_data.load(Relaxed).cast_const(),
            self.waker_vtable.load(Relaxed).cast_const(),
        );
        kept == (waker.data(), ptr::from_ref(waker.vtable()))
    }

    /// Holds the slot for the agent, if it still belongs to this task: then it is not freed until
    /// [`let_go`](Self::let_go).
    pub(crate) fn hold(&self, seq: u64) -> bool {
        let mut holders = self.holders.load(Acquire);
        loop {
            if holders == 0 || self.seq.load(Relaxed) != seq {
                return false;
            }
            match self.holders.compare_exchange_weak(
                holders,
                holders + ONE_OF_AGENT,
                AcqRel,
                Acquire,
            ) {
                Ok(_) => return true,
                Err(current) => holders = current,
            }
        }
    }

    /// Ends a [`hold`](Self::hold).
    pub(crate) fn let_go(&self) -> Held {
        match self.holders.fetch_sub(ONE_OF_AGENT, AcqRel) {
            ONE_OF_AGENT => Held::NoMore,
            _ => Held::Yes,
        }
    }
}
