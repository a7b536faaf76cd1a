//! The process that is looked at, and its limits.

use loiter_model::{LintLimits, Nanos, Target, Teller, Thresholds, Tier};

use super::BadMessage;
use crate::v1;

impl From<Target> for v1::Target {
    fn from(target: Target) -> Self {
        let teller = match target.teller {
            Teller::Agent => v1::Teller::Agent,
            Teller::ConsoleSubscriber => v1::Teller::ConsoleSubscriber,
        };
        let tier = match target.tier {
            Tier::EveryTask => v1::Tier::EveryTask,
            Tier::NotBuiltIn => v1::Tier::NotBuiltIn,
            Tier::SubscriberTaken => v1::Tier::SubscriberTaken,
        };
        Self {
            name: target.name,
            pid: target.pid,
            host: target.host,
            agent_version: target.agent_version,
            run_id: target.run_id,
            started_unix_ns: target.started_unix.0,
            uptime_ns: target.uptime.0,
            tier: tier.into(),
            teller: teller.into(),
            thresholds: Some(target.thresholds.into()),
            max_tasks: target.max_tasks,
        }
    }
}

impl TryFrom<v1::Target> for Target {
    type Error = BadMessage;

    fn try_from(target: v1::Target) -> Result<Self, BadMessage> {
        let teller = match v1::Teller::try_from(target.teller) {
            Ok(v1::Teller::ConsoleSubscriber) => Teller::ConsoleSubscriber,
            Ok(v1::Teller::Agent) | Err(_) => Teller::Agent,
        };
        let tier = match v1::Tier::try_from(target.tier) {
            Ok(v1::Tier::NotBuiltIn) => Tier::NotBuiltIn,
            Ok(v1::Tier::SubscriberTaken) => Tier::SubscriberTaken,
            // A reason that only newer agents know must not come with the remedy for another.
            Ok(v1::Tier::EveryTask | v1::Tier::Unspecified) | Err(_) => Tier::EveryTask,
        };
        Ok(Self {
            name: target.name,
            pid: target.pid,
            host: target.host,
            agent_version: target.agent_version,
            run_id: target.run_id,
            started_unix: Nanos(target.started_unix_ns),
            uptime: Nanos(target.uptime_ns),
            teller,
            tier,
            thresholds: target
                .thresholds
                .ok_or_else(|| BadMessage::without("Target.thresholds"))?
                .into(),
            max_tasks: target.max_tasks,
        })
    }
}

impl From<Thresholds> for v1::Thresholds {
    fn from(limits: Thresholds) -> Self {
        Self {
            blocked_after_ns: limits.blocked_after.0,
            hogging_after_ns: limits.hogging_after.0,
            starved_after_ns: limits.starved_after.0,
            lints: Some(limits.lints.into()),
        }
    }
}

impl From<v1::Thresholds> for Thresholds {
    fn from(limits: v1::Thresholds) -> Self {
        Self {
            blocked_after: Nanos(limits.blocked_after_ns),
            hogging_after: Nanos(limits.hogging_after_ns),
            starved_after: Nanos(limits.starved_after_ns),
            lints: limits.lints.map(LintLimits::from).unwrap_or_default(),
        }
    }
}
