//! From a state to cells: no input, no output, the same picture for the same state.

mod empty;
mod foot;
mod header;
mod help;
mod pane;
#[cfg(test)]
mod tests;
mod title;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::state::{FleetState, FleetView};
use crate::ui::{
    self, Charset,
    columns::Row,
    layout::Layout,
    state::{Popup, Table},
    view::{columns_popup, header as notes, paint, table},
};

pub(super) use help::overhang as help_overhang;

/// Draws the state into a terminal's next picture.
pub fn view(state: &FleetState, frame: &mut Frame<'_>) {
    if let Some(opened) = &state.opened {
        return ui::view(&opened.state, frame);
    }
    let area = frame.area();
    // A terminal that changes its size says so right after; until then there is nothing that
    // fits.
    if (area.width, area.height) != state.size {
        return;
    }
    if let Some(position) = draw(state, frame.buffer_mut()) {
        frame.set_cursor_position(position);
    }
}

/// The picture of a state, without a terminal.
#[must_use]
pub fn render_to_buffer(state: &FleetState) -> Buffer {
    if let Some(opened) = &state.opened {
        return ui::render_to_buffer(&opened.state);
    }
    let (width, height) = state.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(state, &mut buffer);
    buffer
}

/// Draws, and says where the cursor belongs if there is something to write.
fn draw(state: &FleetState, buffer: &mut Buffer) -> Option<Position> {
    let layout = state.layout();
    header::draw(state, layout.header, buffer);
    notes::draw_notes(state.theme, &layout, buffer);
    title::draw(state, layout.title, buffer);
    match state.view {
        FleetView::Targets | FleetView::Picker => rows(state, &state.targets, &layout, buffer),
        FleetView::Sites => rows(state, &state.sites, &layout, buffer),
        FleetView::Findings => rows(state, &state.findings, &layout, buffer),
    }
    pane::draw(state, layout.pane, buffer);
    let cursor = foot::draw(state, layout.foot, buffer);
    match state.popup {
        Some(Popup::Help { scrolled }) => help::draw(state, scrolled, buffer),
        Some(Popup::Columns { selected }) => columns(state, selected, &layout, buffer),
        None => {}
    }
    if state.theme.charset() == Charset::Ascii {
        paint::to_ascii(buffer);
    }
    cursor.filter(|_| state.popup.is_none())
}

fn rows<R: Row>(state: &FleetState, table: &Table<R>, layout: &Layout, buffer: &mut Buffer) {
    let look = state.look();
    match table.rows() {
        Some(rows) if rows.matched > 0 => {
            let elapsed = state.elapsed_since(rows.at);
            table::draw_rows(&look, table, rows, elapsed, layout, buffer);
        }
        _ => {
            table::draw_headings(&look, table, layout, buffer);
            empty::draw(state, layout.rows, buffer);
        }
    }
}

fn columns(state: &FleetState, selected: usize, layout: &Layout, buffer: &mut Buffer) {
    let popup = columns_popup::Popup {
        theme: state.theme,
        size: state.size,
        layout,
        selected,
    };
    match state.view {
        FleetView::Targets | FleetView::Picker => popup.draw(&state.targets, buffer),
        FleetView::Sites => popup.draw(&state.sites, buffer),
        FleetView::Findings => popup.draw(&state.findings, buffer),
    }
}
