//! What the program has the agent's thread do for it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use loiter_model::{Thresholds, Tier};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{Answers, Looks};
use crate::{
    agent::Core,
    builder::CaptureStacks,
    thread::Thread,
    upkeep::{self, Part},
};

/// Errands that wait for the thread at most; whoever has a further one waits.
const WAITING: usize = 16;

/// Where errands are left for the one agent of this process.
static LETTER_BOX: OnceLock<mpsc::Sender<Errand>> = OnceLock::new();

type Errand = Box<dyn FnOnce(Desk) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// What an errand finds on the agent's thread.
#[derive(Clone)]
pub(crate) struct Desk {
    core: Arc<Core>,
    pub(crate) answers: Arc<Answers>,
    pub(crate) looks: Arc<Looks>,
}

impl Desk {
    pub(super) fn new(core: Arc<Core>, answers: Arc<Answers>, looks: Arc<Looks>) -> Self {
        Self {
            core,
            answers,
            looks,
        }
    }

    /// The program's own limits.
    pub(crate) fn thresholds(&self) -> Thresholds {
        self.core.config.rules.thresholds
    }

    /// How much can be seen.
    pub(crate) fn tier(&self) -> Tier {
        self.core.tier
    }

    /// Whether tasks are never asked what they wait on.
    pub(crate) fn never_asks(&self) -> bool {
        self.core.config.capture_stacks == CaptureStacks::Off
    }
}

/// The program's end of the way that errands take.
pub(super) struct LetterBox(mpsc::Sender<Errand>);

/// The agent's end of it.
pub(super) struct Errands(Mutex<mpsc::Receiver<Errand>>);

/// Why there is no answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoAnswer {
    NoAgent,
    Panicked,
}

pub(super) fn open() -> (LetterBox, Errands) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (LetterBox(sender), Errands(Mutex::new(receiver)))
}

impl LetterBox {
    /// From now on errands are taken.
    pub(super) fn put_up(self) {
        // There is one agent, so there is no other one.
        let _ = LETTER_BOX.set(self.0);
    }
}

impl Errands {
    /// Does errands side by side, for ever.
    pub(super) async fn run(&self, desk: Desk) {
        let mut left = self.0.lock().await;
        loop {
            upkeep::may_panic(Part::Errands);
            let Some(errand) = left.recv().await else {
                return;
            };
            let desk = desk.clone();
            tokio::spawn(upkeep::once(Part::Errand, async {
                upkeep::may_panic(Part::Errand);
                errand(desk).await;
            }));
        }
    }
}

/// Has the agent's thread do something and waits for what it comes to, on any runtime or none.
pub(crate) async fn run<T, F>(
    errand: impl FnOnce(Desk) -> F + Send + 'static,
) -> Result<T, NoAnswer>
where
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let (answer, answered) = Thread::with(|thread| thread.for_agent(oneshot::channel));
    let errand: Errand = Box::new(move |desk| {
        Box::pin(async move {
            // Whoever asked may be gone.
            let _ = answer.send(errand(desk).await);
        })
    });
    let letter_box = LETTER_BOX.get().ok_or(NoAnswer::NoAgent)?;
    let sent = letter_box.send(errand).await;
    sent.map_err(|_| NoAnswer::Panicked)?;
    answered.await.map_err(|_| NoAnswer::Panicked)
}
