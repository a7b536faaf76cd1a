//! Turns addresses into calls. On the agent's thread: the first look at a program's debug info
//! may take it a second, and the application never waits for it.

use std::{collections::HashMap, ffi::c_void, ptr, sync::Arc};

use loiter_model::{AwaitStack, Branch, Frame, Origin, StackSource, Wait};

use crate::{
    stacks::RawStack,
    table::{Waits, undecided},
};

/// Addresses and stacks that are remembered at most, each; then all are forgotten and worked out
/// anew.
const MOST: usize = 64 * 1024;

/// Remembers what each address and each stack stands for.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    frames: HashMap<usize, Arc<[Frame]>>,
    waits: HashMap<RawStack, u32>,
    /// Paths and functions recur: each is kept once.
    texts: HashMap<Box<str>, Arc<str>>,
    /// The program's debug info is in memory.
    loaded: bool,
}

impl Symbols {
    /// The number of what was seen. `waker_held`: something holds a waker of the task.
    pub(super) fn wait(&mut self, stack: &RawStack, waker_held: bool, waits: &Waits) -> u32 {
        if stack.is_empty() && waker_held {
            // A leaf that registers only once, long ago.
            return waits.id(undecided());
        }
        if let Some(&id) = self.waits.get(stack) {
            return id;
        }
        let branches = stack.branches().map(|branch| self.branch(branch));
        let id = waits.id(Wait::new(AwaitStack {
            branches: branches.collect(),
            source: StackSource::Probed,
        }));
        if self.waits.len() == MOST {
            self.waits.clear();
        }
        self.waits.insert(stack.clone().shrink(), id);
        id
    }

    /// Gives the memory back that the program's debug info takes, often tens of megabytes: a
    /// program waits at few places, and these are known soon.
    pub(super) fn unload(&mut self) {
        if std::mem::take(&mut self.loaded) {
            backtrace::clear_symbol_cache();
        }
    }

    fn branch(&mut self, addresses: &[usize]) -> Branch {
        let mut frames = Vec::new();
        for &address in addresses {
            frames.extend_from_slice(&self.frames(address));
        }
        // Our own frames are at both ends, and the call of the waker's clone.
        let ours = |frame: &Frame| frame.origin() == Origin::Agent;
        let outermost = frames.iter().rposition(|frame| !ours(frame));
        frames.truncate(outermost.map_or(0, |place| place + 1));
        let innermost = frames
            .iter()
            .take_while(|frame| ours(frame) || frame.function.contains("task::wake::Waker as "))
            .count();
        frames.drain(..innermost);
        Branch { frames }
    }

    /// The calls at an address, more than one where some were inlined.
    fn frames(&mut self, address: usize) -> Arc<[Frame]> {
        if let Some(frames) = self.frames.get(&address) {
            return frames.clone();
        }
        let mut frames = Vec::new();
        self.loaded = true;
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
