//! What `loiter` shows without a command: one program, or several.

use std::time::Duration;

use loiter_cli::{
    config::Config,
    fleet::{Addresses, Entry, Resolve, System, WatchOptions, local::Choice},
    source::{Endpoint, Where},
    ui::{
        Palette,
        fleet::{self, FleetState, FleetView},
    },
};

use super::{alone, block_on, check::allowed_by, view};
use crate::{
    cli::{Aim, Cli},
    error::Error,
};

/// A resolver that says nothing for this long may know of one address at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// Attaches the UI to what the command line names, or to what there is.
pub(crate) fn run(mut cli: Cli, config: &Config) -> Result<(), Error> {
    let credentials = cli.target.credentials.credentials();
    if let Some(entries) = cli.fleet.entries(&cli.target, config, credentials)? {
        return watch(entries, None, cli, config);
    }
    let aim = cli.target.aim();
    match alone::choice(&aim, config)? {
        Some(Choice::Attach(endpoint)) => {
            let aim = Aim {
                place: endpoint.into(),
                ..aim
            };
            view::run(&aim, cli.query, &cli.view, config)
        }
        Some(Choice::Pick(entries)) => watch(entries, Some(FleetView::Picker), cli, config),
        None => match &aim.place {
            Where::Endpoint(endpoint) if aim.at.is_none() && has_several(endpoint)? => {
                let entry = Entry {
                    credentials: aim.credentials.clone(),
                    ..Entry::new(endpoint.clone())
                };
                watch(vec![entry], None, cli, config)
            }
            _ => view::run(&aim, cli.query, &cli.view, config),
        },
    }
}

/// Watches several programs in one UI, that begins with this view or with what its options say.
fn watch(
    entries: Vec<Entry>,
    view: Option<FleetView>,
    cli: Cli,
    config: &Config,
) -> Result<(), Error> {
    let mut options = view::options(&cli.target.target, cli.query, &cli.view)?;
    options.allow = allowed_by(config)?;
    // crossterm looks at NO_COLOR by itself, but what the command line says counts for more.
    crossterm::style::force_color_output(options.palette != Palette::None);
    let watching = WatchOptions {
        interval: options.interval,
        limits: options.limits,
        allow: options.allow.clone(),
        ..WatchOptions::default()
    };
    let view = view.unwrap_or_else(|| FleetState::view_of(&options));
    let shown = fleet::run(entries, watching, options, view);
    Ok(block_on(shown)??)
}

/// Whether there is a target at each of several addresses, as behind a headless service.
fn has_several(endpoint: &Endpoint) -> Result<bool, Error> {
    let Some((host, _)) = endpoint.host_and_port() else {
        return Ok(false);
    };
    let found = async { tokio::time::timeout(PATIENCE, several(&System, host)).await };
    // Whoever attaches to it says what is wrong with it.
    Ok(block_on(found)?.unwrap_or(false))
}

async fn several(resolver: &dyn Resolve, host: &str) -> bool {
    let addresses: Addresses<'_> = resolver.resolve(host);
    let addresses = addresses.await;
    addresses.is_ok_and(|addresses| loiter_cli::fleet::targets(addresses).len() > 1)
}
