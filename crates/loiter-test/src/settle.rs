//! Gives tasks time to end, and says which have not.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use loiter::inspect::{self, Error};
use loiter_model::{Tier, update::CaptureOutcome};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::oneshot,
    task,
};

use crate::{
    block_on::block_on,
    look::{Ask, Look, Rules},
};

/// This file: the site of what holds the clock.
pub(crate) const FILE: &str = file!();

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How long the tasks may take to say what they wait on: some thousand a second can.
const ASKING: Duration = Duration::from_secs(2);

/// What is left when the time is up.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) look: Look,
    /// What became of asking the tasks what they wait on; `None` when none may be asked.
    pub(crate) asked: Option<CaptureOutcome>,
    pub(crate) tier: Tier,
}

/// Looks until nothing is left or the time is up; `None` for nothing. Blocks the thread.
pub(crate) fn settle(rules: &Rules, timeout: Duration) -> Result<Option<Left>, Error> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    // Of a number that is put together from two counts, each look may be off by those that come
    // and go.
    let mut unseen = u64::MAX;
    let mut look = |ask| -> Result<Look, Error> {
        let mut look = rules.look(ask)?;
        unseen = unseen.min(look.unseen);
        look.unseen = unseen;
        Ok(look)
    };
    loop {
        let before = look(Ask::WhatDecides)?;
        if before.is_clean() {
            return Ok(None);
        }
        let left = timeout.saturating_sub(begun.elapsed());
        if left.is_zero() {
            let asked = match rules.capture(ASKING) {
                Ok(outcome) => Some(outcome),
                Err(Error::Off) => None,
                Err(error) => return Err(error),
            };
            let mut look = look(Ask::Parents)?;
            look.as_of(&before);
            let tier = block_on(inspect::tier())?;
            return Ok((!look.is_clean()).then_some(Left { look, asked, tier }));
        }
        thread::sleep(pause.min(left));
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// The same, while the runtime that this is awaited on runs on.
pub(crate) async fn settled(rules: Arc<Rules>, timeout: Duration) -> Result<Option<Left>, Error> {
    // Most tests are clean. To wait for this short answer would let a paused clock go on.
    if rules.look(Ask::Nothing)?.is_clean() {
        return Ok(None);
    }
    let (answer, answered) = oneshot::channel();
    // Not tokio's pool: what is left over may have taken all of its threads.
    let thread = thread::Builder::new().name("loiter-test".to_owned());
    let _clock = StoppedClock::new();
    thread
        .spawn(move || {
            // Whoever asked may be gone.
            let _ = answer.send(settle(&rules, timeout));
        })
        .expect("a thread can be started");
    answered
        .await
        .expect("the thread answers, or the process is at its end")
}

/// Keeps a paused clock from going on by itself, which it does as soon as a runtime has nothing
/// to do: a task that sleeps would be woken by the check for it.
///
/// Tokio holds the clock of a `current_thread` runtime from the moment at which a blocking
/// function is handed to it until the function has returned
/// (`runtime/blocking/schedule.rs`).
struct StoppedClock {
    _release: Option<mpsc::Sender<()>>,
}

impl StoppedClock {
    fn new() -> Self {
        let current = Handle::try_current();
        let may_be_paused =
            current.is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread);
        let release = may_be_paused.then(|| {
            let (release, released) = mpsc::channel::<()>();
            // Nobody waits for it: it ends when the sender is gone.
            drop(task::spawn_blocking(move || released.recv()));
            release
        });
        Self { _release: release }
    }
}
