//! Texts of bounded length.

/// The beginning of a text, at most so many bytes, cut between two characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    // `str::floor_char_boundary` is newer than the oldest compiler that this crate supports.
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_character_is_whole_or_not_there() {
        assert_eq!(cut("aäb", 9), "aäb");
        assert_eq!(cut("aäb", 3), "aä");
        assert_eq!(cut("aäb", 2), "a");
        assert_eq!(cut("ä", 1), "");
        assert_eq!(cut("", 0), "");
    }
}
