//! Where panics come from: only the panic hook is told.
//!
//! The agent's hook stands before the program's and hands it every panic but the agent's own, which
//! are caught and told of in the log: many a program's hook ends the process. A hook that the
//! program sets later takes its place, and is then told of the agent's panics, too.

use std::{
    cell::{Cell, RefCell},
    fmt,
    panic::{self, PanicHookInfo},
    thread,
};

thread_local! {
    /// Whether a panic here is the agent's own, to be caught.
    static NOTES: Cell<bool> = const { Cell::new(false) };
    static NOTED: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// A line of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    file: String,
    line: u32,
    column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// From now on places are known. To be called once.
pub(crate) fn note_places() {
    // Where a panic ends the process, the program's hook is all that tells of it. And a hook can't
    // be set by a thread that panics.
    if cfg!(panic = "abort") || thread::panicking() {
        return;
    }
    let programs = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !note(info) {
            programs(info);
        }
    }));
}

/// Whether that is enough.
fn note(info: &PanicHookInfo<'_>) -> bool {
    // A thread that ends has no such cells any more: then it is not ours.
    let notes = NOTES.try_with(Cell::get).unwrap_or(false);
    if !notes {
        return false;
    }
    let place = info.location().map(|location| Place {
        file: location.file().to_owned(),
        line: location.line(),
        column: location.column(),
    });
    let before = NOTED.with(|noted| Some(noted.try_borrow_mut().ok()?.replace(place?)));
    // A second panic before the first one is caught ends the process, which should be said.
    matches!(before, Some(None))
}

/// While it lives, panics of this thread are to be caught.
pub(super) struct Noting {
    before: bool,
}

impl Noting {
    pub(super) fn begin() -> Self {
        let before = NOTES.with(|notes| notes.replace(true));
        let noting = Self { before };
        if !thread::panicking() {
            // Of one that somebody else caught.
            noting.place();
        }
        noting
    }

    /// Of the panic that was caught.
    pub(super) fn place(&self) -> Option<Place> {
        NOTED.with(|noted| noted.try_borrow_mut().ok()?.take())
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        NOTES.with(|notes| notes.set(self.before));
    }
}

/// Runs what is the program's own, in the middle of the agent's: its panics are its own.
pub(crate) fn of_the_program<T>(run: impl FnOnce() -> T) -> T {
    let _restored = Noting {
        before: NOTES.with(|notes| notes.replace(false)),
    };
    run()
}
