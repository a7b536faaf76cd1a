//! Lines onto a buffer, never outside of it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

/// Draws a line into line `y` of an area; what does not fit is left out.
pub(in crate::ui) fn line(buffer: &mut Buffer, area: Rect, y: u16, line: &Line<'_>) {
    let area = area.intersection(buffer.area);
    if y < area.height && area.width > 0 {
        buffer.set_line(area.x, area.y + y, line, area.width);
    }
}

/// Draws a text into line `y` of an area, from cell `x` on.
pub(in crate::ui) fn text(
    buffer: &mut Buffer,
    area: Rect,
    (x, y): (u16, u16),
    text: &str,
    style: impl Into<Style>,
) {
    let area = area.intersection(buffer.area);
    if y < area.height && x < area.width {
        let room = usize::from(area.width - x);
        buffer.set_stringn(area.x + x, area.y + y, text, room, style);
    }
}

/// Makes what was drawn faint: it is not how things are any more.
pub(in crate::ui) fn dim(buffer: &mut Buffer, area: Rect) {
    let dim = Style::new().add_modifier(Modifier::DIM);
    buffer.set_style(area.intersection(buffer.area), dim);
}

/// Draws one line at the left and one at the right of the same cells. The left one matters
/// more: the right one is left out when there is no room for it.
pub(in crate::ui) fn both(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    left: &Line<'_>,
    right: &Line<'_>,
) {
    let needed = left.width() + right.width();
    line(buffer, area, y, left);
    if needed < usize::from(area.width) {
        at_right(buffer, area, y, right);
    }
}

/// Draws a line that ends at the area's right edge.
pub(in crate::ui) fn at_right(buffer: &mut Buffer, area: Rect, y: u16, right: &Line<'_>) {
    let width = u16::try_from(right.width()).unwrap_or(u16::MAX);
    let Some(x) = area.width.checked_sub(width) else {
        return;
    };
    let place = Rect {
        x: area.x + x,
        width,
        ..area
    };
    line(buffer, place, y, right);
}

/// Empties an area.
pub(in crate::ui) fn clear(buffer: &mut Buffer, area: Rect) {
    let area = area.intersection(buffer.area);
    for position in area.positions() {
        buffer[position].reset();
    }
}

/// Copies the lines of `source` from line `skipped` on into an area.
pub(in crate::ui) fn copy(buffer: &mut Buffer, area: Rect, source: &Buffer, skipped: u16) {
    let area = area.intersection(buffer.area);
    for y in 0..area.height.min(source.area.height.saturating_sub(skipped)) {
        for x in 0..area.width.min(source.area.width) {
            buffer[(area.x + x, area.y + y)] = source[(x, y + skipped)].clone();
        }
    }
}

/// Replaces what a terminal with only ASCII would show as something else, wherever it came from.
pub(in crate::ui) fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = match cell.symbol() {
            symbol if symbol.is_ascii() => continue,
            "µ" => "u",
            "…" => "~",
            "─" => "-",
            "│" => "|",
            _ => "?",
        };
        cell.set_symbol(symbol);
    }
}

/// Spans with two spaces between them.
pub(in crate::ui) fn spaced<'a>(parts: impl IntoIterator<Item = Vec<Span<'a>>>) -> Line<'a> {
    let mut spans: Vec<Span<'a>> = Vec::new();
    for part in parts {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.extend(part);
    }
    Line::from(spans)
}
