//! What the environment says about an agent.

use std::{path::Path, str::FromStr};

use loiter_model::{Nanos, ParseLintsError, ParseNanosError};

use super::{CaptureStacks, Config, InitError, UnixSocket};

/// An environment variable that overrides what the program sets.
#[derive(Clone, Copy, Debug)]
pub struct EnvVar {
    /// Its name.
    pub name: &'static str,
    /// How its value is written.
    pub value: &'static str,
    /// What holds without it and without a call of the builder.
    pub default: &'static str,
    /// What it says.
    pub meaning: &'static str,
    set: fn(&mut Config, &str) -> Result<(), String>,
}

/// Every environment variable the agent reads, at [`init`](crate::init),
/// [`Builder::init`](crate::Builder::init) and [`Builder::try_init`](crate::Builder::try_init).
/// The environment wins over the program: whoever runs a service can change what its author chose.
pub const ENV: &[EnvVar] = &[
    EnvVar {
        name: "LOITER_ENABLED",
        value: "true|false",
        default: "true",
        meaning: "`false`: no agent at all, at no cost; the program's own subscriber is installed as it is",
        set: |config, value| boolean(value, &mut config.enabled),
    },
    EnvVar {
        name: "LOITER_LISTEN",
        value: "IP:PORT|none",
        default: loiter_model::DEFAULT_ADDR,
        meaning: "where the agent listens: a loopback address; port 0 for any free port; `none` for no port at all",
        set: |config, value| {
            config.listen = match value {
                "none" => None,
                address => Some(address.parse().map_err(|_| {
                    "write an address and a port such as `127.0.0.1:6669`, or `none`".to_owned()
                })?),
            };
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_UNIX_SOCKET",
        value: "PATH|usual|none",
        default: "usual",
        meaning: "where the agent's Unix socket is; `usual` for `loiter/NAME-PID.sock` in `$XDG_RUNTIME_DIR`, or in `/tmp/loiter-UID` without one; `none` for no socket",
        set: |config, value| {
            config.unix_socket = match value {
                "none" => UnixSocket::None,
                "usual" => UnixSocket::Usual,
                path if Path::new(path).is_absolute() => UnixSocket::At(path.into()),
                _ => return Err("write an absolute path, `usual` or `none`".to_owned()),
            };
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_NAME",
        value: "TEXT",
        default: "the executable's name",
        meaning: "what the UI calls the program",
        set: |config, value| {
            config.name = Some(value.to_owned());
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_BLOCKED_AFTER",
        value: "DURATION",
        default: "10s",
        meaning: "idle time from which a task counts as blocked",
        set: |config, value| duration(value, &mut config.rules.thresholds.blocked_after),
    },
    EnvVar {
        name: "LOITER_HOGGING_AFTER",
        value: "DURATION",
        default: "1s",
        meaning: "length of one poll from which a task counts as hogging its worker",
        set: |config, value| duration(value, &mut config.rules.thresholds.hogging_after),
    },
    EnvVar {
        name: "LOITER_STARVED_AFTER",
        value: "DURATION",
        default: "100ms",
        meaning: "wait for a worker from which a woken task counts as starved",
        set: |config, value| duration(value, &mut config.rules.thresholds.starved_after),
    },
    EnvVar {
        name: "LOITER_ALLOW_LINTS",
        value: "LINT,…|all|none",
        default: "none",
        meaning: "lints that stay silent: self-wakes, lost-waker, never-yielded, auto-boxed-future, large-future",
        set: |config, value| {
            let lints = value.parse().map_err(|e: ParseLintsError| e.to_string())?;
            config.rules.thresholds.lints.allowed = lints;
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_SELF_WAKES_PERCENT",
        value: "NUMBER",
        default: "50",
        meaning: "share of a task's wakes beyond which there is a hint when they are its own",
        set: |config, value| {
            config.rules.thresholds.lints.self_wakes_percent = percent(value)?;
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_NEVER_YIELDED_AFTER",
        value: "DURATION",
        default: "1s",
        meaning: "length of a task's first poll from which on there is a hint",
        set: |config, value| {
            let limits = &mut config.rules.thresholds.lints;
            duration(value, &mut limits.never_yielded_after)
        },
    },
    EnvVar {
        name: "LOITER_LARGE_FUTURE_BYTES",
        value: "NUMBER",
        default: "1024",
        meaning: "size of a future from which on there is a hint",
        set: |config, value| {
            config.rules.thresholds.lints.large_future_bytes = number(value)?;
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_CAPTURE_STACKS",
        value: "blocked|on-demand|off",
        default: "blocked",
        meaning: "when tasks are asked what they wait on: once each that is blocked, only when a client asks, or never",
        set: |config, value| {
            config.capture_stacks = match value {
                "blocked" => CaptureStacks::Blocked,
                "on-demand" => CaptureStacks::OnDemand,
                "off" => CaptureStacks::Off,
                _ => return Err("write `blocked`, `on-demand` or `off`".to_owned()),
            };
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_RESOURCES",
        value: "true|false",
        default: "false",
        meaning: "whether locks, semaphores, timers and the like are tracked, too: who holds them and who waits for them",
        set: |config, value| boolean(value, &mut config.resources),
    },
    EnvVar {
        name: "LOITER_REPORT_FINDINGS",
        value: "true|false",
        default: "true",
        meaning: "whether each new finding is an event of tracing, with target `loiter::finding`",
        set: |config, value| boolean(value, &mut config.report_findings),
    },
    EnvVar {
        name: "LOITER_MAX_ALIVE",
        value: "NUMBER|none",
        default: "none",
        meaning: "tasks that may be alive at a time; more are a finding",
        set: |config, value| limit(value, &mut config.rules.max_alive),
    },
    EnvVar {
        name: "LOITER_MAX_ALIVE_AT_SITE",
        value: "NUMBER|none",
        default: "none",
        meaning: "tasks of one site that may be alive at a time; more are a finding",
        set: |config, value| limit(value, &mut config.rules.max_alive_at_site),
    },
    EnvVar {
        name: "LOITER_PUBLISH_INTERVAL",
        value: "DURATION",
        default: "1s",
        meaning: "how often a client that does not say is sent an update",
        set: |config, value| duration(value, &mut config.publish_interval),
    },
    EnvVar {
        name: "LOITER_MAX_TASKS",
        value: "NUMBER",
        default: "1048576",
        meaning: "tasks tracked at a time; further ones are counted only",
        set: |config, value| {
            config.max_tasks = number(value)?;
            Ok(())
        },
    },
    EnvVar {
        name: "LOITER_LEDGER",
        value: "NUMBER",
        default: "1024",
        meaning: "ended tasks that are remembered",
        set: |config, value| {
            config.ledger = number(value)?;
            Ok(())
        },
    },
];

impl EnvVar {
    /// Has the configuration say what the variable does, if it is set.
    pub(super) fn apply(&self, config: &mut Config) -> Result<(), InitError> {
        let Some(value) = std::env::var_os(self.name) else {
            return Ok(());
        };
        let value = value.to_string_lossy();
        (self.set)(config, value.trim()).map_err(|reason| InitError::Env {
            name: self.name,
            value: value.into_owned(),
            reason,
        })
    }
}

fn boolean(value: &str, into: &mut bool) -> Result<(), String> {
    *into = match value {
        "true" | "1" | "yes" | "on" => true,
        "false" | "0" | "no" | "off" => false,
        _ => return Err("write `true` or `false`".to_owned()),
    };
    Ok(())
}

fn limit(value: &str, into: &mut Option<u64>) -> Result<(), String> {
    *into = match value {
        "none" => None,
        value => Some(number(value)?),
    };
    Ok(())
}

fn duration(value: &str, into: &mut Nanos) -> Result<(), String> {
    *into = value.parse().map_err(|e: ParseNanosError| e.to_string())?;
    Ok(())
}

fn percent(value: &str) -> Result<u8, String> {
    let percent = value.strip_suffix('%').unwrap_or(value).parse();
    let percent = percent.ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| "write a whole number from 0 to 100".to_owned())
}

fn number<N: FromStr>(value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| "write a whole number such as `100000`".to_owned())
}
