//! The help: keys, signs, columns and the filter's reference, all from the tables that are
//! their truth.

use loiter_model::{
    Condition, Resource, SiteStats, State as TaskState, Task, Thresholds, WaitStats,
    finding::Certainty,
    query::{Column, REFERENCE},
};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::paint;
use crate::ui::{
    columns::{FindingRow, Row},
    keymap::{self, Action, BINDINGS, Binding, Scope},
    state::{Place, State},
    text,
    theme::{Role, Theme},
};

/// From here on the filter's reference stands beside the keys.
const WIDE: u16 = 130;

pub(super) fn draw(state: &State, scrolled: u16, buffer: &mut Buffer) {
    let area = area(state.size);
    draw_lines(&lines(state), scrolled, area, buffer);
}

/// Draws as much of these lines as there is room for.
pub(in crate::ui) fn draw_lines(
    lines: &[Line<'_>],
    scrolled: u16,
    area: Rect,
    buffer: &mut Buffer,
) {
    paint::clear(buffer, area);
    let scrolled = scrolled.min(overhang_of(lines, area));
    let visible = lines.iter().skip(usize::from(scrolled));
    for (y, line) in (0..area.height).zip(visible) {
        paint::line(buffer, area, y, line);
    }
}

/// Lines of the help that the screen has no room for.
pub(crate) fn overhang(state: &State) -> u16 {
    overhang_of(&lines(state), area(state.size))
}

pub(in crate::ui) fn overhang_of(lines: &[Line<'_>], area: Rect) -> u16 {
    let lines = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    lines.saturating_sub(area.height)
}

/// All but the line of keys at the bottom.
pub(in crate::ui) fn area((width, height): (u16, u16)) -> Rect {
    Rect::new(0, 0, width, height.saturating_sub(u16::from(height >= 4)))
}

fn lines(state: &State) -> Vec<Line<'static>> {
    let (width, theme) = (column_width(state.size), state.theme);
    let columns = match state.place {
        Place::Findings | Place::Finding(_) => columns::<FindingRow>(theme, width),
        Place::Sites => columns::<SiteStats>(theme, width),
        Place::Waits => columns::<WaitStats>(theme, width),
        Place::Resources | Place::Resource(_) => columns::<Resource>(theme, width),
        Place::Tasks | Place::TasksOfGroup { .. } | Place::Task(_) => columns::<Task>(theme, width),
    };
    let bindings = BINDINGS
        .iter()
        .filter(|binding| state.fleet.is_some() || binding.action != Action::ShowFleet)
        .filter(|binding| binding.scopes.iter().any(|scope| !scope.is_of_fleet()))
        .filter(|binding| state.offers(binding.action));
    let filter = REFERENCE.iter().map(|row| (row.syntax, row.meaning));
    Help {
        keys: keys(theme, bindings, |scope| !scope.is_of_fleet(), width),
        filter: filter_list(theme, filter, width),
        signs: signs(theme, &state.thresholds(), width),
        columns,
    }
    .lines(state.size)
}

/// Cells of the lists.
pub(in crate::ui) fn column_width(size: (u16, u16)) -> u16 {
    match area(size).width {
        width if width >= WIDE => width / 2,
        width => width,
    }
}

/// What the help consists of.
pub(in crate::ui) struct Help {
    pub(in crate::ui) keys: Vec<Line<'static>>,
    pub(in crate::ui) filter: Vec<Line<'static>>,
    pub(in crate::ui) signs: Vec<Line<'static>>,
    pub(in crate::ui) columns: Vec<Line<'static>>,
}

impl Help {
    /// All of it, for a screen of this size.
    pub(in crate::ui) fn lines(self, size: (u16, u16)) -> Vec<Line<'static>> {
        let Self {
            keys,
            filter,
            signs,
            columns,
        } = self;
        if area(size).width >= WIDE {
            let left = below([keys, signs, columns]);
            beside(left, filter, usize::from(column_width(size)))
        } else {
            below([keys, filter, signs, columns])
        }
    }
}

/// Lists one below the other, with a line between them.
fn below<const N: usize>(lists: [Vec<Line<'static>>; N]) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for list in lists {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(list);
    }
    lines
}

fn beside(left: Vec<Line<'static>>, right: Vec<Line<'static>>, width: usize) -> Vec<Line<'static>> {
    let height = left.len().max(right.len());
    let mut left = left.into_iter();
    let mut right = right.into_iter();
    let mut lines = Vec::with_capacity(height);
    for _ in 0..height {
        let mut line = left.next().unwrap_or_default();
        let gap = width.saturating_sub(line.width()).max(1);
        line.push_span(Span::raw(" ".repeat(gap)));
        line.extend(right.next().unwrap_or_default());
        lines.push(line);
    }
    lines
}

fn heading(title: &'static str) -> Line<'static> {
    let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    Line::from(vec![Span::raw(" "), Span::styled(title, style)])
}

/// A list, each entry of which has what it is about in a column of its own.
struct List {
    lines: Vec<Line<'static>>,
    /// Cells of a line.
    width: u16,
    /// Cells of the column.
    column: u16,
}

impl List {
    fn new(title: &'static str, width: u16, column: u16) -> Self {
        Self {
            lines: vec![heading(title)],
            width,
            column,
        }
    }

    fn entry(&mut self, what: &str, style: Style, about: &str) {
        let room = self.width.saturating_sub(self.column + 3).max(20);
        let mut what = what;
        for line in text::wrap(about, room) {
            let gap = self.column.saturating_sub(text::width(what)).max(1);
            self.lines.push(Line::from(vec![
                Span::styled(format!("  {what}"), style),
                Span::raw(format!("{}{line}", " ".repeat(usize::from(gap)))),
            ]));
            what = "";
        }
    }
}

/// These keys as they are `here`, and what is done with the mouse.
pub(in crate::ui) fn keys<'a>(
    theme: Theme,
    bindings: impl Iterator<Item = &'a Binding>,
    here: impl Fn(Scope) -> bool,
    width: u16,
) -> Vec<Line<'static>> {
    let style = theme.strong(Role::Accent);
    let mut list = List::new("Keys", width, 17);
    for binding in bindings {
        let about = match scopes(binding, &here) {
            Some(scopes) => format!("{} ({scopes})", binding.does),
            None => binding.does.to_owned(),
        };
        list.entry(&keymap::names(binding), style, &about);
    }
    let about = "click a heading to sort, a row to select; the wheel scrolls; most terminals select text with Shift held";
    list.entry("mouse", style, about);
    list.lines
}

/// Where the key works, unless it does (nearly) everywhere.
fn scopes(binding: &Binding, here: impl Fn(Scope) -> bool) -> Option<String> {
    let scopes = binding.scopes.iter().filter(|scope| here(**scope));
    let titles: Vec<&str> = scopes.map(|scope| scope.title()).collect();
    (titles.len() <= 2).then(|| titles.join(", "))
}

/// What the signs stand for.
pub(in crate::ui) fn signs(
    theme: Theme,
    thresholds: &Thresholds,
    width: u16,
) -> Vec<Line<'static>> {
    let glyphs = theme.glyphs();
    let mut list = List::new("Signs", width, 4);
    for condition in Condition::ALL {
        let style = theme.strong(Role::of(condition));
        let (about, limit) = match condition {
            Condition::Blocked => ("idle for", thresholds.blocked_after),
            Condition::Hogging => ("in one poll for", thresholds.hogging_after),
            Condition::Starved => ("waiting for a worker for", thresholds.starved_after),
        };
        let about = format!(
            "{}: {about} {} or longer",
            condition.name(),
            text::limit(limit)
        );
        list.entry(glyphs.condition(condition), style, &about);
    }
    for task_state in TaskState::ALL {
        let about = match task_state {
            TaskState::Running => "running: inside a poll",
            TaskState::Scheduled => "scheduled: woken, waiting for a worker",
            TaskState::Idle => "idle: waiting to be woken",
            TaskState::Ended => "ended",
        };
        list.entry(glyphs.state(task_state), Style::new(), about);
    }
    for certainty in Certainty::ALL.into_iter().rev() {
        let style = theme.strong(Role::of_certainty(certainty));
        let about = match certainty {
            Certainty::Proved => "a finding that is proved: it follows from what was seen",
            Certainty::Suspected => "a finding that is suspected: everything speaks for it",
            Certainty::Watch => "a finding worth an eye: it may be right as it is",
        };
        list.entry(glyphs.certainty(certainty), style, about);
    }
    list.lines
}

/// What a filter can say, and what it means.
pub(in crate::ui) fn filter_list<'a>(
    theme: Theme,
    rows: impl Iterator<Item = (&'a str, &'a str)>,
    width: u16,
) -> Vec<Line<'static>> {
    let style = theme.strong(Role::Accent);
    let mut list = List::new("Filter", width, 22);
    for (syntax, meaning) in rows {
        list.entry(syntax, style, meaning);
    }
    list.lines
}

/// The columns of a table.
pub(in crate::ui) fn columns<R: Row>(theme: Theme, width: u16) -> Vec<Line<'static>> {
    let style = theme.strong(Role::Accent);
    let mut list = List::new("Columns", width, 10);
    for spec in R::COLUMNS {
        list.entry(spec.column.title(), style, spec.column.description());
    }
    list.lines
}

/// The frame of a popup that is smaller than the screen, emptied; what is inside of it.
pub(in crate::ui) fn frame(title: &str, area: Rect, theme: Theme, buffer: &mut Buffer) -> Rect {
    paint::clear(buffer, area);
    if area.width < 4 || area.height < 3 {
        return area;
    }
    let glyphs = theme.glyphs();
    let style = theme.style(Role::Faint);
    let rule = glyphs.rule.repeat(usize::from(area.width));
    paint::text(buffer, area, (0, 0), &rule, style);
    paint::text(buffer, area, (0, area.height - 1), &rule, style);
    let title = format!(" {title} ");
    paint::text(buffer, area, (1, 0), &title, Theme::selected());
    Rect {
        y: area.y + 1,
        height: area.height - 2,
        ..area
    }
}
