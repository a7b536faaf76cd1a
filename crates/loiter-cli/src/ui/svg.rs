//! A picture of the screen that a README can show.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

use crate::text;

/// Pixels of a cell. The text is stretched to this width, whatever the viewer's font has.
const CELL_WIDTH: f64 = 8.4;
const CELL_HEIGHT: f64 = 18.0;
/// From a line's top to its base line.
const BASE_LINE: f64 = 13.5;
const PADDING: f64 = 12.0;
const FONT: &str = "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d7dae0";

/// The picture of a buffer as an SVG document, on a dark background.
#[must_use]
pub fn svg(buffer: &Buffer) -> String {
    let width = f64::from(buffer.area.width) * CELL_WIDTH + 2.0 * PADDING;
    let height = f64::from(buffer.area.height) * CELL_HEIGHT + 2.0 * PADDING;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         width=\"{width:.1}\" height=\"{height:.1}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"{FONT}\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for y in 0..buffer.area.height {
        for run in runs(buffer, y) {
            run.draw(&mut svg, y);
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Neighbouring cells that look the same.
struct Run {
    x: u16,
    cells: u16,
    text: String,
    look: Look,
}

#[derive(Clone, PartialEq)]
struct Look {
    foreground: String,
    background: Option<String>,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let foreground = colour(cell.fg);
        let background = colour(cell.bg);
        if cell.modifier.contains(Modifier::REVERSED) {
            return Self {
                foreground: background.unwrap_or_else(|| BACKGROUND.to_owned()),
                background: Some(foreground.unwrap_or_else(|| FOREGROUND.to_owned())),
                modifier: cell.modifier,
            };
        }
        Self {
            foreground: foreground.unwrap_or_else(|| FOREGROUND.to_owned()),
            background,
            modifier: cell.modifier,
        }
    }
}

fn runs(buffer: &Buffer, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(buffer.area.x + x, buffer.area.y + y)];
        let look = Look::of(cell);
        // The cell behind a wide character is its second half.
        let cells = u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        match runs.last_mut() {
            Some(run) if run.look == look => {
                run.text.push_str(cell.symbol());
                run.cells += cells;
            }
            _ => runs.push(Run {
                x,
                cells,
                text: cell.symbol().to_owned(),
                look,
            }),
        }
        x += cells;
    }
    runs
}

impl Run {
    fn draw(&self, svg: &mut String, line: u16) {
        let x = PADDING + f64::from(self.x) * CELL_WIDTH;
        let y = PADDING + f64::from(line) * CELL_HEIGHT;
        let width = f64::from(self.cells) * CELL_WIDTH;
        // Writing to a string cannot fail.
        if let Some(background) = &self.look.background {
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" \
                 fill=\"{background}\"/>"
            );
        }
        if self.text.trim().is_empty() {
            return;
        }
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{}>{}</text>",
            y + BASE_LINE,
            self.look.foreground,
            attributes(self.look.modifier),
            text::xml(&self.text),
        );
    }
}

fn attributes(modifier: Modifier) -> String {
    let mut attributes = String::new();
    if modifier.contains(Modifier::BOLD) {
        attributes.push_str(" font-weight=\"bold\"");
    }
    if modifier.contains(Modifier::DIM) {
        attributes.push_str(" opacity=\"0.6\"");
    }
    if modifier.contains(Modifier::UNDERLINED) {
        attributes.push_str(" text-decoration=\"underline\"");
    }
    attributes
}

/// A colour as SVG writes it; `None` for the terminal's own.
fn colour(colour: Color) -> Option<String> {
    let (r, g, b) = match colour {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(index) => indexed(index),
        Color::Black => indexed(0),
        Color::Red => indexed(1),
        Color::Green => indexed(2),
        Color::Yellow => indexed(3),
        Color::Blue => indexed(4),
        Color::Magenta => indexed(5),
        Color::Cyan => indexed(6),
        Color::Gray => indexed(7),
        Color::DarkGray => indexed(8),
        Color::LightRed => indexed(9),
        Color::LightGreen => indexed(10),
        Color::LightYellow => indexed(11),
        Color::LightBlue => indexed(12),
        Color::LightMagenta => indexed(13),
        Color::LightCyan => indexed(14),
        Color::White => indexed(15),
    };
    Some(format!("#{r:02x}{g:02x}{b:02x}"))
}

/// xterm's 256 colours: 16 named ones, a cube of six steps a side, and greys.
fn indexed(index: u8) -> (u8, u8, u8) {
    const NAMED: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 49, 49),
        (13, 188, 121),
        (229, 229, 16),
        (36, 114, 200),
        (188, 63, 188),
        (17, 168, 205),
        (229, 229, 229),
        (102, 102, 102),
        (241, 76, 76),
        (35, 209, 139),
        (245, 245, 67),
        (59, 142, 234),
        (214, 112, 214),
        (41, 184, 219),
        (255, 255, 255),
    ];
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..16 => NAMED[usize::from(index)],
        16..232 => {
            let cube = usize::from(index - 16);
            (STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
        }
        _ => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    fn buffer(text: &str, style: Style) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, text, style);
        buffer
    }

    #[test]
    fn text_is_escaped() {
        let svg = svg(&buffer("<a & b>", Style::new()));
        assert!(svg.contains("&lt;a &amp; b&gt;"));
        assert_eq!(svg.matches("<text").count(), 1);
    }

    #[test]
    fn colours_and_modifiers_are_kept() {
        let style = Style::new()
            .fg(Color::Indexed(130))
            .add_modifier(Modifier::BOLD);
        let drawn = svg(&buffer("x", style));
        assert!(drawn.contains("fill=\"#af5f00\""));
        assert!(drawn.contains("font-weight=\"bold\""));
        let reversed = svg(&buffer("x", Style::new().add_modifier(Modifier::REVERSED)));
        assert!(reversed.contains(&format!("fill=\"{FOREGROUND}\"/>")));
    }

    #[test]
    fn a_wide_character_takes_two_cells() {
        let runs = runs(&buffer("接x", Style::new()), 0);
        assert_eq!(runs[0].cells, 12);
        assert!(runs[0].text.starts_with("接x"));
    }
}
