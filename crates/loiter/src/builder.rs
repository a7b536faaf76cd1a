//! How a program sets its agent up.

use std::{
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::AcqRel},
    },
    time::Duration,
};

use loiter_model::{
    Nanos, ParseNanosError, Tier,
    finding::{Allow, RuleSettings},
    query::FilterError,
};
use tracing_core::{Dispatch, Subscriber, dispatcher};

use crate::{
    agent::{Agent, Core},
    capture::LoiterSubscriber,
    clock::Clock,
    finding::Found,
    notice, publish, recording,
    table::Table,
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
}

/// Every environment variable the agent reads, at [`init`](crate::init),
/// [`Builder::init`] and [`Builder::try_init`]. The environment wins over the program: whoever
/// runs a service can change what its author chose.
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

fn number<N: FromStr>(value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| "write a whole number such as `100000`".to_owned())
}

/// What the agent goes by.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) enabled: bool,
    /// `None`: nowhere.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) name: Option<String>,
    pub(crate) rules: RuleSettings,
    pub(crate) report_findings: bool,
    pub(crate) on_finding: Callbacks,
    pub(crate) capture_stacks: CaptureStacks,
    pub(crate) for_tests: bool,
    pub(crate) publish_interval: Nanos,
    pub(crate) max_tasks: usize,
    pub(crate) ledger: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 6669))),
            name: None,
            rules: RuleSettings::default(),
            report_findings: true,
            on_finding: Callbacks::default(),
            capture_stacks: CaptureStacks::default(),
            for_tests: false,
            publish_interval: Nanos::from_secs(1),
            max_tasks: 1 << 20,
            ledger: 1024,
        }
    }
}

/// What the program wants to be called with each new finding.
#[derive(Clone, Default)]
pub(crate) struct Callbacks(pub(crate) Vec<Callback>);

type Callback = Arc<dyn Fn(&Found) + Send + Sync>;

impl Callbacks {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} callbacks", self.0.len())
    }
}

impl Config {
    fn check_listen(&self) -> Result<(), InitError> {
        match self.listen {
            Some(address) if !address.ip().is_loopback() => Err(InitError::NotLoopback(address)),
            _ => Ok(()),
        }
    }
}

/// When tasks are asked what they wait on.
///
/// Asking means one poll more of a task that waits, which every future must accept. It costs the
/// task's worker some microseconds. Only tasks spawned through this crate can be asked. Of other
/// ones, which only tokio tells of, the stack is noted when they register a waker, 250 times a
/// second in all: these are shown as sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureStacks {
    /// Once for each wait that lasts longer than [`Builder::blocked_after`], and when a client
    /// asks. Tasks that cannot be asked are sampled.
    #[default]
    Blocked,
    /// When a client asks.
    OnDemand,
    /// Never.
    Off,
}

/// Tasks that a table can have at most: some index values stand for other things.
const MOST_TASKS: usize = 1 << 30;
/// Ended tasks that can be remembered at most: some 230 bytes each.
const MOST_REMEMBERED: usize = 1 << 20;

/// Sets an agent up.
///
/// ```no_run
/// use std::time::Duration;
///
/// loiter::Builder::new()
///     .name("checkout")
///     .blocked_after(Duration::from_secs(30))
///     .init();
/// ```
#[derive(Default)]
pub struct Builder {
    config: Config,
    inner: Option<Box<dyn Subscriber + Send + Sync>>,
    /// What was wrong with earlier calls.
    wrong: Vec<InitError>,
}

/// Why an agent could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The program has an agent already.
    #[error("this process has a loiter agent already: call init once")]
    Twice,
    /// A global tracing subscriber is installed.
    #[error(
        "a tracing subscriber was installed before loiter, so tokio's tasks cannot be seen: \
         hand it to loiter::Builder::with_subscriber instead of installing it"
    )]
    SubscriberTaken,
    /// An environment variable does not say what it should.
    #[error("the environment variable {name} is `{value}`: {reason}")]
    Env {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong and how to write it.
        reason: String,
    },
    /// A filter of the allow list does not parse.
    #[error("in the filter `{filter}` of the allow list: {error}")]
    Allow {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        #[source]
        error: FilterError,
    },
    /// The address can be reached from other machines.
    #[error(
        "will not listen on {0}: whoever reaches the port can look into the program, so it must \
         be a loopback address such as 127.0.0.1:6669; forward the port to look from elsewhere \
         (`ssh -L 6669:127.0.0.1:6669 HOST`)"
    )]
    NotLoopback(SocketAddr),
    /// The agent's thread could not be started.
    #[error("the agent's thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
}

impl Builder {
    /// The defaults of [`ENV`]'s table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the agent listens. Must be a loopback address; port 0 takes any free port, see
    /// [`Agent::wait_listening`].
    #[must_use]
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.config.listen = Some(address.into());
        self
    }

    /// Opens no port: no client can look in. The agent runs all the same and says what it finds;
    /// of use in tests.
    #[must_use]
    pub fn listen_nowhere(mut self) -> Self {
        self.config.listen = None;
        self
    }

    /// What the UI calls the program.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.config.name = Some(name.into());
        self
    }

    /// The idle time from which a task counts as blocked. A client may look with another limit.
    #[must_use]
    pub fn blocked_after(mut self, limit: Duration) -> Self {
        self.config.rules.thresholds.blocked_after = limit.into();
        self
    }

    /// The length of one poll from which a task counts as hogging its worker. Time inside tokio's
    /// `block_in_place` counts, too: the agent cannot tell that the worker was handed on.
    #[must_use]
    pub fn hogging_after(mut self, limit: Duration) -> Self {
        self.config.rules.thresholds.hogging_after = limit.into();
        self
    }

    /// The wait for a worker from which a woken task counts as starved.
    #[must_use]
    pub fn starved_after(mut self, limit: Duration) -> Self {
        self.config.rules.thresholds.starved_after = limit.into();
        self
    }

    /// When tasks are asked what they wait on.
    #[must_use]
    pub fn capture_stacks(mut self, when: CaptureStacks) -> Self {
        self.config.capture_stacks = when;
        self
    }

    /// For `loiter-test`, whose reports say by themselves what is not seen: no warning of it. The
    /// stacks of tasks that cannot be asked are sampled at a multiple of the usual rate, from the
    /// first task on.
    #[doc(hidden)]
    #[must_use]
    pub fn for_tests(mut self) -> Self {
        self.config.for_tests = true;
        self
    }

    /// Says that nothing is wrong with tasks, whatever the rules find: those that a filter lets
    /// through, in the language of the UI, such as `site:src/pool.rs name:keeper`. `reason` says
    /// why, to whoever wonders; clients are shown both.
    ///
    /// May be called several times. A filter that does not parse is an error of
    /// [`try_init`](Self::try_init) and a warning of [`init`](Self::init).
    #[must_use]
    pub fn allow(mut self, filter: &str, reason: &str) -> Self {
        match filter.parse() {
            Ok(filter) => self.config.rules.allow.push(Allow {
                filter,
                kinds: Vec::new(),
                reason: reason.to_owned(),
            }),
            Err(error) => self.wrong.push(InitError::Allow {
                filter: filter.to_owned(),
                error,
            }),
        }
        self
    }

    /// Tasks that may be alive at a time; more are a finding.
    #[must_use]
    pub fn max_alive(mut self, tasks: u64) -> Self {
        self.config.rules.max_alive = Some(tasks);
        self
    }

    /// Tasks spawned at one place that may be alive at a time; more are a finding.
    #[must_use]
    pub fn max_alive_at_site(mut self, tasks: u64) -> Self {
        self.config.rules.max_alive_at_site = Some(tasks);
        self
    }

    /// Whether the program's tracing subscriber is told of each new finding, with an event of
    /// target `loiter::finding`: a warning, or an info for one that is only worth an eye. Ten a
    /// minute at most; how many were left out is said then.
    #[must_use]
    pub fn report_findings(mut self, yes: bool) -> Self {
        self.config.report_findings = yes;
        self
    }

    /// Has each new finding given to a function, and again when it becomes surer. One that goes
    /// and comes back within ten minutes is not new.
    ///
    /// It is called on a thread that does nothing else, outside of any runtime; while it blocks,
    /// findings wait for it, 64 at most. A panic in it is caught. May be called several times,
    /// for several functions.
    #[must_use]
    pub fn on_finding(mut self, call: impl Fn(&Found) + Send + Sync + 'static) -> Self {
        self.config.on_finding.0.push(Arc::new(call));
        self
    }

    /// How often a client that does not say is sent an update; from 50 ms on.
    #[must_use]
    pub fn publish_interval(mut self, interval: Duration) -> Self {
        self.config.publish_interval = interval.into();
        self
    }

    /// Tasks tracked at a time, 192 bytes each as they come; further ones are counted only.
    /// 2^30 at most.
    #[must_use]
    pub fn max_tasks(mut self, tasks: usize) -> Self {
        self.config.max_tasks = tasks;
        self
    }

    /// Ended tasks that are remembered, some 230 bytes each from the start; 0 for none, 2^20 at
    /// most.
    #[must_use]
    pub fn ledger(mut self, tasks: usize) -> Self {
        self.config.ledger = tasks;
        self
    }

    /// The program's own tracing subscriber, which the agent stands before: it sees what it
    /// would see without the agent, but for tokio's task spans.
    #[must_use]
    pub fn with_subscriber(mut self, subscriber: impl Subscriber + Send + Sync) -> Self {
        self.inner = Some(Box::new(subscriber));
        self
    }

    /// Starts the agent; what is wrong is said in a warning and the program runs on. It is said
    /// through the program's tracing subscriber, or on stderr when there is none.
    ///
    /// A bad environment variable is left out; an address beyond loopback is replaced by the
    /// default one. With a subscriber already installed, the agent runs and tells the UI why it
    /// sees nothing; the one given to [`with_subscriber`](Self::with_subscriber) is then unused.
    pub fn init(mut self) {
        let mut wrong = std::mem::take(&mut self.wrong);
        for variable in ENV {
            wrong.extend(self.apply(variable).err());
        }
        if let Err(error) = self.config.check_listen() {
            wrong.push(error);
            self.config.listen = Config::default().listen;
        }
        wrong.extend(self.start(OnTaken::GoOn).err());
        // Said only now: the program's subscriber, if it gave one, is in place.
        for error in wrong {
            notice::warn(notice::somebody_listens(), &error.to_string());
        }
    }

    /// Starts the agent, or says why not.
    ///
    /// The port is not waited for: when it is busy, a warning is given and it is tried again.
    ///
    /// # Errors
    /// [`InitError`]: nothing has been started or installed then.
    pub fn try_init(mut self) -> Result<Agent, InitError> {
        if let Some(error) = self.wrong.drain(..).next() {
            return Err(error);
        }
        for variable in ENV {
            self.apply(variable)?;
        }
        self.config.check_listen()?;
        self.start(OnTaken::Fail)
    }

    fn apply(&mut self, variable: &EnvVar) -> Result<(), InitError> {
        let Some(value) = std::env::var_os(variable.name) else {
            return Ok(());
        };
        let value = value.to_string_lossy();
        (variable.set)(&mut self.config, value.trim()).map_err(|reason| InitError::Env {
            name: variable.name,
            value: value.into_owned(),
            reason,
        })
    }

    fn start(self, on_taken: OnTaken) -> Result<Agent, InitError> {
        static STARTED: AtomicBool = AtomicBool::new(false);

        let Self {
            mut config, inner, ..
        } = self;
        if !config.enabled {
            if let Some(inner) = inner {
                dispatcher::set_global_default(Dispatch::new(inner))
                    .map_err(|_| InitError::SubscriberTaken)?;
            }
            return Ok(Agent::disabled());
        }
        if STARTED.swap(true, AcqRel) {
            return Err(InitError::Twice);
        }
        let not_started = |error| {
            STARTED.store(false, std::sync::atomic::Ordering::Release);
            error
        };
        config.max_tasks = config.max_tasks.clamp(1, MOST_TASKS);
        config.ledger = config.ledger.min(MOST_REMEMBERED);
        config.publish_interval = config.publish_interval.max(Nanos::from_millis(50));

        let mut table = Table::new(Clock::start(), config.max_tasks as u32, config.ledger);
        if config.for_tests && config.capture_stacks == CaptureStacks::Blocked {
            table.sample_often();
        }
        let table = Arc::new(table);
        let has_inner = inner.is_some();
        let subscriber = LoiterSubscriber::new(table.clone(), inner);
        let taken = dispatcher::set_global_default(Dispatch::new(subscriber)).is_err();
        if !taken && !has_inner {
            notice::nobody_listens();
        }
        let tier = match (taken, cfg!(tokio_unstable)) {
            (true, _) => Tier::SubscriberTaken,
            (false, false) => Tier::NotBuiltIn,
            (false, true) => Tier::EveryTask,
        };
        if taken && matches!(on_taken, OnTaken::Fail) {
            return Err(not_started(InitError::SubscriberTaken));
        }
        recording::start(table.clone(), tier == Tier::EveryTask);
        // Its other tasks, too, are counted as alive.
        table.saw_runtime();
        let core = Arc::new(Core::new(table, config, tier, has_inner || taken));
        if let Some(remedy) = tier.remedy().filter(|_| !core.config.for_tests) {
            notice::warn(core.through_tracing, remedy);
        }
        publish::start(core.clone()).map_err(|error| not_started(InitError::Thread(error)))?;
        Ok(Agent::new(core))
    }
}

/// What to do when another subscriber is installed already.
#[derive(Clone, Copy)]
enum OnTaken {
    /// Run all the same, so that the UI can say so.
    GoOn,
    Fail,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("subscriber", &self.inner.is_some())
            .finish()
    }
}
