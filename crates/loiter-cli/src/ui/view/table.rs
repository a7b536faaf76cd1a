//! Headings and rows of a table.

use loiter_model::{Nanos, query::Column};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use super::{Look, empty, paint, scroll_bar};
use crate::ui::{
    columns::{Align, Context, Placed, Row},
    layout::Layout,
    state::{Rows, State, Table},
    text::{self, Elide},
    theme::{Glyphs, Role, Theme},
};

pub(super) fn draw<R: Row>(state: &State, table: &Table<R>, layout: &Layout, buffer: &mut Buffer) {
    let look = Look::of(state);
    match table.rows() {
        Some(rows) if rows.matched > 0 && state.no_resources().is_none() => {
            let elapsed = state.elapsed_since(rows.at);
            draw_rows(&look, table, rows, elapsed, layout, buffer);
        }
        _ => {
            draw_headings(&look, table, layout, buffer);
            empty::draw(state, table.rows().is_some(), layout.rows, buffer);
        }
    }
}

/// Draws headings and rows, as they probably are so long after they came.
pub(in crate::ui) fn draw_rows<R: Row>(
    look: &Look,
    table: &Table<R>,
    rows: &Rows<R>,
    elapsed: Nanos,
    layout: &Layout,
    buffer: &mut Buffer,
) {
    draw_headings(look, table, layout, buffer);
    let body = Body {
        look,
        table,
        rows,
        elapsed,
        columns: &layout.columns(table),
    };
    for y in 0..layout.rows.height {
        let line = Rect {
            y: layout.rows.y + y,
            height: 1,
            ..layout.rows
        };
        body.row(table.top() + u64::from(y), line, buffer);
    }
    let total = rows.matched;
    scroll_bar::draw(look.theme, table.top(), total, layout.scroll_bar, buffer);
}

/// Draws the headings of a table that may have no rows.
pub(in crate::ui) fn draw_headings<R: Row>(
    look: &Look,
    table: &Table<R>,
    layout: &Layout,
    buffer: &mut Buffer,
) {
    let columns = layout.columns(table);
    headings(look.theme, table, &columns, layout.headings, buffer);
}

fn headings<R: Row>(
    theme: Theme,
    table: &Table<R>,
    columns: &[Placed<R>],
    area: Rect,
    buffer: &mut Buffer,
) {
    for column in columns {
        let title = column.spec.column.title();
        let is_sorted = column.spec.column == table.sort.column;
        let style = if is_sorted {
            theme
                .strong(Role::Accent)
                .add_modifier(Modifier::UNDERLINED)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        };
        let heading = if is_sorted {
            with_arrow(title, table.sort.descending, column.width, theme.glyphs())
        } else {
            title.to_owned()
        };
        put(buffer, area, column, &heading, style);
    }
}

/// Where the arrow does not fit behind the title, it takes the last letter's place.
fn with_arrow(title: &str, descending: bool, width: u16, glyphs: &Glyphs) -> String {
    let arrow = match descending {
        true => glyphs.descending,
        false => glyphs.ascending,
    };
    // The arrows of ASCII are letters, and stand apart where they can.
    if arrow.is_ascii() && text::width(title) + 2 <= width {
        return format!("{title} {arrow}");
    }
    let title = text::fit(title, width.saturating_sub(1), Elide::End, "");
    format!("{title}{arrow}")
}

/// What is below the headings.
struct Body<'a, R: Row> {
    look: &'a Look,
    table: &'a Table<R>,
    rows: &'a Rows<R>,
    elapsed: Nanos,
    columns: &'a [Placed<R>],
}

impl<R: Row> Body<'_, R> {
    fn row(&self, number: u64, line: Rect, buffer: &mut Buffer) {
        if number >= self.rows.matched {
            return;
        }
        match self.table.at(number) {
            Some(row) => {
                let row = row.later(self.elapsed, &self.look.thresholds);
                self.cells(&row, line, buffer);
            }
            // It has been asked for.
            None => {
                let style = self.look.theme.style(Role::Faint);
                let placeholder = self.look.theme.glyphs().placeholder;
                for column in self.columns {
                    put(buffer, line, column, placeholder, style);
                }
            }
        }
        if self.look.is_lost {
            paint::dim(buffer, line);
        }
        if number == self.table.row() {
            buffer.set_style(line, Theme::selected());
        }
    }

    fn cells(&self, row: &R, line: Rect, buffer: &mut Buffer) {
        let Look {
            theme, thresholds, ..
        } = self.look;
        let row_role = row.role(thresholds);
        for column in self.columns {
            let context = Context {
                labels: &self.rows.labels,
                thresholds,
                theme: *theme,
                width: column.width,
            };
            let cell = (column.spec.cell)(row, &context);
            let role = cell.role.or(row_role).or(cell.tint);
            let style = role.map_or(Style::new(), |role| theme.style(role));
            put(buffer, line, column, &cell.text, style);
        }
    }
}

/// Puts a text into a column of a line.
fn put<R: Row>(buffer: &mut Buffer, line: Rect, column: &Placed<R>, text: &str, style: Style) {
    let text = text::fit(text, column.width, column.spec.elide, "…");
    let x = match column.spec.align {
        Align::Left => column.x,
        Align::Right => column.x + (column.width - text::width(&text)),
    };
    paint::text(buffer, line, (x, 0), &text, style);
}
