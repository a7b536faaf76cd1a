//! One task for each thing that can be waited on.
//!
//! Each waits for ever. The line of its `.await` says `@` and the name of the case.

mod channels;
mod io;
mod others;
mod several;
mod sync;
mod tasks;

use std::{path::Path, time::Duration};

use loiter_model::WaitKind;

/// The files with the cases.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("channels.rs", include_str!("channels.rs")),
    ("io.rs", include_str!("io.rs")),
    ("others.rs", include_str!("others.rs")),
    ("several.rs", include_str!("several.rs")),
    ("sync.rs", include_str!("sync.rs")),
    ("tasks.rs", include_str!("tasks.rs")),
];

const AGES: Duration = Duration::from_secs(86_400);

/// A task that waits.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) kind: WaitKind,
    pub(crate) may_be_unknown: bool,
}

/// Spawns them all. What they have in the file system goes with the folder.
pub(crate) async fn spawn(folder: &Path) -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    channels::spawn(&mut cases);
    sync::spawn(&mut cases).await;
    io::spawn(&mut cases, folder).await;
    tasks::spawn(&mut cases);
    several::spawn(&mut cases);
    others::spawn(&mut cases);
    cases.0
}

struct Cases(Vec<Case>);

impl Cases {
    fn add<F>(&mut self, name: &'static str, kind: WaitKind, future: F)
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.0.push(Case {
            name,
            kind,
            may_be_unknown: false,
        });
        let name = format!("@{name}");
        let task = loiter::task::Builder::new().name(&name).spawn(future);
        keep(task.expect("a runtime"));
    }

    /// The last one's kind cannot be told by what line tables have: short names, which do not
    /// tell `readable` from `writable`, nor flume's `SendFut` from its `RecvFut`.
    fn may_be_unknown(&mut self) {
        if let Some(case) = self.0.last_mut() {
            case.may_be_unknown = true;
        }
    }
}

/// Keeps a value for ever.
fn keep<T>(value: T) {
    std::mem::forget(value);
}
