//! What a terminal has received, and what it was asked.

use std::num::NonZeroU16;

use vt100::{Callbacks, Parser, Screen};

/// A screen that is drawn on, and the line that came first.
pub(crate) struct Received {
    first_line: String,
    parser: Parser<Questions>,
}

/// What was asked of the terminal beside drawing.
#[derive(Default)]
struct Questions {
    /// Where the cursor is, and that has not been answered.
    cursor: bool,
    /// To take this into the clipboard, in base64.
    clipboard: Option<String>,
}

impl Callbacks for Questions {
    fn unhandled_csi(
        &mut self,
        _: &mut Screen,
        _: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        self.cursor |= c == 'n' && params == [[6]];
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.clipboard = Some(String::from_utf8_lossy(data).into_owned());
    }
}

impl Received {
    /// Nothing so far.
    pub(crate) fn nothing(rows: NonZeroU16, cols: NonZeroU16) -> Self {
        Self {
            first_line: String::new(),
            parser: Parser::new_with_callbacks(rows, cols, 0, Questions::default()),
        }
    }

    /// Draws.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        let mut start = bytes.iter();
        while !self.first_line.ends_with('\n')
            && let Some(&byte) = start.next()
        {
            self.first_line.push(char::from(byte));
        }
        self.parser.process(bytes);
    }

    /// The first line, once it is complete. It may have left the screen long ago.
    pub(crate) fn first_line(&self) -> Option<&str> {
        self.first_line.strip_suffix("\r\n")
    }

    /// The screen as it is now.
    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// What the clipboard has, in base64, if anything was put there.
    pub(crate) fn clipboard(&self) -> Option<&str> {
        self.parser.callbacks().clipboard.as_deref()
    }

    /// Draws on a screen of another size from now on.
    pub(crate) fn resize(&mut self, rows: NonZeroU16, cols: NonZeroU16) {
        self.parser.screen_mut().set_size(rows, cols);
    }

    /// What a terminal answers when it is asked where its cursor is, if it was asked.
    pub(crate) fn answer(&mut self) -> Option<String> {
        if !std::mem::take(&mut self.parser.callbacks_mut().cursor) {
            return None;
        }
        let (row, column) = self.screen().cursor_position();
        Some(format!("\x1b[{};{}R", row + 1, column + 1))
    }
}
