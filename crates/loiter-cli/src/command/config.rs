//! `loiter config`: the configuration in force, or a file to start with.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use loiter_cli::{
    config::{self, Config, place},
    text,
};

use crate::{cli::ConfigArgs, error::Error};

/// Why no file is written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    /// Nobody knows where it belongs.
    #[error("there is no folder for your configuration; set XDG_CONFIG_HOME or HOME")]
    NoHome,
    /// It is there.
    #[error("{} is there already; `--force` replaces it", .0.display())]
    Exists(PathBuf),
    /// It cannot be made.
    #[error("cannot write {}: {error}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Prints or writes what is asked for.
pub(super) fn run(args: &ConfigArgs, config: &Config) -> Result<(), Error> {
    let own_file = || place::own_file(&|name| env::var_os(name)).ok_or(InitError::NoHome);
    let said = if args.init {
        let path = own_file()?;
        write(&path, args.force)?;
        path.display().to_string()
    } else if args.path {
        own_file()?.display().to_string()
    } else {
        config::print(config)
    };
    let said: Vec<_> = said.lines().map(text::clean).collect();
    writeln!(io::stdout(), "{}", said.join("\n")).map_err(Error::Output)
}

/// Writes the file that starts one off.
fn write(path: &Path, force: bool) -> Result<(), InitError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => InitError::Exists(path.to_owned()),
        _ => InitError::Write {
            path: path.to_owned(),
            error,
        },
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| InitError::Write {
            path: folder.to_owned(),
            error,
        })?;
    }
    let mut options = OpenOptions::new();
    match force {
        true => options.write(true).create(true).truncate(true),
        // Nobody's file gets lost to one that appears at this moment.
        false => options.write(true).create_new(true),
    };
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(config::example().as_bytes()).map_err(failed)
}
