//! What a client may do.

/// How much a client may do. More includes less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) enum Rights {
    /// Be told what there is.
    Look,
    /// Also have tasks polled, to find out what they wait on, and pause what others are told.
    Probe,
}

impl Rights {
    /// What it takes to have the request answered that is for this path.
    ///
    /// Of the calls of a service, those that look say so by their names. One that comes to be and
    /// says nothing of the kind is not for those who may only look.
    pub(super) fn needed_for(path: &str) -> Self {
        let mut parts = path.trim_start_matches('/').split('/');
        let service = parts.next().unwrap_or_default();
        let call = parts.next().unwrap_or_default();
        let is_ours =
            service == "loiter.v1.Loiter" || service == "rs.tokio.console.instrument.Instrument";
        match !is_ours || call.starts_with("Watch") || call.starts_with("Get") {
            true => Self::Look,
            false => Self::Probe,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Probe => "probe",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_something_needs_more_than_looking() {
        for (path, needed) in [
            ("/loiter.v1.Loiter/GetTarget", Rights::Look),
            ("/loiter.v1.Loiter/WatchTasks", Rights::Look),
            ("/loiter.v1.Loiter/WatchEvents", Rights::Look),
            ("/loiter.v1.Loiter/CaptureStacks", Rights::Probe),
            ("//loiter.v1.Loiter/CaptureStacks", Rights::Probe),
            ("/loiter.v1.Loiter/AbortTasks", Rights::Probe),
            ("/loiter.v1.Loiter", Rights::Probe),
            (
                "/rs.tokio.console.instrument.Instrument/WatchUpdates",
                Rights::Look,
            ),
            (
                "/rs.tokio.console.instrument.Instrument/Pause",
                Rights::Probe,
            ),
            (
                "/rs.tokio.console.instrument.Instrument/Resume",
                Rights::Probe,
            ),
            ("/metrics", Rights::Look),
            ("/debug/pprof/goroutine", Rights::Look),
            ("/", Rights::Look),
        ] {
            assert_eq!(Rights::needed_for(path), needed, "{path}");
        }
        assert!(Rights::Probe > Rights::Look);
    }
}
