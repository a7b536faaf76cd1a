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
    let layout = Layout::of(state);
    let popup = Popup {
        theme: state.theme,
        size: state.size,
        layout: &layout,
        selected,
    };
    match state.place {
        Place::Findings => popup.draw(&state.findings.table, buffer),
        Place::Sites => popup.draw(&state.sites, buffer),
        Place::Waits => popup.draw(&state.waits, buffer),
        Place::Resources => popup.draw(&state.resources, buffer),
        _ => popup.draw(&state.tasks, buffer),
    }
}

/// The popup over a table.
pub(in crate::ui) struct Popup<'a> {
    pub(in crate::ui) theme: Theme,
    /// Of the screen.
    pub(in crate::ui) size: (u16, u16),
    /// Of the table.
    pub(in crate::ui) layout: &'a Layout,
    /// The column that the cursor is on.
    pub(in crate::ui) selected: usize,
}

impl Popup<'_> {
    pub(in crate::ui) fn draw<R: Row>(&self, table: &Table<R>, buffer: &mut Buffer) {
        let area = centred(self.size, 72, R::COLUMNS.len() + 2);
        let inside = help::frame("columns", area, self.theme, buffer);
        let height = usize::from(inside.height).max(1);
        let placed = self.layout.columns(table);
        // Scrolled just so far that the selected one is seen.
        let first = (self.selected + 1).saturating_sub(height);
        let specs = R::COLUMNS.iter().enumerate().skip(first);
        for (y, (index, spec)) in (0..inside.height).zip(specs) {
            let is_shown = table.shown().contains(&spec.column);
            let has_room = placed.iter().any(|p| p.spec.column == spec.column);
            let mark = match is_shown {
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
            let (about, role) = match is_shown && !has_room {
                true => (
                    format!("(no room) {}", spec.column.description()),
                    Role::Accent,
                ),
                false => (spec.column.description().to_owned(), Role::Faint),
            };
            let room = line.width.saturating_sub(x + 1);
            let about = text::fit(&about, room, Elide::End, self.theme.glyphs().ellipsis);
            paint::text(buffer, line, (x, 0), &about, self.theme.style(role));
            if index == self.selected {
                buffer.set_style(line.intersection(buffer.area), Theme::selected());
            }
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
