//! `loiter demo`: the demo service, alone or with the UI attached.

mod service;

use std::io::{self, IsTerminal};

use loiter_cli::{config::Config, ui::UiError};
use loiter_demo::Options;

pub(crate) use service::DemoError;

use self::service::Service;
use super::view;
use crate::{
    cli::{Aim, DemoArgs},
    error::Error,
};

/// Runs the service in this process, or in a child with the UI attached to it.
pub(crate) fn run(args: DemoArgs, config: &Config) -> Result<(), Error> {
    if args.serve {
        return Ok(loiter_demo::serve(Options {
            listen: args.listen,
            until_stdin_closes: args.until_stdin_closes,
            leaks: !args.healthy,
        })?);
    }
    // Before a service is started for nobody.
    if !io::stdout().is_terminal() {
        return Err(UiError::NotATerminal.into());
    }
    let service = Service::start()?;
    let aim = Aim::new(service.endpoint().clone().into());
    view::run(&aim, args.query, &args.view, config)
}
