//! One check: what it goes by, and the ways to make it.

mod process;
mod scope;
mod verdict;

use std::{
    panic::Location,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

pub use process::{find, verify_none};
pub(crate) use scope::Judge;

use crate::{
    agent,
    ignore::Ignore,
    look::{self, Extent, Rules},
};

type Cleanup = Box<dyn FnOnce(i32) + Send>;

/// How long tasks have to end unless something else is said.
const TIMEOUT: Duration = Duration::from_millis(500);

/// A check for tasks that are left over.
///
/// [`run`](Self::run) looks only at the tasks that were spawned inside one future, however deep,
/// so other tests may run at the same time. [`verify`](Self::verify) and [`find`](Self::find)
/// look at all tasks of the process.
///
/// ```
/// use loiter_test::LeakCheck;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let sum = LeakCheck::new()
///     .timeout(Duration::from_secs(2))
///     .ignore_named("metrics-*")
///     .run(async {
///         let job = loiter::spawn(async { 1 + 1 });
///         job.await.expect("no panic")
///     })
///     .await;
/// assert_eq!(sum, 2);
/// # }
/// ```
///
/// Tasks have [`timeout`](Self::timeout) to end; the check is over as soon as all have. A paused
/// clock stands still meanwhile: a task that sleeps is left over, not woken by the check.
///
/// Dropped without having been made, a check says so on stderr. It never panics then.
#[must_use = "a check does nothing until it is run or verified"]
pub struct LeakCheck {
    name: String,
    timeout: Duration,
    rules: Rules,
    check_on_failure: bool,
    /// In a mutex, so that the check can be shared.
    cleanup: Mutex<Option<Cleanup>>,
    /// Why nothing can be seen, if that is known already.
    blind: Option<String>,
    made: AtomicBool,
}

impl LeakCheck {
    /// A check that ignores nothing. Called for the test whose name the thread has, as those of
    /// the standard harness do; on another thread it has the name of the place it is made at.
    #[track_caller]
    pub fn new() -> Self {
        let thread = thread::current();
        let name = match thread.name() {
            None | Some("main" | "tokio-runtime-worker" | "tokio-rt-worker") => {
                Location::caller().to_string()
            }
            Some(name) => name.to_owned(),
        };
        Self::named(name)
    }

    /// A check of this name.
    pub(crate) fn named(name: String) -> Self {
        agent::start();
        Self {
            name,
            timeout: TIMEOUT,
            rules: Rules::everything(),
            check_on_failure: false,
            cleanup: Mutex::default(),
            blind: None,
            made: AtomicBool::new(false),
        }
    }

    /// How long tasks have to end: 500 ms unless set. Real time, on whichever clock the test
    /// runs. What has to be found out of those that have not may take a second more.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Ignores tasks that were spawned at a place: `PATH`, `PATH:LINE` or `PATH:LINE:COLUMN`. Of
    /// the path, the last components are enough: `pool.rs:88`.
    pub fn ignore_site(self, place: &str) -> Self {
        self.ignore(Ignore::site(place))
    }

    /// Ignores tasks with a call in their await stack, innermost or not: a function, of whose
    /// path the last names are enough (`Pool::next_job`), or a place as in
    /// [`ignore_site`](Self::ignore_site).
    ///
    /// A closure or an async block counts as the function that it is written in. Who spawned a
    /// task is not part of its stack. A task of which it is not known what it waits on is not
    /// ignored.
    pub fn ignore_await(self, call: &str) -> Self {
        self.ignore(Ignore::awaiting(call))
    }

    /// Ignores tasks that wait in a call as in [`ignore_await`](Self::ignore_await) which is the
    /// innermost of the program's own (of a library's, where the program has none); of a
    /// `select!`, in any of its branches. Or those that wait on a kind of thing, such as
    /// `mpsc recv`.
    pub fn ignore_await_top(self, call: &str) -> Self {
        self.ignore(Ignore::await_top(call))
    }

    /// Ignores tasks that were spawned by a package (`hyper-util`: the place that spawned them
    /// is in its source), or inside a task of this name, or inside a task that itself was spawned
    /// at a place as in [`ignore_site`](Self::ignore_site).
    pub fn ignore_spawned_by(self, spawner: &str) -> Self {
        self.ignore(Ignore::spawned_by(spawner))
    }

    /// Ignores tasks of a name, in which `*` stands for any text.
    pub fn ignore_named(self, name: &str) -> Self {
        self.ignore(Ignore::named(name))
    }

    /// Ignores tasks of which nothing is known but that they are alive: those that are not
    /// spawned through loiter in a program without `--cfg tokio_unstable`.
    pub fn ignore_unseen(mut self) -> Self {
        self.rules.ignore_unseen = true;
        self
    }

    /// Ignores the tasks that are alive now. New ones are told from them by the agent's own
    /// numbers, which are never used twice.
    pub fn ignore_current(mut self) -> Self {
        match look::current() {
            Ok((newest, unseen)) => {
                self.rules.after = newest;
                self.rules.extent = Extent::Process { unseen };
            }
            Err(error) => self.blind = Some(error.to_string()),
        }
        self
    }

    /// Has a function called at the very end, with 0 when nothing is left over and 1 otherwise;
    /// by [`verify_main`](Self::verify_main) with the exit code.
    pub fn cleanup(mut self, cleanup: impl FnOnce(i32) + Send + 'static) -> Self {
        self.cleanup = Mutex::new(Some(Box::new(cleanup)));
        self
    }

    /// Checks although the test has failed already, which otherwise nobody wants to hear more
    /// about. The report then goes to stderr, and the test fails as it would have.
    pub fn check_on_failure(mut self) -> Self {
        self.check_on_failure = true;
        self
    }

    fn ignore(mut self, ignored: Ignore) -> Self {
        self.rules.ignored.push(ignored);
        self
    }

    /// Belongs to the exit of the process from now on.
    pub(crate) fn at_exit(mut self) -> Self {
        self.name = "at the exit of the process".to_owned();
        self
    }

    /// Cannot see anything.
    pub(crate) fn blinded(mut self, reason: &str) -> Self {
        self.blind = Some(reason.to_owned());
        self
    }

    /// Is not going to be made, and that is right.
    pub(crate) fn not_needed(self) {
        self.made.store(true, Relaxed);
    }
}

impl Default for LeakCheck {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for LeakCheck {
    fn drop(&mut self) {
        if !self.made.load(Relaxed) && !thread::panicking() {
            eprintln!(
                "loiter-test: the check {} was dropped before it was made: nothing was checked",
                self.name
            );
        }
    }
}

impl std::fmt::Debug for LeakCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeakCheck")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .field("ignored", &self.rules.ignored)
            .finish_non_exhaustive()
    }
}
