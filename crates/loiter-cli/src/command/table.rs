//! A table for people to read: aligned columns, a row a line.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

/// Spaces between two columns.
const GAP: usize = 2;

/// Where a cell's text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// Cells in rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    aligns: Vec<Align>,
    // The first one has the headings.
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: impl IntoIterator<Item = (&'static str, Align)>) -> Self {
        let (headings, aligns) = columns
            .into_iter()
            .map(|(heading, align)| (heading.to_owned(), align))
            .unzip();
        Self {
            aligns,
            rows: vec![headings],
        }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn push(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.aligns.len());
        self.rows.push(cells);
    }

    /// Writes it, each column as wide as its widest cell.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let widths = self.widths();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, align), width) in row.iter().zip(&self.aligns).zip(&widths) {
                let padding = " ".repeat(width - cell.width());
                match align {
                    Align::Left => line.extend([cell, padding.as_str()]),
                    Align::Right => line.extend([padding.as_str(), cell]),
                }
                line.push_str(&" ".repeat(GAP));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.aligns.len()];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_cells_of_the_terminal() {
        let mut table = Table::new([("Name", Align::Left), ("Idle", Align::Right)]);
        table.push(vec!["接続".into(), "10.0s".into()]);
        table.push(vec!["a".into(), "0".into()]);
        let mut out = Vec::new();
        table.write(&mut out).expect("memory takes everything");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text, "Name   Idle\n接続  10.0s\na         0\n");
    }
}
