//! Texts of bounded length.

use std::fmt::{self, Write};

/// The beginning of a text, at most so many bytes, cut between two characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    // `str::floor_char_boundary` is newer than the oldest compiler that this crate supports.
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A number that shows itself only as text, such as tokio's task ids: its digits, without an
/// allocation.
#[derive(Default)]
pub(crate) struct Digits(u64);

impl Digits {
    /// 0 for what is no number of 64 bits.
    pub(crate) fn of(shown: impl fmt::Display) -> u64 {
        let mut digits = Self::default();
        match write!(digits, "{shown}") {
            Ok(()) => digits.0,
            Err(fmt::Error) => 0,
        }
    }
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10);
            let next = self.0.checked_mul(10).zip(digit);
            let next = next.and_then(|(tens, digit)| tens.checked_add(u64::from(digit)));
            self.0 = next.ok_or(fmt::Error)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Digits, cut};

    #[test]
    fn digits_make_a_number() {
        assert_eq!(Digits::of(u64::MAX), u64::MAX);
        assert_eq!(Digits::of("18446744073709551616"), 0);
        assert_eq!(Digits::of("-1"), 0);
    }

    #[test]
    fn a_character_is_whole_or_not_there() {
        assert_eq!(cut("aäb", 9), "aäb");
        assert_eq!(cut("aäb", 3), "aä");
        assert_eq!(cut("aäb", 2), "a");
        assert_eq!(cut("ä", 1), "");
        assert_eq!(cut("", 0), "");
    }
}
