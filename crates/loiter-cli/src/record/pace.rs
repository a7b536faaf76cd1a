//! When the next keyframe is due.

use std::time::{Duration, Instant};

/// Everything is said anew this often at least.
const LONGEST: Duration = Duration::from_secs(60);
/// Bytes that a row takes in a file, about.
const ROW: u64 = 48;

/// Keyframes cost bytes, and have the agent look at all of its tasks: where there are many tasks
/// and few events, they come less often than asked, so that they are about half of the file.
#[derive(Debug)]
pub(super) struct Pace {
    every: Duration,
    /// When the last one ended, and what had been written then; `None` before the first.
    last: Option<(Instant, u64)>,
    rows: u64,
}

impl Pace {
    /// The first one is due at once.
    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            last: None,
            rows: 0,
        }
    }

    /// The next one is due at once.
    pub(super) fn hurry(&mut self) {
        self.last = None;
    }

    /// A keyframe begins.
    pub(super) fn begins(&mut self) {
        self.rows = 0;
    }

    /// It has so many rows more.
    pub(super) fn rows(&mut self, rows: usize) {
        self.rows += rows as u64;
    }

    /// It has ended; so much is written by now. It is not, as a recorder waits for what may still
    /// come in between.
    pub(super) fn ends(&mut self, now: Instant, written: u64) {
        self.last = Some((now, written));
    }

    /// Whether it is time for the next one, when so much is written.
    pub(super) fn is_due(&self, now: Instant, written: u64) -> bool {
        let Some((ended, before)) = self.last else {
            return true;
        };
        let passed = now.saturating_duration_since(ended);
        let is_paid = written.saturating_sub(before) >= 2 * self.rows * ROW;
        passed >= LONGEST.max(self.every) || (passed >= self.every && is_paid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_one_waits_for_as_much_of_the_rest() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut pace = Pace::new(Duration::from_secs(10));
        assert!(pace.is_due(start, 0));
        pace.begins();
        pace.rows(100);
        pace.ends(start, 500);
        let much = 500 + 2 * 100 * ROW;
        assert!(!pace.is_due(after(9), much));
        assert!(pace.is_due(after(10), much));
        assert!(!pace.is_due(after(59), much - 1));
        assert!(pace.is_due(after(60), much - 1));
        pace.hurry();
        assert!(pace.is_due(after(1), 0));
    }
}
