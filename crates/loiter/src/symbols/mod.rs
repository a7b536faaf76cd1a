//! Turns addresses into calls. On the agent's thread: the first look at a program's debug info
//! may take it a second, and the application never waits for it.

mod inlined;
mod program;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use loiter_model::{AwaitStack, Branch, Frame, Origin, StackSource};

use crate::{notice, stacks::RawStack};
use inlined::Named;
use program::Program;

/// Addresses that are remembered at most; then all are forgotten and worked out anew.
const MOST: usize = 64 * 1024;

/// Remembers what each address stands for.
#[derive(Debug)]
pub(crate) struct Symbols {
    frames: HashMap<usize, Arc<[Frame]>>,
    texts: Texts,
    program: Program,
    /// When the program's symbols were last used, while they are in memory.
    used: Option<Instant>,
    /// It has been said why some symbols are missing.
    explained: bool,
}

/// How long the program's symbols stay in memory unused.
const KEPT: Duration = Duration::from_secs(2);

const REPLACED: &str = "the executable was replaced since this process started, so its symbols \
                        cannot be read: restart the service to see what its tasks wait on";

impl Symbols {
    pub(crate) fn new() -> Self {
        Self {
            frames: HashMap::new(),
            texts: Texts::default(),
            program: Program::new(),
            used: None,
            explained: false,
        }
    }

    /// The calls that a stack stands for.
    pub(crate) fn stack(&mut self, stack: &RawStack, source: StackSource) -> AwaitStack {
        let branches = stack.branches().map(|branch| self.branch(branch, source));
        AwaitStack {
            branches: branches.collect(),
            source,
        }
    }

    /// Gives the memory back that the program's symbols take, often tens of megabytes: a program
    /// waits at few places, and these are known soon.
    pub(crate) fn unload_unused(&mut self) {
        if self.used.is_some_and(|used| used.elapsed() > KEPT) {
            self.used = None;
            self.program.unload();
        }
    }

    fn branch(&mut self, addresses: &[usize], source: StackSource) -> Branch {
        let mut frames = Vec::new();
        for &address in addresses {
            let calls = self.frames(address);
            let repeated = inlined::repeated(frames.last(), &calls);
            frames.extend_from_slice(&calls[repeated..]);
        }
        if source == StackSource::Sampled {
            frames.truncate(end_of_task(&frames));
        }
        let outermost = frames.iter().rposition(|frame| !is_ours(frame));
        frames.truncate(outermost.map_or(0, |place| place + 1));
        frames.drain(..leading_clone(&frames));
        Branch { frames }
    }

    /// The calls at a return address, more than one where some were inlined; never none.
    fn frames(&mut self, address: usize) -> Arc<[Frame]> {
        if let Some(frames) = self.frames.get(&address) {
            return frames.clone();
        }
        let frames = self.work_out(address);
        if self.frames.len() == MOST {
            self.frames.clear();
            self.texts.0.clear();
        }
        self.frames.insert(address, frames.clone());
        frames
    }

    fn work_out(&mut self, address: usize) -> Arc<[Frame]> {
        self.used = Some(Instant::now());
        // The call is before the address that it returns to.
        let address = address.saturating_sub(1);
        let Self { texts, program, .. } = self;
        let mut frames = Vec::new();
        program.each_call(address, |call| {
            frames.push(Frame {
                function: texts.get(&call.function),
                file: texts.get(&call.file),
                line: call.line,
                column: call.column,
            });
        });
        for Named {
            index,
            name,
            in_physical,
        } in inlined::named(&frames)
        {
            let frame = &mut frames[index];
            frame.function = texts.get(&name);
            if in_physical && let Some(name) = program.name_in_symbol(address, frame) {
                frame.function = texts.get(&name);
            }
        }
        if let Some(physical) = frames.last_mut() {
            if let Some(name) = program.full_name(address, physical) {
                physical.function = texts.get(&name);
            }
            if inlined::is_bare_look(physical)
                && let Some(name) = program.polled(address)
            {
                let polled = Frame {
                    function: texts.get(&name),
                    ..physical.clone()
                };
                frames.insert(frames.len() - 1, polled);
            }
            return frames.into();
        }
        let unresolved = Frame {
            function: texts.get(&program.place_of(address)),
            file: texts.get(""),
            line: 0,
            column: 0,
        };
        if program.is_out_of_reach(address) {
            self.explain();
        }
        [unresolved].into()
    }

    /// Says once why symbols are missing.
    fn explain(&mut self) {
        if !std::mem::replace(&mut self.explained, true) {
            notice::warn(notice::somebody_listens(), REPLACED);
        }
    }
}

/// Paths and functions recur: each is kept once.
#[derive(Debug, Default)]
struct Texts(HashMap<Box<str>, Arc<str>>);

impl Texts {
    fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let known: Arc<str> = text.into();
        self.0.insert(text.into(), known.clone());
        known
    }
}

/// How many of the innermost frames belong to the clone of the waker. The standard library's may
/// be among them, such as those of a thread-local.
fn leading_clone(frames: &[Frame]) -> usize {
    let inner = frames.iter().enumerate();
    inner
        .take_while(|(_, frame)| is_clone(frame) || frame.origin() == Origin::Std)
        .filter(|(_, frame)| is_clone(frame))
        .last()
        .map_or(0, |(place, _)| place + 1)
}

fn is_ours(frame: &Frame) -> bool {
    frame.origin() == Origin::Agent
}

/// How many of a sample's frames are the task's: it goes on beyond that.
///
/// What tokio polls is wrapped in its span; an application may use the same wrapper inside, so it
/// is the outermost one. A thread of the runtime may itself be a task, with a span, and so is what
/// drives a `LocalSet`: theirs are beyond the poll of the task.
fn end_of_task(frames: &[Frame]) -> usize {
    let poll = frames.iter().position(is_poll_of_task);
    let inside = &frames[..poll.unwrap_or(frames.len())];
    let span = inside.iter().rposition(is_span);
    span.or(poll).unwrap_or(frames.len())
}

/// Whether it is tokio's poll of a spawned task.
fn is_poll_of_task(frame: &Frame) -> bool {
    const FILES: [&str; 3] = ["core", "harness", "raw"];
    // One that awaits a task passes through the same files.
    if frame.short_function().rsplit("::").next() != Some("poll") {
        return false;
    }
    let function = frame.function.trim_start_matches('<');
    FILES.iter().any(|name| {
        let is_in_file = || {
            let place = frame.file.strip_suffix(".rs");
            let folder = place.and_then(|place| place.strip_suffix(name));
            folder.is_some_and(|folder| {
                folder.contains("/tokio-1.") && folder.ends_with("/runtime/task/")
            })
        };
        let path = function.strip_prefix("tokio::runtime::task::");
        path.is_some_and(|path| path.starts_with(name)) || is_in_file()
    })
}

/// Whether it is a poll of a future inside a span of tracing's.
fn is_span(frame: &Frame) -> bool {
    frame
        .function
        .starts_with("<tracing::instrument::Instrumented<")
        || (frame.file.contains("/tracing-0.") && frame.file.ends_with("/instrument.rs"))
}

/// Whether it belongs to the clone of the waker, by which a stack is noted.
fn is_clone(frame: &Frame) -> bool {
    let function = frame.function.trim_start_matches('<');
    let of_tracing = || {
        let is_named = |name| function.starts_with(name);
        let is_in = |folder| frame.file.contains(folder);
        is_named("tracing::")
            || is_named("tracing_core::")
            || is_in("/tracing-core-")
            || is_in("/tracing-0.")
    };
    let of_waker = || {
        frame.file.contains("/tokio-1.") && frame.file.ends_with("/runtime/task/waker.rs")
            || frame.file.ends_with("/core/src/task/wake.rs")
    };
    is_ours(frame)
        || frame.function.contains("task::wake::Waker as ")
        || frame.function.contains("tokio::runtime::task::waker::")
        || of_tracing()
        || of_waker()
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::stacks;

    /// The return address in this very function, which debug info of lines calls only by its
    /// own name.
    #[inline(never)]
    fn waits_here() -> usize {
        let mut stack = RawStack::with_room();
        stacks::unwind(&mut stack, ptr::without_provenance(usize::MAX));
        let branch = stack.branches().next().expect("a branch");
        branch[0]
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_function_has_its_full_name() {
        let mut symbols = Symbols::new();
        let frames = symbols.frames(waits_here());
        let frame = frames.last().expect("a call");
        assert!(
            frame.function.ends_with("symbols::tests::waits_here"),
            "{frame:?}"
        );
        assert!(frame.file.ends_with("symbols/mod.rs"), "{frame:?}");
        assert!(frame.line > 0, "{frame:?}");
    }

    #[test]
    fn symbols_are_given_back_and_what_they_told_is_kept() {
        let mut symbols = Symbols::new();
        let address = waits_here();
        let frames = symbols.frames(address);
        symbols.unload_unused();
        let used = symbols.used.as_mut().expect("just now");
        *used = used
            .checked_sub(2 * KEPT)
            .expect("the machine runs for longer");
        symbols.unload_unused();
        assert_eq!(symbols.used, None);
        assert_eq!(symbols.frames(address), frames);
        assert_eq!(symbols.used, None, "nothing had to be read");
    }

    #[test]
    fn the_clone_of_the_waker_is_no_part_of_the_wait() {
        let frame = |function: &str, file: &str| Frame {
            function: function.into(),
            file: file.into(),
            line: 1,
            column: 1,
        };
        let frames = [
            frame(
                "<std::thread::local::LocalKey<T>>::try_with",
                "/rustc/1/library/std/src/thread/local.rs",
            ),
            frame(
                "<loiter::table::sampler::Sampler>::note",
                "/loiter-0.1.0/src/table/sampler.rs",
            ),
            frame(
                "<tracing_core::event::Event>::dispatch",
                "/tracing-core-0.1.36/src/event.rs",
            ),
            frame(
                "tokio::runtime::task::waker::clone_waker",
                "/tokio-1.54.1/src/runtime/task/waker.rs",
            ),
            frame(
                "<core::task::wake::Waker as core::clone::Clone>::clone",
                "/rustc/1/library/core/src/task/wake.rs",
            ),
            frame(
                "<core::option::Option<T>>::map",
                "/rustc/1/library/core/src/option.rs",
            ),
            frame("app::serve", "src/main.rs"),
        ];
        assert_eq!(leading_clone(&frames), 5);
        assert_eq!(leading_clone(&frames[5..]), 0);
    }

    #[test]
    fn a_sample_ends_with_its_task() {
        const TASK: &str = "/tokio-1.54.1/src/runtime/task";
        let frame = |function: &str, file: &str| Frame {
            function: function.into(),
            file: file.into(),
            line: 1,
            column: 1,
        };
        let span = || {
            frame(
                "poll<app::work::{async_fn_env#0}>",
                "/tracing-0.1.44/src/instrument.rs",
            )
        };
        let frames = [
            // It awaits another task.
            frame("set_join_waker", &format!("{TASK}/harness.rs")),
            frame("poll<()>", &format!("{TASK}/join.rs")),
            span(),
            frame("app::work::{closure#0}", "src/main.rs"),
            span(),
            frame(
                "{closure#0}<app::work::{async_fn_env#0}>",
                &format!("{TASK}/core.rs"),
            ),
            frame(
                "poll<app::work::{async_fn_env#0}>",
                &format!("{TASK}/core.rs"),
            ),
            frame(
                "<tokio::runtime::task::harness::Harness<app::work::{closure#0}>>::poll",
                "",
            ),
            // The thread's own.
            span(),
            frame("poll", &format!("{TASK}/raw.rs")),
        ];
        assert_eq!(end_of_task(&frames), 4);
        let (block_on, thread) = (&frames[..6], &frames[7..]);
        assert_eq!(end_of_task(block_on), 4, "tokio does not spawn it");
        assert_eq!(end_of_task(thread), 0);
        assert_eq!(end_of_task(&frames[..2]), 2, "no end was seen");
    }

    #[test]
    fn no_address_is_left_out() {
        let mut symbols = Symbols::new();
        let mut stack = RawStack::default();
        stack.push_branch(&[0x11, 0x21]);
        let stack = symbols.stack(&stack, StackSource::Probed);
        let functions = stack.branches[0]
            .frames
            .iter()
            .map(|frame| &*frame.function);
        assert_eq!(functions.collect::<Vec<_>>(), ["0x10", "0x20"]);
        assert!(!symbols.explained, "no file was replaced");
    }
}
