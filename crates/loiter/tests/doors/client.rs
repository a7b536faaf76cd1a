//! A client with or without credentials, and how it fares.

use std::{error::Error, net::SocketAddr};

use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tonic::{
    Code, Request, Status,
    metadata::MetadataValue,
    transport::{Channel, Endpoint},
};

/// What became of it.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There was no connection, or it did not last: all that is known of why.
    Connection(String),
    /// There was an answer.
    Answer(Status),
}

impl Refused {
    /// The status of the answer; fails if there was none.
    pub(crate) fn status(&self) -> &Status {
        match self {
            Self::Answer(status) => status,
            Self::Connection(reason) => panic!("no answer at all: {reason}"),
        }
    }

    /// Why there was no connection; fails if there was one.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Connection(reason) => reason,
            Self::Answer(status) => panic!("a connection: {status}"),
        }
    }
}

/// A request, with a token if there is one.
pub(crate) fn with<T>(token: Option<&str>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        let value: MetadataValue<_> = format!("Bearer {token}").parse().expect("ASCII");
        request.metadata_mut().insert("authorization", value);
    }
    request
}

/// Connects and asks who is there: its name.
pub(crate) async fn ask(endpoint: &Endpoint, token: Option<&str>) -> Result<String, Refused> {
    let channel = endpoint.connect().await;
    let channel = channel.map_err(|error| Refused::Connection(chain(&error)))?;
    ask_over(channel, token).await
}

/// Asks who is there.
pub(crate) async fn ask_over(channel: Channel, token: Option<&str>) -> Result<String, Refused> {
    let mut client = LoiterClient::new(channel);
    let target = client
        .get_target(with(token, v1::GetTargetRequest {}))
        .await;
    match target {
        Ok(target) => Ok(target.into_inner().name),
        // What tonic makes of a broken connection.
        Err(status)
            if matches!(
                status.code(),
                Code::Unknown | Code::Unavailable | Code::Cancelled
            ) =>
        {
            Err(Refused::Connection(chain(&status)))
        }
        Err(status) => Err(Refused::Answer(status)),
    }
}

pub(crate) fn plain(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).expect("an address")
}

/// An error with all that it comes from.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
