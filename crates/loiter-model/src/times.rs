//! For how long many tasks have been in a state.

use crate::{Distribution, Nanos};

/// Times of one task or of many. Allocates some 3 KB with the second one, as many groups of tasks
/// are of one.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// The shortest and the longest.
    range: Option<(Nanos, Nanos)>,
    /// All of them, if there are several.
    all: Option<Distribution>,
}

impl Times {
    pub(crate) fn record(&mut self, time: Nanos) {
        let Some((shortest, longest)) = &mut self.range else {
            self.range = Some((time, time));
            return;
        };
        let all = self.all.get_or_insert_with(|| {
            let mut all = Distribution::default();
            all.record(*shortest);
            all
        });
        all.record(time);
        *shortest = time.min(*shortest);
        *longest = time.max(*longest);
    }

    /// `None` without a time, as is [`median`](Self::median).
    pub(crate) fn longest(&self) -> Option<Nanos> {
        self.range.map(|(_, longest)| longest)
    }

    /// Within an eighth.
    pub(crate) fn median(&self) -> Option<Nanos> {
        let (shortest, longest) = self.range?;
        let median = self.all.as_ref().and_then(|all| all.quantile(0.5));
        // The middle of a bucket may lie beyond every time in it, or before.
        Some(median.map_or(longest, |median| median.clamp(shortest, longest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: &[u64]) -> (Option<Nanos>, Option<Nanos>) {
        let mut recorded = Times::default();
        times.iter().for_each(|time| recorded.record(Nanos(*time)));
        (recorded.median(), recorded.longest())
    }

    #[test]
    fn a_median_is_never_beyond_the_times() {
        assert_eq!(of(&[]), (None, None));
        // The first and the last of one bucket, and one beyond all buckets.
        for time in [1_024, 1_151, u64::MAX] {
            let exact = (Some(Nanos(time)), Some(Nanos(time)));
            assert_eq!(of(&[time]), exact);
            assert_eq!(of(&[time; 3]), exact);
        }
        let (median, longest) = of(&[90_000, 1_000, 10]);
        assert!(median.is_some_and(|it| it.0.abs_diff(1_000) <= 1_000 / 8));
        assert_eq!(longest, Some(Nanos(90_000)));
    }
}
