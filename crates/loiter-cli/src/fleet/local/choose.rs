//! What `loiter` alone attaches to.

use std::{path::PathBuf, time::Duration};

use super::{Found, look, look::ask};
use crate::{fleet::Attach, source::Endpoint};

/// What is to be attached to when nobody says.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// This one.
    Attach(Endpoint),
    /// One of these, or all: there are several.
    Pick(Vec<Found>),
}

/// Looks for agents, at these sockets and at the usual address. The only one that answers is it,
/// by whichever door; when none does it is the usual address, where one may appear.
pub async fn choose(
    sockets: Vec<PathBuf>,
    usual: &Endpoint,
    attach: &Attach,
    patience: Duration,
) -> Choice {
    let (mut found, at_usual) = tokio::join!(
        look(sockets, attach, patience),
        ask(usual, attach, patience)
    );
    let run_of = |found: &Found| found.heard.as_ref().ok().map(|heard| heard.target.run_id);
    if let Ok(heard) = at_usual {
        // Most agents there have a socket, too.
        let run = Some(heard.target.run_id);
        if !found.iter().any(|other| run_of(other) == run) {
            found.push(Found {
                endpoint: usual.clone(),
                name: heard.target.name.clone(),
                pid: Some(heard.target.pid),
                heard: Ok(heard),
            });
        }
    }
    match &found[..] {
        [] => Choice::Attach(usual.clone()),
        [one] => Choice::Attach(one.endpoint.clone()),
        _ => Choice::Pick(found),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixListener;

    use tempfile::TempDir;

    use super::*;
    use crate::fleet::net::{Names, Net};

    /// What is there: sockets at which somebody listens, and an agent behind some of them.
    struct Machine {
        folder: TempDir,
        sockets: Vec<(UnixListener, PathBuf)>,
        net: Net,
        usual: Endpoint,
    }

    impl Machine {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().expect("a folder"),
                sockets: Vec::new(),
                net: Net::default(),
                usual: Endpoint::default(),
            }
        }

        /// An agent with a socket, and its address.
        fn agent(&mut self, name: &str) -> Endpoint {
            let path = self.folder.path().join(name);
            let listener = UnixListener::bind(&path).expect("a socket");
            self.sockets.push((listener, path.clone()));
            let endpoint = Endpoint::unix(path);
            self.net.start(&endpoint.to_string());
            endpoint
        }

        async fn choice(&self) -> Choice {
            let attach = self.net.options(Names::default()).attach;
            let mut sockets: Vec<_> = self.sockets.iter().map(|(_, path)| path.clone()).collect();
            // One that a process left behind.
            let dead = self.folder.path().join("dead-1.sock");
            if !dead.exists() {
                drop(UnixListener::bind(&dead).expect("a socket"));
            }
            sockets.push(dead);
            choose(sockets, &self.usual, &attach, Duration::from_secs(60)).await
        }
    }

    #[tokio::test]
    async fn the_only_agent_is_it_and_several_are_a_question() {
        let mut machine = Machine::new();
        let usual = machine.usual.clone();
        // One may appear there.
        assert_eq!(machine.choice().await, Choice::Attach(usual.clone()));
        machine.net.start(&usual.to_string());
        assert_eq!(machine.choice().await, Choice::Attach(usual.clone()));

        // It is the same by its socket.
        let shop = machine.agent("shop-2.sock");
        machine.net.is_one(&usual.to_string(), &shop.to_string());
        assert_eq!(machine.choice().await, Choice::Attach(shop.clone()));
        machine.net.stop(&usual.to_string());
        assert_eq!(machine.choice().await, Choice::Attach(shop.clone()));

        let api = machine.agent("api-3.sock");
        let picked = |choice| match choice {
            Choice::Pick(found) => found.into_iter().map(|found| found.endpoint).collect(),
            Choice::Attach(_) => Vec::new(),
        };
        assert_eq!(picked(machine.choice().await), [api.clone(), shop.clone()]);
        // Another one at the usual address, which has no socket.
        machine.net.is_one(&usual.to_string(), "another");
        machine.net.start(&usual.to_string());
        assert_eq!(picked(machine.choice().await), [api, shop, usual]);
    }

    #[tokio::test]
    async fn one_that_hangs_counts_and_keeps_nobody_waiting() {
        let mut machine = Machine::new();
        let hanging = machine.agent("hung-1.sock");
        let attach = machine.net.options(Names::default()).attach;
        machine.net.hang(&hanging.to_string());
        let sockets = vec![hanging.as_unix().expect("a socket").to_owned()];
        let patience = Duration::from_millis(50);
        let found = look(sockets.clone(), &attach, patience).await;
        let error = found[0].heard.as_ref().expect_err("it hangs").to_string();
        assert!(error.contains("no answer within 0.05 s"), "{error}");
        assert_eq!((found[0].name.as_str(), found[0].pid), ("hung", Some(1)));
        let choice = choose(sockets, &machine.usual, &attach, patience).await;
        assert_eq!(choice, Choice::Attach(hanging));
    }
}
