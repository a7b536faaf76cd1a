//! What the agent's own last look found, for those who ask in between.

use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "pprof")]
use loiter_model::TaskSeq;
use loiter_model::finding::Finding;

/// The findings of one look.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) findings: Vec<Finding>,
    /// The tasks that they are about, in order, see
    /// [`finish_listing`](loiter_model::finding::Scan::finish_listing).
    #[cfg(feature = "pprof")]
    pub(crate) tasks: Vec<TaskSeq>,
}

/// The last ones.
#[derive(Debug, Default)]
pub(crate) struct LastTold(Mutex<Arc<Told>>);

impl LastTold {
    pub(crate) fn set(&self, told: Told) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(told);
    }

    /// Nothing before the first look.
    pub(crate) fn get(&self) -> Arc<Told> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
