//! How many connections there may be.

/// Connections at a time that have asked for something.
const MOST_GUESTS: usize = 256;
/// Connections at a time that have not asked for anything yet: more while there are fewer of the
/// others.
const MOST_STRANGERS: usize = 128;
/// Of the program's file descriptors, connections may take so many in so many.
const SHARE: (u64, u64) = (3, 8);

/// How many there may be of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Limits {
    pub(super) strangers: usize,
    pub(super) guests: usize,
}

impl Limits {
    /// For this process: the descriptors are there for what the program does.
    pub(in super::super) fn of_this_process() -> Self {
        Self::within(descriptors())
    }

    /// For a process that may have so many descriptors open; `None`: any number.
    fn within(descriptors: Option<u64>) -> Self {
        let most = MOST_GUESTS + MOST_STRANGERS;
        let affordable = descriptors.map_or(most, |all| {
            let affordable = all / SHARE.1 * SHARE.0;
            usize::try_from(affordable).map_or(most, |affordable| affordable.clamp(6, most))
        });
        let strangers = affordable / 3;
        Self {
            strangers,
            guests: affordable - strangers,
        }
    }
}

/// How many descriptors this process may have open; `None` for any number.
#[cfg(unix)]
fn descriptors() -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: it writes to this `rlimit`, which is ours and lives until it returns.
    let error = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    (error == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

#[cfg(not(unix))]
fn descriptors() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_descriptors_are_left_to_the_program() {
        for (descriptors, guests, strangers) in [
            (None, 256, 128),
            (Some(1 << 20), 256, 128),
            (Some(1024), 256, 128),
            (Some(256), 64, 32),
            (Some(1), 4, 2),
        ] {
            let limits = Limits::within(descriptors);
            assert_eq!(limits, Limits { strangers, guests }, "{descriptors:?}");
        }
    }
}
