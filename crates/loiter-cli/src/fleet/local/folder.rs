//! Where agents have their sockets unless told otherwise.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use crate::config::Env;

const ENDING: &str = ".sock";
/// How long a socket may take to say that nobody listens. It says so at once.
#[cfg(unix)]
const KNOCK: std::time::Duration = std::time::Duration::from_millis(200);

/// The folders that agents of this user put their sockets into, as far as they are there and
/// nobody else can have put anything there.
///
/// There may be several: what a service's environment is, another one need not be.
#[must_use]
pub fn folders(env: Env<'_>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in candidates(env) {
        if is_private(&folder) && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

#[cfg(unix)]
fn candidates(env: Env<'_>) -> Vec<PathBuf> {
    let uid = rustix::process::geteuid();
    let set = |name| {
        let path = PathBuf::from(env(name)?);
        path.is_absolute().then_some(path)
    };
    let runtime = set("XDG_RUNTIME_DIR").map(|path| path.join("loiter"));
    let usual = PathBuf::from(format!("/run/user/{uid}/loiter"));
    let own = format!("loiter-{uid}");
    let temporary = set("TMPDIR").map(|path| path.join(&own));
    let folders = [
        runtime,
        Some(usual),
        temporary,
        Some(Path::new("/tmp").join(&own)),
    ];
    folders.into_iter().flatten().collect()
}

#[cfg(not(unix))]
fn candidates(_: Env<'_>) -> Vec<PathBuf> {
    Vec::new()
}

/// Whether it is a folder of this user that nobody else can write to or look into, as agents want
/// it: among temporary files, somebody else may have made one of that name.
#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    // Not what a link points to.
    folder.symlink_metadata().is_ok_and(|there| {
        let uid = rustix::process::geteuid().as_raw();
        there.is_dir() && there.uid() == uid && there.mode() & 0o077 == 0
    })
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    false
}

/// The sockets in a folder, by name. Somebody may listen at them or not.
///
/// # Errors
/// When one cannot look into the folder.
pub fn sockets(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = folder.read_dir()?.flatten();
    let sockets = entries.filter(|entry| entry.file_type().is_ok_and(is_socket));
    let mut paths: Vec<_> = sockets
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.as_os_str().as_encoded_bytes();
            name.ends_with(ENDING.as_bytes())
        })
        .collect();
    paths.sort();
    Ok(paths)
}

#[cfg(unix)]
fn is_socket(file: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file.is_socket()
}

#[cfg(not(unix))]
fn is_socket(_: std::fs::FileType) -> bool {
    false
}

/// What a socket's path tells of its program: `checkout-4711.sock`.
pub(in crate::fleet) fn told_by(path: &Path) -> (String, Option<u32>) {
    let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
    let name = name.strip_suffix(ENDING).unwrap_or(&name);
    match name.rsplit_once('-') {
        Some((name, pid)) if pid.parse::<u32>().is_ok() => (name.to_owned(), pid.parse().ok()),
        _ => (name.to_owned(), None),
    }
}

/// Whether nobody listens at a socket, as when its process was killed. One that says nothing has
/// somebody who is busy.
#[cfg(unix)]
pub(in crate::fleet) async fn is_deserted(path: &Path) -> bool {
    use tokio::{net::UnixStream, time};

    let knock = time::timeout(KNOCK, UnixStream::connect(path)).await;
    let gone = |error: &io::Error| {
        let kind = error.kind();
        kind == io::ErrorKind::ConnectionRefused || kind == io::ErrorKind::NotFound
    };
    matches!(knock, Ok(Err(error)) if gone(&error))
}

#[cfg(not(unix))]
pub(in crate::fleet) async fn is_deserted(_: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::{
            fs::PermissionsExt,
            net::{UnixListener, UnixStream},
        },
    };

    use super::*;

    fn listed(temporary: &Path) -> Vec<PathBuf> {
        let folders = folders(&|name| (name == "XDG_RUNTIME_DIR").then(|| temporary.into()));
        let own = folders
            .into_iter()
            .filter(|path| path.starts_with(temporary));
        own.collect()
    }

    #[test]
    fn only_a_folder_that_nobody_else_can_use_counts() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path().join("loiter");
        assert!(listed(temporary.path()).is_empty());
        fs::create_dir(&folder).expect("made");
        let allow = |mode| {
            let mode = Permissions::from_mode(mode);
            fs::set_permissions(&folder, mode).expect("ours");
        };
        allow(0o700);
        assert_eq!(listed(temporary.path()), std::slice::from_ref(&folder));
        allow(0o777);
        assert!(listed(temporary.path()).is_empty());
        fs::remove_dir(&folder).expect("it is empty");
        let elsewhere = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(elsewhere.path(), &folder).expect("a link");
        assert!(listed(temporary.path()).is_empty());
    }

    #[tokio::test]
    async fn deserted_sockets_are_told_from_others() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = |name: &str| temporary.path().join(name);
        let alive = UnixListener::bind(path("a-1.sock")).expect("a socket");
        drop(UnixListener::bind(path("b-2.sock")).expect("a socket"));
        UnixListener::bind(path("other")).expect("a socket");
        fs::write(path("c-3.sock"), "").expect("a file");
        let found = sockets(temporary.path()).expect("a folder");
        assert_eq!(found, [path("a-1.sock"), path("b-2.sock")]);
        assert!(!is_deserted(&path("a-1.sock")).await);
        assert!(is_deserted(&path("b-2.sock")).await);
        assert!(is_deserted(&path("gone.sock")).await);
        drop(alive);
        assert!(is_deserted(&path("a-1.sock")).await);
        UnixStream::connect(path("a-1.sock")).expect_err("nobody listens");
    }

    #[test]
    fn a_sockets_name_tells_of_its_program() {
        let told = |path: &str| told_by(Path::new(path));
        assert_eq!(
            told("/run/check-out-4711.sock"),
            ("check-out".to_owned(), Some(4711))
        );
        assert_eq!(told("/run/app.sock"), ("app".to_owned(), None));
        assert_eq!(told("/run/app-x.sock"), ("app-x".to_owned(), None));
    }
}
