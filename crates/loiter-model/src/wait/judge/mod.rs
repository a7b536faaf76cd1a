//! What a leaf is, told from the calls above it.
//!
//! The frames of a branch are read from the leaf outwards up to the first one of the program:
//! each may say more of what is known so far. A `Mutex` waits on a semaphore, a `Barrier` on a
//! `watch` channel and that on a `Notify`, so the outermost frame that knows has the last word.
//! A wrong name is worse than none: what frames leave open is unknown.
//!
//! Modules that poll futures of others, such as `time/timeout.rs` or tokio-util's
//! `cancellation_token.rs`, say nothing of the leaves below them and have no rule.
//!
//! The rules hold for tokio 1.54 and for names as `debug = 1` and as `line-tables-only` has them:
//! there a function that was inlined is only `{async_fn#0}`, but generics are whole, as in
//! `poll<tokio::sync::watch::changed_impl::{async_fn_env#0}<u8>>`. What was not inlined has the
//! full name that the symbol table knows.

mod others;
mod tokio;

use super::WaitKind;
use crate::{
    Frame, Origin,
    stack::{function, package::Code},
};

/// What is known of a leaf, some frames out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// No frame has said anything.
    Nothing,
    /// A permit of the semaphore that other primitives are made of.
    Permit,
    /// A notification of which it is not known what it is part of.
    Notified,
    /// A notification inside a watch channel: a change, or that nobody listens any more.
    Watched,
    /// A timer, and no more than that.
    Timer,
    /// A timer that ends another wait.
    Deadline,
    /// Something else that only interrupts another wait.
    Aside,
    /// Something that is no kind of its own.
    Other,
    /// The task gave others a turn and is woken by the runtime.
    Yield,
    Kind(WaitKind),
}

/// What a branch waits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) kind: WaitKind,
    /// It only interrupts the wait of another branch.
    pub(super) is_aside: bool,
}

/// Judges a branch by its frames, innermost first.
pub(super) fn leaf(frames: &[Frame]) -> Leaf {
    let mut found = Found::Nothing;
    for frame in frames {
        let call = Call::of(frame);
        if call.code.origin == Origin::User {
            break;
        }
        found = call.judge(found);
    }
    Leaf {
        kind: match found {
            Found::Kind(kind) => kind,
            Found::Timer | Found::Deadline => WaitKind::Sleep,
            Found::Nothing
            | Found::Permit
            | Found::Notified
            | Found::Watched
            | Found::Aside
            | Found::Other
            | Found::Yield => WaitKind::Unknown,
        },
        is_aside: matches!(found, Found::Deadline | Found::Aside),
    }
}

/// Whether a notification is all that is known.
fn is_notified(found: Found) -> bool {
    matches!(found, Found::Notified | Found::Kind(WaitKind::Notify))
}

/// A frame, taken apart.
struct Call<'a> {
    frame: &'a Frame,
    code: Code,
    names: Vec<&'a str>,
}

impl<'a> Call<'a> {
    fn of(frame: &'a Frame) -> Self {
        let names = function::names(&frame.function);
        Self {
            frame,
            code: Code::of(&frame.file, &names),
            names,
        }
    }

    /// What is known beyond this frame.
    fn judge(&self, found: Found) -> Found {
        if found == Found::Yield {
            return found;
        }
        match &*self.code.package {
            "tokio" => self.judge_tokio(found),
            "tokio-util"
                if found == Found::Notified && self.code.is_in("sync/cancellation_token") =>
            {
                Found::Kind(WaitKind::Notify)
            }
            // Its wrapper of tracked futures is in the same module.
            "tokio-util"
                if is_notified(found)
                    && self.code.is_in("task/task_tracker")
                    && self.waits_for_tracker() =>
            {
                Found::Kind(WaitKind::Join)
            }
            // Its own waker is there for new entries, its timer for those there are.
            "tokio-util" if found == Found::Nothing && self.code.is_in("time/delay_queue") => {
                Found::Aside
            }
            "tokio-stream" if found == Found::Timer && self.code.is_in("stream_ext/timeout") => {
                Found::Deadline
            }
            "futures-util" => self.judge_futures(found),
            "futures-channel" => self.judge_futures_channel(found),
            "async-channel" | "event-listener-strategy" | "flume" => self.judge_channel(found),
            // Its wrappers of futures have their parameters in their names.
            "std" => self.judge_std(found),
            // Its own timer is no deadline of tokio's.
            _ if self.code.origin == Origin::Library && found == Found::Timer => {
                Found::Kind(WaitKind::Sleep)
            }
            _ => found,
        }
    }

    /// Whether it is the wait for a `TaskTracker`: of the polls in its module the one without
    /// parameters, where the type's name is not known.
    fn waits_for_tracker(&self) -> bool {
        self.mentions("TaskTrackerWaitFuture") || &*self.frame.function == "poll"
    }

    /// Whether one of these is among the names of the function's path.
    fn is_any(&self, names: &[&str]) -> bool {
        self.names.iter().any(|name| names.contains(name))
    }

    /// Whether the function has this in its name, generics included.
    fn mentions(&self, text: &str) -> bool {
        self.frame.function.contains(text)
    }

    fn mentions_function(&self, name: &str) -> bool {
        self.mentions(&format!("::{name}::"))
    }
}
