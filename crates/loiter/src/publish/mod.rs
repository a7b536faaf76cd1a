//! The agent's own thread: everything that is not capture happens here, so that a wedged
//! application can still be looked at.

mod answer;
#[cfg(feature = "metrics")]
mod census;
mod cost;
pub(crate) mod errand;
mod findings;
mod joins;
mod looks;
#[cfg(feature = "pprof")]
mod profile;
mod pump;
pub(crate) mod reading;
mod resources;
#[cfg(any(feature = "metrics", feature = "pprof"))]
mod told;
mod walk;

use std::{io, sync::Arc, thread};

use tokio::runtime;

pub(crate) use answer::Answers;
#[cfg(feature = "metrics")]
pub(crate) use census::{ALIVE, AtSite, Census, Seen};
use errand::{Desk, Errands};
pub(crate) use findings::Findings;
pub(crate) use looks::Looks;
pub(crate) use pump::{Batch, Pump, Watch};
#[cfg(feature = "pprof")]
pub(crate) use reading::apart;
#[cfg(feature = "console")]
pub(crate) use resources::read as read_resources;
#[cfg(feature = "console")]
pub(crate) use walk::Walk;

use crate::{agent::Core, notice, serve, thread::Thread};

/// Starts the thread.
pub(crate) fn start(core: Arc<Core>) -> io::Result<()> {
    let (letter_box, errands) = errand::open();
    thread::Builder::new()
        .name("loiter".to_owned())
        .spawn(move || {
            // Before the runtime is built: that makes spans, too.
            Thread::with(Thread::become_agent);
            match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(run(core, errands)),
                Err(error) => notice::warn(
                    core.through_tracing,
                    &format!("nobody can look at this program: no runtime for the agent: {error}"),
                ),
            }
        })?;
    letter_box.put_up();
    Ok(())
}

async fn run(core: Arc<Core>, errands: Errands) {
    let answers = Arc::new(Answers::new(core.clone()));
    let pump = Arc::new(Pump::new(core.table.clone()));
    let looks = Arc::new(Looks::new(core.clone()));
    tokio::spawn(answers.clone().sample());
    tokio::spawn(findings::watch(core.clone(), answers.clone()));
    tokio::spawn(looks.clone().run());
    tokio::spawn(looks.clone().take_samples());
    tokio::spawn(pump.clone().run());
    tokio::spawn(errands.run(Desk::new(core.clone(), answers.clone(), looks.clone())));
    serve::run(core, answers, looks, pump).await;
}
