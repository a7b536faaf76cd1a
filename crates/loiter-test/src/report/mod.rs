//! What a failed check says.

mod advice;
mod build;
mod json;
mod text;

use std::{
    io::{self, Write},
    time::Duration,
};

use serde::Serialize;

pub(crate) use build::About;

/// The tasks that are left over, or why that cannot be told.
///
/// Its `Display` is what a failing test shows: of each group of equal tasks how many they are,
/// their names, what they wait on and since when, the calls that lead there, where they were
/// spawned and by which task, what is proved, the cause and the cure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LeakReport(Box<Contents>);

/// Apart, so that what is mostly `Ok` stays small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Contents {
    /// The number of this shape.
    schema: u32,
    program: String,
    test: String,
    extent: Extent,
    waited_ns: u64,
    tasks: u64,
    unseen: u64,
    tier: Option<&'static str>,
    groups: Vec<Leak>,
    notes: Vec<String>,
    trouble: Option<Trouble>,
}

/// Which tasks a check looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Extent {
    /// Those that one test spawned.
    Test,
    /// All of the process.
    Process,
}

/// Why a check could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// Nothing can be seen of the tasks, for this reason.
    Blind(String),
    /// This option makes no sense for [`LeakCheck::find`](crate::LeakCheck::find).
    UnfitOption(&'static str),
}

/// Equal tasks that are left over: spawned at one place, waiting alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Leak {
    /// How many.
    pub count: u64,
    /// Their names, each once, the first eight.
    pub names: Vec<String>,
    /// Scopes inside that of the check, each once, the first eight.
    pub scopes: Vec<String>,
    /// `task`, `local` or `blocking`.
    pub kind: &'static str,
    /// `idle`, `running` or `scheduled`; that of the first.
    pub state: &'static str,
    /// For how long the first has been in that state, in nanoseconds.
    pub oldest_ns: u64,
    /// What they wait on, such as `mpsc recv`; `None` where that is not known.
    pub wait: Option<&'static str>,
    /// How that was found out: `probed`, or `sampled`, where branches may be missing.
    pub source: Option<&'static str>,
    /// The calls that lead to what they wait on, one list for each branch of a `select!`.
    pub branches: Vec<Vec<Call>>,
    /// Where they were spawned.
    pub site: Place,
    /// The tasks that spawned them, each once, the first eight, as far as they are remembered.
    pub spawned_by: Vec<Spawner>,
    /// `proved` where nothing can ever wake them: no waker of theirs exists, and they registered
    /// none when they were polled once more. `suspected` where no waker exists, but they cannot
    /// be polled once more. `None` for all others.
    pub certainty: Option<&'static str>,
    /// Why tasks are left over so, a sentence.
    pub cause: &'static str,
    /// What to do, a sentence.
    pub cure: &'static str,
    /// What to do, as code; empty where there is none.
    pub code: &'static str,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The path, without the folders of the workspace or of cargo's registry; empty when unknown.
    pub file: String,
    /// From 1; 0 when unknown.
    pub line: u32,
    /// From 1; 0 when unknown.
    pub column: u32,
}

/// A call of an await stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// Its path, such as `app::pool::Pool::next_job`; a closure or an async block has that of the
    /// function it is in. Empty when unknown.
    pub function: String,
    /// Where in it.
    #[serde(flatten)]
    pub place: Place,
    /// Whose code it is: `user`, `library`, `tokio`, `std` or `agent`.
    pub origin: &'static str,
}

/// The task that spawned another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Spawner {
    /// Its name.
    pub name: Option<String>,
    /// Where it was spawned itself.
    pub site: Place,
}

impl LeakReport {
    /// The name of the check: the test's path, unless another was given.
    #[must_use]
    pub fn test(&self) -> &str {
        &self.0.test
    }

    /// Which tasks were looked at.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.0.extent
    }

    /// For how long the tasks were given time to end.
    #[must_use]
    pub fn waited(&self) -> Duration {
        Duration::from_nanos(self.0.waited_ns)
    }

    /// How many tasks are left over, those of which nothing is known not counted.
    #[must_use]
    pub fn tasks(&self) -> u64 {
        self.0.tasks
    }

    /// How many more are alive of which nothing is known.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        self.0.unseen
    }

    /// The tasks that are left over, in groups: those for which it is proved that nothing wakes
    /// them first, then the largest.
    #[must_use]
    pub fn groups(&self) -> &[Leak] {
        &self.0.groups
    }

    /// What makes the report poorer than it could be, and how to do better.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// Why the check could not be made; `None` when it was.
    #[must_use]
    pub fn trouble(&self) -> Option<&Trouble> {
        self.0.trouble.as_ref()
    }

    /// The report as one line of JSON. Durations are nanoseconds in fields ending in `_ns`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let check = loiter_test::LeakCheck::new().cleanup(|_| {});
    /// let report = check.find().await.expect_err("find takes no cleanup");
    /// assert!(report.to_json().starts_with(r#"{"schema":1,"#));
    /// # }
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers can be written")
    }

    /// A runtime that is dropped waits for its blocking functions. Then a test that fails does not
    /// end, and the harness never shows what it has said: so it is said past the harness.
    pub(crate) fn warn_of_hanging(&self) {
        if self.groups().iter().any(|leak| leak.kind == "blocking") {
            // Not with `eprintln!`, which the harness captures.
            let _ = writeln!(
                io::stderr(),
                "loiter-test: the test's runtime waits for what is left over:\n{self}"
            );
        }
    }
}

impl std::error::Error for LeakReport {}
