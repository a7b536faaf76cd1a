//! What the program has the agent's thread do for it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use loiter_model::{Thresholds, Tier};
use tokio::sync::{mpsc, oneshot};

use super::{Answers, Looks};
use crate::{agent::Core, builder::CaptureStacks};

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
pub(super) struct Errands(mpsc::Receiver<Errand>);

pub(super) fn open() -> (LetterBox, Errands) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (LetterBox(sender), Errands(receiver))
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
    pub(super) async fn run(mut self, desk: Desk) {
        while let Some(errand) = self.0.recv().await {
            tokio::spawn(errand(desk.clone()));
        }
    }
}

/// Has the agent's thread do something and waits for what it comes to, on any runtime or none.
/// `None` without an agent.
pub(crate) async fn run<T, F>(errand: impl FnOnce(Desk) -> F + Send + 'static) -> Option<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let (answer, answered) = oneshot::channel();
    let errand: Errand = Box::new(move |desk| {
        Box::pin(async move {
            // Whoever asked may be gone.
            let _ = answer.send(errand(desk).await);
        })
    });
    LETTER_BOX.get()?.send(errand).await.ok()?;
    answered.await.ok()
}
