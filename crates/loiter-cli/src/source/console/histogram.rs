//! Histograms as console-subscriber sends them.

use std::ops::Range;

use console_api::tasks::{DurationHistogram, TaskDetails, task_details::PollTimesHistogram};
use hdrhistogram::{Histogram, serialization::Deserializer};
use loiter_model::{Distribution, Nanos};

/// What the V2 encoding begins with. Not the compressed one, which may hide any length.
const BEGIN: [u8; 4] = [0x1c, 0x84, 0x93, 0x13];
/// Where the length of what follows the header is: as much memory is taken.
const LENGTH: Range<usize> = 4..8;
/// Where the number of significant figures is, and how many are read: each one takes ten times the
/// memory. console-subscriber has two.
const FIGURES: Range<usize> = 12..16;
const MOST_FIGURES: u32 = 3;

/// How long the polls of a task took; empty if that is not told, or not in a way that is known.
pub(super) fn polls(details: &TaskDetails) -> Distribution {
    match &details.poll_times_histogram {
        Some(PollTimesHistogram::Histogram(histogram)) => distribution(histogram),
        Some(PollTimesHistogram::LegacyHistogram(bytes)) => decoded(bytes).unwrap_or_default(),
        None => Distribution::default(),
    }
}

/// How long it waited for a worker, alike.
pub(super) fn scheduled(details: &TaskDetails) -> Distribution {
    let histogram = details.scheduled_times_histogram.as_ref();
    histogram.map(distribution).unwrap_or_default()
}

fn distribution(histogram: &DurationHistogram) -> Distribution {
    let Some(mut times) = decoded(&histogram.raw_histogram) else {
        return Distribution::default();
    };
    // What is beyond the histogram counts as its maximum in there. Of one of those the real length
    // is told.
    let highest = histogram.highest_outlier.map(Nanos);
    if let Some(highest) = highest.filter(|_| histogram.high_outliers > 0) {
        let most = Distribution::bucket_of(Nanos(histogram.max_value)) as u32;
        let counts: Vec<(u32, u64)> = times.sparse().collect();
        let has_one = counts.iter().any(|(bucket, _)| *bucket == most);
        times = Distribution::from_sparse(counts.into_iter().map(|(bucket, count)| {
            let is_beyond = has_one && bucket == most;
            (bucket, count - u64::from(is_beyond))
        }));
        times.record(highest);
    }
    times
}

/// `None` for bytes that are no histogram, or one that is far too fine.
fn decoded(bytes: &[u8]) -> Option<Distribution> {
    let number = |at: Range<usize>| {
        let bytes = bytes.get(at)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    if !bytes.starts_with(&BEGIN) {
        return None;
    }
    if number(FIGURES)? > MOST_FIGURES || number(LENGTH)? as usize > bytes.len() {
        return None;
    }
    let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).ok()?;
    let mut times = Distribution::default();
    for value in histogram.iter_recorded() {
        times.add(Nanos(value.value_iterated_to()), value.count_at_value());
    }
    Some(times)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::{Serializer, V2Serializer};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn encoded(times: &[u64], figures: u8) -> Vec<u8> {
        let mut histogram = Histogram::<u64>::new_with_max(1_000_000_000, figures).expect("limits");
        for time in times {
            histogram.saturating_record(*time);
        }
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(&histogram, &mut bytes)
            .expect("a vector takes everything");
        bytes
    }

    #[test]
    fn times_come_out_as_they_went_in() {
        let details = TaskDetails {
            poll_times_histogram: Some(PollTimesHistogram::LegacyHistogram(encoded(
                &[1_000, 1_000, 5_000_000],
                2,
            ))),
            scheduled_times_histogram: Some(DurationHistogram {
                raw_histogram: encoded(&[700, 1_000_000_000, 1_000_000_000], 2),
                max_value: 1_000_000_000,
                high_outliers: 2,
                highest_outlier: Some(60_000_000_000),
            }),
            ..TaskDetails::default()
        };
        let polls = polls(&details).quantiles();
        assert_eq!(polls.count, 3);
        assert!(polls.p50.0.abs_diff(1_000) <= 1_000 / 8, "{polls:?}");
        assert!(
            polls.max.0.abs_diff(5_000_000) <= 5_000_000 / 8,
            "{polls:?}"
        );
        let scheduled = scheduled(&details).quantiles();
        assert_eq!(scheduled.count, 3);
        assert!(
            scheduled.p50.0.abs_diff(1_000_000_000) <= 1_000_000_000 / 8,
            "{scheduled:?}"
        );
        assert!(scheduled.max.0 > 50_000_000_000, "{scheduled:?}");
    }

    #[test]
    fn what_is_no_histogram_is_empty() {
        assert_eq!(polls(&TaskDetails::default()).count(), 0);
        for bytes in [vec![], vec![1; 12], vec![0xff; 64], encoded(&[5], 5)] {
            assert_eq!(decoded(&bytes), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn broken_bytes_do_no_harm(
            times in vec(0..1_000_000_000u64, 0..20),
            at in any::<prop::sample::Index>(),
            byte: u8,
            highest in prop::option::of(any::<u64>()),
        ) {
            let mut bytes = encoded(&times, 2);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            distribution(&DurationHistogram {
                raw_histogram: bytes,
                max_value: 1_000_000_000,
                high_outliers: 3,
                highest_outlier: highest,
            });
        }
    }
}
