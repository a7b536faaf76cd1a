//! What may come next while a filter is being written.

use std::ops::Range;

use super::{
    filter::Place,
    vocabulary::{self, FIELDS, FLAGS, Values},
};

/// A word that may stand at the end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The word: a flag, a value, or a field with the operator that usually follows, such as
    /// `idle>`.
    pub word: &'static str,
    /// What it means, in one line; empty for a value.
    pub meaning: &'static str,
}

/// The bytes of `text` that are the beginning of a word, at its end, and the words that begin
/// so, in the order of the [`REFERENCE`](super::REFERENCE). There are none for numbers and for texts other
/// than the kinds of waits.
///
/// `text` is what stands before the cursor.
///
/// ```
/// use loiter_model::query::completions;
///
/// let (span, found) = completions("blocked state:run");
/// assert_eq!(span, 14..17);
/// assert_eq!(found[0].word, "running");
/// ```
#[must_use]
pub fn completions(text: &str) -> (Range<usize>, Vec<Completion>) {
    let term = text.rsplit(char::is_whitespace).next().unwrap_or(text);
    let term = term.strip_prefix(['-', '!']).unwrap_or(term);
    let Some((field, values)) = term.split_once([':', '=', '<', '>']) else {
        return (start_of(term, text)..text.len(), terms(term));
    };
    // What stands before the `=` of `!=`.
    let field = field.strip_suffix('!').unwrap_or(field);
    let value = values.rsplit(',').next().unwrap_or(values);
    let (words, any) = match vocabulary::field(field).map(|field| field.values) {
        Some(Values::Choice(choice)) => (choice.words(), Some("any")),
        Some(Values::Text(Place::Wait)) => (vocabulary::wait_kinds(), None),
        _ => (Vec::new(), None),
    };
    let found = words
        .into_iter()
        .chain(any)
        .map(|word| Completion { word, meaning: "" });
    let found = found.filter(|found| begins(found.word, value)).collect();
    (start_of(value, text)..text.len(), found)
}

/// Where a part at the end of a text begins.
fn start_of(part: &str, text: &str) -> usize {
    text.len() - part.len()
}

fn terms(beginning: &str) -> Vec<Completion> {
    let fields = FIELDS.iter().map(|field| Completion {
        word: field.with_operator(),
        meaning: field.meaning,
    });
    let flags = FLAGS.iter().map(|flag| Completion {
        word: flag.name,
        meaning: flag.meaning,
    });
    let found = fields.chain(flags);
    found
        .filter(|found| begins(found.word, beginning))
        .collect()
}

/// Whether a word goes on what is written. Its quotes need not be written.
fn begins(word: &str, beginning: &str) -> bool {
    let word = match beginning.starts_with('"') {
        true => word,
        false => word.trim_start_matches('"'),
    };
    let start = word.get(..beginning.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::Filter;

    fn words(text: &str) -> Vec<&str> {
        completions(text).1.iter().map(|found| found.word).collect()
    }

    #[test]
    fn the_last_word_is_completed() {
        for (text, expected) in [
            ("id", vec!["idle>", "idle"]),
            ("x -STAT", vec!["state:"]),
            ("self", vec!["self-wakes>"]),
            (
                "state:",
                vec!["running", "scheduled", "idle", "ended", "any"],
            ),
            ("state!=e", vec!["ended"]),
            ("kind:task,blo", vec!["blocking", "block_on"]),
            ("idle>", vec![]),
            ("name:w", vec![]),
            ("wait:n", vec!["notify", "nothing"]),
            ("wait!=Mp", vec!["\"mpsc recv\"", "\"mpsc send\""]),
            (
                "wait:mutex,\"rw",
                vec!["\"rwlock read\"", "\"rwlock write\""],
            ),
            ("http://", vec![]),
            ("nothing", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(words("blocked ").len(), FIELDS.len() + FLAGS.len());
    }

    proptest! {
        #[test]
        fn any_text_can_be_completed(text in "([ ,:<>=!\"é-]|idle|state|kind|r|b){0,8}") {
            let (span, found) = completions(&text);
            prop_assert_eq!(span.end, text.len());
            prop_assert!(text.get(span.clone()).is_some());
            let whole = text[..span.start].parse::<Filter>().is_ok();
            for found in found {
                let completed = format!("{}{}", &text[..span.start], found.word);
                let is_field = found.word.ends_with([':', '>', '<']);
                prop_assert!(!whole || is_field || completed.parse::<Filter>().is_ok(), "{completed}");
            }
        }
    }
}
