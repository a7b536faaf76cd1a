//! What holds when the command line does not say: built in, from two files, from the environment.
//!
//! [`SETTINGS`] is the one table of what can be set. From the first place to the last, a later one
//! counts for more:
//!
//! 1. what is built in,
//! 2. the user's own file ([`place::own_file`]),
//! 3. `./loiter.toml`,
//! 4. the environment, `LOITER_…`,
//! 5. the command line, which is not read here: what stands in the other places is what its
//!    options are when they are not given.
//!
//! Nothing here knows what a value means, only that its kind is right: who reads the command line
//! reads the values, too, by the same rules.

mod error;
mod example;
mod file;
pub mod place;
mod print;
mod setting;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use error::Place;

pub use error::ConfigError;
pub use example::{example, markdown};
pub use file::{ConfigFile, LOCAL_FILE};
pub use print::print;
pub use setting::{OnlyFor, SETTINGS, Setting, Takes};

/// Reads an environment variable: [`std::env::var_os`], or a table in tests.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody says otherwise.
    BuiltIn,
    /// A file, at this line and column, both from 1.
    File {
        /// The file.
        path: PathBuf,
        /// Its line.
        line: usize,
        /// The first character of the value in that line.
        column: usize,
    },
    /// The setting's environment variable.
    Environment,
    /// The setting's option.
    CommandLine,
}

/// What one setting is, as a text that its option would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The text; `None` leaves it to the program or the terminal that is looked at.
    pub text: Option<String>,
    /// Who says so.
    pub origin: Origin,
}

impl Value {
    /// That the text is nothing that the setting can be; `None` when it stands neither in a file
    /// nor in the environment.
    #[must_use]
    pub fn refused(&self, setting: &Setting, problem: &str) -> Option<ConfigError> {
        let place = match &self.origin {
            Origin::BuiltIn | Origin::CommandLine => return None,
            Origin::Environment => Place::Variable(setting.env),
            Origin::File { path, line, column } => Place::File {
                path: path.clone(),
                at: Some((*line, *column)),
            },
        };
        let problem = match place {
            Place::File { .. } => format!("`{}`: {problem}", setting.key),
            Place::Variable(_) => problem.to_owned(),
        };
        Some(ConfigError { place, problem })
    }
}

/// The values of all settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// One for each of [`SETTINGS`].
    values: Vec<Value>,
    files: Vec<ConfigFile>,
}

impl Default for Config {
    /// What is built in.
    fn default() -> Self {
        let values = SETTINGS.iter().map(|setting| Value {
            text: setting.default.map(str::to_owned),
            origin: Origin::BuiltIn,
        });
        Self {
            values: values.collect(),
            files: Vec::new(),
        }
    }
}

impl Config {
    /// Reads the user's own file, the file in this folder, and the environment. A file that does
    /// not exist says nothing.
    ///
    /// # Errors
    /// [`ConfigError`] when a file cannot be read, or says what nobody can set.
    pub fn read(folder: &Path, env: Env<'_>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = place::own_file(env)
            && let Some(file) = ConfigFile::read(&path)?
        {
            config.add(file, Whose::User)?;
        }
        if let Some(file) = ConfigFile::read(&folder.join(LOCAL_FILE))? {
            // Started in its own folder, loiter would read the user's file twice.
            if !config.has_read(&file.path) {
                config.add(file, Whose::Folder)?;
            }
        }
        config.add_environment(env);
        Ok(config)
    }

    /// What a text says that stands in the user's own file, which need not exist.
    ///
    /// # Errors
    /// [`ConfigError`] when it says what nobody can set.
    pub fn of_text(path: PathBuf, text: String) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        config.add(ConfigFile { path, text }, Whose::User)?;
        Ok(config)
    }

    /// The environment alone.
    #[must_use]
    pub fn without_files(env: Env<'_>) -> Self {
        let mut config = Self::default();
        config.add_environment(env);
        config
    }

    /// Lets a file say what it says.
    fn add(&mut self, file: ConfigFile, whose: Whose) -> Result<(), ConfigError> {
        for written in file.values()? {
            let setting = &SETTINGS[written.setting];
            if setting.own_file_only && whose == Whose::Folder {
                return Err(file.error(
                    written.span,
                    format!(
                        "`{}` may not be set by the folder one happens to be in; set it in your own \
                         file (`loiter config --path`), by {} or by {}",
                        setting.key, setting.env, setting.option
                    ),
                ));
            }
            let (line, column) = file.position(written.span.start);
            self.values[written.setting] = Value {
                text: Some(written.text),
                origin: Origin::File {
                    path: file.path.clone(),
                    line,
                    column,
                },
            };
        }
        self.files.push(file);
        Ok(())
    }

    fn add_environment(&mut self, env: Env<'_>) {
        for (setting, value) in SETTINGS.iter().zip(&mut self.values) {
            let Some(text) = env(setting.env).filter(|text| !text.is_empty()) else {
                continue;
            };
            *value = Value {
                text: Some(text.to_string_lossy().into_owned()),
                origin: Origin::Environment,
            };
        }
    }

    /// Lets the command line say what the setting of this key is.
    pub fn override_by_command_line(&mut self, key: &str, text: String) {
        for (setting, value) in SETTINGS.iter().zip(&mut self.values) {
            if setting.key == key {
                *value = Value {
                    text: Some(text.clone()),
                    origin: Origin::CommandLine,
                };
            }
        }
    }

    /// Every setting and what it is.
    pub fn values(&self) -> impl Iterator<Item = (&'static Setting, &Value)> {
        SETTINGS.iter().zip(&self.values)
    }

    /// The files that were read, the one that counts least first.
    #[must_use]
    pub fn files(&self) -> &[ConfigFile] {
        &self.files
    }

    /// Whether this file is one of them.
    #[must_use]
    pub fn has_read(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let path = real(path);
        self.files.iter().any(|file| real(&file.path) == path)
    }
}

/// Who wrote a file: the user, or whoever made the folder that loiter was started in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    User,
    Folder,
}

#[cfg(test)]
mod tests;
