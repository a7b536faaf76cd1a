//! What is right as it is, from a TOML file:
//!
//! ```toml
//! [[allow]]
//! filter = "site:pool.rs"
//! findings = ["blocked receive"]
//! reason = "workers wait for jobs for as long as there are none"
//! ```

use std::{fs, io::Read, ops::Range, path::Path};

use loiter_cli::config::Config;
use loiter_model::{
    finding::{Allow, FindingKind},
    query::nearest,
};
use serde::{Deserialize, de::DeserializeOwned};
use toml::Spanned;

use crate::cli::FilterArg;

/// Bytes of a file at most: the agent takes a request of 64 KiB.
const LONGEST: u64 = 48 * 1024;

/// What an entry looks like, for those who wrote it otherwise.
const EXAMPLE: &str = "an entry is `[[allow]]`, `filter = \"site:pool.rs\"`, `reason = \"...\"` \
                       and, unless it is for all findings, `findings = [\"blocked receive\"]`";

/// Why an allow file is no good, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}{}: {problem}", .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub(crate) struct AllowError {
    path: String,
    /// From 1; `None` for the file as a whole.
    line: Option<usize>,
    problem: String,
}

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Entry>,
}

/// A part of a configuration, whose other parts were read already.
#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    allow: Vec<Entry>,
}

trait Entries: DeserializeOwned {
    fn entries(self) -> Vec<Entry>;
}

impl Entries for File {
    fn entries(self) -> Vec<Entry> {
        self.allow
    }
}

impl Entries for Part {
    fn entries(self) -> Vec<Entry> {
        self.allow
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    filter: Spanned<String>,
    #[serde(default)]
    findings: Vec<Spanned<String>>,
    reason: Spanned<String>,
}

/// Reads a file.
///
/// # Errors
/// [`AllowError`] when it cannot be read or does not say what is allowed.
pub(super) fn read(path: &Path) -> Result<Vec<Allow>, AllowError> {
    let name = path.display().to_string();
    let whole = |problem: String| AllowError {
        path: name.clone(),
        line: None,
        problem,
    };
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
        .map_err(|error| whole(format!("cannot read the allow file: {error}")))?;
    if text.len() as u64 > LONGEST {
        return Err(whole(format!(
            "an allow file has at most {} KiB; allow more with one filter, such as \
             `site:pool.rs,http.rs`",
            LONGEST / 1024
        )));
    }
    parse::<File>(&name, &text)
}

/// What the configuration's files say, the one that counts least first.
///
/// # Errors
/// [`AllowError`] when an entry is no good.
pub(in crate::command) fn configured(config: &Config) -> Result<Vec<Allow>, AllowError> {
    let mut allow = Vec::new();
    for file in config.files() {
        let name = file.path.display().to_string();
        allow.extend(parse::<Part>(&name, &file.text)?);
    }
    Ok(allow)
}

/// Reads the text of a file of this name.
fn parse<F: Entries>(name: &str, text: &str) -> Result<Vec<Allow>, AllowError> {
    let at = |span: Range<usize>, problem: String| AllowError {
        path: name.to_owned(),
        line: Some(line_of(text, span.start)),
        problem,
    };
    let file: F = toml::from_str(text).map_err(|error| {
        let problem = format!("{}; {EXAMPLE}", error.message());
        at(error.span().unwrap_or_default(), problem)
    })?;
    let entries = file.entries().into_iter().map(|entry| {
        let filter =
            filter(entry.filter.get_ref()).map_err(|problem| at(entry.filter.span(), problem))?;
        let kinds = entry
            .findings
            .iter()
            .map(|written| kind(written.get_ref()).map_err(|problem| at(written.span(), problem)));
        let reason = entry.reason.get_ref().trim();
        if reason.is_empty() {
            let problem = "the reason is empty; say why this is right as it is".to_owned();
            return Err(at(entry.reason.span(), problem));
        }
        Ok(Allow {
            filter,
            kinds: kinds.collect::<Result<_, _>>()?,
            reason: reason.to_owned(),
        })
    });
    entries.collect()
}

fn filter(written: &str) -> Result<loiter_model::query::Filter, String> {
    let arg: FilterArg = written
        .parse()
        .map_err(|error| format!("in the filter, {error}"))?;
    if arg.filter.is_empty() {
        return Err(
            "an empty filter would allow every task; write which, such as `site:pool.rs`"
                .to_owned(),
        );
    }
    Ok(arg.filter)
}

fn kind(written: &str) -> Result<FindingKind, String> {
    let is_it = |kind: &&FindingKind| kind.name().eq_ignore_ascii_case(written);
    if let Some(kind) = FindingKind::ALL.iter().find(is_it) {
        return Ok(*kind);
    }
    let mut names = FindingKind::ALL.iter().map(|kind| kind.name());
    Err(match nearest(written, names.clone()) {
        Some(near) => format!("there is no finding `{written}`; did you mean `{near}`?"),
        None => {
            let first = names.next().unwrap_or_default();
            let others: String = names.map(|name| format!(", `{name}`")).collect();
            format!("there is no finding `{written}`; there are `{first}`{others}")
        }
    })
}

/// The number of the line that a byte is in, from 1.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_which_tasks_which_findings_and_why() {
        let text = r#"
            [[allow]]
            filter = "site:pool.rs"
            findings = ["blocked receive", "Growing Site"]
            reason = " workers wait for jobs "

            [[allow]]
            filter = "name:importer kind:blocking"
            reason = "runs all night"
        "#;
        let allow = parse::<File>("allow.toml", text).expect("it is right");
        assert_eq!(allow.len(), 2);
        assert_eq!(allow[0].filter.to_string(), "site:pool.rs");
        assert_eq!(
            allow[0].kinds,
            [FindingKind::BlockedReceive, FindingKind::GrowingSite]
        );
        assert_eq!(allow[0].reason, "workers wait for jobs");
        assert!(allow[1].kinds.is_empty());
        assert_eq!(
            parse::<File>("allow.toml", "").expect("nothing is allowed"),
            []
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_a_way_out() {
        let entry =
            |line: &str| format!("[[allow]]\nfilter = \"site:pool\"\nreason = \"so\"\n{line}\n");
        for (text, line, what, way_out) in [
            ("[[allow]]\nfilter = ".to_owned(), 2, "", "`[[allow]]`"),
            (
                "[[allow]]\nfilter = \"a\"\n".to_owned(),
                1,
                "`reason`",
                "`reason = ",
            ),
            (
                "[[allow]]\nreason = \"a\"\n".to_owned(),
                1,
                "`filter`",
                "`filter = ",
            ),
            (
                entry("finding = [\"no waker\"]"),
                4,
                "unknown field `finding`",
                "`findings = ",
            ),
            (
                entry("findings = [\n\"no waker\",\n\"blocked recieve\"]"),
                6,
                "`blocked recieve`",
                "did you mean `blocked receive`?",
            ),
            (entry("findings = [\"xyz\"]"), 4, "`xyz`", "`wait cycle`"),
            (entry("findings = \"no waker\""), 4, "", "`findings = ["),
            (
                "\n[[allow]]\nfilter = \"idel>3s\"\nreason = \"a\"".to_owned(),
                3,
                "at character 1",
                "did you mean `idle`",
            ),
            (
                "[[allow]]\nfilter = \" \"\nreason = \"a\"".to_owned(),
                2,
                "every task",
                "`site:pool.rs`",
            ),
            (
                "[[allow]]\nfilter = \"a\"\nreason = \" \"".to_owned(),
                3,
                "empty",
                "say why",
            ),
            ("[allow]\n".to_owned(), 1, "", "`[[allow]]`"),
        ] {
            let error = parse::<File>("allow.toml", &text).expect_err(&text);
            assert_eq!(error.line, Some(line), "{text}: {error}");
            let message = error.to_string();
            assert!(
                message.starts_with(&format!("allow.toml:{line}: ")),
                "{message}"
            );
            assert!(message.contains(what), "no `{what}` in {message}");
            assert!(message.contains(way_out), "no `{way_out}` in {message}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("allow.toml");
        let missing = read(&path).expect_err("it is not there").to_string();
        assert!(missing.contains("allow.toml: cannot read"), "{missing}");
        fs::write(&path, "#".repeat(LONGEST as usize + 1)).expect("a file");
        let long = read(&path).expect_err("it is too long").to_string();
        assert!(long.contains("at most 48 KiB"), "{long}");
    }
}
