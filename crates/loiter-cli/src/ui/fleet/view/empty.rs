//! What stands where rows would be when there are none.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::ui::{
    fleet::state::{FleetState, FleetView},
    text,
    theme::Role,
    view::paint,
};

pub(super) fn draw(state: &FleetState, area: Rect, buffer: &mut Buffer) {
    let (role, words) = words(state);
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

fn words(state: &FleetState) -> (Role, String) {
    let ellipsis = state.theme.glyphs().ellipsis;
    let summary = &state.summary;
    if summary.instances == 0 {
        return match state.fleet.problems().next() {
            Some(_) => (
                Role::Bad,
                "no target was found; the reasons stand above".to_owned(),
            ),
            None => (Role::Faint, format!("looking for targets{ellipsis}")),
        };
    }
    if !state.filter.is_empty() {
        let what = match state.view {
            FleetView::Targets | FleetView::Picker => "target",
            FleetView::Sites => "site",
            FleetView::Findings => "finding",
        };
        let filter = state.filter.text().trim();
        return (
            Role::Faint,
            format!("no {what} matches the filter `{filter}`"),
        );
    }
    if summary.answering == 0 {
        return match summary.lost {
            0 => (Role::Faint, format!("connecting{ellipsis}")),
            _ => (Role::Bad, "no target answers; `t` shows why".to_owned()),
        };
    }
    match state.view {
        FleetView::Findings => (Role::Running, no_findings(state)),
        FleetView::Sites => (Role::Faint, "no task is alive".to_owned()),
        FleetView::Targets | FleetView::Picker => (Role::Faint, "no targets".to_owned()),
    }
}

/// So that nothing found is not taken for nothing looked at.
fn no_findings(state: &FleetState) -> String {
    let answering = text::thousands(state.summary.answering);
    let mut words = match state.summary.answering {
        1 => "No findings in the one target that answers".to_owned(),
        _ => format!("No findings in the {answering} targets that answer"),
    };
    match state.omitted {
        0 => {}
        omitted => {
            let omitted = text::thousands(omitted);
            words.push_str(&format!(", but for {omitted} that only they can name"));
        }
    }
    words.push('.');
    words
}
