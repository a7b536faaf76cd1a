//! Which rows the user wants to see: those that have all of some words.

use tui_input::{Input, InputRequest};

/// Longer texts are cut off.
const MOST_CHARS: usize = 256;

/// What one writes, and what it means.
pub(in crate::ui::fleet) const REFERENCE: [(&str, &str); 2] = [
    (
        "word",
        "rows that show it anywhere: in a name, an address, a place, a state; several words: all \
         of them",
    ),
    ("-word", "rows that do not"),
];

/// The filter that is applied, and the one that is being written. Any text is one.
#[derive(Clone, Debug, Default)]
pub(in crate::ui::fleet) struct RowFilter {
    text: String,
    /// What is being written, and holds meanwhile.
    input: Option<Input>,
}

impl RowFilter {
    /// The one that holds.
    pub(in crate::ui::fleet) fn text(&self) -> &str {
        self.input.as_ref().map_or(&self.text, Input::value)
    }

    pub(in crate::ui::fleet) fn is_edited(&self) -> bool {
        self.input.is_some()
    }

    pub(in crate::ui::fleet) fn is_empty(&self) -> bool {
        self.text().trim().is_empty()
    }

    /// Begins to write, from the applied one on.
    pub(in crate::ui::fleet) fn edit(&mut self) {
        self.input = Some(Input::new(self.text.clone()));
    }

    /// Applies what was written.
    pub(in crate::ui::fleet) fn apply(&mut self) {
        if let Some(input) = self.input.take() {
            self.text = input.value().trim().to_owned();
        }
    }

    /// The filter is what it was before.
    pub(in crate::ui::fleet) fn cancel(&mut self) {
        self.input = None;
    }

    pub(in crate::ui::fleet) fn drop(&mut self) {
        *self = Self::default();
    }

    /// Changes the text or moves in it.
    pub(in crate::ui::fleet) fn handle(&mut self, request: InputRequest) {
        let Some(input) = &mut self.input else {
            return;
        };
        let is_full = input.value().chars().count() >= MOST_CHARS;
        if !(is_full && matches!(request, InputRequest::InsertChar(_))) {
            input.handle(request);
        }
    }

    /// Inserts a text; what is no character of a line becomes a space.
    pub(in crate::ui::fleet) fn insert(&mut self, text: &str) {
        for c in text.trim_end_matches(['\r', '\n']).chars().take(MOST_CHARS) {
            let c = if c.is_control() { ' ' } else { c };
            self.handle(InputRequest::InsertChar(c));
        }
    }

    /// The cells before the cursor, and of them those that `width` has no room for.
    pub(in crate::ui::fleet) fn cursor(&self, width: u16) -> (usize, usize) {
        let Some(input) = &self.input else {
            return (0, 0);
        };
        let scrolled = input.visual_scroll(usize::from(width));
        (input.visual_cursor(), scrolled)
    }

    /// Makes what tells whether a row that shows these texts is let through.
    pub(in crate::ui::fleet) fn matcher(&self) -> Matcher {
        let mut matcher = Matcher::default();
        for word in self.text().to_lowercase().split_whitespace() {
            match word.strip_prefix('-') {
                None => matcher.wanted.push(word.to_owned()),
                // It is still being written.
                Some("") => {}
                Some(word) => matcher.unwanted.push(word.to_owned()),
            }
        }
        matcher
    }
}

/// Lets rows through.
#[derive(Debug, Default)]
pub(in crate::ui::fleet) struct Matcher {
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

impl Matcher {
    pub(in crate::ui::fleet) fn lets_through(&self, texts: &[&str]) -> bool {
        if self.wanted.is_empty() && self.unwanted.is_empty() {
            return true;
        }
        let text = texts.join("\n").to_lowercase();
        let shows = |word: &String| text.contains(word);
        self.wanted.iter().all(shows) && !self.unwanted.iter().any(shows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_through(filter: &str, texts: &[&str]) -> bool {
        let mut rows = RowFilter::default();
        rows.edit();
        rows.insert(filter);
        rows.apply();
        rows.matcher().lets_through(texts)
    }

    #[test]
    fn all_words_have_to_be_there_and_none_of_the_unwanted() {
        let texts = ["Orders 4711", "10.0.0.3", "lost"];
        for (filter, expected) in [
            ("", true),
            ("orders", true),
            ("ORD 10.0", true),
            ("orders up", false),
            ("-lost", false),
            ("orders -up", true),
            ("-", true),
            // Not over the end of one text into the next.
            ("471110", false),
        ] {
            assert_eq!(lets_through(filter, &texts), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_written_holds_at_once_and_may_be_taken_back() {
        let mut filter = RowFilter::default();
        filter.edit();
        filter.insert("lost\n");
        assert_eq!(filter.text(), "lost");
        filter.cancel();
        assert!(filter.is_empty());
        filter.edit();
        filter.insert("a\nb");
        filter.apply();
        assert_eq!(filter.text(), "a b");
        filter.edit();
        filter.insert(&"x".repeat(1_000));
        assert_eq!(filter.text().chars().count(), MOST_CHARS);
    }
}
