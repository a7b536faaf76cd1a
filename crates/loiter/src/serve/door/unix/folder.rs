//! The folder of this user's sockets.

use std::{
    env,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

/// Bytes of a socket's path, by the shortest limit there is: macOS's.
const LONGEST_PATH: usize = 103;
/// Bytes of the program's name in it.
const LONGEST_NAME: usize = 40;
const ENDING: &str = ".sock";

/// `loiter` in the user's runtime directory, or else `loiter-UID` among the temporary files. Made
/// if it is not there.
pub(super) fn find() -> io::Result<PathBuf> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    if let Some(runtime) = runtime.filter(|path| path.is_absolute())
        && let Ok(folder) = private(runtime.join("loiter"))
    {
        return Ok(folder);
    }
    private(env::temp_dir().join(format!("loiter-{}", own_uid())))
}

/// The folder, if it is one, of this user, and nobody else can look into it: among the temporary
/// files, somebody else may have been there first, with a folder or with a link to elsewhere.
fn private(folder: PathBuf) -> io::Result<PathBuf> {
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Not of what a link points to.
    let there = fs::symlink_metadata(&folder)?;
    if !there.is_dir() || there.uid() != own_uid() || there.mode() & 0o077 != 0 {
        let message = format!(
            "`{}` is not a folder that only this user can look into",
            folder.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    Ok(folder)
}

/// The user in whose name this process acts.
pub(crate) fn own_uid() -> u32 {
    // SAFETY: takes nothing, and always succeeds.
    unsafe { libc::geteuid() }
}

/// The sockets in a folder.
pub(super) fn sockets(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.flatten();
    let sockets = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_socket()))
        .map(|entry| entry.path())
        .filter(|path| {
            path.as_os_str()
                .as_encoded_bytes()
                .ends_with(ENDING.as_bytes())
        });
    Ok(sockets.collect())
}

/// `NAME-PID.sock`, short enough for this folder, of a name that may be any text.
pub(super) fn socket_name(folder: &Path, program: &str) -> String {
    let end = format!("-{}{ENDING}", std::process::id());
    let room = LONGEST_PATH.saturating_sub(folder.as_os_str().len() + 1 + end.len());
    let mut name: String = (program.chars())
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    name.truncate(room.min(LONGEST_NAME));
    name + &end
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_folder_that_others_can_look_into_is_refused() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = temporary.path().join("loiter");
        assert_eq!(private(folder.clone()).expect("made"), folder);
        assert_eq!(fs::metadata(&folder).expect("there").mode() & 0o777, 0o700);
        private(folder.clone()).expect("found");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o770)).expect("ours");
        let error = private(folder).expect_err("the group can");
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);

        let elsewhere = temporary.path().join("elsewhere");
        private(elsewhere.clone()).expect("made");
        let link = temporary.path().join("link");
        symlink(&elsewhere, &link).expect("a link");
        let error = private(link).expect_err("not followed");
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_sockets_name_fits() {
        let pid = std::process::id();
        let name = |folder: &str, program| socket_name(Path::new(folder), program);
        assert_eq!(name("/run", "../my app"), format!("---my-app-{pid}.sock"));
        let long = "x".repeat(80);
        assert!(name(&format!("/{long}"), &long).len() <= LONGEST_PATH - 82);
    }
}
