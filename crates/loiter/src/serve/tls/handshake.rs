//! How TLS begins, with clients that may be slow, hostile or mistaken.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::Semaphore,
    time,
};
use tokio_rustls::{LazyConfigAcceptor, rustls::server::Acceptor, server::TlsStream};

use super::super::guard::{Certificate, Keys, TurnedAway};

/// It takes some round trips; whoever needs longer is not a client.
const LONGEST: Duration = Duration::from_secs(5);
/// So many of those who have said hello are answered at once, and so many more each time that the
/// pause is over. To sign and to verify takes up to a millisecond of the agent's thread: so all of
/// that together takes less than a fifth of it. However long they then take is no matter: how many
/// there are at a time is limited by their places.
const AT_ONCE: usize = 8;
const PAUSE: Duration = Duration::from_millis(50);
/// What is read from somebody who was turned away, and for how long: else it might not get to read
/// why.
const LINGER: (u64, Duration) = (64 * 1024, Duration::from_secs(1));

/// With what a record of TLS begins.
const RECORD: u8 = 0x16;
const HTTP_2: &[u8] = b"PRI ";

/// The pace at which they begin.
#[derive(Clone, Debug)]
pub(in super::super) struct Handshakes(Arc<Semaphore>);

impl Default for Handshakes {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Encrypted, and what the client has shown.
pub(in super::super) type Shaken<S> = (TlsStream<S>, Option<Certificate>);

impl Handshakes {
    /// Begins TLS with somebody whose first bytes, of which there is one at least, have come and
    /// will be read again.
    pub(in super::super) async fn shake<S>(
        &self,
        keys: &Keys,
        first: &[u8],
        stream: S,
    ) -> Result<Shaken<S>, TurnedAway>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if is_plain_http(first) {
            tell_plainly(stream).await;
            return Err(TurnedAway::Handshake(
                "it speaks HTTP without it".to_owned(),
            ));
        }
        let shaken = time::timeout(LONGEST, self.begin(keys, stream)).await;
        let failed = match shaken {
            Err(_) => return Err(TurnedAway::Late),
            Ok(Ok(shaken)) => return Ok(shaken),
            Ok(Err(failed)) => failed,
        };
        if let Some(stream) = failed.stream {
            linger(stream).await;
        }
        let reason = match first.first() {
            Some(&RECORD) => failed.error.to_string(),
            _ => "it speaks something else".to_owned(),
        };
        Err(TurnedAway::Handshake(reason))
    }

    async fn begin<S>(&self, keys: &Keys, stream: S) -> Result<Shaken<S>, Failed<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(tls) = &keys.tls else {
            let error = io::Error::other("it is not set up");
            let stream = Some(stream);
            return Err(Failed { error, stream });
        };
        // Costs nothing, however long the client takes.
        let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
        let started = match (&mut hello).await {
            Ok(started) => started,
            Err(error) => {
                let stream = hello.take_io();
                return Err(Failed { error, stream });
            }
        };
        self.turn().await;
        let accepted = started
            .into_stream(tls.config.clone())
            .into_fallible()
            .await;
        let stream = accepted.map_err(|(error, stream)| Failed {
            error,
            stream: Some(stream),
        })?;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(Certificate::new);
        Ok((stream, certificate))
    }

    /// Waits until one more may be answered.
    async fn turn(&self) {
        // It is never closed.
        let turn = self.0.clone().acquire_owned().await;
        tokio::spawn(async move {
            time::sleep(PAUSE).await;
            drop(turn);
        });
    }
}

/// Whether somebody asks for something in HTTP/1.1, where an answer in its own words is of use. To
/// HTTP/2, as to all else, TLS has its own way of saying no.
fn is_plain_http(first: &[u8]) -> bool {
    let begin = &first[..first.len().min(HTTP_2.len())];
    begin.first().is_some_and(u8::is_ascii_uppercase) && !HTTP_2.starts_with(begin)
}

struct Failed<S> {
    error: io::Error,
    stream: Option<S>,
}

/// Says in the words of whoever speaks HTTP/1.1 that this is not the way.
async fn tell_plainly(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    const TEXT: &str = "this port speaks TLS: write https://\n";
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{TEXT}",
        TEXT.len()
    );
    let told = time::timeout(LINGER.1, stream.write_all(answer.as_bytes())).await;
    if matches!(told, Ok(Ok(()))) {
        linger(stream).await;
    }
}

/// Lets the other end read what it was told before the connection goes.
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let rest = async {
        stream.shutdown().await?;
        let mut rest = stream.take(LINGER.0);
        while rest.read(&mut [0; 1024]).await? > 0 {}
        io::Result::Ok(())
    };
    // Either way it is over.
    let _ = time::timeout(LINGER.1, rest).await;
}
