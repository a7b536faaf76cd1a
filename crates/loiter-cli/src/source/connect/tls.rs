//! TLS, by the credentials as they are when a connection begins.

mod config;
mod fault;

use std::io;

use tokio::{net::TcpStream, time};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

pub(super) use fault::fault_of;

use super::CONNECT_TIMEOUT;
use crate::source::door::{Door, Fault};

/// Agrees on TLS with whoever is at the other end.
pub(super) async fn begin(stream: TcpStream, door: &Door) -> Result<TlsStream<TcpStream>, Fault> {
    let name = server_name(door)?;
    let config = config::client(door.credentials())?;
    let handshake = TlsConnector::from(config).connect(name, stream);
    match time::timeout(CONNECT_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(broken(&error, door)),
        Err(_) => Err(Fault::Handshake {
            reason: format!(
                "no answer within {} s; if it speaks none, write `{}`",
                CONNECT_TIMEOUT.as_secs(),
                without_tls(door)
            ),
        }),
    }
}

/// Whom the other side's certificate is to be for.
fn server_name(door: &Door) -> Result<ServerName<'static>, Fault> {
    let name = expected(door);
    ServerName::try_from(name.clone()).map_err(|_| Fault::Handshake {
        reason: format!("no certificate can be for `{name}`; name another by `--server-name NAME`"),
    })
}

/// The same as a text.
fn expected(door: &Door) -> String {
    if let Some(name) = &door.credentials().server_name {
        return name.clone();
    }
    let (host, _) = door.endpoint().host_and_port().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.to_owned()
}

/// Why TLS could not begin.
fn broken(error: &io::Error, door: &Door) -> Fault {
    if let Some(fault) = fault_of(error, door) {
        return fault;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => Fault::HungUp {
            instead: without_tls(door),
        },
        _ => Fault::Handshake {
            reason: error.to_string(),
        },
    }
}

/// The same address as it is written without TLS.
fn without_tls(door: &Door) -> String {
    // Only TCP has TLS.
    door.endpoint().written(false).unwrap_or_default()
}
