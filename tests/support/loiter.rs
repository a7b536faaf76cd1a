//! The `loiter` binary.

use std::{
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{PATIENCE, Program, Terminal, terminal::Manners};

/// The binary under test.
#[derive(Clone, Copy, Debug)]
pub struct Loiter {
    path: &'static str,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Loiter {
    /// The binary at this path.
    #[must_use]
    pub const fn at(path: &'static str) -> Self {
        Self { path }
    }

    /// The binary with these arguments and without what the environment of the tests would tell
    /// it.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path);
        command.args(args);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LOITER_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Finished {
        Self::finish(self.command(args))
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn finish(command: Command) -> Finished {
        Self::finish_within(PATIENCE, command)
    }

    /// Runs a command that may take so long to its end.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn finish_within(limit: Duration, mut command: Command) -> Finished {
        command.stdin(Stdio::null());
        let text = format!("{command:?}");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(command.output()));
        let output = receiver
            .recv_timeout(limit)
            .unwrap_or_else(|_| panic!("it does not end: {text}"))
            .unwrap_or_else(|error| panic!("cannot run {text}: {error}"));
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    /// The JSON of `loiter tasks` with these arguments.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn tasks(&self, args: &[&str]) -> Value {
        let finished = self.run(&[&["tasks"], args].concat());
        assert_eq!(finished.code, Some(0), "{finished:?}");
        serde_json::from_str(&finished.stdout).expect("JSON on standard output")
    }

    /// Starts the demo service on any free port.
    #[must_use]
    pub fn demo(&self) -> Program {
        self.demo_at("127.0.0.1:0")
    }

    /// Starts the demo service on this address.
    #[must_use]
    pub fn demo_at(&self, address: &str) -> Program {
        Program::start(self.demo_command(address))
    }

    /// The demo service on this address. It ends with the tests, whatever ends them.
    #[must_use]
    pub fn demo_command(&self, address: &str) -> Command {
        let args = ["demo", "--serve", "--until-stdin-closes"];
        self.command(&[&args[..], &["--listen", address]].concat())
    }

    /// Runs it in a terminal.
    #[must_use]
    pub fn terminal(&self, args: &[&str]) -> Terminal {
        self.terminal_with(args, &[])
    }

    /// Runs it in a terminal with these environment variables.
    #[must_use]
    pub fn terminal_with(&self, args: &[&str], env: &[(&str, &str)]) -> Terminal {
        Terminal::start(self.path, args, env, Manners::Answers)
    }

    /// Runs it in a terminal that leaves every question unanswered, as some do.
    #[must_use]
    pub fn silent_terminal(&self, args: &[&str]) -> Terminal {
        Terminal::start(self.path, args, &[], Manners::Silent)
    }
}
