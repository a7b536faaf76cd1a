//! Where things are on the screen.

use super::state::{FleetState, FleetView};
use crate::ui::layout::{Layout, Needs, foot_height, most_note_lines};

/// Below this many lines there is no room for more about the selected row.
const PANE_FROM: u16 = 10;

impl FleetState {
    pub(super) fn layout(&self) -> Layout {
        self.layout_of(self.table().matched())
    }

    /// The same if there were so many rows.
    fn layout_of(&self, rows: u64) -> Layout {
        let (_, height) = self.size;
        Layout::cut(Needs {
            size: self.size,
            theme: self.theme,
            header: header_height(height),
            notes: self.notes(),
            most_note_lines: &|rest| most_note_lines(height, rest, rows > 0),
            has_headings: true,
            pane: &|both| self.pane_height(both, rows),
            time_bar: 0,
            foot: foot_height(self.filter.is_edited(), height),
        })
    }

    /// Lines that a table has for rows.
    pub(super) fn rows_height(&self) -> u64 {
        self.height_of(self.table().matched())
    }

    /// The same if there were so many.
    pub(super) fn height_of(&self, rows: u64) -> u64 {
        u64::from(self.layout_of(rows).rows.height)
    }

    /// Lines for more about the selected row, of those that it shares with the rows.
    fn pane_height(&self, both: u16, rows: u64) -> u16 {
        if both < PANE_FROM || rows == 0 {
            return 0;
        }
        match self.view {
            // A rule and what there is to say.
            FleetView::Targets | FleetView::Picker | FleetView::Sites => 3,
            // What the list leaves, which takes no more than half.
            FleetView::Findings => {
                let most = both / 2;
                both - u16::try_from(rows).map_or(most, |rows| rows.min(most))
            }
        }
    }
}

const fn header_height(height: u16) -> u16 {
    match height {
        0..7 => 0,
        7..9 => 1,
        _ => 2,
    }
}
