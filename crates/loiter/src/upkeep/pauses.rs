//! How long a part rests after a panic. Pure: time is an argument.

use std::time::Duration;

/// After the first one; doubles from one to the next.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
/// A part that has gone on for so long is as good as new.
const RECOVERED: Duration = Duration::from_secs(60);

/// The pauses of one part.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Pauses {
    /// After a panic, before which it went on for so long.
    pub(super) fn next(&mut self, went_on: Duration) -> Duration {
        if went_on >= RECOVERED {
            *self = Self::default();
        }
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_grow_up_to_a_bound_and_begin_anew() {
        let mut pauses = Pauses::default();
        let grown: Vec<_> = (0..9)
            .map(|_| pauses.next(Duration::from_secs(1)).as_millis())
            .collect();
        assert_eq!(
            grown,
            [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
        );
        assert_eq!(pauses.next(RECOVERED), FIRST);
        assert_eq!(pauses.next(Duration::ZERO), 2 * FIRST);
    }
}
