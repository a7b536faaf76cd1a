//! A function that runs long on the blocking pool. That is what the pool is for, but its threads
//! are limited, and neither an abort nor the runtime's shutdown ends one.
//!
//! The cure: a flag or a channel that the function looks at between two pieces of work.

use std::{io, thread, time::Duration};

use crate::named;

/// Starts the function.
///
/// # Errors
/// When there is no thread for it.
pub(crate) fn spawn() -> io::Result<()> {
    named::spawn_blocking("long-blocking", import_catalogue).map(drop)
}

fn import_catalogue() {
    loop {
        // In place of reading files.
        thread::sleep(Duration::from_millis(100));
    }
}
