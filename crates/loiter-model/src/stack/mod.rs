//! The calls between a task and what it waits on.

pub(crate) mod function;
pub(crate) mod package;
mod parameters;

use std::sync::Arc;

use crate::Site;
use package::Code;

/// The calls that lead from a task to what it waits on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AwaitStack {
    /// One for each waker that was registered, as by the branches of a `select!`. None: no waker
    /// was registered, so nothing can wake the task.
    pub branches: Vec<Branch>,
    /// How it was obtained.
    pub source: StackSource,
}

/// The calls down to one leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Branch {
    /// Innermost first, up to the task's own future.
    pub frames: Vec<Frame>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame {
    /// Demangled, as the symbol table or the debug info has it. Without a symbol, where its code
    /// is: `app+0x1234`, or `app (replaced)+0x1234` when the file that has the symbols was
    /// replaced. Empty when unknown.
    pub function: Arc<str>,
    /// The path that the compiler recorded; empty when unknown.
    pub file: Arc<str>,
    /// From 1; 0 when unknown.
    pub line: u32,
    /// From 1; 0 when unknown.
    pub column: u32,
}

/// How a stack was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StackSource {
    /// The task was polled once with a waker that looks who clones it: every leaf is there.
    Probed,
    /// A leaf happened to clone the task's waker: others may be missing.
    Sampled,
}

impl StackSource {
    /// Every source.
    pub const ALL: [Self; 2] = [Self::Probed, Self::Sampled];

    /// The word for it in tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Probed => "probed",
            Self::Sampled => "sampled",
        }
    }
}

/// Whose code a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The program's own, or a package of its workspace.
    User,
    /// A dependency that is not of the runtime.
    Library,
    /// tokio, tokio-util or tokio-stream.
    Tokio,
    /// The standard library.
    Std,
    /// The agent's.
    Agent,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 5] = [
        Self::User,
        Self::Library,
        Self::Tokio,
        Self::Std,
        Self::Agent,
    ];

    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Library => "library",
            Self::Tokio => "tokio",
            Self::Std => "std",
            Self::Agent => "agent",
        }
    }
}

impl Frame {
    /// Whose code it is, by its path, or by its function's where no path is known.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.code().origin
    }

    pub(crate) fn code(&self) -> Code {
        let names = if self.file.is_empty() {
            function::names(&self.function)
        } else {
            Vec::new()
        };
        Code::of(&self.file, &names)
    }

    /// The function's path without generics and closures: `app::pool::Pool::next_job`. A closure
    /// or an async block has that of the function it is in. Empty when unknown.
    #[must_use]
    pub fn path(&self) -> String {
        function::names(&self.function).join("::")
    }

    /// The function's own name, with its type's if it has one: `Pool::next_job`. A closure or an
    /// async block has that of the function it is in, where that is known. Never empty.
    #[must_use]
    pub fn short_function(&self) -> String {
        function::short(&self.function)
    }

    /// Where and what it is: `pool.rs:88 Pool::next_job`, or the function alone.
    pub(crate) fn brief(&self) -> String {
        let function = self.short_function();
        if self.file.is_empty() {
            return function;
        }
        format!("{} {function}", self.short_place())
    }

    /// Whether the function has only its own name, as debug info without symbols has it:
    /// `next_job<u8>`, `{async_fn#0}`.
    #[must_use]
    pub fn is_short(&self) -> bool {
        function::is_own(&self.function)
    }

    /// Whether no symbol of it could be read: the function is where its code is, `app+0x1234` in
    /// a file, or else an address.
    #[must_use]
    pub fn is_unresolved(&self) -> bool {
        self.file.is_empty() && function::is_address(&self.function)
    }

    /// Whether a short name may be that of the function with this full name, demangled. What
    /// has no name, such as an async block, is told by its number alone.
    #[must_use]
    pub fn is_short_for(&self, full: &str) -> bool {
        function::is_own_of(&self.function, full)
    }

    /// The full name of a closure or an async block or function that has only its own name, by
    /// the function that calls it: `app::work::{async_fn#0}` of `{async_fn#0}`, called by
    /// `poll<app::work::{async_fn_env#0}>`. `None` when no type parameter of the caller stands
    /// for it, or several may.
    ///
    /// It is right for callers that call nothing else without a name, as those do that poll the
    /// future they were given.
    #[must_use]
    pub fn name_by_caller(&self, caller: &Self) -> Option<String> {
        parameters::full_name(&self.function, &caller.function)
    }

    /// The name that the caller's symbol, demangled, has for this function: with the type of a
    /// method, `<app::Pool>::work::{closure#0}`, where a [`name_by_caller`](Self::name_by_caller)
    /// lacks it. `None` when the symbol does not tell.
    #[must_use]
    pub fn name_in_symbol<'a>(&self, symbol_of_caller: &'a str) -> Option<&'a str> {
        parameters::symbol_name(&self.function, symbol_of_caller)
    }

    /// The closure or async block or function that the only type parameter in a symbol, demangled,
    /// stands for: `app::work::{closure#0}` of `poll::<app::work::{closure#0}>`.
    #[must_use]
    pub fn only_closure_in(symbol: &str) -> Option<&str> {
        parameters::only_closure(symbol)
    }

    /// Where it is, without what tells nothing: `pool.rs:88` of the program,
    /// `hyper-1.8.0/src/rt.rs:12` of a dependency. Empty when no file is known.
    #[must_use]
    pub fn short_place(&self) -> String {
        let site = Site::new(self.file.clone(), self.line, self.column);
        let file = match self.origin() {
            Origin::User | Origin::Agent => file_name(&self.file),
            Origin::Library | Origin::Tokio | Origin::Std => site.short_file(),
        };
        match self.line {
            0 => file.to_owned(),
            line => format!("{file}:{line}"),
        }
    }
}

/// A file's name; with its folder where that is what tells it from others.
fn file_name(path: &str) -> &str {
    let is_separator = |c| c == '/' || c == '\\';
    let mut starts = path.rmatch_indices(is_separator).map(|(at, _)| at + 1);
    let name = starts.next().unwrap_or(0);
    if &path[name..] != "mod.rs" {
        return &path[name..];
    }
    &path[starts.next().unwrap_or(0)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_known_by_its_address() {
        for (function, file, expected) in [
            ("app+0x1234", "", true),
            ("my app (replaced)+0xdeadbeef", "", true),
            ("0x55d0c0de1234", "", true),
            ("app+0x1234", "src/pool.rs", false),
            ("app::pool::next_job", "", false),
            ("app+0x", "", false),
            ("0xyz", "", false),
            ("", "", false),
        ] {
            let frame = Frame {
                function: function.into(),
                file: file.into(),
                line: 0,
                column: 0,
            };
            assert_eq!(frame.is_unresolved(), expected, "{function}");
            if expected {
                assert_eq!(frame.origin(), Origin::Std, "{function}");
                assert_eq!(frame.short_function(), function);
            }
        }
    }

    #[test]
    fn a_place_is_named_briefly() {
        for (file, line, expected) in [
            ("/home/me/app/src/pool.rs", 88, "pool.rs:88"),
            ("src\\pool.rs", 88, "pool.rs:88"),
            ("pool.rs", 0, "pool.rs"),
            ("/home/me/app/src/pool/mod.rs", 8, "pool/mod.rs:8"),
            ("mod.rs", 8, "mod.rs:8"),
            (
                "/home/me/.cargo/registry/src/index/hyper-1.8.0/src/rt.rs",
                12,
                "hyper-1.8.0/src/rt.rs:12",
            ),
            ("", 0, ""),
        ] {
            let frame = Frame {
                function: "".into(),
                file: file.into(),
                line,
                column: 1,
            };
            assert_eq!(frame.short_place(), expected);
        }
    }
}
