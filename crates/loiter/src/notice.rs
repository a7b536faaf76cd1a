//! What the agent has to say to the people who run the program.

/// Warns through the program's tracing subscriber, or on stderr when it has none.
pub(crate) fn warn(through_tracing: bool, message: &str) {
    if through_tracing {
        tracing::warn!(target: "loiter", "{message}");
    } else {
        eprintln!("loiter: {message}");
    }
}

/// Like [`warn`], for good news; nothing without a subscriber.
pub(crate) fn info(through_tracing: bool, message: &str) {
    if through_tracing {
        tracing::info!(target: "loiter", "{message}");
    }
}
