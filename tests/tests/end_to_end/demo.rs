//! `loiter demo`: a service of its own, and its end.

use loiter_tests::{Program, Terminal, kill_now, terminate, wait_until};
use vt100::Color;

use crate::{LOITER, ui_options::colours};

/// `loiter demo` once it shows the service, and where that listens.
fn demo(args: &[&str]) -> (Terminal, String) {
    let terminal = LOITER.terminal(&[&["demo"], args].concat());
    terminal.wait_for_text("blocked-send");
    let address = terminal.wait_for_some("an address", |screen| {
        let contents = screen.contents();
        let port = contents.split_once("127.0.0.1:")?.1;
        let port: String = port.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("127.0.0.1:{port}"))
    });
    assert_eq!(LOITER.tasks(&[&address])["target"]["name"], "loiter-demo");
    (terminal, address)
}

fn wait_until_gone(address: &str) {
    wait_until("the service ends", || {
        let finished = LOITER.run(&["tasks", address]);
        (finished.code == Some(2)).then_some(())
    });
}

#[test]
fn it_shows_a_service_and_ends_it_on_quit() {
    let (mut terminal, address) = demo(&[]);
    terminal.type_keys("q");
    terminal.wait_for_end(0);
    wait_until_gone(&address);
}

#[test]
fn it_takes_the_options_of_the_ui() {
    let (terminal, _) = demo(&["--filter", "site:leak", "--blocked-after", "1m"]);
    terminal.wait_for_text("blocked ≥1m");
    terminal.wait_for("only leaks", |screen| {
        !screen.contents().contains("healthy/")
    });
}

#[test]
fn it_starts_as_the_options_of_the_ui_have_it() {
    let (terminal, _) = demo(&["-s", "name", "-r", "--view", "tasks", "--no-color"]);
    terminal.wait_for("names from the last on, without colours", |screen| {
        let contents = screen.contents();
        let place = |name| contents.find(name);
        contents.contains("Name▼")
            && place("wait-on-nothing") < place("blocked-receive")
            && place("wait-on-nothing").is_some()
            && colours(screen).is_empty()
    });
    let args = [
        "demo",
        "--view",
        "sites",
        "--sort",
        "site",
        "--ascii",
        "--palette",
        "16",
        "--interval",
        "100ms",
    ];
    let terminal = LOITER.terminal(&args);
    terminal.wait_for("sites in ASCII and 16 colours", |screen| {
        let contents = screen.contents();
        let colours = colours(screen);
        let is_of_16 = |colour: &Color| matches!(colour, Color::Idx(0..16));
        contents.contains("Site ^")
            && contents.contains("leak/blocked_send.rs")
            && contents.is_ascii()
            && !colours.is_empty()
            && colours.iter().all(is_of_16)
    });
}

#[test]
fn the_service_ends_with_a_killed_ui() {
    let (terminal, address) = demo(&[]);
    kill_now(terminal.pid());
    terminal.wait_for_text("exit status 137");
    wait_until_gone(&address);
}

#[test]
fn a_terminated_ui_ends_the_service_too() {
    let (mut terminal, address) = demo(&[]);
    terminate(terminal.pid());
    terminal.wait_for_end(0);
    wait_until_gone(&address);
}

#[test]
fn it_is_not_misled_by_what_is_meant_for_other_programs() {
    let env = [
        ("LOITER_LISTEN", "127.0.0.1:1"),
        ("LOITER_ENABLED", "false"),
    ];
    let terminal = LOITER.terminal_with(&["demo"], &env);
    terminal.wait_for_text("blocked-send");
}

#[test]
fn served_alone_it_prints_one_line_and_listens_where_it_was_told_to() {
    let address = loiter_tests::free_address().to_string();
    let mut service = Program::start(LOITER.command(&["demo", "--serve", "--listen", &address]));
    assert_eq!(service.address(), address);
    assert_eq!(LOITER.tasks(&[&address])["target"]["pid"], service.pid());
    let line = format!("loiter-demo: agent listening on {address}\n");
    assert_eq!(service.stdout(), line);

    // Only a parent that asks for it takes the service with it.
    service.close_stdin();
    assert_eq!(LOITER.tasks(&[&address])["target"]["pid"], service.pid());
    terminate(service.pid());
    assert!(service.wait_for_end().success());
}

#[test]
fn served_for_a_parent_it_ends_with_its_standard_input() {
    let mut service = LOITER.demo();
    let _ = service.address();
    service.close_stdin();
    assert!(service.wait_for_end().success());
}

#[test]
fn an_address_that_others_could_reach_is_refused() {
    let finished = LOITER.run(&["demo", "--serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(finished.stderr.contains("loopback"), "{finished:?}");
}
