//! What the agent's parts share.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use loiter_model::{Nanos, Target, Teller, Tier};

use crate::{builder::Config, table::Table};

/// What the agent's parts share.
pub(crate) struct Core {
    pub(crate) table: Arc<Table>,
    pub(crate) config: Config,
    pub(crate) tier: Tier,
    /// Whether warnings reach somebody through tracing.
    pub(crate) through_tracing: bool,
    run_id: u64,
    host: String,
    listening: Listening,
}

/// Where the agent listens, once it does.
#[derive(Default)]
struct Listening {
    address: Mutex<Option<SocketAddr>>,
    changed: Condvar,
    unix_socket: Mutex<Option<PathBuf>>,
}

impl Core {
    pub(crate) fn new(
        table: Arc<Table>,
        config: Config,
        tier: Tier,
        through_tracing: bool,
    ) -> Self {
        Self {
            table,
            config,
            tier,
            through_tracing,
            // Seeded by the operating system, another one for each process.
            run_id: RandomState::new().build_hasher().finish(),
            host: host_name(),
            listening: Listening::default(),
        }
    }

    /// Says what this process is.
    pub(crate) fn target(&self) -> Target {
        Target {
            name: self.config.name.clone().unwrap_or_else(executable_name),
            pid: std::process::id(),
            host: self.host.clone(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            run_id: self.run_id,
            started_unix: Nanos(self.table.clock().started_unix()),
            uptime: Nanos(self.table.now()),
            teller: Teller::Agent,
            tier: self.tier,
            thresholds: self.config.rules.thresholds,
            max_tasks: u64::from(self.table.max_tasks()),
        }
    }

    /// Where it listens, or did before its thread began again.
    pub(crate) fn listened_on(&self) -> Option<SocketAddr> {
        *self.address()
    }

    pub(crate) fn listens_on(&self, address: SocketAddr) {
        *self.address() = Some(address);
        self.listening.changed.notify_all();
    }

    /// The same within `limit`; at once if it is to listen nowhere. Blocks the thread.
    pub(super) fn wait_listening(&self, limit: Duration) -> Option<SocketAddr> {
        self.config.listen?;
        let deadline = Instant::now() + limit;
        let mut address = self.address();
        while address.is_none() {
            let left = deadline.checked_duration_since(Instant::now())?;
            address = self
                .listening
                .changed
                .wait_timeout(address, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *address
    }

    /// Where its Unix socket is.
    pub(super) fn listened_at(&self) -> Option<PathBuf> {
        self.unix_socket().clone()
    }

    #[cfg(unix)]
    pub(crate) fn listens_at(&self, path: PathBuf) {
        *self.unix_socket() = Some(path);
    }

    fn unix_socket(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.listening
            .unix_socket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self) -> MutexGuard<'_, Option<SocketAddr>> {
        self.listening
            .address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn executable_name() -> String {
    std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        // What Linux adds once the file was replaced.
        .map(|name| name.trim_end_matches(" (deleted)").to_owned())
        .unwrap_or_else(|| "unknown program".to_owned())
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}
