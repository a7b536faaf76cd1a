//! `loiter replay`: what was recorded, in the terminal UI.

use std::sync::Arc;

use loiter_cli::{
    config::Config,
    source::{At, Recorded, Where},
};
use loiter_model::Nanos;

use super::view::{self, Replay};
use crate::{cli::ReplayArgs, error::Error};

/// Shows a recording until the user has seen enough.
pub(crate) fn run(args: ReplayArgs, config: &Config) -> Result<(), Error> {
    let at = args.at.unwrap_or(At::FromStart(Nanos::ZERO));
    let recorded = Recorded::open(&args.file, at)?;
    let replay = Replay {
        player: recorded.player(),
        at,
        speed: args.speed,
        is_paused: args.paused,
    };
    let place = Where::File(args.file);
    let source = Arc::new(recorded);
    view::show(source, Some(replay), &place, args.query, &args.view, config)
}
