//! One file: which settings it has, and what is wrong with it.

use std::{
    fs, io,
    io::Read,
    ops::Range,
    path::{Path, PathBuf},
};

use loiter_model::query::nearest;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{ConfigError, SETTINGS, Takes, error::Place};

/// The file that belongs to a folder.
pub const LOCAL_FILE: &str = "loiter.toml";

/// Bytes of a file at most.
const LONGEST: u64 = 256 * 1024;

/// The list of what is right as it is: a table of its own kind, read by who checks.
const ALLOW: &str = "allow";

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
}

/// A setting as it is written in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Its place in [`SETTINGS`].
    pub(super) setting: usize,
    /// The value as the option would take it.
    pub(super) text: String,
    /// Where the value is.
    pub(super) span: Range<usize>,
}

impl ConfigFile {
    /// Reads a file; `None` when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        let whole = |problem: String| ConfigError {
            place: Place::File {
                path: path.to_owned(),
                at: None,
            },
            problem,
        };
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(whole(format!("cannot open the configuration: {error}"))),
        };
        let mut text = String::new();
        file.take(LONGEST + 1)
            .read_to_string(&mut text)
            .map_err(|error| whole(format!("cannot read the configuration: {error}")))?;
        if text.len() as u64 > LONGEST {
            let most = LONGEST / 1024;
            return Err(whole(format!("a configuration has at most {most} KiB")));
        }
        let path = path.to_owned();
        Ok(Some(Self { path, text }))
    }

    /// Line and column of a byte, both from 1, in characters as people count.
    #[must_use]
    pub fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        (line, before[start..].chars().count() + 1)
    }

    /// That this part of it is wrong.
    #[must_use]
    pub fn error(&self, span: Range<usize>, problem: String) -> ConfigError {
        ConfigError {
            place: Place::File {
                path: self.path.clone(),
                at: Some(self.position(span.start)),
            },
            problem,
        }
    }

    /// Every setting that it has, each once.
    pub(super) fn values(&self) -> Result<Vec<Written>, ConfigError> {
        let root = DeTable::parse(&self.text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let problem = error.message().lines().collect::<Vec<_>>().join(", ");
            self.error(span, format!("this is no TOML: {problem}"))
        })?;
        let mut values = Vec::new();
        for (name, value) in root.get_ref() {
            match (&**name.get_ref(), value.get_ref()) {
                // What is in it, those find out who read it.
                (ALLOW, DeValue::Array(_)) => {}
                (ALLOW, _) => {
                    let problem = "an entry of what is right as it is begins with `[[allow]]`";
                    return Err(self.error(name.span(), problem.to_owned()));
                }
                (table, DeValue::Table(inner)) if is_table(table) => {
                    for (name, value) in inner {
                        values.push(self.value(table, name, value)?);
                    }
                }
                (table, _) if is_table(table) => {
                    let problem = format!("`{table}` is a table; begin it with `[{table}]`");
                    return Err(self.error(name.span(), problem));
                }
                _ => values.push(self.value("", name, value)?),
            }
        }
        Ok(values)
    }

    fn value(
        &self,
        table: &str,
        name: &Spanned<toml::de::DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Written, ConfigError> {
        let known = SETTINGS
            .iter()
            .position(|setting| setting.table_and_name() == (table, name.get_ref()));
        let Some(setting) = known else {
            return Err(self.error(name.span(), unknown(table, name.get_ref())));
        };
        let text = text(SETTINGS[setting].takes, value.get_ref()).ok_or_else(|| {
            let key = SETTINGS[setting].key;
            let due = due(SETTINGS[setting].takes);
            let found = value.get_ref().type_str();
            self.error(
                value.span(),
                format!("`{key}` takes {due}, and this is a TOML {found}"),
            )
        })?;
        Ok(Written {
            setting,
            text,
            span: value.span(),
        })
    }
}

/// A value as its option would take it; `None` when it is of another kind.
fn text(takes: Takes, value: &DeValue<'_>) -> Option<String> {
    match (takes, value) {
        (Takes::Text | Takes::Duration, DeValue::String(text)) => Some(text.to_string()),
        // `palette = 256`, and `retain_for = 0`.
        (Takes::Text | Takes::Duration | Takes::Number, DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            Some(number.to_string())
        }
        (Takes::Truth, DeValue::Boolean(truth)) => Some(truth.to_string()),
        (Takes::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str());
            Some(texts.collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}

fn due(takes: Takes) -> &'static str {
    match takes {
        Takes::Text => "a text in quotes",
        Takes::Duration => "a duration in quotes, such as \"10s\"",
        Takes::Number => "a whole number",
        Takes::Truth => "true or false",
        Takes::List => "a list of texts, such as [\"a\", \"b\"]",
    }
}

fn is_table(name: &str) -> bool {
    !name.is_empty() && SETTINGS.iter().any(|s| s.table_and_name().0 == name)
}

/// What is said of a key that does not exist: the one that was probably meant, or all of them.
fn unknown(table: &str, name: &str) -> String {
    let in_full = |name: &str| match table {
        "" => name.to_owned(),
        table => format!("{table}.{name}"),
    };
    let key = in_full(name);
    // Written in the wrong table, or with the slip of a finger in this one.
    let same_name = SETTINGS.iter().find(|s| s.table_and_name().1 == name);
    let in_table = || SETTINGS.iter().filter(|s| s.table_and_name().0 == table);
    let tables = || {
        let names = SETTINGS.iter().map(|s| s.table_and_name().0);
        names.filter(|name| table.is_empty() && !name.is_empty())
    };
    if let Some(setting) = same_name {
        return format!("there is no `{key}`; did you mean `{}`?", setting.key);
    }
    let in_place = in_table().map(|s| s.table_and_name().1).chain(tables());
    if let Some(near) = nearest(name, in_place.chain(table.is_empty().then_some(ALLOW))) {
        let near = in_full(near);
        return format!("there is no `{key}`; did you mean `{near}`?");
    }
    // A slip in a name that belongs elsewhere.
    let everywhere = SETTINGS.iter().map(|s| s.table_and_name().1);
    if let Some(near) = nearest(name, everywhere)
        && let Some(setting) = SETTINGS.iter().find(|s| s.table_and_name().1 == near)
    {
        return format!("there is no `{key}`; did you mean `{}`?", setting.key);
    }
    let mut names: Vec<&str> = in_table().map(|s| s.table_and_name().1).collect();
    names.extend(tables());
    names.dedup();
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let place = match table {
        "" => "at the top of the file".to_owned(),
        table => format!("in `[{table}]`"),
    };
    format!(
        "there is no `{key}`; {place} there are {}",
        names.join(", ")
    )
}
