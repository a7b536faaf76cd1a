//! Texts made fit for cells: cut to a width, wrapped; and numbers as words.

use std::borrow::Cow;

use loiter_model::Nanos;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(crate) use crate::text::clean;

/// What of a text is left out when it does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elide {
    /// The beginning: of a path the end says most.
    Start,
    /// The end.
    End,
}

/// Cells that a text takes.
pub(crate) fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The same for a text of several lines, each of which ends in a line feed.
pub(crate) fn clean_lines(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for line in text.lines() {
        cleaned.push_str(&clean(line));
        cleaned.push('\n');
    }
    cleaned
}

/// The text in at most `cells` cells; where something is left out stands `ellipsis`.
pub(crate) fn fit<'a>(text: &'a str, cells: u16, elide: Elide, ellipsis: &str) -> Cow<'a, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(width(ellipsis)) else {
        return Cow::Borrowed("");
    };
    match elide {
        Elide::End => {
            let kept = kept_bytes(text.chars(), room);
            Cow::Owned(format!("{}{ellipsis}", &text[..kept]))
        }
        Elide::Start => {
            let kept = kept_bytes(text.chars().rev(), room);
            Cow::Owned(format!("{ellipsis}{}", &text[text.len() - kept..]))
        }
    }
}

/// Bytes of the characters that fit into `room` cells, taken in the order given.
fn kept_bytes(chars: impl Iterator<Item = char>, room: u16) -> usize {
    let mut left = usize::from(room);
    let mut bytes = 0;
    for c in chars {
        let cells = match c {
            // Makes an emoji of the character before it, which then takes a second cell.
            '\u{fe0f}' => 1,
            c => c.width().unwrap_or(0),
        };
        if cells > left {
            break;
        }
        left -= cells;
        bytes += c.len_utf8();
    }
    bytes
}

/// The text in lines of at most `cells` cells, broken between words where possible.
pub(crate) fn wrap(text: &str, cells: u16) -> Vec<String> {
    wrap_behind(text, cells, cells)
}

/// The same, with only `first` cells in the first line, which stays empty when that is too few
/// for a word.
pub(crate) fn wrap_behind(text: &str, first: u16, cells: u16) -> Vec<String> {
    let mut lines = Vec::new();
    if cells == 0 {
        return lines;
    }
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word;
        let gap = u16::from(!line.is_empty());
        let room = if lines.is_empty() { first } else { cells };
        if width(&line) + gap + width(word) <= room {
            if gap > 0 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() || room < cells {
            lines.push(std::mem::take(&mut line));
        }
        while width(word) > cells {
            // A wide character in a single cell fits nowhere: skip it rather than loop.
            let kept = kept_bytes(word.chars(), cells).max(first_char_bytes(word));
            lines.push(word[..kept].to_owned());
            word = &word[kept..];
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The first `most` of some lines; where the rest is left out stands `ellipsis`.
pub(crate) fn cut(mut lines: Vec<String>, most: usize, cells: u16, ellipsis: &str) -> Vec<String> {
    if lines.len() <= most {
        return lines;
    }
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        let room = cells.saturating_sub(width(ellipsis));
        *last = format!("{}{ellipsis}", fit(last, room, Elide::End, ""));
    }
    lines
}

fn first_char_bytes(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// A count with its thousands apart: `1,000,000`.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count in at most six cells, cut off, never rounded up: `999999`, `1.23M`, `12.3M`.
pub(crate) fn count(count: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000, "M"),
        (1_000_000_000, "G"),
        (1_000_000_000_000, "T"),
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000_000_000, "E"),
    ];
    let Some((unit, suffix)) = UNITS.iter().rev().find(|(unit, _)| count >= *unit) else {
        return count.to_string();
    };
    let whole = count / unit;
    let hundredths = u128::from(count % unit) * 100 / u128::from(*unit);
    match whole {
        0..10 => format!("{whole}.{hundredths:02}{suffix}"),
        10..100 => format!("{whole}.{}{suffix}", hundredths / 10),
        _ => format!("{whole}{suffix}"),
    }
}

/// A number of bytes in at most seven cells: `512B`, `1.5KiB`, `12MiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let exponent = (bytes.ilog2() / 10).min(6) as usize;
    let unit = 1u64 << (10 * exponent);
    let whole = bytes / unit;
    let tenth = u128::from(bytes % unit) * 10 / u128::from(unit);
    let suffix = UNITS[exponent - 1];
    if whole < 10 {
        format!("{whole}.{tenth}{suffix}")
    } else {
        format!("{whole}{suffix}")
    }
}

/// A rate in at most six cells: `0`, `0.25`, `12.5`, `1234`.
pub(crate) fn rate(per_sec: f64) -> String {
    match per_sec {
        rate if !rate.is_finite() || rate <= 0.0 => "0".to_owned(),
        rate if rate < 10.0 => format!("{rate:.2}"),
        rate if rate < 100.0 => format!("{rate:.1}"),
        rate => count(rate as u64),
    }
}

/// A part of a whole: `12%`, and `<1%` for what is more than nothing.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0%".to_owned();
    }
    let percent = (u128::from(part) * 100 / u128::from(whole)).min(100);
    if percent == 0 {
        return "<1%".to_owned();
    }
    format!("{percent}%")
}

/// A limit as people set it: `10s` where [`Nanos`] would print `10.0s`.
pub(crate) fn limit(limit: Nanos) -> String {
    let text = limit.to_string();
    let Some(digits) = text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ') else {
        return text;
    };
    let (number, unit) = text.split_at(digits);
    match unit {
        "m00s" => format!("{number}m"),
        "h00m" => format!("{number}h"),
        "d00h" => format!("{number}d"),
        _ if number.contains('.') => {
            format!(
                "{}{unit}",
                number.trim_end_matches('0').trim_end_matches('.')
            )
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_counts_cells_not_characters() {
        assert_eq!(
            fit("src/pool.rs:88", 20, Elide::Start, "…"),
            "src/pool.rs:88"
        );
        assert_eq!(fit("src/pool.rs:88", 8, Elide::Start, "…"), "…l.rs:88");
        assert_eq!(fit("acceptor", 4, Elide::End, "…"), "acc…");
        // Two cells a character: the third would stand half outside.
        assert_eq!(fit("接続接続", 6, Elide::End, "…"), "接続…");
        assert_eq!(fit("abc", 0, Elide::End, "…"), "");
        assert_eq!(fit("abc", 1, Elide::End, "…"), "…");
    }

    #[test]
    fn numbers_stay_narrow() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(count(999_999), "999999");
        assert_eq!(count(1_999_999), "1.99M");
        assert_eq!(count(u64::MAX), "18.4E");
        assert_eq!(bytes(1023), "1023B");
        assert_eq!(bytes(1536), "1.5KiB");
        assert_eq!(bytes(u64::MAX), "15EiB");
        assert_eq!(rate(0.0), "0");
        assert_eq!(rate(f64::NAN), "0");
        assert_eq!(rate(0.5), "0.50");
        assert_eq!(percent(1, 1000), "<1%");
        assert_eq!(percent(999, 1000), "99%");
    }

    #[test]
    fn a_limit_reads_as_it_is_set() {
        for text in [
            "10ms", "500ms", "1s", "1.5s", "10s", "2m", "1m30s", "1h", "2d", "0",
        ] {
            let nanos: Nanos = text.parse().expect(text);
            assert_eq!(limit(nanos), text);
        }
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("接", 1), ["接"]);
        assert!(wrap("a", 0).is_empty());
    }

    #[test]
    fn the_first_line_may_be_shorter() {
        assert_eq!(wrap_behind("one two three", 4, 9), ["one", "two three"]);
        assert_eq!(wrap_behind("one two", 2, 9), ["", "one two"]);
        assert_eq!(wrap_behind("abcdefgh", 2, 3), ["", "abc", "def", "gh"]);
    }

    #[test]
    fn what_is_left_out_shows() {
        let lines = || wrap("one two three four", 8);
        assert_eq!(cut(lines(), 2, 8, "…"), ["one two", "three…"]);
        assert_eq!(cut(lines(), 3, 8, "…"), lines());
        assert_eq!(cut(wrap("abcdefgh ij", 8), 1, 8, "…"), ["abcdefg…"]);
        assert!(cut(lines(), 0, 8, "…").is_empty());
    }

    proptest! {
        #[test]
        fn what_was_fitted_fits(text in "\\PC{0,30}", cells in 0u16..40) {
            for elide in [Elide::Start, Elide::End] {
                prop_assert!(width(&fit(&text, cells, elide, "…")) <= cells);
            }
        }

        #[test]
        fn counts_take_six_cells_at_most(n in any::<u64>()) {
            prop_assert!(count(n).len() <= 6);
            prop_assert!(bytes(n).len() <= 7);
        }
    }
}
