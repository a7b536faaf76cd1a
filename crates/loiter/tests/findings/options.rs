//! What the program and its environment say about findings.

use std::future::pending;

use loiter::{
    Builder, InitError,
    finding::{Change, FindingKind, Found},
    inspect,
};
use tokio::time::timeout;

use crate::{
    report::start,
    support::{PATIENCE, Program},
};

/// Starts an agent without a port, lets three tasks wait, and tells what is found first.
async fn first_found(builder: Builder) -> std::sync::Arc<Found> {
    let mut changes = loiter::findings();
    start(builder);
    for _ in 0..3 {
        loiter::spawn(pending::<()>());
    }
    match timeout(PATIENCE, changes.recv()).await {
        Ok(Some(Change::New(found))) => found,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn max_alive_is_for_all_sites() {
    let program = Program::start(async |_| {
        let found = first_found(Builder::new().max_alive(2)).await;
        assert_eq!(found.finding.kind, FindingKind::TooManyAlive);
        assert_eq!(found.site, None);
    });
    program.finish();
}

#[tokio::test]
async fn the_environments_max_alive_wins() {
    let variables = [("LOITER_MAX_ALIVE", "2")];
    let program = Program::start_with(&variables, async |_| {
        let found = first_found(Builder::new().max_alive(1000)).await;
        assert_eq!(found.site, None);
    });
    program.finish();
}

#[tokio::test]
async fn the_environments_max_alive_at_site_wins() {
    let variables = [
        ("LOITER_MAX_ALIVE", "none"),
        ("LOITER_MAX_ALIVE_AT_SITE", "2"),
    ];
    let program = Program::start_with(&variables, async |_| {
        let builder = Builder::new().max_alive(1).max_alive_at_site(1000);
        let found = first_found(builder).await;
        let site = found.site.as_deref().expect("a site");
        assert!(site.contains("findings/options.rs:"), "{site}");
    });
    program.finish();
}

#[tokio::test]
async fn the_environments_report_findings_wins() {
    let variables = [("LOITER_REPORT_FINDINGS", "true")];
    let mut program = Program::start_with(&variables, async |mut cues| {
        first_found(Builder::new().max_alive(1).report_findings(false)).await;
        cues.next().await;
    });
    program.wait_for_stderr("loiter::finding").await;
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn a_filter_that_does_not_parse_is_an_error_of_try_init() {
    let program = Program::start(async |_| {
        let builder = || Builder::new().listen_nowhere().allow("name:ok", "fine");
        let refused = builder().allow("idle>soon", "wrong").try_init();
        let error = refused.expect_err("no filter");
        assert!(
            matches!(&error, InitError::Allow { filter, .. } if filter == "idle>soon"),
            "{error:?}"
        );
        let said = error.to_string();
        assert!(
            said.starts_with("in the filter `idle>soon` of the allow list: "),
            "{said}"
        );
        // Nothing has been started.
        builder().try_init().expect("it starts");
    });
    program.finish();
}

#[tokio::test]
async fn init_leaves_out_a_filter_that_does_not_parse() {
    let program = Program::start(async |_| {
        let builder = Builder::new().listen_nowhere();
        builder.allow("idle>soon", "wrong").init();
        inspect::runtime_tasks().await.expect("it runs");
    });
    let said = program.finish();
    let warning = "loiter: in the filter `idle>soon` of the allow list: ";
    assert_eq!(said.matches(warning).count(), 1, "{said}");
}
