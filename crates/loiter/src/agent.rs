//! The program's handle to its agent.

#[cfg(feature = "agent")]
mod core;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

#[cfg(feature = "agent")]
pub(crate) use self::core::Core;
#[cfg(not(feature = "agent"))]
use crate::off::Core;

/// The program's handle to its agent. The agent runs until the process ends, with or without
/// it.
#[derive(Clone)]
pub struct Agent {
    core: Option<Arc<Core>>,
}

impl Agent {
    #[cfg(feature = "agent")]
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core: Some(core) }
    }

    pub(crate) fn disabled() -> Self {
        Self { core: None }
    }

    /// Where it listens. `None` while it does not: its thread has only just started, the port
    /// is busy, it is to listen nowhere, or `LOITER_ENABLED` is `false`.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.core.as_ref()?.listened_on()
    }

    /// The path of its Unix socket. `None` while it does not listen there: see
    /// [`local_addr`](Self::local_addr), or there is to be none.
    #[must_use]
    pub fn unix_socket(&self) -> Option<PathBuf> {
        self.core.as_ref()?.listened_at()
    }

    /// Waits until it listens on its port, for `limit` at most. Blocks the thread; of use in tests
    /// and where the port is chosen by the operating system.
    #[must_use]
    pub fn wait_listening(&self, limit: Duration) -> Option<SocketAddr> {
        self.core.as_ref()?.wait_listening(limit)
    }
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent")
            .field("local_addr", &self.local_addr())
            .finish()
    }
}
