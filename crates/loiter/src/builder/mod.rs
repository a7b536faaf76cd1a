//! How a program sets its agent up.

mod config;
mod env;
mod error;
mod start;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use loiter_model::{Lint, finding::Allow};
use tracing_core::Subscriber;

pub use config::CaptureStacks;
pub(crate) use config::{Config, UnixSocket};
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

    /// Opens no port and no socket: no client can look in. The agent runs all the same and says
    /// what it finds; of use in tests.
    #[must_use]
    pub fn listen_nowhere(mut self) -> Self {
        self.config.listen = None;
        self.config.unix_socket = UnixSocket::None;
        #[cfg(feature = "vsock")]
        self.config.vsock.clear();
        self
    }

    /// The path of the agent's Unix socket, on which it listens besides the port. Only this user
    /// can connect to it. A socket at which nobody listens any more is replaced; while somebody
    /// does, or something else is there, a warning is given and it is tried again.
    ///
    /// Without this, it is `loiter/NAME-PID.sock` in `$XDG_RUNTIME_DIR`, or `loiter-UID/…` among
    /// the temporary files where there is no such directory. Removed when the process ends by
    /// itself; what killed ones leave behind there, the next agent removes.
    #[cfg(unix)]
    #[must_use]
    pub fn listen_unix(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.config.unix_socket = UnixSocket::At(path.into());
        self
    }

    /// No Unix socket.
    #[must_use]
    pub fn no_unix_socket(mut self) -> Self {
        self.config.unix_socket = UnixSocket::None;
        self
    }

    /// A port of a virtual machine's socket (`AF_VSOCK`), on which the agent listens as well: for
    /// a client on the machine's host, or on a guest. `context` is this end's number, or
    /// `u32::MAX` for whichever it has. May be called several times.
    ///
    /// Whoever can connect can look into the program: on a host, that is every guest.
    #[cfg(feature = "vsock")]
    #[must_use]
    pub fn listen_vsock(mut self, context: u32, port: u32) -> Self {
        self.config.vsock.push((context, port));
        self
    }

    /// An origin such as `https://console.example`, whose pages a browser on this machine may have
    /// look at this program, besides those from this machine itself. May be called several times.
    #[cfg(feature = "grpc-web")]
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.config.web_origins.push(origin.into());
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
    /// `block_in_place` counts, too, though no worker is held then: of such a poll no finding is
    /// made where tokio tells of it (`--cfg tokio_unstable`), and elsewhere one that is not sure.
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

    /// Lints that stay silent, as if no task had them. May be called several times.
    ///
    /// ```no_run
    /// use loiter::Lint;
    ///
    /// loiter::Builder::new()
    ///     .allow_lints([Lint::AutoBoxedFuture, Lint::LargeFuture])
    ///     .init();
    /// ```
    #[must_use]
    pub fn allow_lints(mut self, lints: impl IntoIterator<Item = Lint>) -> Self {
        let allowed = &mut self.config.rules.thresholds.lints.allowed;
        *allowed = allowed.and(lints.into_iter().collect());
        self
    }

    /// The share of a task's wakes, in percent, beyond which there is a hint when it woke itself:
    /// [`Lint::SelfWakes`]. From 100 on there is none.
    #[must_use]
    pub fn self_wakes_percent(mut self, percent: u8) -> Self {
        self.config.rules.thresholds.lints.self_wakes_percent = percent.min(100);
        self
    }

    /// The length of a task's first poll from which on there is a hint: [`Lint::NeverYielded`].
    #[must_use]
    pub fn never_yielded_after(mut self, limit: Duration) -> Self {
        self.config.rules.thresholds.lints.never_yielded_after = limit.into();
        self
    }

    /// The size of a future from which on there is a hint: [`Lint::LargeFuture`].
    #[must_use]
    pub fn large_future_bytes(mut self, bytes: u64) -> Self {
        self.config.rules.thresholds.lints.large_future_bytes = bytes;
        self
    }

    /// When tasks are asked what they wait on.
    #[must_use]
    pub fn capture_stacks(mut self, when: CaptureStacks) -> Self {
        self.config.capture_stacks = when;
        self
    }

    /// Whether tokio's locks, semaphores, barriers, one-shot channels and timers are tracked, too:
    /// their state, who holds them and who waits for them. Needs a build that shows every task
    /// (`--cfg tokio_unstable` and tokio's feature `tracing`); 262,144 of them and of the
    /// operations on them at a time, at some 200 bytes each as they come.
    ///
    /// Off unless asked for, and then it costs nothing. When on, each operation on a resource
    /// takes a few short locks of the agent's: a `Mutex::lock` that nobody contends for takes some
    /// 2 µs instead of 0.2 µs, where it takes 9 to 14 µs with console-subscriber. The program's own
    /// subscriber is not shown tokio's `runtime.resource` spans and events then, as it never is
    /// shown those of tasks.
    #[must_use]
    pub fn resources(mut self, yes: bool) -> Self {
        self.config.resources = yes;
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
