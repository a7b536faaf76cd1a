//! Several programs in one UI.

use std::fs;

use loiter_tests::{Program, Terminal, wait_until};
use vt100::Screen;

use crate::LOITER;

/// The line of the table in which a target stands.
fn row(screen: &Screen, name: &str) -> Option<String> {
    let (_, columns) = screen.size();
    let mut lines = screen.rows(0, columns.get());
    lines.find(|line| line.trim_start().starts_with(name))
}

/// Services, their addresses, and the UI over all of them once they answer.
fn watched(count: usize, args: &[&str]) -> (Vec<Program>, Vec<String>, Terminal) {
    let services: Vec<_> = (0..count).map(|_| LOITER.demo()).collect();
    let addresses: Vec<_> = services.iter().map(Program::address).collect();
    let mut all: Vec<&str> = addresses.iter().map(String::as_str).collect();
    all.extend(args);
    let terminal = LOITER.terminal(&all);
    terminal.wait_for_text(&format!("{count} targets"));
    terminal.wait_for_text(&format!("● {count} up"));
    (services, addresses, terminal)
}

#[test]
fn a_killed_service_is_shown_as_lost_and_the_others_go_on() {
    let (mut services, addresses, mut terminal) = watched(4, &[]);
    for address in &addresses {
        terminal.wait_for("its row", |screen| {
            row(screen, address).is_some_and(|row| row.contains("up"))
        });
    }
    services[1].kill();
    terminal.wait_for_text("● 3 up");
    terminal.wait_for_text("○ 1 lost");
    let lost = |screen: &Screen| row(screen, &addresses[1]).filter(|row| row.contains("lost"));
    terminal.wait_for("it is lost", |screen| lost(screen).is_some());
    terminal.wait_for("since when", |screen| {
        lost(screen).is_some_and(|row| row.contains("lost 1s") || row.contains("lost 2s"))
    });
    // Why, when it is selected.
    terminal.type_keys("/lost\r");
    terminal.wait_for("only the lost one, and why", |screen| {
        let contents = screen.contents();
        let is_alone = addresses
            .iter()
            .all(|address| row(screen, address).is_some() == (address == &addresses[1]));
        is_alone && contents.contains(&format!("{}: lost ", addresses[1]))
    });

    // Another one takes its place.
    services[1] = LOITER.demo_at(&addresses[1]);
    terminal.type_keys("R\x1b");
    terminal.wait_for_text("● 4 up");
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn enter_opens_a_target_and_leads_back() {
    let (services, addresses, mut terminal) = watched(3, &[]);
    for (service, address) in services.iter().zip(&addresses) {
        terminal.type_keys(&format!("/{address}\r"));
        terminal.wait_for("only it", |screen| {
            let mut others = addresses.iter().filter(|other| other != &address);
            row(screen, address).is_some() && others.all(|other| row(screen, other).is_none())
        });
        terminal.type_keys("\r");
        terminal.wait_for_text("connected");
        terminal.wait_for_text(&format!("pid {}", service.pid()));
        terminal.wait_for_text("blocked-send");
        terminal.type_keys("T");
        terminal.wait_for_text("3 targets");
        terminal.type_keys("\x1b");
        terminal.wait_for("all of them", |screen| {
            addresses
                .iter()
                .all(|address| row(screen, address).is_some())
        });
    }
}

#[test]
fn sites_and_findings_are_those_of_all_and_open_the_worst() {
    let (_services, _, mut terminal) = watched(3, &["--view", "findings"]);
    terminal.wait_for("a finding that all have", |screen| {
        row(screen, "◆ no waker").is_some_and(|row| row.contains(" 3 "))
    });
    terminal.type_keys("/waker\r");
    terminal.wait_for_text("worst in");
    terminal.type_keys("\r");
    terminal.wait_for_text("connected");
    terminal.wait_for("the finding, selected", |screen| {
        screen.contents().contains("◆ no waker (proved)")
    });
    terminal.type_keys("\x1b");
    terminal.wait_for_text("3 targets");

    terminal.type_keys("\x1b");
    terminal.wait_for("no filter", |screen| {
        !screen.contents().contains("filter waker")
    });
    terminal.type_keys("s/blocked_send.rs\r");
    terminal.wait_for("a site in all of them", |screen| {
        let (_, columns) = screen.size();
        let mut lines = screen.rows(0, columns.get());
        lines.any(|line| line.contains("leak/blocked_send.rs") && line.contains(" 3 "))
    });
    terminal.type_keys("\r");
    terminal.wait_for_text("connected");
    terminal.wait_for("its tasks and no others", |screen| {
        screen.contents().contains("blocked-send") && !screen.contents().contains("lock-waiter")
    });
    terminal.type_keys("\x1b");
    terminal.wait_for_text("3 targets");
}

#[test]
fn a_list_names_the_targets() {
    let services = [LOITER.demo(), LOITER.demo()];
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("shop");
    let [orders, stock] = services.each_ref().map(Program::address);
    let text = format!("# the shop\norders {orders}\nstock {stock}  # the second\n");
    fs::write(&list, text).expect("it is written");
    let list = list.to_str().expect("a text");
    let mut terminal = LOITER.terminal(&["--targets", list]);
    terminal.wait_for_text("● 2 up");
    terminal.wait_for("their names", |screen| {
        row(screen, "orders").is_some() && row(screen, "stock").is_some()
    });
    terminal.type_keys("q");
    terminal.wait_for_end(0);

    fs::write(list, "orders orders\n").expect("it is written");
    let finished = LOITER.run(&["--targets", list]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("shop:1: "), "{}", finished.stderr);
}

#[test]
fn without_a_target_one_chooses_among_the_agents_of_the_machine() {
    let runtime = tempfile::tempdir().expect("a folder");
    let folder = runtime.path().to_str().expect("a text");
    let services = [(); 2].map(|()| {
        let mut command = LOITER.demo_command("127.0.0.1:0");
        command.env("XDG_RUNTIME_DIR", folder);
        let service = Program::start(command);
        let socket = format!("loiter/loiter-demo-{}.sock", service.pid());
        let socket = runtime.path().join(socket);
        wait_until("its socket", || socket.exists().then_some(()));
        service
    });
    let mut terminal = LOITER.terminal_with(&[], &[("XDG_RUNTIME_DIR", folder)]);
    // There may be others on this machine.
    terminal.wait_for_text("agents on this machine");
    for service in &services {
        let name = format!("loiter-demo {}", service.pid());
        terminal.type_keys(&format!("/{name}\r"));
        terminal.wait_for_text(&format!("[ ] {name}"));
        terminal.type_keys(" ");
        terminal.wait_for_text(&format!("[x] {name}"));
        terminal.type_keys("\x1b");
        terminal.wait_for("no filter", |screen| {
            !screen.contents().contains("filter loiter")
        });
    }
    terminal.wait_for_text("2 marked");
    terminal.type_keys("\r");
    terminal.wait_for_text("2 targets");
    terminal.wait_for_text("● 2 up");
    terminal.type_keys("\x1b");
    terminal.wait_for_text("agents on this machine");
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}
