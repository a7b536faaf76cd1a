//! The line above the rows: which view, which filter, which row of how many.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::ui::{
    fleet::state::{FleetState, FleetView},
    text,
    theme::Role,
    view::{
        paint,
        title::{WIDE, push_filter, tabs},
    },
};

/// In the order of their keys in the status line.
const VIEWS: [&str; 3] = ["targets", "findings", "sites"];

pub(super) fn draw(state: &FleetState, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let rule = state.theme.glyphs().rule.repeat(usize::from(area.width));
    paint::text(buffer, area, (0, 0), &rule, state.theme.style(Role::Faint));
    let right = position(state);
    let taken = u16::try_from(right.width()).unwrap_or(u16::MAX);
    let left = views(state, area.width.saturating_sub(taken));
    paint::both(buffer, area, 0, &left, &right);
}

fn views(state: &FleetState, width: u16) -> Line<'static> {
    let theme = state.theme;
    let is_filtered = !state.filter.is_empty();
    let has_room = !is_filtered || width >= WIDE;
    let mut line = match state.view {
        FleetView::Targets => tabs(theme, &VIEWS, "targets", has_room),
        FleetView::Findings => tabs(theme, &VIEWS, "findings", has_room),
        FleetView::Sites => tabs(theme, &VIEWS, "sites", has_room),
        FleetView::Picker => {
            let title = "agents on this machine";
            let mut line = tabs(theme, &[title], title, true);
            let words = match state.marked.len() {
                0 => " which of them? ".to_owned(),
                marked => format!(" {marked} marked "),
            };
            line.push_span(Span::styled(words, theme.style(Role::Accent)));
            line
        }
    };
    if state.omitted > 0 {
        let words = format!(" and {} not shown ", text::thousands(state.omitted));
        line.push_span(Span::styled(words, theme.style(Role::Accent)));
    }
    if is_filtered {
        push_filter(theme, state.filter.text(), width, &mut line);
    }
    line
}

/// The selected row of how many.
fn position(state: &FleetState) -> Line<'static> {
    let table = state.table();
    let row = match table.matched() {
        0 => 0,
        _ => table.row() + 1,
    };
    Line::from(format!(
        " {}/{} ",
        text::thousands(row),
        text::thousands(table.matched())
    ))
}
