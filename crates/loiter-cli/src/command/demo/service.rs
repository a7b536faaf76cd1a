//! The demo service in a process of its own, where it can be looked at like any other.

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use loiter_cli::source::{Endpoint, ParseEndpointError};

/// What stands before the address in the line that the service prints.
const ANNOUNCEMENT: &str = "loiter-demo: agent listening on ";

/// On a loaded machine a process may take some seconds to start.
const START: Duration = Duration::from_secs(30);

/// Variables that the user has set for the agents of other programs. Here they would move the
/// service to a port that is taken, lock its door, or leave it without an agent.
const NOT_FOR_THE_DEMO: [&str; 10] = [
    "LOITER_ATTACH_TOKEN",
    "LOITER_ENABLED",
    "LOITER_LISTEN",
    "LOITER_NAME",
    "LOITER_READ_TOKEN_FILE",
    "LOITER_TLS_CERT",
    "LOITER_TLS_CLIENT_CA",
    "LOITER_TLS_KEY",
    "LOITER_TOKEN",
    "LOITER_TOKEN_FILE",
];

/// Why there is no service to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// There is no process for it.
    #[error("cannot start the demo service: {0}")]
    Spawn(#[from] io::Error),
    /// It ended before it listened.
    #[error("the demo service ended at once: {0}")]
    Ended(String),
    /// It does not listen.
    #[error("the demo service did not listen within {} s: {complaint}", START.as_secs())]
    Late {
        /// What it has said last.
        complaint: String,
    },
    /// It listens somewhere odd.
    #[error("the demo service listens on no address: {0}")]
    Address(#[from] ParseEndpointError),
}

/// A running demo service. Killed when dropped. Should this process be killed first, then the
/// service's standard input closes, and it ends as well.
pub(crate) struct Service {
    child: Child,
    endpoint: Endpoint,
}

impl Service {
    /// Starts it and waits until it listens.
    pub(crate) fn start() -> Result<Self, DemoError> {
        let mut command = Command::new(env::current_exe()?);
        command
            .args([
                "demo",
                "--serve",
                "--listen",
                "127.0.0.1:0",
                "--until-stdin-closes",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for variable in NOT_FOR_THE_DEMO {
            command.env_remove(variable);
        }
        let mut service = Self {
            child: command.spawn()?,
            endpoint: Endpoint::default(),
        };
        service.endpoint = wait_until_listening(&mut service.child)?;
        Ok(service)
    }

    /// Where its agent listens.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line that the service has printed.
enum Line {
    Out(String),
    Err(String),
}

fn wait_until_listening(child: &mut Child) -> Result<Endpoint, DemoError> {
    let (lines, printed) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, lines.clone(), Line::Out);
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, lines, Line::Err);
    }
    let deadline = Instant::now() + START;
    let mut complaint = "it has not said why".to_owned();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match printed.recv_timeout(left) {
            Ok(Line::Out(line)) => {
                if let Some(address) = line.strip_prefix(ANNOUNCEMENT) {
                    return Ok(address.parse()?);
                }
            }
            Ok(Line::Err(line)) => {
                complaint = line.strip_prefix("loiter: ").unwrap_or(&line).to_owned();
            }
            Err(RecvTimeoutError::Disconnected) => return Err(DemoError::Ended(complaint)),
            Err(RecvTimeoutError::Timeout) => return Err(DemoError::Late { complaint }),
        }
    }
}

/// Reads to the end, whether or not anybody listens: on the terminal the lines would end up in
/// the middle of the UI, and a full pipe would stop the service.
fn forward(from: impl Read + Send + 'static, to: Sender<Line>, wrap: fn(String) -> Line) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = to.send(wrap(line));
        }
    });
}
