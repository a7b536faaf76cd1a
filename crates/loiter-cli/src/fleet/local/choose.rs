//! What `loiter` alone attaches to.

use std::{path::PathBuf, time::Duration};

use super::{Found, look, look::ask};
use crate::{
    fleet::{Attach, Entry},
    source::{Credentials, Endpoint},
};

/// What is to be attached to when nobody says.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// This one.
    Attach(Endpoint),
    /// One of these, or all: there are several.
    Pick(Vec<Entry>),
}

/// Looks for agents, at these sockets and, with these credentials, at the usual address. The only
/// one that answers is it, by whichever door; when none does it is the usual address, where one may
/// appear.
pub async fn choose(
    sockets: Vec<PathBuf>,
    (usual, credentials): (&Endpoint, &Credentials),
    attach: &Attach,
    patience: Duration,
) -> Choice {
    let (found, at_usual) = tokio::join!(
        look(sockets, attach, patience),
        ask((usual, credentials), attach, patience)
    );
    let run_of = |found: &Found| found.heard.as_ref().ok().map(|heard| heard.target.run_id);
    // Most agents there have a socket, too.
    let is_another = at_usual.is_ok_and(|heard| {
        let run = Some(heard.target.run_id);
        !found.iter().any(|other| run_of(other) == run)
    });
    match (&found[..], is_another) {
        ([], _) => Choice::Attach(usual.clone()),
        ([one], false) => Choice::Attach(one.endpoint.clone()),
        _ => {
            // Sockets want none.
            let sockets = found.into_iter().map(|found| Entry::new(found.endpoint));
            let usual = is_another.then(|| Entry {
                credentials: credentials.clone(),
                ..Entry::new(usual.clone())
            });
            Choice::Pick(sockets.chain(usual).collect())
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{os::unix::net::UnixListener, sync::Arc};

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

    /// What one attaches with.
    fn given() -> Credentials {
        Credentials {
            server_name: Some("mine".to_owned()),
            ..Credentials::default()
        }
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

        /// Attaches with what is given at the usual address, and with nothing elsewhere.
        fn attach(&self) -> Attach {
            let attach = self.net.options(Names::default()).attach;
            let usual = self.usual.clone();
            Arc::new(move |endpoint: &Endpoint, credentials: &Credentials| {
                let is_usual = *endpoint == usual;
                let expected = if is_usual {
                    given()
                } else {
                    Credentials::default()
                };
                assert_eq!(*credentials, expected, "{endpoint}");
                attach(endpoint, credentials)
            })
        }

        async fn choice(&self) -> Choice {
            let attach = self.attach();
            let mut sockets: Vec<_> = self.sockets.iter().map(|(_, path)| path.clone()).collect();
            // One that a process left behind.
            let dead = self.folder.path().join("dead-1.sock");
            if !dead.exists() {
                drop(UnixListener::bind(&dead).expect("a socket"));
            }
            sockets.push(dead);
            let usual = (&self.usual, &given());
            choose(sockets, usual, &attach, Duration::from_secs(60)).await
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
            Choice::Pick(entries) => entries,
            Choice::Attach(_) => Vec::new(),
        };
        let [api, shop] = [api, shop].map(Entry::new);
        assert_eq!(picked(machine.choice().await), [api.clone(), shop.clone()]);
        // Another one at the usual address, which has no socket.
        machine.net.is_one(&usual.to_string(), "another");
        machine.net.start(&usual.to_string());
        let usual = Entry {
            credentials: given(),
            ..Entry::new(usual)
        };
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
        let usual = (&machine.usual, &given());
        let choice = choose(sockets, usual, &attach, patience).await;
        assert_eq!(choice, Choice::Attach(hanging));
    }
}
