//! The service as the bench sees it: a child process that answers questions.

use std::{
    env,
    io::{BufRead, BufReader, Lines, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::service::{self, QUESTION};

/// A running service with all its tasks. Ends when dropped.
pub(crate) struct Target {
    child: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
    bytes_per_task: u64,
}

impl Target {
    /// Starts it and waits until every task waits.
    pub(crate) fn start(tasks: usize) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program"));
        for variable in loiter::ENV {
            command.env_remove(variable.name);
        }
        let mut child = command
            .args([service::FLAG, &tasks.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let questions = child.stdin.take().expect("a pipe");
        let stdout = child.stdout.take().expect("a pipe");
        let mut answers = BufReader::new(stdout).lines();
        let address = read(&mut answers).parse().expect("an address");
        let bytes_per_task = read(&mut answers).parse().expect("a number of bytes");
        Self {
            child,
            questions,
            answers,
            address,
            bytes_per_task,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its agent listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Memory in use, divided by the number of tasks.
    pub(crate) fn bytes_per_task(&self) -> u64 {
        self.bytes_per_task
    }

    /// How late a worker was at worst since the last time this was asked.
    pub(crate) fn worst_delay(&mut self) -> Duration {
        writeln!(self.questions, "{QUESTION}").expect("the service listens");
        let nanos = read(&mut self.answers).parse().expect("nanoseconds");
        Duration::from_nanos(nanos)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Nothing in it is worth an orderly end, which would take a while with a million tasks.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(answers: &mut Lines<BufReader<ChildStdout>>) -> String {
    answers
        .next()
        .expect("the service runs")
        .expect("the service answers in text")
}
