//! What the environment says about an agent.

use std::{path::Path, str::FromStr};

use loiter_model::{Nanos, ParseLintsError, ParseNanosError};

use super::{
    CaptureStacks, Config, InitError, Redact, UnixSocket, access, otlp, token::TokenError,
};

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
    guards: Guards,
}

/// What a variable has to do with who may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guards {
    Nothing,
    /// The same, and its value is not shown: it is for getting in elsewhere.
    Own,
    /// The same, and its value is shown only if nothing of the kind is in it.
    Address,
    /// If it makes no sense, the port stays closed.
    Port,
    /// The same, and its value is not shown: it is a secret, or may be one that was written where a
    /// path should be.
    Secret,
}

/// Every environment variable the agent reads, at [`init`](crate::init),
/// [`Builder::init`](crate::Builder::init) and [`Builder::try_init`](crate::Builder::try_init).
/// The environment wins over the program: whoever runs a service can change what its author chose.
///
/// Those of OpenTelemetry are also the program's own, and count only with the feature `otlp` and
/// unless `LOITER_OTLP` is `false`. An empty one is none; one that the agent cannot read is a warning,
/// and nothing is sent then.
pub const ENV: &[EnvVar] = &[
    EnvVar {
        name: "LOITER_ENABLED",
        value: "true|false",
        default: "true",
        meaning: "`false`: no agent at all, at no cost; the program's own subscriber is installed as it is",
        set: |config, value| boolean(value, &mut config.enabled),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_LISTEN",
        value: "IP:PORT|none",
        default: loiter_model::DEFAULT_ADDR,
        meaning: "where the agent listens; beyond loopback only with TLS and authentication; port 0 for any free port; `none` for no port at all",
        set: |config, value| {
            config.listen = match value {
                "none" => None,
                address => Some(address.parse().map_err(|_| {
                    "write an address and a port such as `127.0.0.1:6669`, or `none`".to_owned()
                })?),
            };
            Ok(())
        },
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_TLS_CERT",
        value: "PATH",
        default: "no TLS",
        meaning: "the agent's certificate (PEM, with those between it and its CA): the port speaks TLS; needs the feature `tls-ring` or `tls-aws-lc`",
        set: |config, value| {
            config.access.tls_cert = Some(access::tls_path(value)?);
            Ok(())
        },
        guards: Guards::Port,
    },
    EnvVar {
        name: "LOITER_TLS_KEY",
        value: "PATH",
        default: "no TLS",
        meaning: "the private key of that certificate (PEM)",
        set: |config, value| {
            config.access.tls_key = Some(access::tls_path(value)?);
            Ok(())
        },
        guards: Guards::Secret,
    },
    EnvVar {
        name: "LOITER_TLS_CLIENT_CA",
        value: "PATH",
        default: "not asked for",
        meaning: "the CAs of clients (PEM): only those with a certificate of theirs are let in",
        set: |config, value| {
            config.access.client_ca = Some(access::tls_path(value)?);
            Ok(())
        },
        guards: Guards::Port,
    },
    EnvVar {
        name: "LOITER_TOKEN_FILE",
        value: "PATH",
        default: "not asked for",
        meaning: "tokens, one a line: only those with one of them are answered; these may also probe",
        set: |config, value| {
            config.access.token_file = Some(access::path(value)?);
            Ok(())
        },
        guards: Guards::Secret,
    },
    EnvVar {
        name: "LOITER_READ_TOKEN_FILE",
        value: "PATH",
        default: "not asked for",
        meaning: "tokens, one a line, of those who may only look",
        set: |config, value| {
            config.access.read_token_file = Some(access::path(value)?);
            Ok(())
        },
        guards: Guards::Secret,
    },
    EnvVar {
        name: "LOITER_TOKEN",
        value: "TOKEN",
        default: "not asked for",
        meaning: "a token whose holder may also probe; a file can be changed while the program runs",
        set: |config, value| {
            let token = value
                .parse()
                .map_err(|error: TokenError| error.to_string())?;
            config.access.token = Some(token);
            Ok(())
        },
        guards: Guards::Secret,
    },
    EnvVar {
        name: "LOITER_ALLOW_INSECURE",
        value: "true|false",
        default: "false",
        meaning: "`true`: an address beyond loopback may go without TLS or without asking who comes",
        set: |config, value| boolean(value, &mut config.access.allow_insecure),
        guards: Guards::Port,
    },
    EnvVar {
        name: "LOITER_REDACT",
        value: "WHAT,…|all|none",
        default: "none",
        meaning: "what no client is told: task-names, scopes, site-paths, resource-attributes, finding-texts",
        set: |config, value| {
            let read = value.parse();
            // Whoever set it wanted something kept back, from a collector as well.
            let all = || Redact::ALL.into_iter().collect();
            config.redacted = read.clone().unwrap_or_else(|_| all());
            read.map(drop)
        },
        guards: Guards::Port,
    },
    EnvVar {
        name: "LOITER_OTLP",
        value: "true|false",
        default: "true",
        meaning: "`false`: nothing is sent to an OpenTelemetry collector, whatever `OTEL_…` says",
        set: |config, value| {
            let mut sends = true;
            boolean(value, &mut sends)?;
            config.otlp.off = !sends;
            Ok(())
        },
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "OTEL_EXPORTER_OTLP_ENDPOINT",
        value: "URL",
        default: "nothing is sent",
        meaning: "with the feature `otlp`: the collector to which figures and findings are sent, such as `http://127.0.0.1:4318`",
        set: |config, value| {
            config.otlp.endpoint = Some(otlp::Endpoint::read(value)?);
            Ok(())
        },
        guards: Guards::Address,
    },
    EnvVar {
        name: "OTEL_EXPORTER_OTLP_PROTOCOL",
        value: "http/protobuf",
        default: "http/protobuf",
        meaning: "with `otlp`: with another protocol nothing is sent",
        set: |_, value| otlp::protocol(value),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "OTEL_EXPORTER_OTLP_CERTIFICATE",
        value: "PATH",
        default: "this machine's",
        meaning: "with `otlp`: the authorities (PEM) of a collector at `https`",
        set: |config, value| {
            config.otlp.certificate = Some(access::path(value)?);
            Ok(())
        },
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "OTEL_EXPORTER_OTLP_HEADERS",
        value: "KEY=VALUE,…",
        default: "none",
        meaning: "with `otlp`: what each request to the collector says besides, such as a key",
        set: |config, value| {
            config.otlp.headers = otlp::headers(value)?;
            Ok(())
        },
        guards: Guards::Own,
    },
    EnvVar {
        name: "OTEL_METRIC_EXPORT_INTERVAL",
        value: "MILLISECONDS",
        default: "60000",
        meaning: "with `otlp`: how often figures are sent",
        set: |config, value| {
            config.otlp.set_interval(otlp::interval(value)?);
            Ok(())
        },
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "OTEL_SERVICE_NAME",
        value: "TEXT",
        default: "LOITER_NAME's",
        meaning: "with `otlp`: the `service.name` that figures and findings are sent with",
        set: |config, value| {
            config.otlp.service_name = Some(value.to_owned());
            Ok(())
        },
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "OTEL_RESOURCE_ATTRIBUTES",
        value: "KEY=VALUE,…",
        default: "none",
        meaning: "with `otlp`: further attributes that they are sent with",
        set: |config, value| {
            config.otlp.attributes = otlp::attributes(value)?;
            Ok(())
        },
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_BLOCKED_AFTER",
        value: "DURATION",
        default: "10s",
        meaning: "idle time from which a task counts as blocked",
        set: |config, value| duration(value, &mut config.rules.thresholds.blocked_after),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_HOGGING_AFTER",
        value: "DURATION",
        default: "1s",
        meaning: "length of one poll from which a task counts as hogging its worker",
        set: |config, value| duration(value, &mut config.rules.thresholds.hogging_after),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_STARVED_AFTER",
        value: "DURATION",
        default: "100ms",
        meaning: "wait for a worker from which a woken task counts as starved",
        set: |config, value| duration(value, &mut config.rules.thresholds.starved_after),
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_RESOURCES",
        value: "true|false",
        default: "false",
        meaning: "whether locks, semaphores, timers and the like are tracked, too: who holds them and who waits for them",
        set: |config, value| boolean(value, &mut config.resources),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_REPORT_FINDINGS",
        value: "true|false",
        default: "true",
        meaning: "whether each new finding is an event of tracing, with target `loiter::finding`",
        set: |config, value| boolean(value, &mut config.report_findings),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_MAX_ALIVE",
        value: "NUMBER|none",
        default: "none",
        meaning: "tasks that may be alive at a time; more are a finding",
        set: |config, value| limit(value, &mut config.rules.max_alive),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_MAX_ALIVE_AT_SITE",
        value: "NUMBER|none",
        default: "none",
        meaning: "tasks of one site that may be alive at a time; more are a finding",
        set: |config, value| limit(value, &mut config.rules.max_alive_at_site),
        guards: Guards::Nothing,
    },
    EnvVar {
        name: "LOITER_PUBLISH_INTERVAL",
        value: "DURATION",
        default: "1s",
        meaning: "how often a client that does not say is sent an update",
        set: |config, value| duration(value, &mut config.publish_interval),
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
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
        guards: Guards::Nothing,
    },
];

impl EnvVar {
    /// Has the configuration say what the variable does, if it is set.
    pub(super) fn apply(&self, config: &mut Config) -> Result<(), InitError> {
        if self.is_of_others() && (cfg!(not(feature = "otlp")) || config.otlp.off) {
            return Ok(());
        }
        let Some(value) = std::env::var_os(self.name) else {
            return Ok(());
        };
        let value = value.to_string_lossy();
        let value = value.trim();
        // As OpenTelemetry has it.
        if self.is_of_others() && value.is_empty() {
            return Ok(());
        }
        (self.set)(config, value).map_err(|mut reason| {
            if self.is_of_others() {
                config.otlp.off = true;
                reason.push_str("; until then nothing is sent");
            }
            let value = match self.guards {
                Guards::Secret | Guards::Own => otlp::NOT_SHOWN,
                Guards::Address => otlp::shown(value),
                Guards::Nothing | Guards::Port => value,
            };
            InitError::Env {
                name: self.name,
                value: value.to_owned(),
                reason,
            }
        })
    }

    /// Whether it is not the agent's own: it may be meant for the program's own way to a collector,
    /// so one that makes no sense to the agent is no reason not to start.
    pub(super) fn is_of_others(&self) -> bool {
        self.name.starts_with("OTEL_")
    }

    /// Whether nobody is to be let in when its value makes no sense: whoever set it wanted fewer
    /// people to see less, not all of them everything.
    pub(super) fn guards(&self) -> bool {
        matches!(self.guards, Guards::Port | Guards::Secret)
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
