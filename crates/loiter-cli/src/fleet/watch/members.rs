//! The targets behind one entry, which come and go.

use std::{collections::HashMap, sync::Arc};

use tokio::{sync::watch, task::JoinSet};

use super::{Claimed, Shared, target};
use crate::{
    fleet::{Entry, local},
    source::Endpoint,
};

/// The targets that an entry led to so far. Dropped, it watches them no longer.
pub(super) struct Members {
    entry: Entry,
    shared: Arc<Shared>,
    /// Whether each is there still, as far as the entry knows.
    there: HashMap<Endpoint, watch::Sender<bool>>,
    tasks: JoinSet<()>,
}

impl Members {
    pub(super) fn new(entry: Entry, shared: Arc<Shared>) -> Self {
        Self {
            entry,
            shared,
            there: HashMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// The entry leads to these now. New ones are watched; those that are gone are, too, for as
    /// long as they answer.
    pub(super) fn are(&mut self, found: &[Endpoint]) {
        // Nobody waits for those that were given up.
        while self.tasks.try_join_next().is_some() {}
        self.there.retain(|_, there| !there.is_closed());
        for (endpoint, there) in &self.there {
            let is_there = found.contains(endpoint);
            there.send_if_modified(|was| std::mem::replace(was, is_there) != is_there);
        }
        for endpoint in found {
            if !self.knows(endpoint) {
                self.add(endpoint);
            }
        }
    }

    /// Whether the entry led there before.
    pub(super) fn knows(&self, endpoint: &Endpoint) -> bool {
        self.there.contains_key(endpoint)
    }

    fn add(&mut self, endpoint: &Endpoint) {
        let name = self.title(endpoint);
        let claimed = (self.shared).claim(&name, endpoint, &self.entry.credentials);
        let Some(Claimed { id, source }) = claimed else {
            return;
        };
        let (sender, there) = watch::channel(true);
        self.there.insert(endpoint.clone(), sender);
        let watched = target::Watched {
            id,
            name,
            endpoint: endpoint.clone(),
            source,
            there,
        };
        self.tasks.spawn(target::run(watched, self.shared.clone()));
    }

    /// What a target is called.
    fn title(&self, endpoint: &Endpoint) -> String {
        match (&self.entry.name, endpoint.as_unix()) {
            (None, Some(path)) => local::told_by(path).0,
            _ => self.entry.title(),
        }
    }
}
