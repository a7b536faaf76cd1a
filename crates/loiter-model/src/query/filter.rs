//! Which tasks a query is about.

use super::{FilterError, Labels};
use crate::{Task, Thresholds};

/// A parsed filter: every term must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

/// One condition of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(_text: &str) -> Result<Self, FilterError> {
        todo!()
    }
}

impl Filter {
    /// Whether it lets a task through.
    #[must_use]
    pub fn matches(&self, _task: &Task, _limits: &Thresholds, _labels: &impl Labels) -> bool {
        todo!()
    }

    /// Whether it can let an ended task through: only then the ledger is looked at.
    #[must_use]
    pub fn wants_ended(&self) -> bool {
        todo!()
    }
}
