//! When the next keyframe is due, and when to ask again what was refused.

use std::time::Duration;

use tokio::time::{self, Instant};

/// Everything is said anew this often at least.
const LONGEST: Duration = Duration::from_secs(60);
/// After something was refused: the first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
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
    /// None before this: the last one was refused.
    not_before: Option<Instant>,
    later: Later,
}

/// Ever longer pauses before what was refused is asked again.
#[derive(Debug)]
pub(super) struct Later(Duration);

impl Default for Later {
    fn default() -> Self {
        Self(PAUSES.0)
    }
}

impl Later {
    /// The next pause.
    fn pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(PAUSES.1);
        pause
    }

    /// Lets the next pause pass.
    pub(super) async fn pass(&mut self) {
        time::sleep(self.pause()).await;
    }
}

impl Pace {
    /// The first one is due at once.
    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            last: None,
            rows: 0,
            not_before: None,
            later: Later::default(),
        }
    }

    /// The next one is due at once.
    pub(super) fn hurry(&mut self) {
        self.last = None;
        self.not_before = None;
    }

    /// The last one was refused: the next one comes later, and ever later.
    pub(super) fn put_off(&mut self, now: Instant) {
        self.not_before = Some(now + self.later.pause());
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
        self.later = Later::default();
    }

    /// Whether it is time for the next one, when so much is written.
    pub(super) fn is_due(&self, now: Instant, written: u64) -> bool {
        if self.not_before.is_some_and(|at| now < at) {
            return false;
        }
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

    #[test]
    fn a_refused_one_is_tried_again_ever_more_seldom() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut pace = Pace::new(Duration::from_secs(10));
        pace.put_off(start);
        assert!(!pace.is_due(start, 0));
        assert!(pace.is_due(after(1), 0));
        pace.put_off(after(1));
        assert!(!pace.is_due(after(2), 0));
        for _ in 0..40 {
            pace.put_off(after(1));
        }
        assert!(pace.is_due(after(31), 0));
        pace.ends(after(31), 0);
        pace.put_off(after(41));
        assert!(pace.is_due(after(42), 0));
    }
}
