//! What loiter does, for those who look into why it did so: into a file, never to the terminal.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use loiter_cli::config::place;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};

/// What is logged when only the file is named.
const USUAL: &str = "info";

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// Nobody knows where to.
    #[error("there is no folder for a log; name the file by `--log-file`")]
    NoHome,
    /// The file cannot be written.
    #[error("cannot write the log {}: {error}; name another file by `--log-file`", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Starts the log, if one is asked for. What RUST_LOG says is for the programs one looks at.
pub(crate) fn start(cli: &Cli) -> Result<(), LogError> {
    let global = &cli.global;
    // The demo service has a subscriber of its own.
    let is_service = matches!(&cli.command, Some(Command::Demo(demo)) if demo.serve);
    if is_service || (global.log.is_none() && global.log_file.is_none()) {
        return Ok(());
    }
    let path = match &global.log_file {
        Some(path) => path.clone(),
        None => place::log_file(&|name| env::var_os(name)).ok_or(LogError::NoHome)?,
    };
    let file = open(&path, global.log_file.is_none()).map_err(|error| LogError::Open {
        path: path.clone(),
        error,
    })?;
    let filter = EnvFilter::new(global.log.as_deref().unwrap_or(USUAL));
    // Only one of a process can be the first, and this is it.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        pid = std::process::id(),
        "started"
    );
    Ok(())
}

/// Opens it to be continued, for its owner alone: names of tasks may tell others too much.
fn open(path: &Path, with_folder: bool) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|_| with_folder) {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_log_is_continued_and_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/loiter.log");
        open(&path, false).expect_err("a named file is in a folder that exists");
        for line in ["one\n", "two\n"] {
            let mut file = open(&path, true).expect("a log");
            file.write_all(line.as_bytes()).expect("a line");
        }
        assert_eq!(fs::read_to_string(&path).expect("a log"), "one\ntwo\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("a log").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
