//! Turns addresses into calls. On the agent's thread: the first look at a program's debug info
//! may take it a second, and the application never waits for it.

use std::{
    collections::HashMap,
    ffi::c_void,
    ptr,
    sync::Arc,
    time::{Duration, Instant},
};

use loiter_model::{AwaitStack, Branch, Frame, Origin, StackSource};

use crate::stacks::RawStack;

/// Addresses that are remembered at most; then all are forgotten and worked out anew.
const MOST: usize = 64 * 1024;

/// Remembers what each address stands for.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    frames: HashMap<usize, Arc<[Frame]>>,
    /// Paths and functions recur: each is kept once.
    texts: HashMap<Box<str>, Arc<str>>,
    /// Since when the program's debug info is in memory unused.
    loaded: Option<Instant>,
}

/// How long the debug info stays in memory unused.
const KEPT: Duration = Duration::from_secs(2);

impl Symbols {
    /// The calls that a stack stands for.
    pub(crate) fn stack(&mut self, stack: &RawStack, source: StackSource) -> AwaitStack {
        let branches = stack.branches().map(|branch| self.branch(branch, source));
        AwaitStack {
            branches: branches.collect(),
            source,
        }
    }

    /// Gives the memory back that the program's debug info takes, often tens of megabytes: a
    /// program waits at few places, and these are known soon.
    pub(crate) fn unload_unused(&mut self) {
        if self.loaded.is_some_and(|used| used.elapsed() > KEPT) {
            self.loaded = None;
            backtrace::clear_symbol_cache();
        }
    }

    fn branch(&mut self, addresses: &[usize], source: StackSource) -> Branch {
        let mut frames = Vec::new();
        for &address in addresses {
            frames.extend_from_slice(&self.frames(address));
        }
        // A sample goes on beyond the task. What tokio polls is wrapped in its span; an
        // application may use the same wrapper inside, so it is the outermost one.
        if source == StackSource::Sampled
            && let Some(span) = frames.iter().rposition(is_span)
        {
            frames.truncate(span);
        }
        let outermost = frames.iter().rposition(|frame| !is_ours(frame));
        frames.truncate(outermost.map_or(0, |place| place + 1));
        let innermost = frames.iter().take_while(|frame| is_clone(frame)).count();
        frames.drain(..innermost);
        Branch { frames }
    }

    /// The calls at an address, more than one where some were inlined.
    fn frames(&mut self, address: usize) -> Arc<[Frame]> {
        if let Some(frames) = self.frames.get(&address) {
            return frames.clone();
        }
        let mut frames = Vec::new();
        self.loaded = Some(Instant::now());
        backtrace::resolve(ptr::without_provenance_mut::<c_void>(address), |symbol| {
            let function = symbol
                .name()
                .map_or(String::new(), |name| format!("{name:#}"));
            let file = symbol.filename().map(|path| path.to_string_lossy());
            frames.push(Frame {
                function: self.text(&function),
                file: self.text(&file.unwrap_or_default()),
                line: symbol.lineno().unwrap_or(0),
                column: symbol.colno().unwrap_or(0),
            });
        });
        if self.frames.len() == MOST {
            self.frames.clear();
            self.texts.clear();
        }
        let frames: Arc<[Frame]> = frames.into();
        self.frames.insert(address, frames.clone());
        frames
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let known: Arc<str> = text.into();
        self.texts.insert(text.into(), known.clone());
        known
    }
}

fn is_ours(frame: &Frame) -> bool {
    frame.origin() == Origin::Agent
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
