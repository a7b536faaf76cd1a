//! What is wrong is told.

use std::{pin::pin, sync::Arc};

use futures_util::{FutureExt as _, Stream};
use loiter::{
    finding::{Certainty, Change, Changes, Finding, FindingKind, Found, WaitKind},
    findings,
};

/// Reads all that there is to read of a finding.
fn read(found: &Found) -> String {
    let finding: &Finding = &found.finding;
    let kind: FindingKind = finding.kind;
    let certainty: Certainty = finding.certainty;
    let wait: Option<WaitKind> = found.wait;
    let texts = [&found.site, &found.name, &found.scope, &found.waits_on];
    format!(
        "{kind:?} {certainty:?} {wait:?} {texts:?} {} {} {} {}",
        found.headline, found.markdown, found.cause, found.cure
    )
}

fn about(change: Change) -> Option<Arc<Found>> {
    match change {
        Change::New(found) | Change::Surer(found) | Change::Back(found) | Change::Gone(found) => {
            Some(found)
        }
        Change::Missed(_) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_comes_where_nothing_is_wrong() {
    super::start();
    let mut changes: Changes = findings();
    // Not `None`, which would be the end of it.
    assert!(changes.recv().now_or_never().is_none());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let next = pin!(changes).poll_next(&mut context);
    let next = next.map(|change| change.and_then(about).as_deref().map(read));
    assert!(next.is_pending());
}
