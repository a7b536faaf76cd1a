//! A terminal, as far as a program in it can tell.

use std::{
    io::{self, Read, Write},
    num::NonZeroU16,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Screen;

use crate::{Watched, received::Received, wait_until};

/// Lines and columns at the start.
const SIZE: (NonZeroU16, NonZeroU16) = (cells(40), cells(140));

/// Prints its process id and becomes the program, inside a shell that says afterwards how it
/// ended and how it left the terminal.
const SHELL: &str = r#"
    sh -c 'echo "$$"; exec "$0" "$@"' "$@"
    echo "exit status $?"
    stty -a
"#;

/// What leads to the program's standard input.
type Keyboard = Arc<Mutex<Box<dyn Write + Send>>>;

/// Whether a terminal answers when it is asked something. Real ones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manners {
    Answers,
    Silent,
}

/// A terminal in which a shell runs the program.
pub struct Terminal {
    received: Arc<Watched<Received>>,
    keyboard: Keyboard,
    master: Box<dyn MasterPty + Send>,
    shell: Box<dyn Child + Send + Sync>,
    pid: u32,
}

impl Terminal {
    /// Starts a program in a new terminal of 40 lines and 140 columns, with nothing in its
    /// environment but this and what a terminal sets.
    ///
    /// # Panics
    /// When there is no terminal to be had, or the program does not start.
    #[must_use]
    pub(crate) fn start(
        program: &str,
        args: &[&str],
        env: &[(&str, &str)],
        manners: Manners,
    ) -> Self {
        let (rows, cols) = SIZE;
        let pty = native_pty_system()
            .openpty(pty_size(rows, cols))
            .expect("a pseudoterminal");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", SHELL, "sh", program]);
        command.args(args);
        command.env_clear();
        for name in ["PATH", "HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in env {
            command.env(name, value);
        }
        let shell = pty.slave.spawn_command(command).expect("a shell");
        let received = Arc::new(Watched::new(Received::nothing(rows, cols)));
        let output = pty
            .master
            .try_clone_reader()
            .expect("the terminal's output");
        let keyboard = pty.master.take_writer().expect("the terminal's input");
        let keyboard = Arc::new(Mutex::new(keyboard));
        let answers = (manners == Manners::Answers).then(|| Arc::clone(&keyboard));
        show(output, Arc::clone(&received), answers);
        let pid = received
            .wait(|received| received.first_line()?.parse().ok())
            .expect("the program starts");
        Self {
            received,
            keyboard,
            master: pty.master,
            shell,
            pid,
        }
    }

    /// The program's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until the screen is so.
    ///
    /// # Panics
    /// When it does not become so; the message shows what is there instead.
    pub fn wait_for(&self, what: &str, mut is_so: impl FnMut(&Screen) -> bool) {
        self.wait_for_some(what, |screen| is_so(screen).then_some(()));
    }

    /// Waits until the screen shows this text.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    /// Waits until there is an answer on the screen.
    ///
    /// # Panics
    /// When there is none.
    pub fn wait_for_some<R>(&self, what: &str, find: impl FnMut(&Screen) -> Option<R>) -> R {
        self.look_for(find)
            .unwrap_or_else(|| panic!("no {what} on the screen:\n{}", self.contents()))
    }

    /// The same; `None` when there is none within [`PATIENCE`](crate::PATIENCE).
    pub fn look_for<R>(&self, mut find: impl FnMut(&Screen) -> Option<R>) -> Option<R> {
        self.received.wait(|received| find(received.screen()))
    }

    /// Looks at the screen as it is now.
    pub fn look<R>(&self, look: impl FnOnce(&Screen) -> R) -> R {
        self.received.read(|received| look(received.screen()))
    }

    /// What is on the screen now.
    #[must_use]
    pub fn contents(&self) -> String {
        self.look(Screen::contents)
    }

    /// Waits until something is put into the clipboard; that, in base64.
    ///
    /// # Panics
    /// When nothing is.
    #[must_use]
    pub fn wait_for_clipboard(&self) -> String {
        let copied = self
            .received
            .wait(|received| received.clipboard().map(str::to_owned));
        copied.expect("something is put into the clipboard")
    }

    /// Types this.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn type_keys(&mut self, keys: &str) {
        type_on(&self.keyboard, keys).expect("the terminal takes input");
    }

    /// Clicks on a cell, counted from 0.
    pub fn click(&mut self, row: usize, column: usize) {
        let (line, column) = (row + 1, column + 1);
        self.type_keys(&format!("\x1b[<0;{column};{line}M\x1b[<0;{column};{line}m"));
    }

    /// Changes the size.
    ///
    /// # Panics
    /// When the terminal is gone, or would be.
    pub fn resize(&self, rows: u16, cols: u16) {
        let (rows, cols) = (cells(rows), cells(cols));
        self.received.update(|received| received.resize(rows, cols));
        self.master
            .resize(pty_size(rows, cols))
            .expect("the terminal can be resized");
    }

    /// Waits until the program has ended with this code and the terminal is as it was: on its
    /// main screen, with a cursor, without the mouse, and with line editing and echo.
    ///
    /// # Panics
    /// When it is not.
    pub fn wait_for_end(&mut self, code: i32) {
        self.wait_for_text(&format!("exit status {code}"));
        wait_until("the shell ends", || self.shell.try_wait().ok().flatten());
        self.wait_for("settings of a usual terminal", |screen| {
            let settings = screen.contents();
            ["icanon", "echo", "isig", "opost"].iter().all(|setting| {
                settings
                    .split_whitespace()
                    .any(|word| word.trim_end_matches(';') == *setting)
            })
        });
        self.received.read(|received| {
            let screen = received.screen();
            assert!(!screen.alternate_screen(), "still on the alternate screen");
            assert!(!screen.hide_cursor(), "the cursor is hidden");
            assert!(!screen.bracketed_paste(), "pastes are still bracketed");
            let mouse = screen.mouse_protocol_mode();
            assert_eq!(
                mouse,
                vt100::MouseProtocolMode::None,
                "the mouse is still captured"
            );
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Hangs the terminal up, which ends what is left in it.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

const fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has cells")
}

fn pty_size(rows: NonZeroU16, cols: NonZeroU16) -> PtySize {
    PtySize {
        rows: rows.get(),
        cols: cols.get(),
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn type_on(keyboard: &Keyboard, keys: &str) -> io::Result<()> {
    let mut keyboard = keyboard.lock().unwrap_or_else(PoisonError::into_inner);
    keyboard.write_all(keys.as_bytes())?;
    keyboard.flush()
}

/// Shows what the program writes, and answers its questions when there is a way to.
fn show(
    mut output: Box<dyn Read + Send>,
    received: Arc<Watched<Received>>,
    answers: Option<Keyboard>,
) {
    thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        // On Linux the end is an error, as the other side is gone.
        while let Ok(count @ 1..) = output.read(&mut bytes) {
            let mut answer = None;
            received.update(|received| {
                received.take(&bytes[..count]);
                answer = received.answer();
            });
            if let (Some(answer), Some(keyboard)) = (answer, &answers) {
                // The program may be gone by now.
                let _ = type_on(keyboard, &answer);
            }
        }
    });
}
