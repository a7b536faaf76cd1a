//! The terminal: taken over for the UI, and given back as it was, whatever happens.

use std::{
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute, queue,
    style::Print,
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode, size,
    },
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};

use super::{Notify, Palette, UiError, sgr::Sgr};

/// Whether the terminal is ours at the moment. There is one terminal, so this is global: the
/// panic hook must know, and must not give it back twice.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while the UI has it. Gives it back when dropped, and before a panic is printed.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Output>>>,
}

impl Screen {
    /// Takes the terminal over: raw, on the alternate screen, with the mouse.
    pub(super) fn take(palette: Palette) -> Result<Self, UiError> {
        if !io::stdout().is_terminal() {
            return Err(UiError::NotATerminal);
        }
        give_back_before_a_panic_is_printed();
        TAKEN.store(true, Ordering::SeqCst);
        match Self::set_up(palette) {
            Ok(screen) => Ok(screen),
            Err(error) => {
                give_back();
                Err(error.into())
            }
        }
    }

    fn set_up(palette: Palette) -> io::Result<Self> {
        enable_raw_mode()?;
        // A picture goes out in one write, not in one for every change of colour.
        let mut output = BufWriter::with_capacity(1 << 16, Output::new(palette));
        execute!(
            output,
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableBracketedPaste
        )?;
        // Not cleared: the alternate screen is empty, and `Terminal::clear` would wait for the
        // terminal to say where its cursor is, which not every one does.
        let terminal = Terminal::new(CrosstermBackend::new(output))?;
        Ok(Self { terminal })
    }

    /// Columns and lines.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        size()
    }

    /// Shows a picture.
    pub(super) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<(), UiError> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Err(UiError::Panicked);
        }
        // Terminals that know this show the whole picture at once; others ignore it.
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(view)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(())
    }

    /// Puts a text into the clipboard of the machine that the terminal is on, if it lets us.
    pub(super) fn copy(&mut self, text: &str) -> Result<(), UiError> {
        let command = CopyToClipboard::to_clipboard_from(text);
        execute!(self.terminal.backend_mut(), command)?;
        Ok(())
    }

    /// Has the terminal tell the user of this; the text must have no control characters.
    pub(super) fn notify(&mut self, how: Notify, text: &str) -> Result<(), UiError> {
        if let Some(sequence) = notification(how, text) {
            execute!(self.terminal.backend_mut(), Print(sequence))?;
        }
        Ok(())
    }
}

/// Standard output, in the codes that the terminal knows.
struct Output {
    stdout: Stdout,
    sgr: Option<Sgr>,
}

impl Output {
    fn new(palette: Palette) -> Self {
        let has_few_colours = matches!(palette, Palette::Ansi8 | Palette::Ansi16);
        Self {
            stdout: io::stdout(),
            sgr: has_few_colours.then(Sgr::default),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sgr {
            Some(sgr) => {
                let rewritten = sgr.rewrite(bytes);
                self.stdout.write_all(&rewritten)?;
                Ok(bytes.len())
            }
            None => self.stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

/// What makes a terminal tell of a text. OSC 777 separates its fields by semicolons.
fn notification(how: Notify, text: &str) -> Option<String> {
    match how {
        Notify::Off => None,
        Notify::Bell => Some("\x07".to_owned()),
        Notify::Osc9 => Some(format!("\x1b]9;loiter: {text}\x07")),
        Notify::Osc777 => Some(format!(
            "\x1b]777;notify;loiter;{}\x07",
            text.replace(';', ",")
        )),
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Leaves the terminal as it was found. Errors are of no use here: there may be no terminal any
/// more.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut output = io::stdout();
    let _ = execute!(
        output,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    let _ = output.flush();
}

/// On the alternate screen a panic's message would be lost, and a raw terminal would be left.
fn give_back_before_a_panic_is_printed() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            tracing::error!(target: "loiter::panic", "{panic}");
            print(panic);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_one_sequence_in_each_dialect() {
        let text = "pigeon: 3 tasks; no waker";
        assert_eq!(notification(Notify::Off, text), None);
        assert_eq!(notification(Notify::Bell, text).as_deref(), Some("\x07"));
        assert_eq!(
            notification(Notify::Osc9, text).as_deref(),
            Some("\x1b]9;loiter: pigeon: 3 tasks; no waker\x07")
        );
        assert_eq!(
            notification(Notify::Osc777, text).as_deref(),
            Some("\x1b]777;notify;loiter;pigeon: 3 tasks, no waker\x07")
        );
    }
}
