//! The service.

use std::{fmt, fs, path::Path, process::Command};

use crate::{Program, get, memory_kib, wait_until};

/// `besieged` as a child process.
#[derive(Debug)]
pub struct Service {
    program: Program,
    /// Where its agent listens.
    pub agent: String,
    /// Where it serves.
    pub http: String,
}

/// What is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inside {
    /// Tasks of the agent's own.
    pub agent_tasks: usize,
    /// Tasks of the service's runtime.
    pub tasks: usize,
    /// File descriptors that are open.
    pub descriptors: usize,
}

impl Service {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(program: &Path) -> Self {
        let program = Program::start(Command::new(program));
        let agent = program.address();
        let http = wait_until("where it serves", || {
            let stdout = program.stdout();
            let address = stdout
                .lines()
                .find_map(|line| line.strip_prefix("serving on "));
            address.map(str::to_owned)
        });
        Self {
            program,
            agent,
            http,
        }
    }

    /// What is in it now. Asking makes a connection and a task more, of the service.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn inside(&self) -> Inside {
        let answer = get(&self.http, "/inside").expect("it answers");
        let answer = String::from_utf8(answer).expect("text");
        let numbers = answer.split_once(' ');
        let (agent_tasks, tasks) = numbers.expect("two numbers");
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.program.pid()));
        Inside {
            agent_tasks: agent_tasks.parse().expect("a number"),
            tasks: tasks.parse().expect("a number"),
            descriptors: descriptors.map_or(0, Iterator::count),
        }
    }

    /// Kibibytes of memory that it has in use.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn memory_kib(&self) -> u64 {
        memory_kib(self.program.pid()).expect("it runs")
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }
}

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tasks of the agent's, {} of the service's and {} file descriptors",
            self.agent_tasks, self.tasks, self.descriptors
        )
    }
}
