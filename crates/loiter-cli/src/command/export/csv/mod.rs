//! Comma-separated values, after RFC 4180: for spreadsheets and for whatever reads tables.
//!
//! Tasks, sites and findings have the fields of the JSON that `loiter tasks`, `loiter tasks
//! --group site` and `loiter check` print, those of an object in an object behind its name:
//! `wait_kind`, `site_line`. A list is one cell. Events have columns of their own: see [`events`].
//!
//! A text that a spreadsheet would take for a formula, as it begins with `=`, `+`, `-` or `@`, has
//! an apostrophe before it: names may be hostile.

mod column;
mod events;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use serde::Serialize;
use serde_json::Value;

use self::column::cell;
pub(super) use self::{
    column::{Columns, FINDINGS, SITES, TASKS},
    events::Events,
};

/// Writes rows of some columns.
pub(super) struct Rows<W: Write> {
    writer: Writer<W>,
    columns: Columns,
}

impl<W: Write> Rows<W> {
    /// Writes the line with the columns' names.
    ///
    /// # Errors
    /// Those of `out`, as for the other methods.
    pub(super) fn new(out: W, columns: Columns) -> io::Result<Self> {
        let mut writer = new_writer(out);
        let names = columns.iter().map(|column| column::name(column));
        writer.write_record(names).map_err(plain_error)?;
        Ok(Self { writer, columns })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, row: &Value) -> io::Result<()> {
        let cells = self.columns.iter().map(|column| cell(row, column));
        self.writer.write_record(cells).map_err(plain_error)
    }

    /// Writes a row for each in this list of a document, at most so many, and says how many.
    pub(super) fn rows(
        &mut self,
        document: &impl Serialize,
        list: &str,
        most: u64,
    ) -> io::Result<u64> {
        let document = serde_json::to_value(document)?;
        let rows = document[list].as_array().map_or(&[][..], Vec::as_slice);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let rows = &rows[..rows.len().min(most)];
        rows.iter().try_for_each(|row| self.row(row))?;
        Ok(rows.len() as u64)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn new_writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out)
}

/// What the operating system said: whoever called looks at its kind.
fn plain_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
