//! Services and UIs that die, and others that take their place.

use loiter_tests::{kill_now, wait_until};

use crate::LOITER;

#[test]
fn the_ui_waits_for_a_killed_service_and_tells_that_it_was_restarted() {
    let mut service = LOITER.demo();
    let address = service.address();
    let mut terminal = LOITER.terminal(&[&address]);
    terminal.wait_for_text("blocked-send");

    service.kill();
    terminal.wait_for_text("reconnecting in");
    terminal.wait_for("why", |screen| {
        let contents = screen.contents();
        contents.contains("lost the connection") || contents.contains("cannot reach")
    });
    // What was last known is still there.
    terminal.wait_for_text("blocked-send");

    let service = LOITER.demo_at(&address);
    assert_eq!(service.address(), address);
    terminal.wait_for_text("service restarted");
    terminal.wait_for_text(&format!("pid {}", service.pid()));
    terminal.wait_for("connected", |screen| {
        !screen.contents().contains("reconnecting")
    });
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn the_ui_may_be_started_before_the_service() {
    let address = loiter_tests::free_address().to_string();
    let terminal = LOITER.terminal(&[&address]);
    terminal.wait_for_text("cannot reach");
    let _service = LOITER.demo_at(&address);
    terminal.wait_for_text("blocked-send");
}

#[test]
fn a_killed_ui_does_not_matter_to_the_service() {
    let mut service = LOITER.demo();
    let address = service.address();
    for _ in 0..3 {
        let terminal = LOITER.terminal(&[&address]);
        terminal.wait_for_text("blocked-send");
        kill_now(terminal.pid());
        terminal.wait_for_text("exit status 137");
    }
    assert!(service.is_running());
    let tasks = LOITER.tasks(&[&address, "--filter", "name:blocked-send"]);
    assert_eq!(tasks["matched"], 1);
}

#[test]
fn a_busy_port_is_a_warning_and_is_taken_over() {
    let mut first = LOITER.demo();
    let address = first.address();
    let mut second = LOITER.demo_at(&address);
    second.wait_for_stderr(&format!("cannot listen on {address}"));
    assert!(second.is_running());
    let target = |document: &serde_json::Value| document["target"]["pid"].as_u64();
    assert_eq!(target(&LOITER.tasks(&[&address])), Some(first.pid().into()));

    first.kill();
    assert_eq!(second.address(), address);
    let pid = wait_until("an answer of the second service", || {
        target(&LOITER.tasks(&[&address]))
    });
    assert_eq!(pid, u64::from(second.pid()));
}
