//! The agent's doors, and whom they let in: a real client with the right, a wrong, an expired, a
//! missing and a renewed credential. What has to do with TLS needs `--features tls-ring`, or
//! `tls-aws-lc`.
#![cfg(all(feature = "agent", not(loom)))]

#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;

mod addresses;
#[cfg(feature = "tls")]
mod authority;
mod client;
#[cfg(feature = "otlp")]
#[path = "../otlp/collector.rs"]
#[allow(dead_code, reason = "shared with the tests of what it is sent")]
mod collector;
#[cfg(feature = "tls")]
mod mutual;
mod others;
#[cfg(feature = "metrics")]
mod plain;
mod redact;
#[cfg(feature = "tls")]
mod tls;
mod tokens;
#[cfg(feature = "grpc-web")]
mod web;

use std::{fs, path::PathBuf};

use loiter::Builder;
use tempfile::TempDir;

use support::listen;

/// Files that are in the environment of a program.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// As an environment variable has it.
    pub(crate) fn text(&self, name: &str) -> String {
        let path = self.path(name);
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Puts another file in its place, as whoever exchanges credentials should.
    pub(crate) fn put(&self, name: &str, content: &str) {
        let draft = self.path("draft");
        fs::write(&draft, content).expect("it is written");
        fs::rename(&draft, self.path(name)).expect("it is moved");
    }
}

/// Starts an agent with a log on standard error, by which the test knows what was said.
pub(crate) fn listen_aloud(builder: Builder) {
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .finish();
    listen(builder.with_subscriber(log));
}
