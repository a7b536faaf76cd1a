//! Where things are on the screen: shared by the view, the mouse and the windows asked for.

use ratatui::layout::Rect;

use super::{
    State,
    columns::{Placed, Row, place},
    state::{Note, Place, Table},
    text,
    theme::Theme,
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

/// What a screen has to have room for.
pub(crate) struct Needs<'a> {
    /// Columns and lines of the terminal.
    pub(crate) size: (u16, u16),
    pub(crate) theme: Theme,
    pub(crate) header: u16,
    /// The most urgent first.
    pub(crate) notes: Vec<Note>,
    /// How many lines they may take at most, of so many that they share with the rows.
    pub(crate) most_note_lines: &'a dyn Fn(u16) -> usize,
    pub(crate) has_headings: bool,
    /// Lines of the pane, of so many that it shares with the rows.
    pub(crate) pane: &'a dyn Fn(u16) -> u16,
    pub(crate) time_bar: u16,
    pub(crate) foot: u16,
}

impl Layout {
    pub(crate) fn of(state: &State) -> Self {
        let (_, height) = state.size;
        let is_page = matches!(
            state.place,
            Place::Task(_) | Place::Resource(_) | Place::Finding(_)
        );
        Self::cut(Needs {
            size: state.size,
            theme: state.theme,
            header: header_height(height),
            notes: state.notes(),
            most_note_lines: &|rest| most_note_lines(height, rest, state.has_something_to_show()),
            has_headings: !is_page,
            pane: &|both| pane_height(state, both),
            time_bar: u16::from(state.playback.is_some() && height >= 3),
            foot: foot_height(state.filter.editor().is_some(), height),
        })
    }

    /// Cuts the screen into its parts.
    pub(crate) fn cut(needs: Needs<'_>) -> Self {
        let (width, height) = needs.size;
        let foot = needs.foot.min(height);
        let title = u16::from(height >= 5);
        let headings = u16::from(height >= 4 && needs.has_headings);
        let time_bar = needs.time_bar;
        let rest = height.saturating_sub(time_bar + foot + needs.header + title + headings);
        let most = (needs.most_note_lines)(rest);
        let note_lines = note_lines(needs.notes, needs.theme, width, most);

        let mut area = Area {
            width,
            y: 0,
            left: (height - foot).saturating_sub(time_bar),
        };
        let header = area.take(needs.header);
        let notes = area.take(u16::try_from(note_lines.len()).unwrap_or(0));
        let title = area.take(title);
        let mut headings = area.take(headings);
        let pane = (needs.pane)(area.left).min(area.left);
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
pub(crate) fn most_note_lines(height: u16, rest: u16, has_rows: bool) -> usize {
    let most = match height {
        0..9 => return 0,
        9..16 => 2,
        _ => 4,
    };
    match has_rows {
        true => most,
        false => most.max(usize::from(rest.saturating_sub(1))),
    }
}

/// The editor keeps its height while one writes, so that the rows do not jump at each error.
pub(crate) fn foot_height(is_editing: bool, height: u16) -> u16 {
    match (is_editing, height) {
        (_, 0..2) => 0,
        (false, 2..4) => 0,
        (false, _) => 1,
        (true, 2..5) => 1,
        (true, 5..8) => 2,
        (true, 8..16) => 3,
        (true, _) => 4,
    }
}

/// The notes in lines of their own; what is left out shows.
fn note_lines(notes: Vec<Note>, theme: Theme, width: u16, most: usize) -> Vec<Note> {
    let mut lines = Vec::new();
    for note in notes {
        let left = most - lines.len();
        let ellipsis = theme.glyphs().ellipsis;
        let texts = text::cut(text::wrap(&note.text, width), left, width, ellipsis);
        lines.extend(texts.into_iter().map(|text| Note {
            role: note.role,
            text,
        }));
    }
    lines
}
