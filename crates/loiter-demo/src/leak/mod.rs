//! Tasks that will never end, one cause a file.

mod blocked_receive;
mod blocked_send;
mod busy_loop;
mod infinite_loop;
mod lock_held;
mod long_blocking;
mod starved;
mod unacknowledged;
mod wait_on_nothing;

use std::io;

use tokio::sync::{mpsc, oneshot};

pub(crate) use unacknowledged::Acknowledgements;

/// The far ends of what the leaked tasks wait for.
///
/// Someone has to hold them: a channel whose other end is dropped is closed, which ends the
/// wait with an error. In a real leak the holder is a forgotten field like these.
pub(crate) struct FarEnds {
    _report: mpsc::Receiver<blocked_send::Report>,
    _command: mpsc::Sender<String>,
    _reply: oneshot::Sender<lock_held::Reply>,
}

/// Spawns every task that leaks by itself; those of [`Acknowledgements`] come with requests.
///
/// # Errors
/// When there is no thread for one of them.
pub(crate) async fn spawn_all() -> io::Result<FarEnds> {
    wait_on_nothing::spawn();
    infinite_loop::spawn();
    busy_loop::spawn();
    long_blocking::spawn()?;
    starved::spawn()?;
    Ok(FarEnds {
        _report: blocked_send::spawn(),
        _command: blocked_receive::spawn(),
        _reply: lock_held::spawn().await,
    })
}
