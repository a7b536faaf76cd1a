//! So much at once, and so much a second. Pure: time is an argument.

use std::time::Duration;

use tokio::time::Instant;

/// What is left to spend. Debts may be made, and are paid off as time goes by.
#[derive(Debug)]
pub(super) struct Budget {
    at_once: f64,
    a_second: f64,
    left: f64,
    at: Instant,
}

impl Budget {
    /// `at_once`, and as much as was spent comes back at the pace of so much `a_second`.
    pub(super) fn new((at_once, a_second): (u32, u32), now: Instant) -> Self {
        Self {
            at_once: at_once.into(),
            a_second: a_second.into(),
            left: at_once.into(),
            at: now,
        }
    }

    pub(super) fn spend(&mut self, much: u32) {
        self.left -= f64::from(much);
    }

    /// Whether more was spent than there was.
    pub(super) fn is_overdrawn(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.left < 0.0
    }

    /// How long it takes until the debts are paid off; `None` without any.
    pub(super) fn pause(&mut self, now: Instant) -> Option<Duration> {
        self.is_overdrawn(now)
            .then(|| Duration::from_secs_f64(-self.left / self.a_second))
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * self.a_second).min(self.at_once);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_comes_back() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut budget = Budget::new((100, 10), start);
        budget.spend(100);
        assert_eq!(budget.pause(at(0)), None);
        budget.spend(30);
        assert_eq!(budget.pause(at(0)), Some(Duration::from_secs(3)));
        assert!(budget.is_overdrawn(at(2999)));
        assert!(!budget.is_overdrawn(at(3001)));
        // Never more than at first.
        assert!(!budget.is_overdrawn(at(1_000_000)));
        budget.spend(101);
        assert!(budget.is_overdrawn(at(1_000_000)));
    }
}
