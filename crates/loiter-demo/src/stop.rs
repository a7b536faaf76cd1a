//! When the service is to end.

use std::{future, io, thread};

use tokio::sync::oneshot;

/// Waits for a signal or, when that counts, for the end of standard input.
///
/// # Errors
/// When neither can be listened to.
pub(crate) async fn requested(until_stdin_closes: bool) -> io::Result<()> {
    tokio::select! {
        result = signal() => result,
        result = stdin_closed(until_stdin_closes) => result,
    }
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Pending forever when standard input does not count.
async fn stdin_closed(counts: bool) -> io::Result<()> {
    if !counts {
        return future::pending().await;
    }
    let (open, closed) = oneshot::channel::<()>();
    // On a thread of its own: tokio would read on its blocking pool, and that read would stand
    // among the tasks that the demo is about.
    thread::Builder::new().name("stdin".into()).spawn(move || {
        // A read error is an end as well.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        drop(open);
    })?;
    // Nothing is ever sent: the sender's drop is the message.
    let _ = closed.await;
    Ok(())
}
