//! Histograms as tokio-console reads them: HdrHistogram's encoding "V2", without compression.
//!
//! Written here rather than by the crate `hdrhistogram`, whose encoder comes with a compressor, a
//! parser and more: of what it can do, a header and a list of counts are needed.

use loiter_model::{Distribution, Nanos};
use loiter_wire::console::DurationHistogram;

/// The longest duration that is told apart, as console-subscriber has it.
const LONGEST: Nanos = Nanos::from_secs(1);
/// Two decimal digits of a value are kept: 128 steps to a doubling.
const DIGITS: u32 = 2;
const STEPS: u64 = 128;
/// "V2", with a word size of one byte.
const COOKIE: u32 = 0x1c84_9313;
/// A count is never so large that its varint needs a ninth byte, which has a form of its own.
const MOST: u64 = 1 << 54;

/// Encodes durations. Each stands for its bucket's middle, so is right within a sixteenth.
pub(super) fn encode(durations: &Distribution) -> DurationHistogram {
    let mut counts = vec![0u64];
    let mut high_outliers = 0u64;
    let mut highest_outlier = None;
    for bucket in durations.buckets() {
        let mut middle = Nanos(bucket.from.0 + (bucket.to.0 - bucket.from.0) / 2);
        if middle > LONGEST {
            high_outliers = high_outliers.saturating_add(bucket.count);
            // Whole milliseconds: the client prints every digit there is, over its frame if need
            // be.
            highest_outlier = Some(middle.0 / 1_000_000 * 1_000_000);
            middle = LONGEST;
        }
        let index = index_of(middle.0);
        counts.resize(counts.len().max(index + 1), 0);
        counts[index] = counts[index].saturating_add(bucket.count).min(MOST);
    }
    DurationHistogram {
        raw_histogram: write(&counts),
        max_value: LONGEST.0,
        high_outliers,
        highest_outlier,
    }
}

/// The place of a value among the counts: the first 256 values have one each, then the steps get
/// twice as wide every 128.
fn index_of(value: u64) -> usize {
    let doublings = (value | (2 * STEPS - 1)).ilog2() - (2 * STEPS - 1).ilog2();
    let step = value >> doublings;
    (u64::from(doublings) * STEPS + step) as usize
}

fn write(counts: &[u64]) -> Vec<u8> {
    let body = body(counts);
    let length = u32::try_from(body.len()).expect("some thousand counts of eight bytes");
    let no_shift = 0u32;
    let lowest = 1u64;
    let ratio = 1f64;
    [
        &COOKIE.to_be_bytes()[..],
        &length.to_be_bytes(),
        &no_shift.to_be_bytes(),
        &DIGITS.to_be_bytes(),
        &lowest.to_be_bytes(),
        &LONGEST.0.to_be_bytes(),
        &ratio.to_be_bytes(),
        &body,
    ]
    .concat()
}

/// Counts one after the other; several zeros are one negative number, which counts them.
fn body(counts: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for run in counts.chunk_by(|a, b| *a == 0 && *b == 0) {
        let zeros = run.len() as i64;
        let number = match run {
            [count] => count.cast_signed(),
            _ => -zeros,
        };
        // Signs alternate, so that small numbers of either sign are short.
        varint(((number << 1) ^ (number >> 63)).cast_unsigned(), &mut bytes);
    }
    bytes
}

fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use hdrhistogram::{Histogram, serialization::Deserializer};
    use proptest::prelude::*;

    use super::*;

    fn read(encoded: &DurationHistogram) -> Histogram<u64> {
        Deserializer::new()
            .deserialize(&mut Cursor::new(&encoded.raw_histogram))
            .expect("the encoding of the crate that tokio-console reads with")
    }

    #[test]
    fn none_at_all_is_an_empty_histogram() {
        let encoded = encode(&Distribution::default());
        assert_eq!((encoded.high_outliers, encoded.highest_outlier), (0, None));
        assert_eq!(read(&encoded).len(), 0);
    }

    #[test]
    fn what_is_too_long_is_an_outlier() {
        let mut durations = Distribution::default();
        durations.add(Nanos::from_millis(2), 3);
        durations.add(Nanos::from_secs(70), 2);
        let encoded = encode(&durations);
        assert_eq!(encoded.high_outliers, 2);
        let highest = Nanos(encoded.highest_outlier.expect("there are some"));
        assert!((Nanos::from_secs(65)..Nanos::from_secs(75)).contains(&highest));
        assert_eq!(read(&encoded).len(), 5);
        assert!(read(&encoded).max() >= LONGEST.0);
    }

    proptest! {
        #[test]
        fn the_reader_finds_every_duration(
            samples in prop::collection::vec((0..LONGEST.0, 0..30u32, 1..1u64 << 40), 1..50),
        ) {
            let mut durations = Distribution::default();
            for &(sample, shift, count) in &samples {
                durations.add(Nanos(sample >> shift), count);
            }
            let found = read(&encode(&durations));
            prop_assert_eq!(found.len(), durations.count());
            for quantile in [0.0, 0.1, 0.5, 0.9, 1.0] {
                let meant = durations.quantile(quantile).expect("not empty").0;
                let read = found.value_at_quantile(quantile);
                // The reader gives one of a step's ends.
                let told = meant.min(LONGEST.0);
                prop_assert!(read.abs_diff(told) <= told / 100 + 1, "{meant} {read}");
            }
        }
    }
}
