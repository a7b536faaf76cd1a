//! A line each: an address, with a name before it.

use super::{Entry, Problem};
use crate::source::Credentials;

pub(super) fn parse(text: &str, usual: &Credentials) -> Result<Vec<Entry>, Problem> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, significant(line)));
    let entries = lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            entry(line, usual).map_err(|problem| Problem {
                line: number,
                problem,
            })
        });
    entries.collect()
}

/// A line without its comment. In front of a comment there is nothing, or a space: a `#` inside a
/// word is a part of it.
fn significant(line: &str) -> &str {
    let mut hashes = line.match_indices('#').map(|(at, _)| at);
    let comment = hashes.find(|&at| {
        line[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace)
    });
    comment.map_or(line, |at| &line[..at]).trim()
}

/// The last word is the address, and those before it are the name.
fn entry(line: &str, usual: &Credentials) -> Result<Entry, String> {
    let (name, address) = match line.rsplit_once(char::is_whitespace) {
        Some((name, address)) => (Some(name.trim_end().to_owned()), address),
        None => (None, line),
    };
    let place = address.parse().map_err(|error| format!("{error}"))?;
    Ok(Entry {
        name,
        place,
        credentials: usual.clone(),
    })
}
