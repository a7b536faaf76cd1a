//! A time of a recording, as people write it.

use std::{fmt, str::FromStr};

use loiter_model::{Nanos, ParseNanosError};

/// A time of a recording.
///
/// ```
/// use loiter_cli::source::At;
/// use loiter_model::Nanos;
///
/// assert_eq!("1m30s".parse::<At>()?, At::FromStart(Nanos::from_secs(90)));
/// assert_eq!("-10s".parse::<At>()?, At::FromEnd(Nanos::from_secs(10)));
/// # Ok::<(), loiter_cli::source::ParseAtError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// So long after its beginning.
    FromStart(Nanos),
    /// So long before its end.
    FromEnd(Nanos),
}

/// Why a text is no time of a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}; write how long after the beginning, such as `1m30s`, or how long before the end, such as \
     `-10s`"
)]
pub struct ParseAtError(#[from] ParseNanosError);

impl Default for At {
    /// The end.
    fn default() -> Self {
        Self::FromEnd(Nanos::ZERO)
    }
}

impl At {
    /// Whether it is the beginning or the end: what is of one time only has these.
    pub(super) fn is_edge(self) -> bool {
        let (Self::FromStart(distance) | Self::FromEnd(distance)) = self;
        distance == Nanos::ZERO
    }

    /// The time itself, of a recording with this range.
    #[must_use]
    pub fn in_range(self, (from, to): (Nanos, Nanos)) -> Nanos {
        match self {
            Self::FromStart(after) => from.saturating_add(after).min(to),
            Self::FromEnd(before) => to.saturating_sub(before).max(from),
        }
    }
}

impl FromStr for At {
    type Err = ParseAtError;

    fn from_str(text: &str) -> Result<Self, ParseAtError> {
        Ok(match text.trim().strip_prefix('-') {
            Some(before) => Self::FromEnd(before.parse()?),
            None => Self::FromStart(text.parse()?),
        })
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromStart(after) => write!(f, "{after}"),
            Self::FromEnd(before) => write!(f, "-{before}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_the_recording_is_the_nearest_one_in_it() {
        let range = (Nanos::from_secs(100), Nanos::from_secs(160));
        for (text, seconds) in [
            ("0", 100),
            ("30s", 130),
            ("2m", 160),
            ("-0", 160),
            ("-10s", 150),
            ("-1h", 100),
        ] {
            let at: At = text.parse().expect(text);
            assert_eq!(at.in_range(range), Nanos::from_secs(seconds), "{text}");
        }
        assert_eq!(At::default().in_range(range), range.1);
    }

    #[test]
    fn what_is_no_time_says_how_to_write_one() {
        for text in ["", "-", "noon", "12:30"] {
            let error = text.parse::<At>().expect_err(text).to_string();
            assert!(error.contains("`-10s`"), "{error}");
        }
    }
}
