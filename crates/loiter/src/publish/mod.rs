//! The agent's own thread: everything that is not capture happens here, so that a wedged
//! application can still be looked at.

mod answer;
#[cfg(feature = "census")]
mod census;
mod cost;
pub(crate) mod errand;
#[cfg(feature = "census")]
mod figures;
mod findings;
mod joins;
mod looks;
#[cfg(feature = "pprof")]
mod profile;
mod pump;
pub(crate) mod reading;
mod resources;
mod spent;
#[cfg(any(feature = "census", feature = "pprof"))]
mod told;
mod walk;

use std::{
    future::poll_fn,
    io,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::Arc,
    thread,
};

use tokio::runtime;

pub(crate) use answer::Answers;
#[cfg(all(test, feature = "census"))]
pub(crate) use census::AtSite;
#[cfg(feature = "census")]
pub(crate) use census::Census;
use errand::{Desk, Errands};
#[cfg(feature = "census")]
pub(crate) use figures::{Cut, Number, seconds};
pub(crate) use findings::{Findings, Rate};
pub(crate) use looks::Looks;
pub(crate) use pump::{Batch, Pump, Watch};
#[cfg(feature = "pprof")]
pub(crate) use reading::apart;
#[cfg(feature = "console")]
pub(crate) use resources::read as read_resources;
pub(crate) use spent::timed;
#[cfg(feature = "console")]
pub(crate) use walk::Walk;

#[cfg(feature = "otlp")]
use crate::otlp;
use crate::{
    agent::Core,
    notice, serve, stretch,
    thread::Thread,
    upkeep::{self, Part},
};

/// What outlives a panic of the thread: what clients are told of the past, and the way to it.
#[derive(Clone)]
struct Kept {
    core: Arc<Core>,
    answers: Arc<Answers>,
    pump: Arc<Pump>,
    errands: Arc<Errands>,
}

/// Starts the thread.
pub(crate) fn start(core: Arc<Core>) -> io::Result<()> {
    upkeep::note_places();
    let make = || {
        let (letter_box, errands) = errand::open();
        let kept = Kept {
            answers: Arc::new(Answers::new(core.clone())),
            pump: Arc::new(Pump::new(core.table.clone())),
            errands: Arc::new(errands),
            core,
        };
        (letter_box, kept)
    };
    let (letter_box, kept) = Thread::with(|thread| thread.for_agent(make));
    thread::Builder::new()
        .name("loiter".to_owned())
        .spawn(move || {
            // Before the runtime is built: that makes spans, too.
            Thread::with(Thread::become_agent);
            upkeep::keep_thread(Part::Thread, || live(&kept));
        })?;
    letter_box.put_up();
    Ok(())
}

/// Is the agent, for as long as nothing panics that is none of its other parts.
fn live(kept: &Kept) {
    let mut runtime = runtime::Builder::new_current_thread();
    // Those that files are read on.
    runtime.enable_all().thread_name("loiter-files");
    let runtime = match runtime.on_thread_unpark(stretch::begin).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return notice::at_once(
                kept.core.through_tracing,
                &format!("nobody can look at this program: no runtime for the agent: {error}"),
            );
        }
    };
    let running = AssertUnwindSafe(|| runtime.block_on(run(kept.clone())));
    let ended = panic::catch_unwind(running);
    // Not by dropping it: that waits for symbols that are being read.
    runtime.shutdown_background();
    if let Err(panicked) = ended {
        panic::resume_unwind(panicked);
    }
}

async fn run(kept: Kept) {
    let Kept {
        core,
        answers,
        pump,
        errands,
    } = kept;
    let looks = Arc::new(Looks::new(core.clone()));
    keep(Part::Sampler, &answers, Answers::sample);
    keep(Part::Looks, &looks, Looks::run);
    keep(Part::Samples, &looks, Looks::take_samples);
    keep(Part::Pump, &pump, Pump::run);
    let watched = (core.clone(), answers.clone());
    let watch = |(core, answers)| findings::watch(core, answers);
    keep(Part::Findings, &watched, watch);
    let desk = Desk::new(core.clone(), answers.clone(), looks.clone());
    let run_errands =
        |(errands, desk): (Arc<Errands>, Desk)| async move { errands.run(desk).await };
    keep(Part::Errands, &(errands, desk), run_errands);
    #[cfg(feature = "otlp")]
    if core.config.otlp.target().is_some() {
        let sending = (core.clone(), answers.clone());
        keep(Part::Otlp, &sending, |(core, answers)| {
            otlp::figures(core, answers)
        });
        keep(Part::Otlp, &core, otlp::findings);
    }
    let mut serving = pin!(serve::run(core, answers, looks, pump));
    poll_fn(|cx| {
        upkeep::may_panic(Part::Thread);
        serving.as_mut().poll(cx)
    })
    .await;
}

/// Keeps a part going beside the others.
fn keep<T, F>(part: Part, with: &T, begin: fn(T) -> F)
where
    T: Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let with = with.clone();
    tokio::spawn(upkeep::keep(part, move || begin(with.clone())));
}
