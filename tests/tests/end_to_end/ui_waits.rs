//! What tasks wait on, in the terminal UI.

use loiter_tests::Terminal;

use crate::{LOITER, shared};

fn attached(args: &[&str]) -> Terminal {
    let terminal = LOITER.terminal(&[&[shared().address.as_str()], args].concat());
    terminal.wait_for_text("connected");
    terminal.wait_for_text(" alive");
    terminal
}

#[test]
fn the_details_ask_what_a_task_waits_on() {
    let mut terminal = attached(&["--filter", "name:blocked-receive"]);
    terminal.wait_for_text("blocked_receive.rs");
    terminal.type_keys("\r");
    terminal.wait_for_text("mpsc recv · blocked_receive.rs:");
    terminal.wait_for_text("await stack");
    terminal.wait_for_text("frames of tokio");
    terminal.type_keys("a");
    terminal.wait_for_text("src/sync/mpsc/chan.rs:");
}

#[test]
fn a_task_that_nothing_can_wake_is_called_so() {
    let mut terminal = attached(&["--filter", "name:wait-on-nothing"]);
    terminal.wait_for_text("wait_on_nothing.rs");
    terminal.type_keys("\r");
    terminal.wait_for_text("registered no waker: nothing can wake it");
}

#[test]
fn waits_are_listed_and_lead_to_their_tasks() {
    let mut terminal = attached(&["--filter", "name:lock-waiter", "--view", "waits"]);
    terminal.type_keys("p");
    terminal.wait_for_text("captured 3 of 3");
    terminal.wait_for("the three as one row", |screen| {
        let contents = screen.contents();
        let mut rows = contents.lines().filter(|line| line.contains("mutex · "));
        rows.next()
            .is_some_and(|row| row.trim_start().starts_with("3 "))
            && rows.next().is_none()
    });
    terminal.type_keys("\r");
    terminal.wait_for("their rows", |screen| {
        screen.contents().contains("wait=")
            && screen.contents().matches("leak/lock_held.rs").count() == 3
    });
    terminal.type_keys("\x1b");
    terminal.wait_for_text("Count");
}

#[test]
fn what_tasks_wait_on_is_a_column() {
    let mut terminal = attached(&["--filter", "name:blocked-send", "--sort", "wait"]);
    terminal.type_keys("p");
    terminal.wait_for_text("captured 1 of 1");
    terminal.wait_for_text("mpsc send");
}
