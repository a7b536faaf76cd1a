//! Keeping what happens to the tasks of a target, as it happens.
//!
//! An agent tells every event, and is asked for everything it knows from time to time: a
//! keyframe (`keyframe.rs`), from which a replay can begin. A target that tells no events is asked every
//! second instead, and what has changed (`changes.rs`) is kept. So it is with resources (`resources.rs`),
//! of which no target tells events.
//!
//! [`record`] does it until it is told to stop; [`capture`] does it for a while and opens what came
//! of it.

mod changes;
mod findings;
mod keyframe;
mod pace;
mod resources;
mod session;
mod store;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, BufReader, Seek, SeekFrom},
    sync::Arc,
    time::Duration,
};

use loiter_model::{Nanos, query::Filter};
use loiter_recording::{ReadError, Recording};

pub use session::record;
pub use store::{Files, Store};

use crate::source::{Source, SourceError};

/// What to record.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which tasks.
    pub filter: Filter,
    /// Bytes of a file at most, about; the recording goes on in another one then.
    pub max_size: Option<u64>,
    /// How often everything is said anew, at least while it costs little.
    pub keyframe_every: Duration,
}

impl Default for Options {
    /// Every task, in one file, with a keyframe each ten seconds.
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            max_size: None,
            keyframe_every: Duration::from_secs(10),
        }
    }
}

/// How far it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The name of the target and its process id, once it has answered.
    pub target: Option<(String, u32)>,
    /// How long the recording is.
    pub recorded: Nanos,
    /// Events in it.
    pub events: u64,
    /// Events that came too fast to be recorded.
    pub lost: u64,
    /// Bytes written, to all of its files.
    pub bytes: u64,
    /// Files, the present one included.
    pub files: u32,
    /// Why there is no connection, or no keyframe to be had, while that is so.
    pub trouble: Option<String>,
}

/// Why a recording has ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The target did not answer when it was first asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// What came cannot be written.
    #[error("cannot write {file}: {error}")]
    Write {
        /// Where.
        file: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// What was written cannot be read again.
    #[error("cannot read what was just recorded: {0}")]
    Read(#[from] ReadError),
}

/// Records a target for a while into a file that is gone when it is closed, and opens it.
///
/// # Errors
/// As for [`record`].
pub async fn capture(
    source: Arc<dyn Source>,
    options: &Options,
    length: Duration,
) -> Result<Recording<BufReader<File>>, RecordError> {
    let write = |error| RecordError::Write {
        file: "a temporary file".to_owned(),
        error,
    };
    let mut file = tempfile::tempfile().map_err(write)?;
    let mut store = store::One::new(file.try_clone().map_err(write)?);
    let options = Options {
        max_size: None,
        ..options.clone()
    };
    let end = tokio::time::sleep(length);
    record(source, &options, &mut store, end, |_| ()).await?;
    file.seek(SeekFrom::Start(0)).map_err(write)?;
    Ok(Recording::open(BufReader::new(file))?)
}
