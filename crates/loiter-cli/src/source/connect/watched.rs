//! A stream that is looked at while it passes: what the other side says first, and what breaks it.
//!
//! The transport above keeps of an error only its text, and of first bytes that it does not
//! understand nothing.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::source::door::Door;

/// A stream of bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Tells its door what it sees.
pub(super) struct Watched<S> {
    stream: S,
    door: Door,
    has_heard: bool,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, door: Door) -> Self {
        Self {
            stream,
            door,
            has_heard: false,
        }
    }

    fn note(&self, error: &io::Error) {
        #[cfg(feature = "tls")]
        if let Some(fault) = super::tls::fault_of(error, &self.door) {
            self.door.broke(fault);
        }
        #[cfg(not(feature = "tls"))]
        let _ = error;
    }

    fn note_read(&mut self, read: &Poll<io::Result<()>>, bytes: &[u8]) {
        match read {
            Poll::Ready(Ok(())) if !self.has_heard && !bytes.is_empty() => {
                self.has_heard = true;
                self.door.has_spoken(bytes);
            }
            Poll::Ready(Err(error)) => self.note(error),
            _ => {}
        }
    }
}

/// What becomes of a write. Who refuses a client says so and hangs up, and writing fails before
/// that is read: so writing to nobody succeeds, as far as whoever writes can tell, and reading, of
/// what was said and then of the end, is what ends the connection.
fn unless_gone<T>(written: Poll<io::Result<T>>, done: T) -> Poll<io::Result<T>> {
    match written {
        Poll::Ready(Err(error)) if is_gone(&error) => Poll::Ready(Ok(done)),
        written => written,
    }
}

/// Whether nobody is there to read: to read oneself then tells the end, too.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
    )
}

impl<S: Stream> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.note_read(&read, &buffer.filled()[before..]);
        read
    }
}

impl<S: Stream> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        unless_gone(written, bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        unless_gone(written, slices.iter().map(|slice| slice.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        unless_gone(Pin::new(&mut this.stream).poll_flush(context), ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
