//! Snapshots: everything that was known of a target at one time, as it stands in a file.

mod format;

use loiter_model::{
    Target,
    update::{FindingsUpdate, SitesUpdate, TasksUpdate},
};

pub(crate) use format::MAGIC;
pub use format::{FormatError, MOST_OF_A_KIND, Only, Reader, Writer};

/// A part of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Which process, with the limits that hold for the rest. Always the first part.
    Target(Target),
    /// What is wrong.
    Findings(FindingsUpdate),
    /// Some of the sites.
    Sites(SitesUpdate),
    /// Some of the tasks alive.
    Tasks(TasksUpdate),
}
