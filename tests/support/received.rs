//! What a terminal has received, and what it was asked.

use std::num::NonZeroU16;

use vt100::{Callbacks, Parser, Screen};

/// A screen that is drawn on, and the line that came first.
pub(crate) struct Received {
    first_line: String,
    parser: Parser<Questions>,
}

/// Questions to the terminal that have not been answered.
#[derive(Default)]
struct Questions {
    cursor: bool,
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
