//! How many tasks a client was not told of.

/// Counts tasks that found the table full, and those that came and went without a word in the
/// ledger. Never too many: of those that end now it is not known yet whether they will be told.
pub(super) struct Lost {
    untracked: u64,
    /// Ended before the client came.
    base: u64,
    /// Ended before the last round; each was told by the end of this one, or never will be.
    ended: u64,
    /// Ends that were told.
    told: u64,
    /// Lost ones that were told of.
    reported: u64,
}

impl Lost {
    /// For a client that came when so many had found the table full, or had ended.
    pub(super) fn new(untracked: u64, ended: u64) -> Self {
        Self {
            untracked,
            base: ended,
            ended,
            told: 0,
            reported: 0,
        }
    }

    /// A round is over in which so many ends were told; after the ledger was read in it, so many
    /// had found the table full or had ended. What is to be reported.
    pub(super) fn round(&mut self, untracked: u64, ended: u64, told: u64) -> u64 {
        let found_full = untracked.saturating_sub(self.untracked);
        self.untracked = untracked;
        self.told += told;
        let unseen = (self.ended - self.base).saturating_sub(self.told);
        self.ended = ended.max(self.ended);
        let new = unseen.saturating_sub(self.reported);
        self.reported += new;
        found_full + new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sure_to_be_lost_is_counted() {
        let mut lost = Lost::new(5, 100);
        // Two end in the first round and are told of in the second.
        assert_eq!(lost.round(5, 102, 0), 0);
        assert_eq!(lost.round(8, 102, 2), 3);
        // Ten end, six of which are told.
        assert_eq!(lost.round(8, 112, 0), 0);
        assert_eq!(lost.round(8, 112, 6), 4);
        assert_eq!(lost.round(8, 112, 0), 0);
    }
}
