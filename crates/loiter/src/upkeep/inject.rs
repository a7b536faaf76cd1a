//! Panics on demand, for tests.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::Part;

static WANTED: [AtomicU32; Part::ALL.len()] = [const { AtomicU32::new(0) }; Part::ALL.len()];

/// The message of these panics.
pub(crate) const MESSAGE: &str = "as the test wants it";

/// Has a part panic so many times, whenever it comes by.
#[cfg(tokio_unstable)]
pub(crate) fn arm(part: Part, times: u32) {
    WANTED[part as usize].store(times, Relaxed);
}

/// Panics if the part is to.
#[track_caller]
pub(crate) fn may_panic(part: Part) {
    let wanted = &WANTED[part as usize];
    if wanted.load(Relaxed) > 0 {
        wanted.fetch_sub(1, Relaxed);
        panic!("{MESSAGE}");
    }
}
