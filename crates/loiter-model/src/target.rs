//! The process that is looked at.

use std::fmt;

use crate::{Nanos, Thresholds};

/// One process whose tasks can be looked at.
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
    /// What tells of the process.
    pub teller: Teller,
    /// How much of its tasks can be seen.
    pub tier: Tier,
    /// The service's own limits, with which a client starts.
    pub thresholds: Thresholds,
    /// How many tasks the agent tracks at most.
    pub max_tasks: u64,
}

/// What tells of a process, and thereby what cannot be known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Teller {
    /// loiter's agent.
    #[default]
    Agent,
    /// console-subscriber, which tokio-console reads.
    ConsoleSubscriber,
}

impl Teller {
    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "loiter",
            Self::ConsoleSubscriber => "console-subscriber",
        }
    }

    /// What it can't tell, for one line; `None` when it tells everything that loiter knows of.
    #[must_use]
    pub const fn silent_about(self) -> Option<&'static str> {
        match self {
            Self::Agent => None,
            Self::ConsoleSubscriber => Some(
                "what tasks wait on, who woke or spawned them, their scopes, and how they ended",
            ),
        }
    }
}

/// How much of the program the agent can see, found out at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Every task that tokio spawns.
    EveryTask,
    /// Those spawned through loiter: the program was built without `--cfg tokio_unstable`, so
    /// tokio tells nothing of others.
    NotBuiltIn,
    /// Those spawned through loiter: another tracing subscriber was there first and could not be
    /// wrapped.
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
                "spawn with loiter::spawn in place of tokio::spawn, or build the service with \
                 RUSTFLAGS=\"--cfg tokio_unstable\"",
            ),
            Self::SubscriberTaken => Some(
                "a tracing subscriber was installed before loiter; \
                 hand it to loiter::Builder::with_subscriber instead, or spawn with loiter::spawn",
            ),
        }
    }

    /// How much is seen, in a few words: `every task`, or `12 of 340 alive tasks`. `visible` are
    /// the tasks alive that the agent sees, `alive` those that tokio counts
    /// ([`runtime_tasks`](crate::update::Overview::runtime_tasks)), where that is known.
    #[must_use]
    pub fn coverage(self, visible: u64, alive: Option<u64>) -> String {
        match (self, alive) {
            (Self::EveryTask, _) => "every task".to_owned(),
            // Tokio counts neither blocking tasks nor `block_on`, and a moment earlier.
            (_, Some(alive)) => format!("{visible} of {} alive tasks", alive.max(visible)),
            (_, None) if visible == 0 => "no task".to_owned(),
            (_, None) => "tasks spawned through loiter".to_owned(),
        }
    }

    /// How much is seen and what to do to see more, in one line; `None` when everything is seen.
    ///
    /// ```
    /// use loiter_model::Tier;
    ///
    /// let advice = Tier::NotBuiltIn.advice(12, Some(340)).expect("not everything is seen");
    /// assert!(advice.starts_with("12 of 340 alive tasks are visible: spawn with loiter::spawn"));
    /// ```
    #[must_use]
    pub fn advice(self, visible: u64, alive: Option<u64>) -> Option<String> {
        let remedy = self.remedy()?;
        let coverage = self.coverage(visible, alive);
        Some(match (visible, alive) {
            (0, None) => format!("{coverage} is visible: {remedy}"),
            (_, None) => format!("only {coverage} are visible: {remedy}"),
            _ => format!("{coverage} are visible: {remedy}"),
        })
    }
}

/// The same without counts, for places that have none.
impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::EveryTask => "every task",
            Self::NotBuiltIn | Self::SubscriberTaken => "only tasks spawned through loiter",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_said_in_one_line() {
        for (tier, visible, alive, expected) in [
            (Tier::EveryTask, 12, Some(340), None),
            (
                Tier::NotBuiltIn,
                12,
                Some(340),
                Some("12 of 340 alive tasks are visible: spawn with"),
            ),
            (
                Tier::SubscriberTaken,
                12,
                Some(340),
                Some("12 of 340 alive tasks are visible: a tracing subscriber was"),
            ),
            (
                Tier::NotBuiltIn,
                0,
                Some(1),
                Some("0 of 1 alive tasks are visible: "),
            ),
            (
                Tier::NotBuiltIn,
                9,
                Some(7),
                Some("9 of 9 alive tasks are visible: "),
            ),
            (
                Tier::NotBuiltIn,
                9,
                None,
                Some("only tasks spawned through loiter are visible: "),
            ),
            (Tier::NotBuiltIn, 0, None, Some("no task is visible: ")),
        ] {
            let advice = tier.advice(visible, alive);
            assert_eq!(advice.is_some(), expected.is_some(), "{tier:?}");
            let advice = advice.unwrap_or_default();
            assert!(advice.starts_with(expected.unwrap_or_default()), "{advice}");
            assert!(!advice.contains('\n'));
        }
    }
}
