//! What the agent itself costs.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// CPU time, in nanoseconds, of threads that worked for the agent and are done with that.
static ASIDE: AtomicU64 = AtomicU64::new(0);

/// Does this on a thread that is not the agent's own, and counts what it took if that is ever told.
pub(super) fn aside<T>(work: impl FnOnce() -> T) -> T {
    let before = this_thread();
    let done = work();
    if let (Some(before), Some(after)) = (before, this_thread()) {
        let nanos = after.saturating_sub(before).as_nanos();
        ASIDE.fetch_add(u64::try_from(nanos).unwrap_or(u64::MAX), Relaxed);
    }
    done
}

/// The agent's CPU time so far, where the operating system tells it. To be asked on its own
/// thread.
#[cfg(feature = "census")]
pub(super) fn cpu_time() -> Option<Duration> {
    Some(this_thread()? + Duration::from_nanos(ASIDE.load(Relaxed)))
}

/// CPU time of the calling thread, where the operating system tells it.
#[cfg(unix)]
pub(super) fn this_thread() -> Option<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock writes to this `timespec`, which is ours and lives until it returns.
    let error = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanos = u32::try_from(time.tv_nsec).ok()?;
    (error == 0).then(|| Duration::new(seconds, nanos))
}

#[cfg(not(unix))]
pub(super) fn this_thread() -> Option<Duration> {
    None
}

#[cfg(all(test, unix, feature = "census"))]
mod tests {
    use super::*;

    #[test]
    fn work_of_other_threads_counts() {
        let before = cpu_time().expect("it is told");
        let other = std::thread::spawn(|| {
            aside(|| {
                let start = this_thread().expect("it is told");
                // Not by the wall clock: other tests run, too.
                while this_thread().expect("it is told") - start < Duration::from_millis(20) {}
            });
        });
        other.join().expect("no panic");
        assert!(cpu_time().expect("it is told") - before >= Duration::from_millis(20));
    }
}
