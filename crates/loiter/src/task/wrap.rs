//! What makes a task of a future or a function one that loiter sees.

use std::panic::Location;

use loiter_model::{Ending, Kind};

use super::{about::About, watch::Watch, watched::Watched};
use crate::{
    recording,
    table::{Slot, Spawn},
};

/// Wraps a future that is about to be spawned here.
#[track_caller]
pub(super) fn wrap<F: Future>(future: F, kind: Kind, about: &About<'_>) -> Watched<F> {
    wrap_at(future, kind, about, Location::caller())
}

/// The same for a place that is known.
pub(super) fn wrap_at<F: Future>(
    future: F,
    kind: Kind,
    about: &About<'_>,
    place: &'static Location<'static>,
) -> Watched<F> {
    let watch = Watch::of(kind, about, size_of::<F>(), place);
    Watched::new(future, watch)
}

/// Wraps a function that is about to be run on a thread of its own.
#[track_caller]
pub(super) fn blocking<F, R>(function: F, about: &About<'_>) -> impl FnOnce() -> R + Send + 'static
where
    F: FnOnce() -> R + Send + 'static,
{
    let task = match recording::table() {
        // tokio tells of it; its name, it does not.
        Some(table) if !recording::is_traced() => {
            table.saw_runtime();
            let function = std::any::type_name::<F>();
            let birth = Spawn {
                function,
                ..birth(Kind::Blocking, about, size_of::<F>(), Location::caller())
            };
            table.spawn_slot(&birth)
        }
        _ => None,
    };
    let running = Running { task };
    move || {
        running.start();
        let result = function();
        running.finish();
        result
    }
}

/// What is known of a task that is about to be spawned.
pub(super) fn birth<'a>(
    kind: Kind,
    about: &About<'a>,
    size: usize,
    place: &'static Location<'static>,
) -> Spawn<'a> {
    Spawn {
        kind,
        tokio_id: 0,
        name: about.name,
        scope: about.scope,
        marks: about.marks,
        file: place.file(),
        file_address: place.file().as_ptr() as usize,
        file_stays: true,
        line: place.line(),
        column: place.column(),
        function: "",
        size: size as u64,
        original_size: 0,
    }
}

/// A blocking function's task. Dropped before it starts, it was cancelled; while it runs, it
/// panicked.
struct Running {
    task: Option<(&'static Slot, u64)>,
}

impl Running {
    fn start(&self) {
        if let (Some(table), Some((slot, seq))) = (recording::table(), self.task) {
            table.begin_poll(slot, seq);
        }
    }

    fn finish(mut self) {
        self.end(Ending::Finished);
    }

    fn end(&mut self, ending: Ending) {
        if let (Some(table), Some((slot, seq))) = (recording::table(), self.task.take()) {
            table.end_poll(slot, seq);
            table.ended(slot, seq, ending);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(match std::thread::panicking() {
            true => Ending::Panicked,
            false => Ending::Cancelled,
        });
    }
}
