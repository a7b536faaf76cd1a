//! A program that runs while a test looks at it.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    thread,
};

use crate::{Watched, process, wait_until};

/// What a program has printed.
#[derive(Debug, Default)]
struct Printed {
    stdout: String,
    stderr: String,
}

/// A running program. Killed when dropped; its standard input stays open until then.
#[derive(Debug)]
pub struct Program {
    child: Child,
    printed: Arc<Watched<Printed>>,
}

impl Program {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let printed = Arc::new(Watched::default());
        if let Some(stdout) = child.stdout.take() {
            collect(stdout, &printed, |printed| &mut printed.stdout);
        }
        if let Some(stderr) = child.stderr.take() {
            collect(stderr, &printed, |printed| &mut printed.stderr);
        }
        Self { child, printed }
    }

    /// Where its agent listens: what stands behind `listening on ` in a line that it prints.
    ///
    /// # Panics
    /// When it does not print one.
    #[must_use]
    pub fn address(&self) -> String {
        let address = self.printed.wait(|printed| {
            let line = printed
                .stdout
                .lines()
                .find(|line| line.contains("listening on "))?;
            line.rsplit(' ').next().map(str::to_owned)
        });
        address.unwrap_or_else(|| panic!("it does not say where it listens: {:?}", self.printed))
    }

    /// Waits until it has written this to standard error.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_for_stderr(&self, text: &str) {
        let found = |printed: &Printed| printed.stderr.contains(text).then_some(());
        let found = self.printed.wait(found);
        assert!(
            found.is_some(),
            "it does not say `{text}`: {:?}",
            self.printed
        );
    }

    /// What it has written to standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.printed.read(|printed| printed.stdout.clone())
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    ///
    /// # Panics
    /// When the operating system does not say.
    pub fn is_running(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("a child can be asked for")
            .is_none()
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// Closes its standard input.
    pub fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        wait_until("the program ends", || {
            self.child.try_wait().expect("a child can be asked for")
        })
    }

    /// Kibibytes of memory that it has in use. Only Linux tells.
    #[must_use]
    pub fn memory_kib(&self) -> Option<u64> {
        process::memory_kib(self.pid())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end, so that the program never waits for room in a pipe.
fn collect(
    from: impl Read + Send + 'static,
    printed: &Arc<Watched<Printed>>,
    into: fn(&mut Printed) -> &mut String,
) {
    let printed = Arc::clone(printed);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            printed.update(|printed| {
                let text = into(printed);
                text.push_str(&line);
                text.push('\n');
            });
        }
    });
}

/// Sends `SIGTERM` to a process.
///
/// # Panics
/// When there is no such process.
pub fn terminate(pid: u32) {
    signal("TERM", pid);
}

/// Sends `SIGINT` to a process.
///
/// # Panics
/// When there is no such process.
pub fn interrupt(pid: u32) {
    signal("INT", pid);
}

/// Sends `SIGHUP` to a process.
///
/// # Panics
/// When there is no such process.
pub fn hang_up(pid: u32) {
    signal("HUP", pid);
}

/// Sends `SIGKILL` to a process.
///
/// # Panics
/// When there is no such process.
pub fn kill_now(pid: u32) {
    signal("KILL", pid);
}

fn signal(name: &str, pid: u32) {
    let status = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status()
        .expect("every Unix has kill");
    assert!(status.success(), "cannot send SIG{name} to {pid}");
}
