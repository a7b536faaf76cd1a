//! What is done with the mouse.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::act;
use crate::ui::{
    columns::Row,
    layout::Layout,
    message::Effect,
    state::{Place, State, Table},
};

/// Rows that a notch of the wheel moves.
pub(in crate::ui) const NOTCH: i64 = 3;

pub(super) fn handle(state: &mut State, event: MouseEvent, effects: &mut Vec<Effect>) {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollDown => scroll(state, NOTCH),
        MouseEventKind::ScrollUp => scroll(state, -NOTCH),
        MouseEventKind::Down(MouseButton::Left) => click(state, at),
        // Moves and releases come by the hundred and mean nothing.
        _ => return,
    }
    effects.push(Effect::Draw);
}

fn scroll(state: &mut State, rows: i64) {
    let height = state.rows_height();
    match (&state.popup, &state.place) {
        (None, Place::Tasks | Place::TasksOfGroup { .. }) => state.tasks.scroll(rows, height),
        (None, Place::Findings) => state.findings.table.scroll(rows, height),
        (None, Place::Sites) => state.sites.scroll(rows, height),
        (None, Place::Waits) => state.waits.scroll(rows, height),
        (None, Place::Resources) => state.resources.scroll(rows, height),
        (Some(_), _) | (None, Place::Task(_) | Place::Resource(_) | Place::Finding(_)) => {
            act::step(state, rows);
        }
    }
}

fn click(state: &mut State, at: Position) {
    if state.popup.is_some() {
        return;
    }
    let layout = Layout::of(state);
    match state.place {
        // The rules say their order.
        Place::Findings => click_row(&mut state.findings.table, &layout, at),
        Place::Tasks | Place::TasksOfGroup { .. } => click_table(&mut state.tasks, &layout, at),
        Place::Sites => click_table(&mut state.sites, &layout, at),
        Place::Waits => click_table(&mut state.waits, &layout, at),
        Place::Resources => click_table(&mut state.resources, &layout, at),
        Place::Task(_) | Place::Resource(_) | Place::Finding(_) => {}
    }
}

/// On a heading: sorts by it. On a row: selects it.
pub(in crate::ui) fn click_table<R: Row>(table: &mut Table<R>, layout: &Layout, at: Position) {
    if layout.headings.contains(at) {
        let column = layout.columns(table).into_iter().find(|column| {
            let heading = Rect::new(column.x, at.y, column.width, 1);
            heading.contains(at)
        });
        if let Some(column) = column {
            table.sort_by(column.spec.column);
        }
    } else {
        click_row(table, layout, at);
    }
}

pub(in crate::ui) fn click_row<R: Row>(table: &mut Table<R>, layout: &Layout, at: Position) {
    if layout.rows.contains(at) {
        let row = table.top() + u64::from(at.y - layout.rows.y);
        if row < table.matched() {
            table.go_to(row, u64::from(layout.rows.height));
        }
    }
}
