//! TOML, with a table for each target.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{Entry, Problem};
use crate::source::{Credentials, TokenFrom};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    target: Vec<Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    name: Option<String>,
    url: Spanned<String>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    server_name: Option<String>,
    token_file: Option<PathBuf>,
}

/// Reads the text of a file in this folder.
pub(super) fn parse(text: &str, folder: &Path, usual: &Credentials) -> Result<Vec<Entry>, Problem> {
    let at = |byte: usize, problem: String| Problem {
        line: text.get(..byte).unwrap_or(text).matches('\n').count() + 1,
        problem,
    };
    let file: File = toml::from_str(text).map_err(|error| {
        let byte = error.span().map_or(0, |span| span.start);
        at(byte, error.message().replace('\n', ", "))
    })?;
    let entries = file.target.into_iter().map(|table| {
        let begin = table.span().start;
        let table = table.into_inner();
        let url = table.url.span().start;
        let place = table.url.get_ref().parse();
        let place = place.map_err(|error| at(url, format!("{error}")))?;
        if table.key.is_some() && table.cert.is_none() {
            return Err(at(
                begin,
                "a `key` needs the `cert` that it belongs to".to_owned(),
            ));
        }
        Ok(Entry {
            place,
            credentials: credentials(&table, folder, usual),
            name: table.name,
        })
    });
    entries.collect()
}

/// What the table says, and the usual for the rest. A certificate of its own has a key of its own.
fn credentials(table: &Table, folder: &Path, usual: &Credentials) -> Credentials {
    let file = |path: &PathBuf| folder.join(path).into();
    let (cert, key) = match &table.cert {
        Some(cert) => (Some(file(cert)), table.key.as_ref().map(file)),
        None => (usual.cert.clone(), usual.key.clone()),
    };
    let token = table.token_file.as_ref();
    Credentials {
        ca: table.ca.as_ref().map(file).or_else(|| usual.ca.clone()),
        cert,
        key,
        server_name: table
            .server_name
            .clone()
            .or_else(|| usual.server_name.clone()),
        token: token
            .map(|path| TokenFrom::File(folder.join(path).into()))
            .or_else(|| usual.token.clone()),
    }
}
