//! Shows where in all the lines the screen is, when it does not show all of them.

use ratatui::{buffer::Buffer, layout::Rect};

use super::paint;
use crate::ui::theme::{Role, Theme};

/// Draws it for `total` lines, of which number `top` is the first on the screen.
pub(in crate::ui) fn draw(theme: Theme, top: u64, total: u64, area: Rect, buffer: &mut Buffer) {
    let height = u64::from(area.height);
    if area.width == 0 || height == 0 || total <= height {
        return;
    }
    // In 128 bits: the counts come from the wire.
    let thumb = (u128::from(height) * u128::from(height) / u128::from(total)).max(1);
    let scrollable = total - height;
    let free = u128::from(height) - thumb;
    let above = u128::from(top.min(scrollable)) * free / u128::from(scrollable);
    let glyphs = theme.glyphs();
    let style = theme.style(Role::Faint);
    for y in 0..area.height {
        let inside = (above..above + thumb).contains(&u128::from(y));
        let glyph = if inside { glyphs.thumb } else { glyphs.track };
        paint::text(buffer, area, (0, y), glyph, style);
    }
}
