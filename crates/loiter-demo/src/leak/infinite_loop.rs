//! A loop without exit and without `.await`: its poll never returns, so it holds a worker, and
//! no abort reaches it.
//!
//! The cure: an `.await` in the loop, or `spawn_blocking` and a flag that ends it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::named;

/// Nobody ever sets it.
static READY: AtomicBool = AtomicBool::new(false);

/// Spawns a task that takes one worker away for good.
pub(crate) fn spawn() {
    named::spawn("infinite-loop", wait_until_ready());
}

async fn wait_until_ready() {
    while !READY.load(Ordering::Relaxed) {
        // A real one would burn a core. Sleeping on the thread holds the worker all the same and
        // leaves the machine that shows the demo cool.
        thread::sleep(Duration::from_millis(10));
    }
}
