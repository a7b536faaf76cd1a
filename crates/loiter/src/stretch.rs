//! How long the agent's thread works at a stretch.
//!
//! A thread that sleeps now and then is favoured by the system's scheduler, and may keep a core for
//! milliseconds while a worker of the program's waits for that very core. So the agent steps aside
//! for a moment every tenth of a millisecond. A lower priority would not do that, as it shortens no
//! turn; and the lowest one would leave an agent nothing in a program that spins, where it is needed.

use std::{
    cell::Cell,
    thread,
    time::{Duration, Instant},
};

/// After this long others get the core.
const LONGEST: Duration = Duration::from_micros(100);

thread_local! {
    /// Since when this thread has been at work; `None` on all but the agent's.
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// This thread was idle until now, and is the agent's.
pub(crate) fn begin() {
    SINCE.set(Some(Instant::now()));
}

/// Lets others have the core if this thread had it for long.
///
/// To be called between two things to do; the thread's own tasks get no turn by it.
pub(crate) fn rest() {
    if is_long() {
        step_aside();
        begin();
    }
}

fn is_long() -> bool {
    SINCE.get().is_some_and(|since| since.elapsed() >= LONGEST)
}

/// As short as the system can do it: some 50 µs on Linux. Merely to yield would do for the program,
/// but a process that gets only the time that nobody else wants may then keep the core until the
/// system's next tick, and the agent's clients wait.
fn step_aside() {
    if cfg!(unix) {
        thread::sleep(Duration::from_nanos(1));
    } else {
        // Others sleep for a millisecond or more.
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_begins_with_the_thread_and_ends_with_a_rest() {
        // A thread of its own: it is the agent's from then on.
        thread::spawn(|| {
            thread::sleep(LONGEST);
            assert!(!is_long(), "it is not the agent's");
            rest();
            assert_eq!(SINCE.get(), None);
            begin();
            let first = SINCE.get().expect("it has begun");
            while SINCE.get() == Some(first) {
                rest();
            }
            // No earlier than that, and the next one has begun since.
            let next = SINCE.get().expect("it has begun");
            assert!(next - first >= LONGEST);
        })
        .join()
        .expect("no panic");
    }
}
