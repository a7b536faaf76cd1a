//! Headings and rows of a table.

use loiter_model::query::Column;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use super::{empty, paint, scroll_bar};
use crate::ui::{
    columns::{Align, Context, Placed, Row},
    layout::Layout,
    state::{Rows, State, Table},
    text::{self, Elide},
    theme::{Glyphs, Role, Theme},
};

pub(super) fn draw<R: Row>(state: &State, table: &Table<R>, layout: &Layout, buffer: &mut Buffer) {
    let columns = layout.columns(table);
    headings(state, table, &columns, layout.headings, buffer);
    match table.rows() {
        Some(rows) if rows.matched > 0 && state.no_resources().is_none() => {
            for y in 0..layout.rows.height {
                let line = Rect {
                    y: layout.rows.y + y,
                    height: 1,
                    ..layout.rows
                };
                row(state, table, rows, &columns, u64::from(y), line, buffer);
            }
            scroll_bar::draw(state, table.top(), rows.matched, layout.scroll_bar, buffer);
        }
        _ => empty::draw(state, table.rows().is_some(), layout.rows, buffer),
    }
}

fn headings<R: Row>(
    state: &State,
    table: &Table<R>,
    columns: &[Placed<R>],
    area: Rect,
    buffer: &mut Buffer,
) {
    for column in columns {
        let title = column.spec.column.title();
        let is_sorted = column.spec.column == table.sort.column;
        let style = if is_sorted {
            state
                .theme
                .strong(Role::Accent)
                .add_modifier(Modifier::UNDERLINED)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        };
        let heading = if is_sorted {
            with_arrow(
                title,
                table.sort.descending,
                column.width,
                state.theme.glyphs(),
            )
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

fn row<R: Row>(
    state: &State,
    table: &Table<R>,
    rows: &Rows<R>,
    columns: &[Placed<R>],
    y: u64,
    line: Rect,
    buffer: &mut Buffer,
) {
    let number = table.top() + y;
    if number >= rows.matched {
        return;
    }
    match table.at(number) {
        Some(row) => {
            let row = row.later(state.elapsed_since(rows.at), &state.thresholds());
            cells(state, &row, rows, columns, line, buffer);
        }
        // It has been asked for.
        None => {
            let style = state.theme.style(Role::Faint);
            for column in columns {
                put(
                    buffer,
                    line,
                    column,
                    state.theme.glyphs().placeholder,
                    style,
                );
            }
        }
    }
    if state.lost.is_some() {
        paint::dim(buffer, line);
    }
    if number == table.row() {
        buffer.set_style(line, Theme::selected());
    }
}

fn cells<R: Row>(
    state: &State,
    row: &R,
    rows: &Rows<R>,
    columns: &[Placed<R>],
    line: Rect,
    buffer: &mut Buffer,
) {
    let thresholds = state.thresholds();
    let row_role = row.role(&thresholds);
    for column in columns {
        let context = Context {
            labels: &rows.labels,
            thresholds: &thresholds,
            theme: state.theme,
            width: column.width,
        };
        let cell = (column.spec.cell)(row, &context);
        let role = cell.role.or(row_role).or(cell.tint);
        let style = role.map_or(Style::new(), |role| state.theme.style(role));
        put(buffer, line, column, &cell.text, style);
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
