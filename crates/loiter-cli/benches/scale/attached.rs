//! The `loiter` binary in a terminal.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

const ROWS: NonZeroU16 = NonZeroU16::new(45).expect("not zero");
const COLUMNS: NonZeroU16 = NonZeroU16::new(160).expect("not zero");
/// How long the first rows may take. Far more than they do.
const PATIENCE: Duration = Duration::from_secs(120);

/// The terminal UI, attached to a target. Killed when dropped.
pub(crate) struct Attached {
    started: Instant,
    output: Receiver<Output>,
    child: Box<dyn Child + Send + Sync>,
    // Hangs the terminal up when it closes.
    _master: Box<dyn MasterPty + Send>,
}

/// The screen after something was written to it.
struct Output {
    at: Instant,
    contents: String,
}

impl Attached {
    /// Starts it in a terminal of 160 by 45.
    pub(crate) fn start(address: &str) -> Self {
        let size = PtySize {
            rows: ROWS.get(),
            cols: COLUMNS.get(),
            ..PtySize::default()
        };
        let pty = native_pty_system().openpty(size).expect("a pseudoterminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_loiter"));
        command.arg(address);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let reader = pty
            .master
            .try_clone_reader()
            .expect("the terminal's output");
        let (sender, output) = mpsc::channel();
        let keyboard = pty.master.take_writer().expect("the terminal's input");
        thread::spawn(move || follow(reader, keyboard, sender));
        let started = Instant::now();
        let child = pty.slave.spawn_command(command).expect("the UI starts");
        Self {
            started,
            output,
            child,
            _master: pty.master,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// How long it took from the start of the process until a row with this text was on the
    /// screen.
    pub(crate) fn wait_for_rows(&self, text: &str) -> Duration {
        let deadline = self.started + PATIENCE;
        let mut seen = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(output) if output.contents.contains(text) => return output.at - self.started,
                Ok(output) => seen = output.contents,
                Err(RecvTimeoutError::Timeout) => panic!("no rows on the screen:\n{seen}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the UI ended:\n{seen}"),
            }
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a terminal where its cursor is, and what one answers.
const WHERE_IS_THE_CURSOR: (&[u8], &[u8]) = (b"\x1b[6n", b"\x1b[1;1R");

/// Keeps the screen up to date until the terminal is gone.
fn follow(
    mut reader: Box<dyn Read + Send>,
    mut keyboard: Box<dyn Write + Send>,
    screens: Sender<Output>,
) {
    let (question, answer) = WHERE_IS_THE_CURSOR;
    let mut parser = Parser::new(ROWS, COLUMNS, 0);
    let mut bytes = [0; 64 * 1024];
    // On Linux the end is an error, as the other side is gone.
    while let Ok(count @ 1..) = reader.read(&mut bytes) {
        let at = Instant::now();
        parser.process(&bytes[..count]);
        if bytes[..count]
            .windows(question.len())
            .any(|part| part == question)
        {
            let _ = keyboard.write_all(answer);
        }
        let contents = parser.screen().contents();
        // Nobody looks any more once the first rows have come, but the UI must be able to write.
        let _ = screens.send(Output { at, contents });
    }
}
