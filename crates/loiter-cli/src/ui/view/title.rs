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
    message::Line as Asked,
    state::{Detail, Page, Place, State, Table},
    text::{self, Elide},
    theme::{Role, Theme},
};

/// In the order of their keys in the status line.
const VIEWS: [&str; 5] = ["findings", "tasks", "sites", "waits", "resources"];
/// From here on there is room for them beside a filter.
pub(in crate::ui) const WIDE: u16 = 60;

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let rule = state.theme.glyphs().rule.repeat(usize::from(area.width));
    paint::text(buffer, area, (0, 0), &rule, state.theme.style(Role::Faint));
    let (current, right) = match &state.place {
        Place::Findings => ("findings", position(state, &state.findings.table)),
        Place::Tasks | Place::TasksOfGroup { .. } => ("tasks", position(state, &state.tasks)),
        Place::Sites => ("sites", position(state, &state.sites)),
        Place::Waits => ("waits", position(state, &state.waits)),
        Place::Resources => ("resources", position(state, &state.resources)),
        Place::Resource(page) => {
            let title = Line::styled(format!(" resource {} ", page.seq), Theme::selected());
            paint::line(buffer, area, 0, &title);
            return;
        }
        Place::Finding(page) => {
            paint::line(buffer, area, 0, &finding_title(state, page));
            return;
        }
        Place::Task(detail) => {
            paint::line(buffer, area, 0, &task_title(state, detail, area.width));
            return;
        }
    };
    let taken = u16::try_from(right.width()).unwrap_or(u16::MAX);
    let left = views(state, current, area.width.saturating_sub(taken));
    paint::both(buffer, area, 0, &left, &right);
}

/// The view that is shown among those that are not, and what holds for the rows. Of a long filter
/// as much as fits into `width`; the other views make room for it.
fn views(state: &State, current: &str, width: u16) -> Line<'static> {
    let is_filtered = state.line() == Asked::View && !state.filter.text().is_empty();
    let mut line = tabs(state.theme, &VIEWS, current, !is_filtered || width >= WIDE);
    if state.line() == Asked::Findings {
        if state.findings.omitted > 0 {
            let words = format!(
                " and {} not shown ",
                text::thousands(state.findings.omitted)
            );
            line.push_span(Span::styled(words, state.theme.style(Role::Accent)));
        }
        return line;
    }
    if state.filter.with_ended() {
        line.push_span(Span::styled(" + ended ", state.theme.style(Role::Accent)));
    } else if let Some(time) = state.filter.retention()
        && matches!(state.place, Place::Tasks | Place::TasksOfGroup { .. })
    {
        let words = format!(" + ended for {} ", text::limit(time));
        line.push_span(Span::styled(words, state.theme.style(Role::Accent)));
    }
    if is_filtered {
        push_filter(state.theme, state.filter.text(), width, &mut line);
    }
    line
}

/// The view that is shown, and the others if there is room for them.
pub(in crate::ui) fn tabs(
    theme: Theme,
    views: &[&str],
    current: &str,
    has_room: bool,
) -> Line<'static> {
    let mut line = Line::default();
    for view in views {
        let words = format!(" {view} ");
        if *view == current {
            line.push_span(Span::styled(words, Theme::selected()));
        } else if has_room {
            line.push_span(Span::styled(words, theme.style(Role::Faint)));
        }
    }
    line
}

/// Of a filter as much as fits into a line of this width.
pub(in crate::ui) fn push_filter(theme: Theme, filter: &str, width: u16, line: &mut Line<'static>) {
    line.push_span(Span::styled(" filter ", theme.style(Role::Faint)));
    let taken = u16::try_from(line.width()).unwrap_or(u16::MAX);
    let room = width.saturating_sub(taken.saturating_add(2));
    let filter = text::clean(filter);
    let filter = text::fit(&filter, room, Elide::End, "…").into_owned();
    line.push_span(Span::styled(filter, theme.strong(Role::Accent)));
    line.push_span(Span::raw(" "));
}

/// The selected row of how many, and whether these are the rows that were asked for.
fn position<R: Row>(state: &State, table: &Table<R>) -> Line<'static> {
    let Some(rows) = table.rows() else {
        return Line::default();
    };
    let asking = state.asking(state.line());
    let mut spans = Vec::new();
    if state.lost.is_some() {
        let words = match whole_seconds(state.now.saturating_sub(rows.at)) {
            Nanos::ZERO => " last seen just now ".to_owned(),
            ago => format!(" last seen {} ago ", text::limit(ago)),
        };
        spans.push(Span::styled(words, state.theme.strong(Role::Bad)));
    } else if rows.question != asking.number() || !asking.is_answered() {
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

fn finding_title(state: &State, page: &Page) -> Line<'static> {
    let mut line = Line::styled(" finding ", Theme::selected());
    if page.is_over {
        let words = " over: the rules see it no more ";
        line.push_span(Span::styled(words, state.theme.strong(Role::Accent)));
    }
    line
}
