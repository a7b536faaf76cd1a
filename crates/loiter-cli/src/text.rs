//! Texts from outside, made fit for a terminal or for XML.

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

/// The text with what XML's own characters stand for, as a text between tags has it. Control
/// characters other than the end of a line and the two that are none are replaced: XML cannot
/// hold most of them, not even escaped. O(n).
///
/// ```
/// assert_eq!(loiter_cli::text::xml("a<b> & \x1b"), "a&lt;b&gt; &amp; \u{fffd}");
/// ```
#[must_use]
pub fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
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
