//! Texts from outside, made fit for a terminal.

use std::borrow::Cow;

/// The text with a replacement character for everything that would steer a terminal or break
/// the line: control characters, and those that turn the direction of writing or have no width
/// of their own. O(n); allocates only when something is replaced.
///
/// ```
/// assert_eq!(loiter_cli::text::clean("a\x1b[2Jb"), "a\u{fffd}[2Jb");
/// ```
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let replace = |c| {
        if is_harmless(c) {
            c
        } else {
            char::REPLACEMENT_CHARACTER
        }
    };
    Cow::Owned(text.chars().map(replace).collect())
}

fn is_harmless(c: char) -> bool {
    // Bidirectional controls, the joiners and marks around them, and the byte order mark.
    let steers = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !steers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_replaced() {
        assert!(matches!(clean("wörker-1 接続"), Cow::Borrowed(_)));
        assert_eq!(
            clean("\x1b[2J\u{9b}31m\r\n\t"),
            "\u{fffd}[2J\u{fffd}31m\u{fffd}\u{fffd}\u{fffd}"
        );
        assert_eq!(clean("\u{202e}gnp.exe"), "\u{fffd}gnp.exe");
        assert_eq!(clean("a\u{200b}b\u{feff}"), "a\u{fffd}b\u{fffd}");
    }
}
