//! How long to wait for a collector that is away: longer each time.

use std::time::Duration;

/// The longest pause, unless the usual one is longer.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Pure: is told what became of each try.
#[derive(Debug)]
pub(super) struct Pauses {
    usual: Duration,
    next: Duration,
}

impl Pauses {
    /// `usual`: while nothing is wrong.
    pub(super) fn from(usual: Duration) -> Self {
        Self { usual, next: usual }
    }

    /// It got through.
    pub(super) fn none(&mut self) -> Duration {
        self.next = self.usual;
        self.usual
    }

    /// It did not. `wanted`: what the collector asked for.
    pub(super) fn next(&mut self, wanted: Option<Duration>) -> Duration {
        let longest = LONGEST.max(self.usual);
        let pause = self.next;
        self.next = (pause * 2).min(longest);
        wanted.map_or(pause, |wanted| wanted.clamp(pause, longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_it_is_back() {
        let secs = Duration::from_secs;
        let mut pauses = Pauses::from(secs(1));
        let taken: Vec<_> = (0..10).map(|_| pauses.next(None).as_secs()).collect();
        assert_eq!(taken, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(pauses.none(), secs(1));
        assert_eq!(pauses.next(Some(secs(20))), secs(20));
        assert_eq!(
            pauses.next(Some(secs(1))),
            secs(2),
            "no more often than without"
        );
        assert_eq!(pauses.next(Some(secs(86_400))), LONGEST);
        assert_eq!(Pauses::from(secs(3600)).next(None), secs(3600));
    }
}
