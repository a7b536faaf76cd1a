//! Where things are on the screen: shared by the view, the mouse and the windows asked for.

use ratatui::layout::Rect;

use super::{
    State,
    columns::{Placed, Row, place},
    state::{Note, Place, Table},
    text,
};

/// The areas of the screen, from top to bottom. In a small terminal those are empty that can be
/// done without.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) header: Rect,
    pub(crate) notes: Rect,
    /// The notes, wrapped: as many lines as `notes` has.
    pub(crate) note_lines: Vec<Note>,
    pub(crate) title: Rect,
    /// The headings of a table.
    pub(crate) headings: Rect,
    pub(crate) rows: Rect,
    /// Below a list of findings: the selected one.
    pub(crate) pane: Rect,
    /// Beside the rows, or the page of a task or finding.
    pub(crate) scroll_bar: Rect,
    /// Of a recording.
    pub(crate) time_bar: Rect,
    pub(crate) foot: Rect,
}

impl Layout {
    pub(crate) fn of(state: &State) -> Self {
        let (width, height) = state.size;
        let has_headings = !matches!(
            state.place,
            Place::Task(_) | Place::Resource(_) | Place::Finding(_)
        );
        let foot = foot_height(state, height).min(height);
        let header = header_height(height);
        let title = u16::from(height >= 5);
        let headings = u16::from(height >= 4 && has_headings);
        let time_bar = u16::from(state.playback.is_some() && height >= 3);
        let rest = height.saturating_sub(time_bar + foot + header + title + headings);
        let note_lines = note_lines(state, width, most_note_lines(state, height, rest));

        let mut area = Area {
            width,
            y: 0,
            left: (height - foot).saturating_sub(time_bar),
        };
        let header = area.take(header);
        let notes = area.take(u16::try_from(note_lines.len()).unwrap_or(0));
        let title = area.take(title);
        let mut headings = area.take(headings);
        let pane = pane_height(state, area.left);
        let mut rows = area.take(area.left - pane);
        let pane = area.take(pane);
        let mut scroll_bar = rows;
        let bar = u16::from(width >= 20);
        rows.width -= bar;
        headings.width -= bar;
        scroll_bar.x = rows.width;
        scroll_bar.width = bar;
        area.left = height - area.y;
        let time_bar = area.take(time_bar);
        Self {
            header,
            notes,
            note_lines,
            title,
            headings,
            rows,
            pane,
            scroll_bar,
            time_bar,
            foot: area.take(foot),
        }
    }

    /// The columns of a table, within [`rows`](Self::rows).
    pub(crate) fn columns<R: Row>(&self, table: &Table<R>) -> Vec<Placed<R>> {
        place(table.shown(), table.sort.column, self.rows.width)
    }
}

struct Area {
    width: u16,
    y: u16,
    left: u16,
}

impl Area {
    /// Cuts lines off at the top, as far as there are any.
    fn take(&mut self, height: u16) -> Rect {
        let height = height.min(self.left);
        let rect = Rect::new(0, self.y, self.width, height);
        self.y += height;
        self.left -= height;
        rect
    }
}

const fn header_height(height: u16) -> u16 {
    match height {
        0..7 => 0,
        7..9 => 1,
        9..16 => 2,
        _ => 3,
    }
}

/// Lines for the selected finding, of those that it shares with the list: what the list leaves,
/// which takes no more than two fifths.
fn pane_height(state: &State, both: u16) -> u16 {
    let findings = state.findings.table.matched();
    if !matches!(state.place, Place::Findings) || findings == 0 || both < 10 {
        return 0;
    }
    let most = both * 2 / 5;
    both - u16::try_from(findings).map_or(most, |findings| findings.min(most))
}

/// Lines for notes of the `rest` that they share with the rows. Where there are no rows, what
/// is wrong may take all but the line that says so.
fn most_note_lines(state: &State, height: u16, rest: u16) -> usize {
    let most = match height {
        0..9 => return 0,
        9..16 => 2,
        _ => 4,
    };
    match state.has_something_to_show() {
        true => most,
        false => most.max(usize::from(rest.saturating_sub(1))),
    }
}

/// The editor keeps its height while one writes, so that the rows do not jump at each error.
fn foot_height(state: &State, height: u16) -> u16 {
    match (state.filter.editor(), height) {
        (_, 0..2) => 0,
        (None, 2..4) => 0,
        (None, _) => 1,
        (Some(_), 2..5) => 1,
        (Some(_), 5..8) => 2,
        (Some(_), 8..16) => 3,
        (Some(_), _) => 4,
    }
}

/// The notes in lines of their own, the most urgent first; what is left out shows.
fn note_lines(state: &State, width: u16, most: usize) -> Vec<Note> {
    let mut lines = Vec::new();
    for note in state.notes() {
        let left = most - lines.len();
        let ellipsis = state.theme.glyphs().ellipsis;
        let texts = text::cut(text::wrap(&note.text, width), left, width, ellipsis);
        lines.extend(texts.into_iter().map(|text| Note {
            role: note.role,
            text,
        }));
    }
    lines
}
