//! The protocol of tokio-console, so that its client attaches as it is.
//!
//! Nothing of this runs while no such client is there. What its client needs of a server stands
//! in `proto/rs/tokio/console/instrument.proto`.

mod details;
mod feed;
mod figures;
mod histogram;
mod lost;
mod message;
mod metadata;
mod piece;
mod resources;
mod service;
mod tempo;
mod told;

use std::sync::Arc;

use loiter_wire::console::instrument_server::InstrumentServer;

pub(super) use service::Console;

use super::{LONGEST_REQUEST, stream::Streams};
use crate::{agent::Core, publish::Pump};

/// The service, for [`Routes`](super::route::Routes).
pub(super) fn server(
    core: Arc<Core>,
    pump: Arc<Pump>,
    streams: Streams,
) -> InstrumentServer<Console> {
    let console = Console::new(core, pump, streams);
    InstrumentServer::new(console).max_decoding_message_size(LONGEST_REQUEST)
}
