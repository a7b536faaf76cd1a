//! Lists of targets, in files.
//!
//! A line each, with a name before the address if one likes, and comments behind `#`:
//!
//! ```text
//! # the shop
//! checkout  https://checkout.shop.svc:6669
//! 10.0.0.7:6669   # without a name
//! ```
//!
//! or, where targets want credentials of their own, as TOML:
//!
//! ```toml
//! [[target]]
//! name = "checkout"
//! url = "https://checkout.shop.svc:6669"
//! ca = "ca.pem"                # paths are relative to the file
//! token-file = "checkout.token"
//! ```

mod lines;
mod table;
#[cfg(test)]
mod tests;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use super::Entry;
use crate::source::Credentials;

/// Bytes of a file at most.
const LONGEST: u64 = 1 << 20;
/// How many targets, or names of several, a list has at most.
pub const MOST_ENTRIES: usize = 4096;

/// What is wrong with a list of targets, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}{}: {problem}", .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ListError {
    path: String,
    /// From 1; `None` for the file as a whole.
    line: Option<usize>,
    problem: String,
}

/// A list of targets that was read. It is read once: what a shell has in the place of a file can
/// be read no second time.
#[derive(Clone, Debug)]
pub struct List {
    path: PathBuf,
    text: String,
}

impl List {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ListError`] when it cannot be read.
    pub fn read(path: &Path) -> Result<Self, ListError> {
        let whole = |problem: String| ListError {
            path: path.display().to_string(),
            line: None,
            problem,
        };
        let mut text = String::new();
        fs::File::open(path)
            .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
            .map_err(|error| whole(format!("cannot read the list of targets: {error}")))?;
        if text.len() as u64 > LONGEST {
            let most = LONGEST >> 20;
            return Err(whole(format!("a list of targets has at most {most} MiB")));
        }
        let path = path.to_owned();
        Ok(Self { path, text })
    }

    /// What is in it. An entry that says nothing of a credential has that of `usual`.
    ///
    /// # Errors
    /// [`ListError`] when a line of it is no target.
    pub fn entries(&self, usual: &Credentials) -> Result<Vec<Entry>, ListError> {
        parse(&self.path, &self.text, usual)
    }
}

/// Reads the text of a list that stands in this file.
fn parse(path: &Path, text: &str, usual: &Credentials) -> Result<Vec<Entry>, ListError> {
    let at = |Problem { line, problem }: Problem| ListError {
        path: path.display().to_string(),
        line: Some(line),
        problem,
    };
    let entries = match is_toml(path, text) {
        true => {
            let folder = path.parent().unwrap_or(Path::new(""));
            table::parse(text, folder, usual)
        }
        false => lines::parse(text, usual),
    };
    let entries = entries.map_err(at)?;
    let problem = match entries.len() {
        0 => "there is no target in it; write one a line, such as `checkout:6669`".to_owned(),
        1..=MOST_ENTRIES => return Ok(entries),
        more => format!("a list has at most {MOST_ENTRIES} targets, not {more}"),
    };
    Err(ListError {
        path: path.display().to_string(),
        line: None,
        problem,
    })
}

/// Something wrong in a line, from 1.
struct Problem {
    line: usize,
    problem: String,
}

/// Whether a file is TOML: by its name, or because it begins as such. An address may begin with
/// one bracket, but not with two.
fn is_toml(path: &Path, text: &str) -> bool {
    let is_named = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let mut lines = text.lines().map(str::trim_start);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    is_named || first.is_some_and(|line| line.starts_with("[["))
}
