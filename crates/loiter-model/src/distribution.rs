//! How long things took: histograms and what is read off them.

use histogram::{Config, Histogram};

use crate::Nanos;

/// Eight buckets to a doubling: a quantile is right within an eighth.
const GROUPING_POWER: u8 = 3;
const EACH_DOUBLING: usize = 1 << GROUPING_POWER;
/// Up to 2^48 ns, some 78 hours; longer samples count as that.
const MAX_VALUE_POWER: u8 = 48;

/// Counts of durations in buckets that widen with the duration.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Histogram);

impl Default for Distribution {
    fn default() -> Self {
        Self(Histogram::with_config(&Self::config()))
    }
}

/// A bucket that has samples: its bounds, both inclusive, and their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The shortest duration that falls into it.
    pub from: Nanos,
    /// The longest.
    pub to: Nanos,
    /// Samples in it.
    pub count: u64,
}

impl Distribution {
    /// How many buckets there are, the same for every distribution, so that any two can be
    /// added.
    pub const BUCKETS: usize =
        (2 << GROUPING_POWER) + ((MAX_VALUE_POWER - GROUPING_POWER - 1) as usize * EACH_DOUBLING);

    fn config() -> Config {
        Config::new(GROUPING_POWER, MAX_VALUE_POWER).expect("constants are within its rules")
    }

    /// The bucket that a duration falls into: for whoever counts in a place of their own, such
    /// as the agent in its atomics. A few instructions.
    #[must_use]
    #[inline]
    pub const fn bucket_of(sample: Nanos) -> usize {
        let value = if sample.0 < Self::longest().0 {
            sample.0
        } else {
            Self::longest().0
        };
        if value < 2 << GROUPING_POWER {
            return value as usize;
        }
        // The power of two, and within it the next bits.
        let discarded = value.ilog2() - GROUPING_POWER as u32;
        (discarded as usize * EACH_DOUBLING) + (value >> discarded) as usize
    }

    /// The longest duration that is told apart.
    #[must_use]
    pub const fn longest() -> Nanos {
        Nanos((1 << MAX_VALUE_POWER) - 1)
    }

    /// Counts one duration.
    pub fn record(&mut self, sample: Nanos) {
        self.add(sample, 1);
    }

    /// Counts a duration `count` times; longer ones than
    /// [`longest`](Self::longest) count as that.
    pub fn add(&mut self, sample: Nanos, count: u64) {
        let sample = sample.min(Self::longest());
        self.0
            .add(sample.0, count)
            .expect("no sample is beyond the longest");
    }

    /// Adds another one's counts.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.as_mut_slice().iter_mut().zip(other.0.as_slice()) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// Samples in all; saturates.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0
            .as_slice()
            .iter()
            .fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// The buckets that have samples, shortest first.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> {
        self.0
            .iter()
            .filter(|bucket| bucket.count() > 0)
            .map(|bucket| Bucket {
                from: Nanos(bucket.start()),
                to: Nanos(bucket.end()),
                count: bucket.count(),
            })
    }

    /// The duration that a share `quantile` (0 to 1) of the samples does not exceed: the middle
    /// of its bucket. `None` without samples.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Nanos> {
        let count = self.count();
        let rank = ((count as f64 * quantile.clamp(0.0, 1.0)).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0u64;
        for bucket in self.buckets() {
            seen = seen.saturating_add(bucket.count);
            if seen >= rank {
                return Some(Nanos(bucket.from.0 + (bucket.to.0 - bucket.from.0) / 2));
            }
        }
        None
    }

    /// The figures that a table shows.
    #[must_use]
    pub fn quantiles(&self) -> Quantiles {
        Quantiles {
            count: self.count(),
            p50: self.quantile(0.5).unwrap_or_default(),
            p90: self.quantile(0.9).unwrap_or_default(),
            p99: self.quantile(0.99).unwrap_or_default(),
            max: self.quantile(1.0).unwrap_or_default(),
        }
    }

    /// `(bucket index, count)` of the buckets that have samples: what goes over the wire.
    pub fn sparse(&self) -> impl Iterator<Item = (u32, u64)> {
        self.0
            .as_slice()
            .iter()
            .enumerate()
            .filter(|&(_, &count)| count > 0)
            .map(|(index, &count)| (index as u32, count))
    }

    /// Rebuilds what [`sparse`](Self::sparse) gave; indices beyond the last bucket are left out.
    #[must_use]
    pub fn from_sparse(sparse: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let mut distribution = Self::default();
        let buckets = distribution.0.as_mut_slice();
        for (index, count) in sparse {
            if let Some(bucket) = buckets.get_mut(index as usize) {
                *bucket = bucket.saturating_add(count);
            }
        }
        distribution
    }
}

/// The usual figures of a distribution, each right within an eighth; zeros when `count` is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// Samples.
    pub count: u64,
    /// The median.
    pub p50: Nanos,
    /// Nine in ten are no longer.
    pub p90: Nanos,
    /// Ninety-nine in a hundred are no longer.
    pub p99: Nanos,
    /// The longest.
    pub max: Nanos,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_is_the_histograms(sample: u64, shift in 0..64u32) {
            let sample = Nanos(sample >> shift);
            let mut distribution = Distribution::default();
            distribution.record(sample);
            let bucket = Distribution::bucket_of(sample);
            prop_assert_eq!(distribution.sparse().collect::<Vec<_>>(), [(bucket as u32, 1)]);
        }
    }

    #[test]
    fn the_longest_has_the_last_bucket() {
        assert_eq!(
            Distribution::bucket_of(Nanos::MAX),
            Distribution::BUCKETS - 1
        );
        assert_eq!(
            Distribution::config().total_buckets(),
            Distribution::BUCKETS
        );
    }
}
