//! A table of which only the rows on the screen, and some around them, are here.

use loiter_model::{
    Nanos,
    query::{Column, Sort, Window},
    update::LabelSet,
};

use super::cursor::{Cursor, Known};
use crate::ui::columns::{Row, shown_at_first};

/// Rows asked for at most; more than any screen has.
const MOST_ROWS: u64 = 1_000;

/// A table's order, columns, place and rows.
pub(crate) struct Table<R: Row> {
    pub(crate) sort: Sort<R::Column>,
    shown: Vec<R::Column>,
    cursor: Cursor<R::Key>,
    rows: Option<Rows<R>>,
    window: Window,
    /// Rows that the source gives at most, once it gave fewer than asked for.
    limit: u64,
}

/// What a source answered.
pub(crate) struct Rows<R> {
    /// The number of the question that they answer.
    pub(crate) question: u64,
    /// When they came.
    pub(crate) at: Nanos,
    /// The number of the first of them.
    pub(crate) offset: u64,
    /// Of how many.
    pub(crate) matched: u64,
    pub(crate) rows: Vec<R>,
    pub(crate) labels: LabelSet,
}

impl<R: Row> Table<R> {
    pub(crate) fn new(sort: Sort<R::Column>) -> Self {
        Self {
            sort,
            shown: shown_at_first::<R>(),
            cursor: Cursor::default(),
            rows: None,
            window: Window {
                offset: 0,
                limit: 0,
            },
            limit: MOST_ROWS,
        }
    }

    /// The columns that the user wants to see.
    pub(crate) fn shown(&self) -> &[R::Column] {
        &self.shown
    }

    /// Shows a column or hides it; one stays, so that there is something to see.
    pub(crate) fn toggle_column(&mut self, column: R::Column) {
        if !self.shown.contains(&column) {
            self.shown.push(column);
        } else if self.shown.len() > 1 {
            self.shown.retain(|other| *other != column);
            if self.sort.column == column {
                self.shift_sort(0);
            }
        }
    }

    /// The selected row's number, the first one on the screen, and how many there are.
    pub(crate) fn row(&self) -> u64 {
        self.cursor.row()
    }

    pub(crate) fn top(&self) -> u64 {
        self.cursor.top()
    }

    pub(crate) fn matched(&self) -> u64 {
        self.rows.as_ref().map_or(0, |rows| rows.matched)
    }

    /// What the source last answered.
    pub(crate) fn rows(&self) -> Option<&Rows<R>> {
        self.rows.as_ref()
    }

    /// Row number `number`, if it is here.
    pub(crate) fn at(&self, number: u64) -> Option<&R> {
        let rows = self.rows.as_ref()?;
        let index = usize::try_from(number.checked_sub(rows.offset)?).ok()?;
        rows.rows.get(index)
    }

    /// The selected row, if it is here.
    pub(crate) fn selected(&self) -> Option<&R> {
        self.at(self.cursor.row())
    }

    /// Takes an answer.
    pub(crate) fn accept(&mut self, mut rows: Rows<R>, height: u64) {
        let count = rows.rows.len() as u64;
        // It comes from the wire: rows cannot be more than all, nor behind the last one.
        rows.matched = rows.matched.max(count);
        rows.offset = rows.offset.min(rows.matched - count);
        if count < self.window.limit && rows.offset + count < rows.matched && count > 0 {
            self.limit = count;
        }
        let known = Known {
            offset: rows.offset,
            keys: rows.rows.iter().map(Row::key),
            total: rows.matched,
        };
        self.cursor.rows_changed(known, height);
        self.rows = Some(rows);
        self.adopt();
    }

    /// Forgets the rows and the place: they belong to something else.
    pub(crate) fn forget(&mut self) {
        self.rows = None;
        self.cursor.go_to_top();
    }

    pub(crate) fn go_to(&mut self, row: u64, height: u64) {
        self.cursor.go_to(row, self.matched(), height);
        self.adopt();
    }

    /// Selects the row of this key, now or when it comes.
    pub(crate) fn want(&mut self, key: R::Key) {
        self.cursor.want(key);
    }

    /// Moves the selection by this many rows.
    pub(crate) fn step(&mut self, rows: i64, height: u64) {
        self.go_to(self.row().saturating_add_signed(rows), height);
    }

    pub(crate) fn go_to_top(&mut self) {
        self.cursor.go_to_top();
    }

    pub(crate) fn go_to_bottom(&mut self, height: u64) {
        self.cursor.go_to_bottom(self.matched(), height);
    }

    /// Moves the rows under the selection.
    pub(crate) fn scroll(&mut self, rows: i64, height: u64) {
        let top = self.top().saturating_add_signed(rows);
        self.cursor.scroll_to(top, self.matched(), height);
        self.adopt();
    }

    /// Keeps the selection on the screen when that has another height.
    pub(crate) fn fit(&mut self, height: u64) {
        self.cursor.reveal(self.matched(), height);
    }

    fn adopt(&mut self) {
        let key = self.selected().map(Row::key);
        self.cursor.adopt(key);
    }

    /// Sorts by a column in its usual direction; once more inverts it.
    pub(crate) fn sort_by(&mut self, column: R::Column) {
        if self.sort.column == column {
            self.sort.descending = !self.sort.descending;
        } else {
            self.sort = Sort::by(column);
        }
    }

    /// Sorts by the shown column so many places to the right. Ends at the edges.
    pub(crate) fn shift_sort(&mut self, places: isize) {
        let shown: Vec<R::Column> = R::Column::ALL
            .iter()
            .copied()
            .filter(|column| self.shown.contains(column))
            .collect();
        let here = shown.iter().position(|column| *column == self.sort.column);
        let there = match here {
            Some(here) => here.saturating_add_signed(places).min(shown.len() - 1),
            None => 0,
        };
        if let Some(column) = shown.get(there)
            && *column != self.sort.column
        {
            self.sort = Sort::by(*column);
        }
    }

    /// The rows to ask for: a screen above and below the one that is seen, so that a step is
    /// answered from what is here. It stays the same until the screen leaves it.
    pub(crate) fn window(&mut self, height: u64) -> Window {
        let height = height.clamp(1, MOST_ROWS);
        let limit = (height * 3).min(self.limit).max(1);
        let top = self.top();
        let end = top + height.min(limit);
        let inside = self.window.offset <= top && end <= self.window.offset + self.window.limit;
        if !inside || self.window.limit != limit {
            self.window = Window {
                offset: top.saturating_sub((limit.saturating_sub(height)) / 2),
                limit,
            };
        }
        self.window
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::{Task, query::TaskColumn};

    use super::*;
    use crate::ui::fixture;

    fn table() -> Table<Task> {
        Table::new(Sort::by(TaskColumn::Idle))
    }

    fn rows(offset: u64, count: u64, matched: u64) -> Rows<Task> {
        Rows {
            question: 1,
            at: Nanos::ZERO,
            offset,
            matched,
            rows: (0..count).map(|n| fixture::task(offset + n + 1)).collect(),
            labels: LabelSet::default(),
        }
    }

    #[test]
    fn the_window_moves_only_when_the_screen_leaves_it() {
        let mut table = table();
        let first = table.window(20);
        assert_eq!((first.offset, first.limit), (0, 60));
        table.accept(rows(0, 60, 1_000_000), 20);
        table.step(30, 20);
        assert_eq!(table.window(20), first);
        table.step(40, 20);
        let next = table.window(20);
        assert_eq!((next.offset, next.limit), (31, 60));
        table.go_to_bottom(20);
        assert_eq!(table.window(20).offset, 999_960);
    }

    #[test]
    fn a_source_that_gives_fewer_rows_is_asked_for_fewer() {
        let mut table = table();
        table.window(50);
        table.accept(rows(0, 100, 5_000), 50);
        table.step(200, 50);
        let window = table.window(50);
        assert_eq!((window.offset, window.limit), (126, 100));
    }

    #[test]
    fn the_sort_moves_over_shown_columns_and_ends_at_the_edges() {
        let mut table = table();
        table.shift_sort(1);
        assert_eq!(table.sort.column, TaskColumn::Wait);
        table.shift_sort(3);
        assert_eq!(
            table.sort.column,
            TaskColumn::Total,
            "total idle is not shown"
        );
        table.shift_sort(-100);
        assert_eq!(table.sort.column, TaskColumn::Warn);
        table.shift_sort(100);
        assert_eq!(table.sort.column, TaskColumn::Fields);
        table.sort_by(TaskColumn::Fields);
        assert!(table.sort.descending);
    }

    #[test]
    fn one_column_stays() {
        let mut table = table();
        for column in TaskColumn::ALL {
            if table.shown().contains(column) {
                table.toggle_column(*column);
            }
        }
        assert_eq!(table.shown().len(), 1);
        assert_eq!(table.sort.column, table.shown()[0]);
    }
}
