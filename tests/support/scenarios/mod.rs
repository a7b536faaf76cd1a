//! Leaks as they are found in real programs, each with its cure: the causes that Go's own leak
//! corpus and the studies of leaks in large services name, as Tokio has them.
//!
//! Each scenario is a request handler that is called again and again. The leaking variant leaves
//! a task behind with every call; the cured one leaves none. What must be found is said beside
//! it: the line is the one below `// @ NAME`.

/// Scenarios, one a line: what it is called, what must be found, and its handler.
macro_rules! scenarios {
    ($($name:literal, $expected:expr, $handler:ident;)*) => {
        &[$(Scenario {
            name: $name,
            expected: $expected,
            handler: |variant| Box::pin($handler(variant)),
        }),*]
    };
}

mod patterns;
mod simple;

use std::{
    any::Any,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time;

/// A leak and its cure.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// What must be said of the leaking variant; `None` when there is nothing wrong with it.
    pub expected: Option<Expected>,
    /// Handles a request.
    handler: fn(Variant) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Scenario {
    /// Whether it is found only by who holds which lock.
    #[must_use]
    pub fn needs_resources(&self) -> bool {
        self.name == "lock-cycle"
    }
}

/// What must be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The kind of the finding.
    pub kind: &'static str,
    /// How sure it is.
    pub certainty: &'static str,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// With the leak.
    Leaking,
    /// With the cure.
    Cured,
}

/// Every scenario.
#[must_use]
pub fn all() -> Vec<Scenario> {
    [simple::ALL, patterns::ALL].concat()
}

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<Scenario> {
    all().into_iter().find(|scenario| scenario.name == name)
}

/// The file and line at which the tasks of a scenario wait; of one whose tasks do not wait, where
/// they are spawned.
#[must_use]
pub fn line_of(name: &str) -> Option<(&'static str, u32)> {
    let files = [
        ("simple.rs", include_str!("simple.rs")),
        ("patterns.rs", include_str!("patterns.rs")),
    ];
    let mark = format!("// @ {name}");
    files.into_iter().find_map(|(file, text)| {
        let mark = text.lines().position(|line| line.trim() == mark)?;
        Some((file, u32::try_from(mark).ok()? + 2))
    })
}

/// Requests that are handled.
const REQUESTS: usize = 12;
/// Between two requests.
const EVERY: Duration = Duration::from_millis(250);

/// Handles requests, each in a task of its own, which has mostly ended before the next one.
pub async fn run(scenario: Scenario, variant: Variant) {
    let mut next = time::interval(EVERY);
    for _ in 0..REQUESTS {
        next.tick().await;
        let request = loiter::task::Builder::new().name("request");
        drop(request.spawn((scenario.handler)(variant)));
    }
    // The last one is to be over, too.
    time::sleep(2 * PATIENCE).await;
}

/// Keeps something alive for good, as a field does that nobody thinks of any more.
fn forget(field: impl Any + Send) {
    static FIELDS: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());
    FIELDS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(Box::new(field));
}

/// It must be found as `kind`, this sure.
const fn found(kind: &'static str, certainty: &'static str) -> Option<Expected> {
    Some(Expected { kind, certainty })
}

/// Spawns a task that is named after its scenario.
#[track_caller]
fn spawn(name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
    let task = loiter::task::Builder::new().name(name);
    drop(task.spawn(future));
}

/// How long a cured variant waits at most.
const PATIENCE: Duration = Duration::from_millis(200);
