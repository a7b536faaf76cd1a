//! The cause of a leak and its cure.

use loiter_model::{
    Kind, State, WaitKind,
    finding::{Advice, FindingKind},
};

/// What to say of tasks that are left over.
/// `wakerless`: no waker of them exists.
pub(super) fn of(kind: Kind, state: State, wait: Option<WaitKind>, wakerless: bool) -> Advice {
    match (kind, state) {
        (Kind::Blocking, _) => Advice {
            cause: "It is a function on a thread of its own: nothing can abort it, and the \
                    runtime waits for it when it is dropped.",
            cure: "Make it return: give it a flag to look at, close what it reads from, or limit \
                   what it waits for.",
            code: "let stop = Arc::new(AtomicBool::new(false)); // look at it in every round",
        },
        (_, State::Running) => Advice::of(FindingKind::Hogging, wait),
        _ if wakerless => Advice::of(FindingKind::NoWaker, wait),
        _ => match finding(wait) {
            Some(finding) => Advice::of(finding, wait),
            None => by_design(wait),
        },
    }
}

/// The finding that a task would be in a service, where there is one for its wait.
fn finding(wait: Option<WaitKind>) -> Option<FindingKind> {
    Some(match wait? {
        WaitKind::MpscSend => FindingKind::BlockedSend,
        WaitKind::MpscRecv
        | WaitKind::OneshotRecv
        | WaitKind::BroadcastRecv
        | WaitKind::WatchChanged
        | WaitKind::Notify => FindingKind::BlockedReceive,
        WaitKind::Mutex
        | WaitKind::RwLockRead
        | WaitKind::RwLockWrite
        | WaitKind::Semaphore
        | WaitKind::Barrier => FindingKind::BlockedLock,
        _ => return None,
    })
}

/// Waits that are as they should be in a service, where only the end is missing.
fn by_design(wait: Option<WaitKind>) -> Advice {
    let (cause, cure, code) = match wait {
        Some(WaitKind::Join) => (
            "It waits for the end of another task, which has not come.",
            "See what that other task waits on; abort it, or tell it to end.",
            "handle.abort();",
        ),
        Some(WaitKind::Sleep) => (
            "It sleeps, for long or again and again, and nothing tells it to end.",
            "Abort it when the test is done, or have it end when it is told to.",
            "tokio::select! { _ = token.cancelled() => return, _ = interval.tick() => {} }",
        ),
        Some(
            WaitKind::IoRead
            | WaitKind::IoWrite
            | WaitKind::Accept
            | WaitKind::Signal
            | WaitKind::Process,
        ) => (
            "It serves or reads for as long as the other side is there, and nothing tells it to \
             end.",
            "Shut it down before the test ends, and await its JoinHandle; or abort it.",
            "token.cancel(); handle.await?;",
        ),
        Some(WaitKind::Select) => (
            "It waits for the first of several things, and none of them has come.",
            "Bring one of them about before the test ends: cancel its token, drop the last \
             sender, close the socket.",
            "token.cancel(); handle.await?;",
        ),
        _ => (
            "Nobody has told it to end, and nobody has waited for its end.",
            "Keep its JoinHandle: tell it to end and await it, or abort it.",
            "handle.abort(); let _ = handle.await;",
        ),
    };
    Advice { cause, cure, code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wait_has_its_advice() {
        for kind in Kind::ALL {
            for state in State::ALL {
                for wait in WaitKind::ALL.iter().copied().map(Some).chain([None]) {
                    for wakerless in [true, false] {
                        let Advice { cause, cure, .. } = of(kind, state, wait, wakerless);
                        assert!(cause.ends_with('.'), "{kind:?} {state:?} {wait:?}: {cause}");
                        assert!(cure.ends_with('.'), "{kind:?} {state:?} {wait:?}: {cure}");
                    }
                }
            }
        }
    }
}
