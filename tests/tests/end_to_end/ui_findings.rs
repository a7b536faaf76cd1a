//! What is wrong, in the terminal UI.

use loiter_tests::{FakeAgent, Terminal};

use crate::{LOITER, shared};

fn attached(args: &[&str]) -> Terminal {
    LOITER.terminal(&[&[shared().address.as_str()], args].concat())
}

#[test]
fn findings_are_counted_in_every_view_listed_and_lead_to_their_tasks() {
    let mut terminal = attached(&["--blocked-after", "500ms"]);
    terminal.wait_for("a count beside the tasks", |screen| {
        let contents = screen.contents();
        contents.contains("◆ Findings ") && contents.contains("wait_on_nothing.rs")
    });
    terminal.type_keys("f");
    terminal.wait_for_text("(proved):");
    let row = terminal.wait_for_some("a finding of a task that nothing can wake", |screen| {
        let contents = screen.contents();
        let mut lines = contents.lines();
        lines.position(|line| line.starts_with("◆ no waker"))
    });
    terminal.click(row, 5);
    terminal.wait_for_text("no waker (proved): 1 task (wait-on-nothing)");
    terminal.type_keys("\r");
    terminal.wait_for("its task alone", |screen| {
        let contents = screen.contents();
        contents.contains("filter seq:") && contents.contains(" 1/1 ")
    });
    terminal.type_keys("\x1b");
    terminal.wait_for_text("no waker (proved): 1 task (wait-on-nothing)");
    terminal.type_keys("d");
    terminal.wait_for_text("registered no waker: nothing can wake it");
    terminal.type_keys("y");
    terminal.wait_for_text("copied as Markdown through the terminal (OSC 52): no waker");
    let copied = terminal.wait_for_clipboard();
    assert!(copied.starts_with("IyMj"), "no heading: {copied}");
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn an_agent_without_findings_is_said_to_be_older_and_shows_the_rest() {
    let agent = FakeAgent::saying(FakeAgent::target(), FakeAgent::no_tasks());
    let mut terminal = LOITER.terminal(&[&agent.start()]);
    terminal.wait_for_text("no task is alive");
    terminal.type_keys("f");
    terminal.wait_for_text("is older than this `loiter`: no findings");
    terminal.type_keys("t");
    terminal.wait_for_text("no task is alive");
    assert!(terminal.contents().contains("connected"));
}
