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
#[cfg(feature = "grpc-web")]
use super::web::Origins;
use super::{LONGEST_REQUEST, service, stream::Streams};
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
    #[cfg(feature = "grpc-web")]
    pub(super) origins: Origins,
}

impl Routes {
    pub(super) fn new(
        core: &Arc<Core>,
        answers: Arc<Answers>,
        looks: Arc<Looks>,
        pump: Arc<Pump>,
    ) -> Self {
        #[cfg(any(feature = "metrics", feature = "pprof"))]
        let plain = {
            let config = &core.config;
            Plain::new(&answers, config.access.is_safe_from_pages(config.listen))
        };
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
            #[cfg(feature = "grpc-web")]
            origins: Origins::new(core.config.web_origins.clone()),
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
