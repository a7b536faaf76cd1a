//! One finding: what it rests on, its cause, its cure. Beside the list as much as there is room
//! for, on a page of its own all of it.

use loiter_model::{
    finding::{Advice, Finding},
    query::Labels,
};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Look, await_stack, paint, scroll_bar};
use crate::ui::{
    layout::Layout,
    state::{Shown, State},
    text,
    theme::Role,
};

/// Cells of the labels.
const LABEL: u16 = 10;

/// Draws the selected finding below the list.
pub(super) fn draw_pane(state: &State, area: Rect, buffer: &mut Buffer) {
    let Some(shown) = state.finding().filter(|_| area.height > 1) else {
        return;
    };
    let look = Look::of(state);
    let lines = lines(&look, &shown, area.width);
    draw_below(&look, lines, "d shows all", area, buffer);
}

/// Draws lines below a list; `all` says how the rest of them is to be seen.
pub(in crate::ui) fn draw_below(
    look: &Look,
    mut lines: Vec<Line<'static>>,
    all: &str,
    area: Rect,
    buffer: &mut Buffer,
) {
    let faint = look.theme.style(Role::Faint);
    let rule = look.theme.glyphs().rule.repeat(usize::from(area.width));
    paint::text(buffer, area, (0, 0), &rule, faint);
    let room = usize::from(area.height) - 1;
    if lines.len() > room {
        let more = lines.len() - (room - 1);
        lines.truncate(room - 1);
        let ellipsis = look.theme.glyphs().ellipsis;
        let words = format!(" {ellipsis} {more} more lines: {all}");
        lines.push(Line::styled(words, faint));
    }
    for (y, line) in (1..).zip(&lines) {
        paint::line(buffer, area, y, line);
    }
    if look.is_lost {
        paint::dim(buffer, area);
    }
}

/// Draws the finding that has the page.
pub(super) fn draw_page(state: &State, scrolled: u16, layout: &Layout, buffer: &mut Buffer) {
    let Some(shown) = state.finding() else {
        return;
    };
    let area = layout.rows;
    let lines = lines(&Look::of(state), &shown, area.width);
    let scrolled = scrolled.min(overhang_of(&lines, area));
    let visible = lines.iter().skip(usize::from(scrolled));
    for (y, line) in (0..area.height).zip(visible) {
        paint::line(buffer, area, y, line);
    }
    let total = lines.len() as u64;
    let bar = layout.scroll_bar;
    scroll_bar::draw(state.theme, scrolled.into(), total, bar, buffer);
    if state.lost.is_some() {
        paint::dim(buffer, area);
    }
}

/// Lines of the page that the screen has no room for.
pub(super) fn overhang(state: &State) -> u16 {
    let area = Layout::of(state).rows;
    let lines = state
        .finding()
        .map(|shown| lines(&Look::of(state), &shown, area.width));
    overhang_of(&lines.unwrap_or_default(), area)
}

fn overhang_of(lines: &[Line<'_>], area: Rect) -> u16 {
    let lines = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    lines.saturating_sub(area.height)
}

/// What says most comes first: not every terminal has room for all.
pub(in crate::ui) fn lines(look: &Look, shown: &Shown<'_>, width: u16) -> Vec<Line<'static>> {
    let Shown {
        finding, labels, ..
    } = *shown;
    let wait = shown.wait();
    let mut list = List {
        label: look.theme.style(Role::Faint),
        width,
        lines: headline(look, shown, width),
    };
    list.entries("evidence", &finding.evidence);
    list.entries("doubts", &finding.doubts);
    let advice = Advice::of(finding.kind, wait.as_ref().map(|wait| wait.kind));
    list.entry("cause", advice.cause);
    list.entry("cure", advice.cure);
    list.code(advice.code, look.theme.style(Role::Accent));
    if let Some(scope) = finding.scope.and_then(|id| labels.name(id)) {
        list.entry("scope", &text::clean(&scope));
    }
    list.entry("tasks", &tasks(finding));
    let mut lines = list.lines;
    if let Some(wait) = wait {
        lines.push(Line::default());
        lines.extend(await_stack::lines(look, &wait, width));
    }
    lines
}

fn headline(look: &Look, shown: &Shown<'_>, width: u16) -> Vec<Line<'static>> {
    let Finding {
        kind, certainty, ..
    } = shown.finding;
    let style = look.theme.strong(Role::of_certainty(*certainty));
    let glyph = look.theme.glyphs().certainty(*certainty);
    let words = format!(
        "{} ({}): {}",
        kind.name(),
        certainty.name(),
        shown.headline()
    );
    let room = width.saturating_sub(4);
    let mut sign = glyph;
    let mut lines = Vec::new();
    for line in text::wrap(&words, room) {
        lines.push(Line::styled(format!(" {sign} {line}"), style));
        sign = " ";
    }
    lines
}

/// The numbers that are known, and how many more there are.
fn tasks(finding: &Finding) -> String {
    let known = finding.sample.iter().map(ToString::to_string);
    let known = known.collect::<Vec<_>>().join(", ");
    let more = finding.count.saturating_sub(finding.sample.len() as u64);
    match (known.is_empty(), more) {
        (true, _) => text::thousands(finding.count),
        (false, 0) => known,
        (false, _) => format!("{known} and {} more", text::thousands(more)),
    }
}

/// Texts behind labels, in lines of so many cells.
struct List {
    label: Style,
    width: u16,
    lines: Vec<Line<'static>>,
}

impl List {
    /// Nothing without a text.
    fn entry(&mut self, label: &'static str, text: &str) {
        let room = self.width.saturating_sub(LABEL + 3);
        let lines = text::wrap(&text::clean(text), room);
        self.labelled(label, lines, Style::new());
    }

    /// Several under one label.
    fn entries<T: ToString>(&mut self, label: &'static str, texts: &[T]) {
        let mut label = label;
        for text in texts {
            self.entry(label, &text.to_string());
            label = "";
        }
    }

    /// Without a label; the lines stay what they are where they can.
    fn code(&mut self, code: &str, style: Style) {
        let room = self.width.saturating_sub(LABEL + 3);
        for line in code.lines() {
            let lines = match text::width(line) <= room {
                true => vec![line.to_owned()],
                false => text::wrap(line, room),
            };
            self.labelled("", lines, style);
        }
    }

    fn labelled(&mut self, label: &'static str, lines: Vec<String>, style: Style) {
        let mut label = label;
        for line in lines {
            let padded = format!(" {label:<width$} ", width = usize::from(LABEL));
            self.lines.push(Line::from(vec![
                Span::styled(padded, self.label),
                Span::styled(line, style),
            ]));
            label = "";
        }
    }
}
