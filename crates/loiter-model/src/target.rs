//! The process that is looked at.

use std::fmt;

use crate::{Nanos, Thresholds};

/// One process with an agent in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The program's name: its executable's file name unless the agent was told another.
    pub name: String,
    /// The operating system's process id.
    pub pid: u32,
    /// The machine's name, or empty.
    pub host: String,
    /// The agent's version.
    pub agent_version: String,
    /// Distinguishes this run of the process from every other: a client that reconnects and
    /// finds another value is looking at a restarted service.
    pub run_id: u64,
    /// When the agent started, in nanoseconds since the Unix epoch.
    pub started_unix: Nanos,
    /// How long the agent has been running.
    pub uptime: Nanos,
    /// How much the agent can see.
    pub tier: Tier,
    /// The service's own limits, with which a client starts.
    pub thresholds: Thresholds,
    /// How many tasks the agent tracks at most.
    pub max_tasks: u64,
}

/// How much of the program the agent can see, found out at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Every task that tokio spawns.
    EveryTask,
    /// None: the program was built without `--cfg tokio_unstable`, so tokio tells nothing.
    NotBuiltIn,
    /// None: another tracing subscriber was there first and could not be wrapped.
    SubscriberTaken,
}

impl Tier {
    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EveryTask => "every_task",
            Self::NotBuiltIn => "not_built_in",
            Self::SubscriberTaken => "subscriber_taken",
        }
    }

    /// What to do to see more, in one line; `None` when everything is seen.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::EveryTask => None,
            Self::NotBuiltIn => Some(
                "no task is visible: build the service with RUSTFLAGS=\"--cfg tokio_unstable\"",
            ),
            Self::SubscriberTaken => Some(
                "no task is visible: a tracing subscriber was installed before loiter; \
                 hand it to loiter::Builder::with_subscriber instead",
            ),
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::EveryTask => "every task",
            Self::NotBuiltIn | Self::SubscriberTaken => "no task visible",
        })
    }
}
