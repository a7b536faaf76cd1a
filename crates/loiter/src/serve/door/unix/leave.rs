//! The socket goes with the process, where that is possible: not when it is killed. What is left
//! then, the next agent of this user removes.

use std::{
    fs::{self, Metadata},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, Once, PoisonError},
};

/// The one socket of this process: another one once the agent's thread began again.
static SOCKET: Mutex<Option<Socket>> = Mutex::new(None);
static AT_EXIT: Once = Once::new();

struct Socket {
    path: PathBuf,
    /// A child that was forked is not the one who opened it.
    pid: u32,
    file: (u64, u64),
}

/// Has it removed when the process ends by itself.
pub(super) fn remove_at_exit(path: &Path) {
    let Ok(there) = fs::symlink_metadata(path) else {
        return;
    };
    let socket = Socket {
        // The process may go elsewhere.
        path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        pid: std::process::id(),
        file: identity(&there),
    };
    *SOCKET.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket);
    AT_EXIT.call_once(|| {
        // SAFETY: the function may be called at any moment of the process's end, once, on any
        // thread: it only reads a value that was written before, if it can have it at once, and
        // does not unwind. Should it not be taken, the socket stays.
        let _ = unsafe { libc::atexit(remove) };
    });
}

extern "C" fn remove() {
    let Ok(socket) = SOCKET.try_lock() else {
        return;
    };
    let Some(socket) = &*socket else {
        return;
    };
    // Somebody else may have put another one there meanwhile.
    let is_ours = socket.pid == std::process::id()
        && fs::symlink_metadata(&socket.path).is_ok_and(|there| identity(&there) == socket.file);
    if is_ours {
        let _ = fs::remove_file(&socket.path);
    }
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}
