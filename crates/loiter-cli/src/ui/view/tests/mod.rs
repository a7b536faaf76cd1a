//! What the views look like.

mod looks;
mod pictures;

use ratatui::buffer::Buffer;

use super::render_to_buffer;
use crate::{source::SourceError, ui::fixture::Ui};

/// The characters of a picture, without the spaces at the lines' ends.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            // The second half of a wide character.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn picture(ui: &Ui) -> String {
    text(&render_to_buffer(&ui.state))
}

fn unreachable() -> SourceError {
    SourceError::Unreachable {
        endpoint: "127.0.0.1:6669".to_owned(),
        reason: "Connection refused (os error 111)".to_owned(),
    }
}
