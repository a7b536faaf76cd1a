//! The Unix socket, for this user only.

mod folder;
mod leave;

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixStream},
    time,
};

pub(crate) use folder::own_uid as own_user;

use super::{Door, Hall, Peer};
use crate::{agent::Core, builder::UnixSocket, notice, upkeep::Part};

/// How long a socket may take to say that nobody listens. It says so at once.
const KNOCK: Duration = Duration::from_millis(200);

/// Opens the socket and accepts for ever, unless there is to be none.
///
/// One that nobody asked for is not tried again: a place that cannot be written to, or that is
/// somebody else's, stays so.
pub(super) async fn run(core: Arc<Core>, hall: Hall) {
    let (listener, path) = match &core.config.unix_socket {
        UnixSocket::None => return,
        UnixSocket::At(path) => {
            let way_out = "Set LOITER_UNIX_SOCKET or Builder::listen_unix to use another path";
            let what = path.display().to_string();
            let listener = super::open(&core, &what, way_out, || bind(path)).await;
            (listener, path.clone())
        }
        UnixSocket::Usual => match usual(&core).await {
            Ok(open) => open,
            Err(error) => {
                let message = format!(
                    "no Unix socket: {error}. Set LOITER_UNIX_SOCKET to a path, or to `none`"
                );
                return notice::warn(core.through_tracing, &message);
            }
        },
    };
    leave::remove_at_exit(&path);
    core.listens_at(path);
    hall.receive(Part::UnixSocket, listener).await;
}

/// The one in the user's folder, which is cleared of those that processes left behind.
async fn usual(core: &Core) -> io::Result<(UnixListener, PathBuf)> {
    let folder = folder::find()?;
    for path in folder::sockets(&folder)? {
        if is_deserted(&path).await {
            // Another process may clear it, too.
            let _ = fs::remove_file(&path);
        }
    }
    let path = folder.join(folder::socket_name(&folder, &core.target().name));
    let listener = bind(&path).await?;
    Ok((listener, path))
}

/// Listens at a path, in the place of a socket at which nobody listens any more. Never in the
/// place of anything else.
///
/// It is made under another name: under its own one it appears when it can be used, and not
/// before only this user can.
async fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
        Ok(there) if !there.file_type().is_socket() => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is something else than a socket",
            ));
        }
        Ok(_) if is_deserted(path).await => {}
        Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let draft = folder.join(format!(".loiter-{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    let listener = UnixListener::bind(&draft)?;
    let placed = fs::set_permissions(&draft, Permissions::from_mode(0o600))
        .and_then(|()| fs::rename(&draft, path));
    if let Err(error) = placed {
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    Ok(listener)
}

/// Whether nobody listens at a socket.
async fn is_deserted(path: &Path) -> bool {
    let knock = time::timeout(KNOCK, UnixStream::connect(path)).await;
    matches!(knock, Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused)
}

impl Door for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = UnixListener::accept(self).await?;
        let who = stream.peer_cred().ok();
        let peer = Peer::Unix {
            user: who.map(|who| who.uid()),
            pid: who.and_then(|who| who.pid()),
        };
        Ok((stream, peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deserted_socket_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.sock");
        let first = bind(&path).await.expect("a free path");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let error = bind(&path).await.expect_err("somebody listens");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        let _second = bind(&path).await.expect("nobody listens any more");
        UnixStream::connect(&path).await.expect("the second does");
        assert_eq!(folder::sockets(folder.path()).expect("a folder"), [path]);

        let file = folder.path().join("b.sock");
        fs::write(&file, "kept").expect("a file");
        let error = bind(&file).await.expect_err("not a socket");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        let link = folder.path().join("c.sock");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        bind(&link).await.expect_err("not a socket");
        assert_eq!(fs::read_to_string(&file).expect("still there"), "kept");
    }
}
