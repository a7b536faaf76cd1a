//! From a state to cells: no input, no output, the same picture for the same state.

mod await_stack;
mod bars;
pub(super) mod columns_popup;
mod empty;
mod facts;
pub(super) mod finding;
pub(super) mod foot;
pub(super) mod header;
pub(super) mod help;
mod hints;
mod look;
pub(super) mod paint;
mod resource;
pub(super) mod scroll_bar;
pub(super) mod table;
mod task;
#[cfg(test)]
mod tests;
mod time_bar;
mod timeline;
pub(super) mod title;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    Charset,
    layout::Layout,
    state::{Place, Popup, State},
};

pub(crate) use help::overhang as help_overhang;
pub(super) use look::Look;

/// Draws the state into a terminal's next picture.
pub fn view(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    // A terminal that changes its size says so right after; until then there is nothing that
    // fits.
    if (area.width, area.height) != state.size {
        return;
    }
    let cursor = draw(state, frame.buffer_mut());
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}

/// The picture of a state, without a terminal.
#[must_use]
pub fn render_to_buffer(state: &State) -> Buffer {
    let (width, height) = state.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(state, &mut buffer);
    buffer
}

/// Lines that the screen has no room for, of a page that is scrolled.
pub(crate) fn page_overhang(state: &State) -> u16 {
    match state.place {
        Place::Task(_) => task::overhang(state),
        Place::Finding(_) => finding::overhang(state),
        _ => 0,
    }
}

/// Draws, and says where the cursor belongs if there is something to write.
fn draw(state: &State, buffer: &mut Buffer) -> Option<Position> {
    let layout = Layout::of(state);
    header::draw(state, layout.header, buffer);
    header::draw_notes(state.theme, &layout, buffer);
    title::draw(state, layout.title, buffer);
    match &state.place {
        Place::Tasks | Place::TasksOfGroup { .. } => {
            table::draw(state, &state.tasks, &layout, buffer);
        }
        Place::Findings => {
            table::draw(state, &state.findings.table, &layout, buffer);
            finding::draw_pane(state, layout.pane, buffer);
        }
        Place::Finding(page) => finding::draw_page(state, page.scrolled, &layout, buffer),
        Place::Sites => table::draw(state, &state.sites, &layout, buffer),
        Place::Waits => table::draw(state, &state.waits, &layout, buffer),
        Place::Resources => table::draw(state, &state.resources, &layout, buffer),
        Place::Task(detail) => task::draw(state, detail, &layout, buffer),
        Place::Resource(page) => resource::draw(state, page, &layout, buffer),
    }
    time_bar::draw(state, layout.time_bar, buffer);
    let cursor = foot::draw(state, layout.foot, buffer);
    match state.popup {
        Some(Popup::Help { scrolled }) => help::draw(state, scrolled, buffer),
        Some(Popup::Columns { selected }) => columns_popup::draw(state, selected, buffer),
        None => {}
    }
    if state.theme.charset() == Charset::Ascii {
        paint::to_ascii(buffer);
    }
    cursor.filter(|_| state.popup.is_none())
}
