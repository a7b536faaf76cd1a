//! Where files are: the XDG folders, and what other systems have in their place.

use std::path::PathBuf;

use super::Env;

/// The name of loiter's folder in those of the system.
const FOLDER: &str = "loiter";

/// The user's configuration: `$XDG_CONFIG_HOME/loiter/loiter.toml`, else
/// `~/.config/loiter/loiter.toml`; where neither is usual, the system's folder for it. `None`
/// when there is no home.
#[must_use]
pub fn own_file(env: Env<'_>) -> Option<PathBuf> {
    let system = if cfg!(windows) {
        absolute(env, "APPDATA")
    } else if cfg!(target_os = "macos") {
        home(env).map(|home| home.join("Library/Application Support"))
    } else {
        home(env).map(|home| home.join(".config"))
    };
    let folder = absolute(env, "XDG_CONFIG_HOME").or(system)?;
    Some(folder.join(FOLDER).join("loiter.toml"))
}

/// Where the log goes when nobody says: `$XDG_STATE_HOME/loiter/loiter.log`, else
/// `~/.local/state/loiter/loiter.log`, or the system's own folder for logs.
#[must_use]
pub fn log_file(env: Env<'_>) -> Option<PathBuf> {
    let system = if cfg!(windows) {
        absolute(env, "LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home(env).map(|home| home.join("Library/Logs"))
    } else {
        home(env).map(|home| home.join(".local/state"))
    };
    let folder = absolute(env, "XDG_STATE_HOME").or(system)?;
    Some(folder.join(FOLDER).join("loiter.log"))
}

fn home(env: Env<'_>) -> Option<PathBuf> {
    absolute(env, "HOME")
}

/// XDG has relative paths ignored: they would be another folder wherever one is.
fn absolute(env: Env<'_>, name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env(name)?);
    path.is_absolute().then_some(path)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn xdg_counts_for_more_than_home() {
        for (table, expected) in [
            (
                &[("HOME", "/home/me")][..],
                Some("/home/me/.config/loiter/loiter.toml"),
            ),
            (
                &[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "/etc/xdg")],
                Some("/etc/xdg/loiter/loiter.toml"),
            ),
            (
                &[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "relative")],
                Some("/home/me/.config/loiter/loiter.toml"),
            ),
            (&[], None),
        ] {
            let env = |name: &str| {
                let found = table.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(own_file(&env), expected.map(PathBuf::from), "{table:?}");
        }
    }

    #[test]
    fn the_log_is_part_of_the_users_state() {
        let env = |name: &str| (name == "HOME").then(|| OsString::from("/home/me"));
        let expected = PathBuf::from("/home/me/.local/state/loiter/loiter.log");
        assert_eq!(log_file(&env), Some(expected));
    }
}
