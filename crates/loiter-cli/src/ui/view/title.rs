//! The line above the rows: which view, which filter, which row of how many.

use loiter_model::Nanos;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::paint;
use crate::ui::{
    columns::Row,
    state::{Detail, Place, State, Table},
    text::{self, Elide},
    theme::{Role, Theme},
};

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let rule = state.theme.glyphs().rule.repeat(usize::from(area.width));
    paint::text(buffer, area, (0, 0), &rule, state.theme.style(Role::Faint));
    let (current, others, right) = match &state.place {
        Place::Tasks | Place::TasksOfGroup { .. } => {
            ("tasks", ["sites", "waits"], position(state, &state.tasks))
        }
        Place::Sites => ("sites", ["tasks", "waits"], position(state, &state.sites)),
        Place::Waits => ("waits", ["tasks", "sites"], position(state, &state.waits)),
        Place::Task(detail) => {
            paint::line(buffer, area, 0, &task_title(state, detail, area.width));
            return;
        }
    };
    let taken = u16::try_from(right.width()).unwrap_or(u16::MAX);
    let left = views(state, current, others, area.width.saturating_sub(taken));
    paint::both(buffer, area, 0, &left, &right);
}

/// The view that is shown, those that are not, and what holds for the rows. Of a long filter
/// as much as fits into `width`.
fn views(state: &State, current: &str, others: [&str; 2], width: u16) -> Line<'static> {
    let faint = state.theme.style(Role::Faint);
    let mut line = Line::from(vec![
        Span::styled(format!(" {current} "), Theme::selected()),
        Span::styled(format!(" {} ", others.join("  ")), faint),
    ]);
    if state.filter.with_ended() {
        line.push_span(Span::styled(" + ended ", state.theme.style(Role::Accent)));
    }
    if !state.filter.text().is_empty() {
        line.push_span(Span::styled(" filter ", faint));
        let taken = u16::try_from(line.width()).unwrap_or(u16::MAX);
        let room = width.saturating_sub(taken.saturating_add(2));
        let filter = text::clean(state.filter.text());
        let filter = text::fit(&filter, room, Elide::End, "…").into_owned();
        line.push_span(Span::styled(filter, state.theme.strong(Role::Accent)));
        line.push_span(Span::raw(" "));
    }
    line
}

/// The selected row of how many, and whether these are the rows that were asked for.
fn position<R: Row>(state: &State, table: &Table<R>) -> Line<'static> {
    let Some(rows) = table.rows() else {
        return Line::default();
    };
    let mut spans = Vec::new();
    if state.lost.is_some() {
        let words = match whole_seconds(state.now.saturating_sub(rows.at)) {
            Nanos::ZERO => " last seen just now ".to_owned(),
            ago => format!(" last seen {} ago ", text::limit(ago)),
        };
        spans.push(Span::styled(words, state.theme.strong(Role::Bad)));
    } else if rows.question != state.asking.number() || !state.asking.is_answered() {
        let words = format!(" updating{} ", state.theme.glyphs().ellipsis);
        spans.push(Span::styled(words, state.theme.style(Role::Faint)));
    }
    let row = match rows.matched {
        0 => 0,
        _ => table.row() + 1,
    };
    let position = format!(
        " {}/{} ",
        text::thousands(row),
        text::thousands(rows.matched)
    );
    spans.push(Span::styled(position, Style::new()));
    Line::from(spans)
}

fn whole_seconds(duration: Nanos) -> Nanos {
    let second = Nanos::from_secs(1).0;
    Nanos(duration.0 / second * second)
}

fn task_title(state: &State, detail: &Detail, width: u16) -> Line<'static> {
    let mut spans = vec![Span::styled(
        format!(" task {} ", detail.seq),
        Theme::selected(),
    )];
    // Without anything to show, the reason has the whole screen.
    if let (Some(gone), Some(_)) = (&detail.gone, &detail.known) {
        let taken = text::width(&spans[0].content);
        let room = width.saturating_sub(taken.saturating_add(2));
        let ellipsis = state.theme.glyphs().ellipsis;
        let gone = text::clean(gone);
        let gone = format!(" {} ", text::fit(&gone, room, Elide::End, ellipsis));
        spans.push(Span::styled(gone, state.theme.strong(Role::Bad)));
    }
    Line::from(spans)
}
