//! What a spawner says of a task.

#[cfg(not(feature = "agent"))]
pub(crate) use crate::off::Marks;
#[cfg(feature = "agent")]
pub(super) use crate::table::Marks;

/// What is said of a task before it is spawned. Empty texts say nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct About<'a> {
    pub(super) name: &'a str,
    /// The scope that it is to be in, inside the one that it is spawned in.
    pub(super) scope: &'a str,
    pub(super) marks: Marks,
}

impl<'a> About<'a> {
    pub(super) fn named(name: &'a str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    #[cfg(feature = "agent")]
    pub(super) fn keep(self) -> OwnedAbout {
        OwnedAbout {
            name: self.name.into(),
            scope: self.scope.into(),
            marks: self.marks,
        }
    }
}

/// The same, kept until the task's first poll.
#[cfg(feature = "agent")]
#[derive(Clone, Debug)]
pub(super) struct OwnedAbout {
    pub(super) name: Box<str>,
    pub(super) scope: Box<str>,
    pub(super) marks: Marks,
}
