//! The help: keys, signs, columns and what a filter can say, all from the tables that are their
//! truth.

use ratatui::{buffer::Buffer, text::Line};

use crate::ui::{
    fleet::{
        columns::{FindingRow, SiteRow, TargetRow},
        state::{FleetState, FleetView, REFERENCE},
    },
    keymap::{BINDINGS, Scope},
    view::help::{
        Help, area, column_width, columns, draw_lines, filter_list, keys, overhang_of, signs,
    },
};

pub(super) fn draw(state: &FleetState, scrolled: u16, buffer: &mut Buffer) {
    draw_lines(&lines(state), scrolled, area(state.size), buffer);
}

/// Lines of the help that the screen has no room for.
pub(in crate::ui::fleet) fn overhang(state: &FleetState) -> u16 {
    overhang_of(&lines(state), area(state.size))
}

fn lines(state: &FleetState) -> Vec<Line<'static>> {
    let (theme, width) = (state.theme, column_width(state.size));
    let is_picker = state.view == FleetView::Picker;
    let is_here = |scope: Scope| match scope {
        Scope::Picker => is_picker,
        scope => scope.is_of_fleet() && !is_picker,
    };
    let bindings = BINDINGS
        .iter()
        .filter(|binding| binding.scopes.iter().copied().any(is_here));
    Help {
        keys: keys(theme, bindings, is_here, width),
        filter: filter_list(theme, REFERENCE.into_iter(), width),
        signs: signs(theme, &state.thresholds().unwrap_or_default(), width),
        columns: match state.view {
            FleetView::Targets | FleetView::Picker => columns::<TargetRow>(theme, width),
            FleetView::Sites => columns::<SiteRow>(theme, width),
            FleetView::Findings => columns::<FindingRow>(theme, width),
        },
    }
    .lines(state.size)
}
