//! How a program sets its agent up.

mod config;
mod env;
mod error;
mod start;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use loiter_model::finding::Allow;
use tracing_core::Subscriber;

pub use config::CaptureStacks;
pub(crate) use config::Config;
pub use env::{ENV, EnvVar};
pub use error::InitError;

use crate::finding::Found;

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

impl Builder {
    /// The defaults of [`ENV`]'s table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the agent listens. Must be a loopback address; port 0 takes any free port, see
    /// [`Agent::wait_listening`](crate::Agent::wait_listening).
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
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("subscriber", &self.inner.is_some())
            .finish()
    }
}
