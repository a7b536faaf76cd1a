//! Texts from outside, made fit for a terminal.

use std::borrow::Cow;

/// The text with a replacement character for everything that would steer a terminal or break
/// the line: control characters, and those that turn the direction of writing.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let replace = |c| {
        if steers(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    Cow::Owned(text.chars().map(replace).collect())
}

fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_replaced() {
        assert!(matches!(clean("wörker-1 接続"), Cow::Borrowed(_)));
        assert_eq!(
            clean("\x1b[2J\u{9b}31m\r\n"),
            "\u{fffd}[2J\u{fffd}31m\u{fffd}\u{fffd}"
        );
        assert_eq!(clean("\u{202e}gnp.exe"), "\u{fffd}gnp.exe");
    }
}
