//! How a program sets its agent up.

#[cfg_attr(not(feature = "agent"), allow(dead_code, reason = "nobody goes by it"))]
mod access;
#[cfg_attr(not(feature = "agent"), allow(dead_code, reason = "nobody goes by it"))]
mod config;
#[cfg_attr(not(feature = "agent"), allow(dead_code, reason = "nobody goes by it"))]
mod env;
mod error;
#[cfg(feature = "agent")]
mod launch;
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "nobody goes by it"))]
mod otlp;
#[cfg_attr(not(feature = "agent"), allow(dead_code, reason = "nobody goes by it"))]
mod redact;
mod start;
#[cfg_attr(not(feature = "agent"), allow(dead_code, reason = "nobody goes by it"))]
mod token;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use loiter_model::{Lint, finding::Allow};
use tracing_core::Subscriber;

pub(crate) use access::Access;
pub use config::CaptureStacks;
pub(crate) use config::{Config, UnixSocket};
pub use env::{ENV, EnvVar};
pub use error::InitError;
#[cfg(feature = "otlp")]
pub(crate) use otlp::Endpoint;
pub(crate) use otlp::Otlp;
pub use redact::Redact;
pub(crate) use redact::Redacted;
pub(crate) use token::Token;
#[cfg(feature = "agent")]
pub(crate) use token::TokenError;

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

    /// Where the agent listens; port 0 takes any free port, see
    /// [`Agent::wait_listening`](crate::Agent::wait_listening).
    ///
    /// An address beyond loopback is an error of [`try_init`](Self::try_init) unless the port speaks
    /// TLS (`tls`) and asks who comes (`client_ca`,
    /// [`token_file`](Self::token_file)), or [`allow_insecure`](Self::allow_insecure) says that this
    /// is not needed; [`init`](Self::init) then listens on the default address.
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
        #[cfg(any(feature = "vsock", not(feature = "agent")))]
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
    /// Whoever can connect can look into the program: on a host, that is every guest; unless
    /// tokens are asked for ([`token_file`](Self::token_file)). Certificates are not: TLS is spoken
    /// at the port only.
    #[cfg(any(feature = "vsock", not(feature = "agent")))]
    #[must_use]
    pub fn listen_vsock(mut self, context: u32, port: u32) -> Self {
        self.config.vsock.push((context, port));
        self
    }

    /// Has the agent's port speak TLS, with a certificate and its private key in these files (PEM).
    /// The first one also holds the certificates between it and its CA, if there are any.
    ///
    /// The files are read when the port is opened, which waits for them to be good, and again
    /// whenever they change: certificates are renewed without a restart. Ones that are no good
    /// change nothing but for a warning.
    #[cfg(any(feature = "tls", not(feature = "agent")))]
    #[must_use]
    pub fn tls(
        mut self,
        certificate: impl Into<std::path::PathBuf>,
        key: impl Into<std::path::PathBuf>,
    ) -> Self {
        self.config.access.tls_cert = Some(access::absolute(certificate));
        self.config.access.tls_key = Some(access::absolute(key));
        self
    }

    /// Lets in at the port only who has a certificate, for clients, of one of the CAs in this file
    /// (PEM). Needs [`tls`](Self::tls), and is read anew like its files; whoever is there already
    /// with a certificate that is good no more has to go then. Its holders may look and probe,
    /// unless there are tokens as well.
    #[cfg(any(feature = "tls", not(feature = "agent")))]
    #[must_use]
    pub fn client_ca(mut self, authorities: impl Into<std::path::PathBuf>) -> Self {
        self.config.access.client_ca = Some(access::absolute(authorities));
        self
    }

    /// Answers at the port, and at a virtual machine's socket, only who sends one of the tokens in
    /// this file: in a header `authorization: Bearer TOKEN`, beside a certificate where that is
    /// asked for as well. One a line, of 16 visible ASCII characters at least; several for the time
    /// in which one is exchanged, or one a person. Their holders may look, and probe: have tasks
    /// polled to find out what they wait on.
    ///
    /// The file is read anew when it changes; whoever came with a token that is in it no more has
    /// to go then.
    ///
    /// On the agent's Unix socket no token is asked for, and none is looked at: only this user can
    /// connect to it, who can look into the process anyway.
    #[must_use]
    pub fn token_file(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.config.access.token_file = Some(access::absolute(path));
        self
    }

    /// The same for those who may look and not probe, such as dashboards. A token that is in both
    /// files lets its holder only look.
    #[must_use]
    pub fn read_token_file(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.config.access.read_token_file = Some(access::absolute(path));
        self
    }

    /// A token like those of [`token_file`](Self::token_file), beside them. One that is no good is
    /// an error of [`try_init`](Self::try_init); [`init`](Self::init) then opens no port.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        match token.parse::<Token>() {
            Ok(token) => self.config.access.token = Some(token),
            Err(error) => self.wrong.push(InitError::Token(error.to_string())),
        }
        self
    }

    /// Whether the agent may listen beyond loopback without TLS, or without asking who comes: where
    /// something else sees to both, as in a mesh, or where nobody else can reach it. Said in a
    /// warning each time, as whoever reaches the port can look into the program.
    #[must_use]
    pub fn allow_insecure(mut self, yes: bool) -> Self {
        self.config.access.allow_insecure = yes;
        self
    }

    /// Keeps some of what the agent knows from all who look, by whichever door or protocol they do:
    /// for programs with customers' names in the names of their tasks, say. May be called several
    /// times.
    ///
    /// What is redacted is so everywhere: in tables, details, events and recordings, findings,
    /// metrics and profiles, in the events of tracing and the callbacks that tell of findings, and
    /// for the filters of [`allow`](Self::allow) and of clients, which cannot find it out by asking
    /// for it. Names are not even stored. The names of functions and types are shown as the program
    /// was built with them.
    ///
    /// ```no_run
    /// use loiter::Redact;
    ///
    /// loiter::Builder::new()
    ///     .redact([Redact::TaskNames, Redact::Scopes])
    ///     .init();
    /// ```
    #[must_use]
    pub fn redact(mut self, what: impl IntoIterator<Item = Redact>) -> Self {
        for what in what {
            self.config.redacted.add(what);
        }
        self
    }

    /// An origin such as `https://console.example`, whose pages a browser on this machine may have
    /// look at this program, besides those from this machine itself. May be called several times.
    #[cfg(any(feature = "grpc-web", not(feature = "agent")))]
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.config.web_origins.push(origin.into());
        self
    }

    /// Sends figures and findings to an OpenTelemetry collector, by its protocol OTLP over HTTP:
    /// `http://HOST:PORT`, to which `/v1/metrics` and `/v1/logs` are added; `https` with the feature
    /// `tls-ring` or `tls-aws-lc`. One that cannot be read is an error of
    /// [`try_init`](Self::try_init) and a warning of [`init`](Self::init).
    ///
    /// Figures are those of `/metrics`; a finding is a log record. Both come from the agent's own
    /// thread, and neither it nor the program ever waits for the collector: one that is away is
    /// tried again, less and less often, after one warning. Of the changes of findings meanwhile,
    /// 256 are kept.
    ///
    /// The variables of OpenTelemetry in [`ENV`] count for more, as all of it; with one of them that
    /// cannot be read there is a warning, and nothing is sent. Nor is anything unless an endpoint is
    /// named there or here.
    #[cfg(any(feature = "otlp", not(feature = "agent")))]
    #[must_use]
    pub fn otlp(mut self, endpoint: &str) -> Self {
        match otlp::Endpoint::read(endpoint) {
            Ok(read) => self.config.otlp.endpoint = Some(read),
            Err(reason) => self.wrong.push(InitError::Otlp {
                endpoint: otlp::shown(endpoint).to_owned(),
                reason,
            }),
        }
        self
    }

    /// How often figures are sent to the collector; a minute unless set, from a second on.
    #[cfg(any(feature = "otlp", not(feature = "agent")))]
    #[must_use]
    pub fn otlp_interval(mut self, interval: Duration) -> Self {
        self.config.otlp.set_interval(interval);
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

    /// The length of one poll from which a task counts as hogging its worker. A poll that went into
    /// tokio's `block_in_place` holds none, and does not count where tokio tells of it (`--cfg
    /// tokio_unstable`). Elsewhere it does, and the finding is not a sure one.
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
