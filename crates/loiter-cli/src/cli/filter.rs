//! A filter as an argument, and what to write instead of one that finds nothing.

use std::str::FromStr;

use loiter_model::{
    Condition, Ending, Lint, State,
    query::{Filter, FilterError},
};

/// A filter, with its text for the UI's editor.
#[derive(Clone, Debug)]
pub(crate) struct FilterArg {
    pub(crate) text: String,
    pub(crate) filter: Filter,
}

impl FromStr for FilterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(hint) = lone_words(text) {
            return Err(hint);
        }
        match text.parse() {
            Ok(filter) => Ok(Self {
                text: text.to_owned(),
                filter,
            }),
            Err(error) => Err(located(&error, text)),
        }
    }
}

/// What to write instead of a list such as `starved,hogging`: alone each word is a condition,
/// but a list of them is a text that is looked for in names, and found in none.
fn lone_words(text: &str) -> Option<String> {
    let fields: [(&str, Vec<&str>); 4] = [
        ("warn", Condition::ALL.map(Condition::name).to_vec()),
        ("state", State::ALL.map(State::name).to_vec()),
        ("ending", Ending::ALL.map(Ending::name).to_vec()),
        ("lint", Lint::ALL.map(Lint::name).to_vec()),
    ];
    text.split_whitespace().find_map(|term| {
        let list = term.trim_start_matches(['-', '!']);
        let words: Vec<&str> = list.split(',').collect();
        let (field, _) = fields
            .iter()
            .find(|(_, names)| words.iter().all(|word| names.contains(word)))?;
        (words.len() > 1)
            .then(|| format!("`{list}` would be looked for as a text; write `{field}:{list}`"))
    })
}

/// The filter's error and where in the text it is, in characters from 1, as people count.
fn located(error: &FilterError, text: &str) -> String {
    let before = text.get(..error.span.start).unwrap_or(text);
    format!(
        "at character {}: {}",
        before.chars().count() + 1,
        error.message
    )
}
