//! What stands where rows would be when there are none.

use ratatui::{buffer::Buffer, layout::Rect};

use super::paint;
use crate::ui::{
    state::{Connection, State},
    text,
    theme::Role,
};

pub(super) fn draw(state: &State, is_answered: bool, area: Rect, buffer: &mut Buffer) {
    let (role, words) = words(state, is_answered);
    let cells = area.width.saturating_sub(4).min(76);
    let lines = text::wrap(&text::clean(&words), cells);
    let ellipsis = state.theme.glyphs().ellipsis;
    let lines = text::cut(lines, usize::from(area.height), cells, ellipsis);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let top = area.height.saturating_sub(height) / 3;
    for (y, line) in (top..).zip(&lines) {
        let x = area.width.saturating_sub(text::width(line)) / 2;
        paint::text(buffer, area, (x, y), line, state.theme.style(role));
    }
}

fn words(state: &State, is_answered: bool) -> (Role, String) {
    let ellipsis = state.theme.glyphs().ellipsis;
    if let (Some(error), false) = (&state.link.error, state.link.is_up()) {
        return (Role::Bad, error.to_string());
    }
    if let Some(gone) = state.detail().and_then(|detail| detail.gone.clone()) {
        return (Role::Bad, gone);
    }
    if !is_answered {
        if let Some(reason) = state.asking.turned_away() {
            return (Role::Bad, format!("{reason}; asking again{ellipsis}"));
        }
        let words = match state.link.connection {
            Connection::Connected => format!("asking {}{ellipsis}", state.endpoint),
            _ => format!("connecting to {}{ellipsis}", state.endpoint),
        };
        return (Role::Faint, words);
    }
    let filter = match state.filter.editor() {
        Some(editor) => editor.text(),
        None => state.filter.text(),
    };
    if filter.trim().is_empty() {
        return (Role::Faint, "no task is alive".to_owned());
    }
    (
        Role::Faint,
        format!("no task matches the filter `{}`", filter.trim()),
    )
}
