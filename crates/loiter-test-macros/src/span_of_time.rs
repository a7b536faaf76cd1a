//! Spans of time as options have them: `500ms`.

use std::time::Duration;

/// Units, each before those that its letters begin with.
const UNITS: [(&str, f64); 5] = [
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// Reads a number and a unit.
pub(crate) fn read(text: &str) -> Result<Duration, String> {
    let unit_at = text
        .find(|c: char| c.is_ascii_alphabetic())
        .ok_or_else(|| wrong(text))?;
    let (number, unit) = text.split_at(unit_at);
    let seconds = UNITS.iter().find(|(name, _)| *name == unit);
    let (Ok(number), Some((_, seconds))) = (number.trim_end().parse::<f64>(), seconds) else {
        return Err(wrong(text));
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong(text))
}

fn wrong(text: &str) -> String {
    format!("`{text}` is no span of time: write a number and us, ms, s, m or h, such as `500ms`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_are_a_span() {
        for (text, millis) in [
            ("500ms", 500),
            ("500 ms", 500),
            ("2s", 2_000),
            ("1.5s", 1_500),
            ("1m", 60_000),
            ("1h", 3_600_000),
            ("5000us", 5),
            ("0s", 0),
        ] {
            assert_eq!(read(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "5",
            "ms",
            "5 minutes",
            "-1s",
            "1s2ms",
            "infs",
            "1e99h",
            "s5",
        ] {
            let message = read(text).expect_err(text);
            assert!(message.contains("such as `500ms`"), "{message}");
        }
    }
}
