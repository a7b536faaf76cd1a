//! Which service a request is for.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use loiter_wire::v1::loiter_server::LoiterServer;
use tonic::{
    body::Body,
    codegen::{BoxFuture, Service, StdError, http},
};

#[cfg(any(feature = "metrics", feature = "pprof"))]
use super::plain::Plain;
use super::{LONGEST_REQUEST, pages::Pages, service, stream::Streams};
use crate::{
    agent::Core,
    publish::{Answers, Looks, Pump},
};

/// Every service there is, by the path of a request.
#[derive(Clone)]
pub(super) struct Routes {
    /// What is unknown is its affair, too: it says that it does not have it.
    loiter: LoiterServer<service::Service>,
    #[cfg(feature = "console")]
    console: loiter_wire::console::instrument_server::InstrumentServer<super::console::Console>,
    #[cfg(any(feature = "metrics", feature = "pprof"))]
    pub(super) plain: Plain,
    /// Asked before any of them.
    pub(super) pages: Pages,
}

impl Routes {
    pub(super) fn new(
        core: &Arc<Core>,
        answers: Arc<Answers>,
        looks: Arc<Looks>,
        pump: Arc<Pump>,
    ) -> Self {
        #[cfg(any(feature = "metrics", feature = "pprof"))]
        let plain = Plain::new(&answers);
        let streams = Streams::default();
        #[cfg(feature = "console")]
        let console = super::console::server(core.clone(), pump.clone(), streams.clone());
        let service = service::Service::new(core.clone(), answers, looks, pump, streams);
        Self {
            loiter: LoiterServer::new(service).max_decoding_message_size(LONGEST_REQUEST),
            #[cfg(feature = "console")]
            console,
            #[cfg(any(feature = "metrics", feature = "pprof"))]
            plain,
            pages: Pages::new(core),
        }
    }
}

impl<B> Service<http::Request<B>> for Routes
where
    B: tonic::codegen::Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The services always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        #[cfg(any(feature = "metrics", feature = "pprof"))]
        if let Some(answer) = self.plain.answer(&request) {
            return answer;
        }
        #[cfg(feature = "console")]
        {
            use loiter_wire::console::instrument_server::SERVICE_NAME;
            let path = request.uri().path();
            let service = path
                .strip_prefix('/')
                .and_then(|path| path.split('/').next());
            if service == Some(SERVICE_NAME) {
                return self.console.call(request);
            }
        }
        self.loiter.call(request)
    }
}
