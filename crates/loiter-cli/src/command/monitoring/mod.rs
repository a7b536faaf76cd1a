//! `loiter alerts` and `loiter dashboard`: what Prometheus and Grafana are to make of the
//! agent's metrics. Both are made from [the table of them](loiter_model::metric).

mod dashboard;
mod rules;

use std::io::{self, Write};

use crate::{cli::AlertsArgs, error::Error};

/// Prints rules.
pub(super) fn alerts(args: &AlertsArgs) -> Result<(), Error> {
    print(&rules::file(args)?)
}

/// Prints the dashboard.
pub(super) fn dashboard() -> Result<(), Error> {
    print(&dashboard::json())
}

fn print(text: &str) -> Result<(), Error> {
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(Error::Output)
}
