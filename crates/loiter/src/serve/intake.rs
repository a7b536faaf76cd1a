//! What a connection sends, at a bounded pace: reading it takes time of the agent's thread, and a
//! client that asks for what people look at sends little.

use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{self, Instant, Sleep},
};

use super::budget::Budget;
use crate::stretch;

/// Bytes that a connection may send at once, and in a second from then on.
const BYTES: (u32, u32) = (256 * 1024, 32 * 1024);
/// Bytes that are read before anything is set up for a connection.
const FIRST: usize = 256;

/// A connection that is read from at a bounded pace. What comes faster waits with the sender.
pub(super) struct Intake<S> {
    inner: S,
    budget: Budget,
    pause: Option<Pin<Box<Sleep>>>,
    /// What was read by [`first`](Self::first), and how much of it was handed on.
    held: Vec<u8>,
    handed_on: usize,
}

impl<S: AsyncRead + Unpin> Intake<S> {
    pub(super) fn new(inner: S) -> Self {
        Self::at_pace(inner, BYTES)
    }

    /// So many bytes at once, and so many a second from then on.
    fn at_pace(inner: S, bytes: (u32, u32)) -> Self {
        Self {
            inner,
            budget: Budget::new(bytes, Instant::now()),
            pause: None,
            held: Vec::new(),
            handed_on: 0,
        }
    }

    /// Waits for the first bytes, which are read later. `false` when there are none: it is closed.
    pub(super) async fn first(&mut self) -> io::Result<bool> {
        let mut bytes = [0; FIRST];
        let mut first = ReadBuf::new(&mut bytes);
        poll_fn(|cx| Pin::new(&mut self.inner).poll_read(cx, &mut first)).await?;
        self.held.extend_from_slice(first.filled());
        Ok(!self.held.is_empty())
    }
}

#[cfg(feature = "tls")]
impl<S> Intake<S> {
    /// What [`first`](Self::first) waited for.
    pub(super) fn begins(&self) -> &[u8] {
        &self.held
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Intake<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let held = &this.held[this.handed_on..];
        if !held.is_empty() {
            let count = held.len().min(into.remaining());
            into.put_slice(&held[..count]);
            this.handed_on += count;
            return Poll::Ready(Ok(()));
        }
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.as_mut().poll(cx));
                this.pause = None;
            }
            let Some(pause) = this.budget.pause(Instant::now()) else {
                break;
            };
            this.pause = Some(Box::pin(time::sleep(pause)));
        }
        // What is read next is work, too.
        stretch::rest();
        let before = into.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, into))?;
        let count = into.filled().len() - before;
        this.budget.spend(u32::try_from(count).unwrap_or(u32::MAX));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Intake<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn the_first_bytes_are_read_again() {
        let (mut client, server) = tokio::io::duplex(1024);
        let mut intake = Intake::new(server);
        client
            .write_all(b"PRI * HTTP")
            .await
            .expect("there is room");
        assert!(intake.first().await.expect("no error"));
        client.write_all(b"/2.0").await.expect("there is room");
        drop(client);
        let mut text = String::new();
        intake.read_to_string(&mut text).await.expect("text");
        assert_eq!(text, "PRI * HTTP/2.0");
    }

    #[tokio::test]
    async fn nothing_comes_of_a_closed_one() {
        let (client, server) = tokio::io::duplex(1024);
        drop(client);
        assert!(!Intake::new(server).first().await.expect("no error"));
    }

    #[tokio::test]
    async fn what_comes_faster_than_it_may_waits() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut intake = Intake::at_pace(server, (1000, 100_000));
        let flood = async move {
            client.write_all(&[7; 11_000]).await.expect("it is read");
        };
        let mut read = Vec::new();
        let started = Instant::now();
        let ((), bytes) = tokio::join!(flood, intake.read_to_end(&mut read));
        assert_eq!(bytes.expect("no error"), 11_000);
        // The last few bytes may be owed.
        let took = started.elapsed();
        assert!(took > Duration::from_millis(99), "{took:?}");
    }
}
