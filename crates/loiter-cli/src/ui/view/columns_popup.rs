//! The choice of columns.

use loiter_model::query::Column;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{help, paint};
use crate::ui::{
    columns::Row,
    layout::Layout,
    state::{Place, State, Table},
    text::{self, Elide},
    theme::{Role, Theme},
};

pub(super) fn draw(state: &State, selected: usize, buffer: &mut Buffer) {
    match state.place {
        Place::Findings => draw_for(state, &state.findings.table, selected, buffer),
        Place::Sites => draw_for(state, &state.sites, selected, buffer),
        Place::Waits => draw_for(state, &state.waits, selected, buffer),
        Place::Resources => draw_for(state, &state.resources, selected, buffer),
        _ => draw_for(state, &state.tasks, selected, buffer),
    }
}

fn draw_for<R: Row>(state: &State, table: &Table<R>, selected: usize, buffer: &mut Buffer) {
    let area = centred(state.size, 72, R::COLUMNS.len() + 2);
    let inside = help::frame("columns", area, state.theme, buffer);
    let height = usize::from(inside.height).max(1);
    let placed = Layout::of(state).columns(table);
    // Scrolled just so far that the selected one is seen.
    let first = (selected + 1).saturating_sub(height);
    for (y, (index, spec)) in (0..inside.height).zip(R::COLUMNS.iter().enumerate().skip(first)) {
        let mark = match table.shown().contains(&spec.column) {
            true => "[x]",
            false => "[ ]",
        };
        let title = format!(" {mark} {:<8} ", spec.column.title());
        let line = Rect {
            y: inside.y + y,
            height: 1,
            ..inside
        };
        paint::text(buffer, line, (0, 0), &title, Style::new());
        let x = text::width(&title);
        let is_shown = table.shown().contains(&spec.column);
        let has_room = placed.iter().any(|p| p.spec.column == spec.column);
        let (about, role) = match is_shown && !has_room {
            true => (
                format!("(no room) {}", spec.column.description()),
                Role::Accent,
            ),
            false => (spec.column.description().to_owned(), Role::Faint),
        };
        let room = line.width.saturating_sub(x + 1);
        let about = text::fit(&about, room, Elide::End, state.theme.glyphs().ellipsis);
        paint::text(buffer, line, (x, 0), &about, state.theme.style(role));
        if index == selected {
            buffer.set_style(line.intersection(buffer.area), Theme::selected());
        }
    }
}

/// In the middle of the screen, or as much of it as there is.
fn centred((width, height): (u16, u16), wide: u16, high: usize) -> Rect {
    let high = u16::try_from(high).unwrap_or(u16::MAX);
    // The last line has the keys.
    let height = height.saturating_sub(1).max(1).min(height);
    let (w, h) = (wide.min(width), high.min(height));
    Rect::new((width - w) / 2, (height - h) / 2, w, h)
}
