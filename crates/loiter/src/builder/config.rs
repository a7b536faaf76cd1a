//! What an agent goes by.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use loiter_model::{Nanos, finding::RuleSettings};

use super::{Access, Otlp, Redacted};
use crate::finding::Found;

/// What the agent goes by.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) enabled: bool,
    /// `None`: nowhere.
    pub(crate) listen: Option<SocketAddr>,
    #[cfg_attr(not(unix), allow(dead_code, reason = "there are none"))]
    pub(crate) unix_socket: UnixSocket,
    /// Contexts and ports.
    #[cfg(any(feature = "vsock", not(feature = "agent")))]
    pub(crate) vsock: Vec<(u32, u32)>,
    /// Who may look, and over what.
    pub(crate) access: Access,
    /// What nobody is told.
    pub(crate) redacted: Redacted,
    /// Origins whose pages may look, besides those of this machine.
    #[cfg(any(feature = "grpc-web", not(feature = "agent")))]
    pub(crate) web_origins: Vec<String>,
    pub(crate) otlp: Otlp,
    pub(crate) name: Option<String>,
    pub(crate) rules: RuleSettings,
    pub(crate) report_findings: bool,
    pub(crate) on_finding: Callbacks,
    pub(crate) capture_stacks: CaptureStacks,
    pub(crate) resources: bool,
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
            unix_socket: UnixSocket::default(),
            #[cfg(any(feature = "vsock", not(feature = "agent")))]
            vsock: Vec::new(),
            access: Access::default(),
            redacted: Redacted::default(),
            #[cfg(any(feature = "grpc-web", not(feature = "agent")))]
            web_origins: Vec::new(),
            otlp: Otlp::default(),
            name: None,
            rules: RuleSettings::default(),
            report_findings: true,
            on_finding: Callbacks::default(),
            capture_stacks: CaptureStacks::default(),
            resources: false,
            for_tests: false,
            publish_interval: Nanos::from_secs(1),
            max_tasks: 1 << 20,
            ledger: 1024,
        }
    }
}

impl Config {
    /// Lets nobody in but the user whose program it is.
    pub(super) fn close_port(&mut self) {
        self.access = Access::default();
        self.listen = None;
        #[cfg(any(feature = "vsock", not(feature = "agent")))]
        self.vsock.clear();
    }
}

/// Where the Unix socket is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum UnixSocket {
    /// In the user's runtime directory.
    #[default]
    Usual,
    At(PathBuf),
    None,
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

/// When tasks are asked what they wait on.
///
/// Asking means one poll more of a task that waits, which every future must accept. It costs the
/// task's worker some microseconds. Only tasks spawned through this crate can be asked. Of other
/// ones, which only tokio tells of, the stack is noted when they register a waker, 250 times a
/// second in all: these are shown as sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureStacks {
    /// Once for each wait that lasts longer than
    /// [`Builder::blocked_after`](crate::Builder::blocked_after), and when a client asks. Tasks
    /// that cannot be asked are sampled.
    #[default]
    Blocked,
    /// When a client asks.
    OnDemand,
    /// Never.
    Off,
}
