//! Distributions against the samples they were made of.

use loiter_model::{Distribution, Nanos};
use proptest::{collection::vec, prelude::*};

/// Of every order of magnitude, up to the longest that is told apart.
fn sample() -> impl Strategy<Value = u64> {
    (0..48u32, any::<u64>()).prop_map(|(power, bits)| bits & ((2 << power) - 1))
}

fn of(samples: &[u64]) -> Distribution {
    let mut distribution = Distribution::default();
    for &sample in samples {
        distribution.record(Nanos(sample));
    }
    distribution
}

/// The first and last value of a bucket, as `proto/loiter/v1/task.proto` tells clients.
fn bounds(index: u64) -> (u64, u64) {
    if index < 16 {
        return (index, index);
    }
    let shift = index / 8 - 1;
    ((8 + index % 8) << shift, ((9 + index % 8) << shift) - 1)
}

#[test]
fn buckets_are_where_the_protocol_says() {
    let longest = Distribution::longest().0;
    let mut next = 0;
    for index in 0.. {
        let (from, to) = bounds(index);
        assert_eq!(from, next, "without a gap");
        for sample in [from, from + (to - from) / 2, to] {
            let distribution = of(&[sample]);
            let sparse: Vec<_> = distribution.sparse().collect();
            assert_eq!(sparse, [(index as u32, 1)], "{sample}");
            let bucket = distribution.buckets().next().expect("one sample");
            assert_eq!((bucket.from.0, bucket.to.0, bucket.count), (from, to, 1));
        }
        if to == longest {
            return;
        }
        next = to + 1;
    }
}

#[test]
fn longer_samples_count_as_the_longest() {
    let distribution = of(&[u64::MAX, 1 << 48]);
    let bucket = distribution.buckets().next().expect("two samples");
    assert_eq!((bucket.to, bucket.count), (Distribution::longest(), 2));
}

#[test]
fn indices_of_no_bucket_are_left_out() {
    let sparse = [
        (0, u64::MAX),
        (0, 1),
        (1, u64::MAX),
        (u32::MAX, 1),
        (100_000, 1),
    ];
    let distribution = Distribution::from_sparse(sparse);
    let back: Vec<_> = distribution.sparse().collect();
    assert_eq!(back, [(0, u64::MAX), (1, u64::MAX)]);
    assert_eq!(distribution.count(), u64::MAX);
    assert_eq!(distribution.quantile(0.5), Some(Nanos(0)));
    assert_eq!(Distribution::default().quantile(0.5), None);
}

proptest! {
    #[test]
    fn a_quantile_is_right_within_an_eighth(
        mut samples in vec(sample(), 1..200),
        quantile in 0.0..=1.0,
    ) {
        let estimate = of(&samples).quantile(quantile).expect("there are samples").0;
        samples.sort_unstable();
        let rank = (samples.len() as f64 * quantile).ceil() as usize;
        let exact = samples[rank.max(1) - 1];
        prop_assert!(estimate.abs_diff(exact) <= exact / 8, "{estimate} for {exact}");
    }

    #[test]
    fn a_sparse_distribution_is_rebuilt(samples in vec(sample(), 0..100)) {
        let distribution = of(&samples);
        prop_assert_eq!(Distribution::from_sparse(distribution.sparse()), distribution);
    }

    #[test]
    fn merging_is_recording_both(a in vec(sample(), 0..100), b in vec(sample(), 0..100)) {
        let mut merged = of(&a);
        merged.merge(&of(&b));
        prop_assert_eq!(merged.count(), (a.len() + b.len()) as u64);
        prop_assert_eq!(merged, of(&[a, b].concat()));
    }
}
