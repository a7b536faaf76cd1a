//! The attackers.

use std::{path::Path, process::Command};

use crate::{Program, wait_until};

/// How to attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Up to 10,000 connects a second, closed at once or held and silent.
    Connects,
    /// Up to 2,000 connects a second that greet in HTTP/2, and then the same.
    Greetings,
    /// Connections that begin to say something and never end.
    HalfOpen,
    /// Random bytes, half of them after the greeting of HTTP/2.
    Garbage,
    /// Clients that ask for the largest answers and never read them.
    SlowReaders,
    /// Requests that are reset at once, as fast as can be.
    RapidReset,
    /// Requests without an end, as many as can be.
    StreamFlood,
    /// Headers without an end.
    HugeHeaders,
    /// Pings whose answers nobody reads.
    PingFlood,
    /// Settings whose acknowledgements nobody reads.
    SettingsFlood,
    /// Requests whose answers may not be sent.
    ZeroWindow,
}

impl Attack {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Connects,
        Self::Greetings,
        Self::HalfOpen,
        Self::Garbage,
        Self::SlowReaders,
        Self::RapidReset,
        Self::StreamFlood,
        Self::HugeHeaders,
        Self::PingFlood,
        Self::SettingsFlood,
        Self::ZeroWindow,
    ];

    /// As the attacker is told.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connects => "connects",
            Self::Greetings => "greetings",
            Self::HalfOpen => "half-open",
            Self::Garbage => "garbage",
            Self::SlowReaders => "slow-readers",
            Self::RapidReset => "rapid-reset",
            Self::StreamFlood => "stream-flood",
            Self::HugeHeaders => "huge-headers",
            Self::PingFlood => "ping-flood",
            Self::SettingsFlood => "settings-flood",
            Self::ZeroWindow => "zero-window",
        }
    }

    /// The attack of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attack| attack.name() == name)
    }
}

/// A process that attacks, until it is dropped.
///
/// It stands for other machines: where the system can do that, it gets only the time that nobody
/// else wants.
#[derive(Debug)]
pub struct Attacks(Program);

impl Attacks {
    /// Starts to attack an address.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(program: &Path, address: &str, attacks: &[Attack]) -> Self {
        let mut command = aside(program);
        command
            .arg(address)
            .args(attacks.iter().map(|attack| attack.name()));
        Self(Program::start(command))
    }

    /// Ends it: for each attack, how often it was tried.
    #[must_use]
    pub fn stop(mut self) -> Vec<(Attack, u64)> {
        self.0.close_stdin();
        wait_until("how often it attacked", || {
            let stdout = self.0.stdout();
            stdout.contains("end\n").then(|| {
                let lines = stdout.lines().filter_map(|line| line.split_once(' '));
                let count =
                    |(name, count): (&str, &str)| Some((Attack::named(name)?, count.parse().ok()?));
                lines.filter_map(count).collect()
            })
        })
    }
}

/// To be run when nobody else wants to run.
fn aside(program: &Path) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = crate::installed("chrt", "util-linux");
        command.args(["--idle", "0"]).arg(program);
        return command;
    }
    Command::new(program)
}
