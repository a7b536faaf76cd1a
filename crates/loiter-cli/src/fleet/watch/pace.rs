//! How often things are tried.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// How often things are tried, and how many at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many targets are being attached to at a time.
    pub connecting: usize,
    /// After this long a target that was lost is tried again.
    pub first_retry: Duration,
    /// Each time twice as long after, up to this, until it answers for longer than `silence`.
    pub last_retry: Duration,
    /// A target that says nothing for this long is lost; one that is asked seldom, after several
    /// answers that are missing.
    pub silence: Duration,
    /// One that its name or folder does not lead to, and that does not answer, is given up after
    /// this long: what is there later is another target.
    pub forget_after: Duration,
    /// How often it is asked which addresses a name has.
    pub resolve_every: Duration,
    /// How often one looks which sockets are in a folder.
    pub look_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connecting: 32,
            first_retry: Duration::from_millis(500),
            last_retry: Duration::from_secs(30),
            silence: Duration::from_secs(30),
            forget_after: Duration::from_secs(600),
            resolve_every: Duration::from_secs(10),
            look_every: Duration::from_secs(2),
        }
    }
}

impl Pace {
    /// How long to wait after so many failures in a row.
    pub(super) fn retry(&self, failures: u32) -> Duration {
        let factor = 1_u32
            .checked_shl(failures.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let wait = self.first_retry.saturating_mul(factor);
        jittered(wait.min(self.last_retry), random())
    }
}

/// About this long: targets that were lost together are not all tried together. Half of it to one
/// and a half.
pub(super) fn jittered(wait: Duration, random: u32) -> Duration {
    let thousandths = 500 + random % 1001;
    wait.saturating_mul(thousandths) / 1000
}

/// Any number. The standard library has no generator, but keys its hash maps at random.
pub(super) fn random() -> u32 {
    RandomState::new().hash_one(()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit_and_differ() {
        let pace = Pace::default();
        for (failures, about) in [(1, 500), (2, 1000), (3, 2000), (7, 30_000), (100, 30_000)] {
            let about = Duration::from_millis(about);
            for _ in 0..100 {
                let wait = pace.retry(failures);
                assert!(about / 2 <= wait && wait <= about * 3 / 2, "{wait:?}");
            }
        }
        let waits: std::collections::BTreeSet<_> = (0..100).map(|_| pace.retry(7)).collect();
        assert!(waits.len() > 50, "{waits:?}");
        let wait = Duration::from_secs(2);
        assert_eq!(jittered(wait, 0), wait / 2);
        assert_eq!(jittered(wait, 1000), wait * 3 / 2);
    }
}
