//! Watches many targets at once.

mod members;
mod pace;
mod place;
mod target;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use loiter_model::{
    Nanos,
    finding::Allow,
    fleet::{Fleet, InstanceId, News},
};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::Instant,
};

pub use pace::Pace;

use super::{Entry, Message, Resolve, System};
use crate::{
    limits::Limits,
    source::{Attached, Credentials, Endpoint, Source},
};

/// Messages that wait to be taken. When there are more, targets are not listened to: they wait, and
/// leave updates out.
const WAITING: usize = 1024;
/// Names that are resolved at a time: each takes a thread.
const RESOLVING: usize = 8;

/// Makes a source for an address. It need not be inside a runtime, and contacts nobody yet.
pub type Attach = Arc<dyn Fn(&Endpoint, &Credentials) -> Arc<dyn Source> + Send + Sync>;

/// How targets are watched.
#[derive(Clone)]
pub struct WatchOptions {
    /// How often each target is to say how it is; `None` leaves it to the target.
    pub interval: Option<Duration>,
    /// The limits in place of the targets' own.
    pub limits: Limits,
    /// What is right as it is, in every target.
    pub allow: Vec<Allow>,
    /// How often things are tried.
    pub pace: Pace,
    /// Who knows the addresses of names.
    pub resolver: Arc<dyn Resolve>,
    /// How one attaches to an address.
    pub attach: Attach,
}

impl Default for WatchOptions {
    /// The targets' own limits and pace, the system's resolver, and whoever answers.
    fn default() -> Self {
        Self {
            interval: None,
            limits: Limits::default(),
            allow: Vec::new(),
            pace: Pace::default(),
            resolver: Arc::new(System),
            attach: attached(),
        }
    }
}

/// Attaches to an agent or a console-subscriber, whichever answers.
#[must_use]
pub fn attached() -> Attach {
    Arc::new(
        |endpoint: &Endpoint, credentials: &Credentials| -> Arc<dyn Source> {
            Arc::new(Attached::new(endpoint.clone(), credentials.clone()))
        },
    )
}

impl fmt::Debug for WatchOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchOptions")
            .field("interval", &self.interval)
            .field("limits", &self.limits)
            .field("allow", &self.allow)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// Many targets being watched, until this is dropped.
///
/// For each target there is one connection with two questions: its sites with most tasks, and its
/// findings. What cannot be reached is tried again, ever more seldom.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    messages: mpsc::Receiver<Message>,
    /// One for each entry.
    _places: JoinSet<()>,
}

impl Watch {
    /// Begins. To be called inside a runtime.
    ///
    /// # Panics
    /// Outside of one.
    #[must_use]
    pub fn start(entries: Vec<Entry>, options: WatchOptions) -> Self {
        let (sender, messages) = mpsc::channel(WAITING);
        let shared = Arc::new(Shared {
            start: Instant::now(),
            messages: sender,
            connecting: Semaphore::new(options.pace.connecting.max(1)),
            resolving: Semaphore::new(RESOLVING),
            hurry: watch::Sender::new(()),
            known: Mutex::default(),
            options,
        });
        let mut places = JoinSet::new();
        for entry in entries {
            places.spawn(place::run(entry, shared.clone()));
        }
        Self {
            shared,
            messages,
            _places: places,
        }
    }

    /// The next thing that it has to tell. Waits for ever when there is nothing to watch. Nothing
    /// is lost when this is dropped before it is done.
    pub async fn next(&mut self) -> Message {
        let next = self.messages.recv().await;
        next.expect("it holds a sender itself")
    }

    /// How long it has been watching: the clock of its messages.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.shared.now()
    }

    /// What one target is asked through, to ask it more; `None` for one that it does not know.
    #[must_use]
    pub fn source(&self, id: InstanceId) -> Option<Arc<dyn Source>> {
        self.shared.with(id, |member| member.source.clone())
    }

    /// What leads to this target and no other, with its credentials; `None` for one that it does
    /// not know.
    #[must_use]
    pub fn entry(&self, id: InstanceId) -> Option<Entry> {
        self.shared.with(id, |member| member.entry.clone())
    }

    /// Has all that is waiting to be tried again tried now.
    pub fn hurry(&self) {
        self.shared.hurry.send_replace(());
    }
}

/// What everything that watches has in common.
struct Shared {
    options: WatchOptions,
    start: Instant,
    messages: mpsc::Sender<Message>,
    connecting: Semaphore,
    resolving: Semaphore,
    hurry: watch::Sender<()>,
    known: Mutex<Known>,
}

/// The targets that were found so far.
#[derive(Default)]
struct Known {
    members: HashMap<InstanceId, Member>,
    ids: HashMap<Endpoint, InstanceId>,
    /// Of the target that is found next.
    next: u32,
    /// Those that were given up, the first one first. They may be looked at still.
    given_up: VecDeque<InstanceId>,
}

struct Member {
    entry: Entry,
    source: Arc<dyn Source>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("options", &self.options)
            .field("known", &self.known().members.len())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn now(&self) -> Nanos {
        self.start.elapsed().into()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, id: InstanceId, get: impl FnOnce(&Member) -> T) -> Option<T> {
        let known = self.known();
        known.members.get(&id).map(get)
    }

    /// Gives a new target a number; `None` when another entry has led there before.
    fn claim(&self, name: &str, endpoint: &Endpoint, credentials: &Credentials) -> Option<Claimed> {
        let mut known = self.known();
        if known.ids.contains_key(endpoint) {
            return None;
        }
        let id = InstanceId(known.next);
        known.next = known.next.checked_add(1)?;
        let source = (self.options.attach)(endpoint, credentials);
        known.ids.insert(endpoint.clone(), id);
        let member = Member {
            entry: Entry {
                name: Some(name.to_owned()),
                place: endpoint.clone().into(),
                credentials: credentials.clone(),
            },
            source: source.clone(),
        };
        known.members.insert(id, member);
        Some(Claimed { id, source })
    }

    /// Gives a target up: what is found there later is another one. It can be opened for as long as
    /// a [`Fleet`] remembers it.
    fn give_up(&self, id: InstanceId) {
        let mut known = self.known();
        known.ids.retain(|_, other| *other != id);
        known.given_up.push_back(id);
        if known.given_up.len() > Fleet::MOST
            && let Some(first) = known.given_up.pop_front()
        {
            known.members.remove(&first);
        }
    }

    /// Tells news of a target.
    async fn tell(&self, id: InstanceId, news: News) {
        let at = self.now();
        self.send(Message::News { id, at, news }).await;
    }

    async fn send(&self, message: Message) {
        // When nobody listens any more, all of this is about to be dropped.
        let _ = self.messages.send(message).await;
    }
}

/// A target that was not known before.
struct Claimed {
    id: InstanceId,
    source: Arc<dyn Source>,
}
