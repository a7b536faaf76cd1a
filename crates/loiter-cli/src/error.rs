//! Why a command fails, in one line that says what to do about it.

use std::io;

use loiter_cli::{
    config::ConfigError, fleet::ListError, record::RecordError, source::SourceError, ui::UiError,
};
use loiter_demo::ServeError;

use crate::{
    command::{AllowError, CheckError, DemoError, ExportError, InitError, SnapshotError},
    log::LogError,
};

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments are fine one by one, but not together.
    #[error("{0}")]
    Usage(String),
    /// A configuration is no good.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No configuration can be written.
    #[error(transparent)]
    Init(#[from] InitError),
    /// No log can be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// No answer from the target.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A list of targets is no good.
    #[error(transparent)]
    List(#[from] ListError),
    /// What is right as it is cannot be read.
    #[error(transparent)]
    Allow(#[from] AllowError),
    /// A check would say nothing.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A recording has ended too early.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An export cannot be written, or what it is of cannot be read.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The terminal UI cannot run.
    #[error(transparent)]
    Ui(#[from] UiError),
    /// No runtime for talking to the target.
    #[error("cannot start: {0}")]
    Start(#[source] io::Error),
    /// The answer cannot be printed.
    #[error("cannot write to standard output: {0}")]
    Output(#[source] io::Error),
    /// `loiter demo --serve` does not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// `loiter demo` does not get its service.
    #[error(transparent)]
    Demo(#[from] DemoError),
}

impl Error {
    /// Whether it is only that nobody reads on, as with `loiter tasks | head`.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
