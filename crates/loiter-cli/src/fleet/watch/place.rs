//! Finds the targets behind one entry, for ever.

use std::{io, net::IpAddr, path::Path, sync::Arc, time::Duration};

use tokio::time;

use super::{
    Shared,
    members::Members,
    pace::{jittered, random},
};
use crate::{
    fleet::{Entry, Message, Place, local, resolve},
    source::Endpoint,
};

/// A resolver that says nothing for this long does not know.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Watches what an entry leads to. Never ends.
pub(super) async fn run(entry: Entry, shared: Arc<Shared>) {
    let place = entry.place.clone();
    let members = Members::new(entry, shared.clone());
    match place {
        Place::Folder(path) => follow_folder(&path, members, &shared).await,
        Place::Endpoint(endpoint) => match name(&endpoint) {
            Some(host) => follow_name(host, &endpoint, members, &shared).await,
            None => {
                let mut members = members;
                members.are(&[endpoint]);
                std::future::pending::<()>().await;
            }
        },
    }
}

/// The host of an address, if it is a name that may have several addresses, of which none was
/// chosen. This machine is one target by whichever of its own.
fn name(endpoint: &Endpoint) -> Option<&str> {
    let (host, _) = endpoint
        .host_and_port()
        .filter(|_| endpoint.ip().is_none())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_name = bare.parse::<IpAddr>().is_err() && !host.eq_ignore_ascii_case("localhost");
    is_name.then_some(host)
}

async fn follow_name(host: &str, endpoint: &Endpoint, mut members: Members, shared: &Shared) {
    let mut trouble = Trouble::of(endpoint.to_string());
    loop {
        let problem = match addresses(host, shared).await {
            Ok(found) => {
                let found = found
                    .into_iter()
                    .map(|address| endpoint.clone().at(address));
                members.are(&found.collect::<Vec<_>>());
                None
            }
            Err(error) => Some(format!("cannot find its addresses: {error}")),
        };
        trouble.is(problem, shared).await;
        wait(shared.options.pace.resolve_every, shared).await;
    }
}

async fn addresses(host: &str, shared: &Shared) -> io::Result<impl IntoIterator<Item = IpAddr>> {
    let permit = shared.resolving.acquire().await;
    let found = time::timeout(RESOLVE_TIMEOUT, shared.options.resolver.resolve(host)).await;
    drop(permit);
    let found = found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
    found.map(resolve::targets)
}

async fn follow_folder(path: &Path, mut members: Members, shared: &Shared) {
    let mut trouble = Trouble::of(format!("unix:{}", path.display()));
    loop {
        let problem = match local::sockets(path) {
            Ok(sockets) => {
                let mut found = Vec::new();
                for socket in sockets {
                    let endpoint = Endpoint::unix(&*socket);
                    // What processes left behind before one came is of no interest.
                    if members.knows(&endpoint) || !local::is_deserted(&socket).await {
                        found.push(endpoint);
                    }
                }
                members.are(&found);
                None
            }
            Err(error) => Some(format!("cannot look into the folder: {error}")),
        };
        trouble.is(problem, shared).await;
        wait(shared.options.pace.look_every, shared).await;
    }
}

/// Waits for about this long, or until somebody is in a hurry.
async fn wait(about: Duration, shared: &Shared) {
    let mut hurry = shared.hurry.subscribe();
    tokio::select! {
        () = time::sleep(jittered(about, random())) => {}
        _ = hurry.changed() => {}
    }
}

/// What is wrong with a place, as far as it was told.
struct Trouble {
    place: Arc<str>,
    told: Option<String>,
}

impl Trouble {
    fn of(place: String) -> Self {
        Self {
            place: place.into(),
            told: None,
        }
    }

    async fn is(&mut self, problem: Option<String>, shared: &Shared) {
        if self.told == problem {
            return;
        }
        let message = Message::Place {
            place: self.place.clone(),
            problem: problem.as_deref().map(Into::into),
        };
        self.told = problem;
        shared.send(message).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_elsewhere_have_several_addresses() {
        for (text, expected) in [
            ("https://checkout.svc:6669", Some("checkout.svc")),
            ("db:1", Some("db")),
            ("10.0.0.1:1", None),
            ("[fd00::1]:1", None),
            ("localhost:1", None),
            (":1", None),
            ("unix:/run/app.sock", None),
            ("vsock://2:1", None),
        ] {
            let endpoint: Endpoint = text.parse().expect(text);
            assert_eq!(name(&endpoint), expected, "{text}");
            let chosen = endpoint.at(IpAddr::from([10, 0, 0, 1]));
            assert_eq!(name(&chosen), None, "{text}");
        }
    }
}
