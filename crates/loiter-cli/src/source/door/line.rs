//! What requests go through: each shows the token, and what the transport says of a failure gives
//! way to what is known of it.

use std::{
    error::Error,
    task::{Context, Poll},
};

use futures_util::{FutureExt, future::BoxFuture};
use tonic::{
    body::Body,
    codegen::{
        Service,
        http::{HeaderValue, Request, Response, header::AUTHORIZATION},
    },
    transport::Channel,
};

use super::{Door, Fault};

type BoxError = Box<dyn Error + Send + Sync>;

/// A channel that shows what one has.
#[derive(Clone)]
pub(in crate::source) struct Line {
    channel: Channel,
    door: Door,
}

impl Line {
    pub(in crate::source) fn new(channel: Channel, door: Door) -> Self {
        Self { channel, door }
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.channel.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match authorization(&self.door) {
            Ok(Some(value)) => {
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            Ok(None) => {}
            Err(fault) => return async { Err(fault.into()) }.boxed(),
        }
        let answer = self.channel.call(request);
        let door = self.door.clone();
        async move {
            answer.await.map_err(|error| match door.fault() {
                // One that could not be connected to knows best itself.
                Some(fault) if !is_of_connecting(&error) => fault.into(),
                _ => error.into(),
            })
        }
        .boxed()
    }
}

/// The header that shows the token. It is marked, so that HPACK keeps it in no table and `Debug`
/// does not show it.
fn authorization(door: &Door) -> Result<Option<HeaderValue>, Fault> {
    let Some(token) = door.token()? else {
        return Ok(None);
    };
    let text = format!("Bearer {}", token.reveal());
    let mut value = HeaderValue::try_from(text).expect("a token is visible ASCII");
    value.set_sensitive(true);
    Ok(Some(value))
}

fn is_of_connecting(error: &tonic::transport::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<tonic::ConnectError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
