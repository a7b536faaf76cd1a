//! Durations in whole nanoseconds, as people write and read them.

use std::{fmt, str::FromStr, time::Duration};

/// A duration in nanoseconds, at most some 584 years.
///
/// Arithmetic saturates: clocks of two cores may disagree by a few ticks, and a negative wait
/// is shown as none rather than as centuries.
///
/// ```
/// use loiter_model::Nanos;
///
/// let idle: Nanos = "1m30s".parse()?;
/// assert_eq!(idle, Nanos::from_secs(90));
/// assert_eq!(idle.to_string(), "1m30s");
/// # Ok::<(), loiter_model::ParseNanosError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000 * MICRO;
const SECOND: u64 = 1_000 * MILLI;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The units that people may write, longest spelling of a prefix first.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", MICRO),
    ("µs", MICRO),
    ("ms", MILLI),
    ("s", SECOND),
    ("m", MINUTE),
    ("h", HOUR),
    ("d", DAY),
];

/// What a duration is made of, longest first, for those who write it exactly.
pub(crate) const PARTS: [(&str, u64); 7] = [
    ("d", DAY),
    ("h", HOUR),
    ("m", MINUTE),
    ("s", SECOND),
    ("ms", MILLI),
    ("us", MICRO),
    ("ns", 1),
];

impl Nanos {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest duration that fits.
    pub const MAX: Self = Self(u64::MAX);

    /// A whole number of seconds; saturates.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(SECOND))
    }

    /// A whole number of milliseconds; saturates.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(MILLI))
    }

    /// A whole number of microseconds; saturates.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(MICRO))
    }

    /// `self - earlier`, or zero.
    #[must_use]
    pub const fn saturating_sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// `self + other`, or the maximum.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In seconds, rounded as floating point does.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }
}

impl From<Duration> for Nanos {
    /// Saturates at 584 years.
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Self {
        Self::from_nanos(nanos.0)
    }
}

/// At most seven characters up to a hundred years, always truncated, never rounded up: a task
/// idle for 9.99 s must not read as `10.0s` while it is not yet blocked at 10 s.
impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        let text = match n {
            0 => "0".to_owned(),
            1..MICRO => format!("{n}ns"),
            MICRO..MILLI => decimal(n, MICRO, "µs"),
            MILLI..SECOND => decimal(n, MILLI, "ms"),
            SECOND..MINUTE => decimal(n, SECOND, "s"),
            MINUTE..HOUR => format!("{}m{:02}s", n / MINUTE, n % MINUTE / SECOND),
            HOUR..DAY => format!("{}h{:02}m", n / HOUR, n % HOUR / MINUTE),
            _ => format!("{}d{:02}h", n / DAY, n % DAY / HOUR),
        };
        f.pad(&text)
    }
}

/// Three significant digits, cut off: `1.23ms`, `12.3ms`, `123ms`.
fn decimal(n: u64, unit: u64, suffix: &str) -> String {
    let whole = n / unit;
    let rest = n % unit;
    match whole {
        0..10 => format!("{whole}.{:02}{suffix}", rest * 100 / unit),
        10..100 => format!("{whole}.{}{suffix}", rest * 10 / unit),
        _ => format!("{whole}{suffix}"),
    }
}

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseNanosError {
    /// Nothing was written.
    #[error("a duration is missing; write for example `10s`, `1m30s` or `250ms`")]
    Empty,
    /// A number without a unit.
    #[error("`{0}` has no unit; write `{0}s`, `{0}ms`, `{0}us`, `{0}m`, `{0}h` or `{0}d`")]
    NoUnit(String),
    /// A unit that does not exist.
    #[error("`{0}` is no unit of time; use ns, us, ms, s, m, h or d")]
    UnknownUnit(String),
    /// Something that is not a number where one is due.
    #[error("`{0}` is no duration; write for example `10s`, `1m30s` or `250ms`")]
    NotANumber(String),
    /// More than 584 years.
    #[error("`{0}` is too long: the longest duration is some 584 years")]
    TooLong(String),
}

impl FromStr for Nanos {
    type Err = ParseNanosError;

    /// Reads `10s`, `1.5ms`, `1m30s`, `2h`, `1d`, `0`; several parts are added up.
    ///
    /// # Errors
    /// [`ParseNanosError`] says which part is wrong and how to write it.
    fn from_str(text: &str) -> Result<Self, ParseNanosError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseNanosError::Empty);
        }
        if text == "0" {
            return Ok(Self::ZERO);
        }
        let mut total = 0u64;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            let (number, after) = rest.split_at(digits);
            let letters = after
                .find(|c: char| c.is_ascii_digit() || c == '.')
                .unwrap_or(after.len());
            let (unit, after) = after.split_at(letters);
            if number.is_empty() {
                return Err(ParseNanosError::NotANumber(text.to_owned()));
            }
            if unit.is_empty() {
                return Err(ParseNanosError::NoUnit(number.to_owned()));
            }
            let unit = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(|| ParseNanosError::UnknownUnit(unit.to_owned()))?
                .1;
            let part = scaled(number, unit, text)?;
            total = total
                .checked_add(part)
                .ok_or_else(|| ParseNanosError::TooLong(text.to_owned()))?;
            rest = after;
        }
        Ok(Self(total))
    }
}

/// `number` × `unit` in exact arithmetic: floating point loses nanoseconds.
fn scaled(number: &str, unit: u64, text: &str) -> Result<u64, ParseNanosError> {
    let not_a_number = || ParseNanosError::NotANumber(text.to_owned());
    let too_long = || ParseNanosError::TooLong(text.to_owned());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return Err(not_a_number());
    }
    let whole: u64 = match whole {
        "" => 0,
        digits => digits.parse().map_err(|_| too_long())?,
    };
    // Digits beyond 1e-18 of a unit are below a nanosecond of any unit.
    let fraction = &fraction[..fraction.len().min(18)];
    let fraction: u64 = match fraction {
        "" => 0,
        digits => {
            let value: u128 = digits.parse().map_err(|_| not_a_number())?;
            let part = value * u128::from(unit) / 10u128.pow(digits.len() as u32);
            u64::try_from(part).map_err(|_| too_long())?
        }
    };
    whole
        .checked_mul(unit)
        .and_then(|whole| whole.checked_add(fraction))
        .ok_or_else(too_long)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, nanos) in [
            ("0", 0),
            ("15ns", 15),
            ("2us", 2_000),
            ("2µs", 2_000),
            ("1.5ms", 1_500_000),
            (".5s", 500_000_000),
            ("10s", 10_000_000_000),
            ("1m30s", 90_000_000_000),
            ("2h", 7_200_000_000_000),
            (" 1d ", 86_400_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_how_to_mend_it() {
        let error = |text: &str| text.parse::<Nanos>().expect_err(text).to_string();
        assert!(error("").contains("`10s`"));
        assert!(error("10").contains("`10s`"));
        assert!(error("10 parsecs").contains("parsecs"));
        assert!(error("10fortnights").contains("ns, us, ms"));
        assert!(error("s").contains("no duration"));
        assert!(error("1.2.3s").contains("no duration"));
        assert!(error("99999999999999999999s").contains("too long"));
        assert!(error("600000d").contains("too long"));
    }

    #[test]
    fn prints_short_and_never_rounds_up() {
        for (nanos, text) in [
            (0, "0"),
            (999, "999ns"),
            (1_239, "1.23µs"),
            (9_999_999_999, "9.99s"),
            (10_000_000_000, "10.0s"),
            (59_999_999_999, "59.9s"),
            (61 * SECOND, "1m01s"),
            (3 * HOUR + 4 * MINUTE, "3h04m"),
            (26 * HOUR, "1d02h"),
        ] {
            assert_eq!(Nanos(nanos).to_string(), text);
        }
        assert_eq!(format!("{:>8}", Nanos(1_500_000)), "  1.50ms");
    }

    proptest! {
        #[test]
        fn any_text_parses_or_explains(text in "\\PC{0,20}") {
            if let Err(error) = text.parse::<Nanos>() {
                prop_assert!(!error.to_string().is_empty());
            }
        }

        #[test]
        fn what_is_printed_reads_back_no_later(n in 0..100 * 365 * DAY) {
            let back: Nanos = Nanos(n).to_string().parse().expect("printed durations parse");
            prop_assert!(back.0 <= n);
            prop_assert!(n - back.0 < (n / 10).max(1), "{n} printed as {back}");
        }
    }
}
