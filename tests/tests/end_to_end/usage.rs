//! Exit codes, and errors in one line that says what to do.

use loiter_tests::{FakeAgent, FakeServer, Finished, Loiter, free_address};

use crate::{LOITER, shared};

/// It could not run, and says so in one line on standard error.
fn assert_fails(finished: &Finished, what: &str) {
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(finished.stderr.starts_with("loiter: "), "{finished:?}");
    assert!(
        finished.stderr.contains(what),
        "no `{what}` in {finished:?}"
    );
}

#[test]
fn help_and_version_succeed() {
    for args in [
        &["--help"][..],
        &["-h"],
        &["tasks", "--help"],
        &["stacks", "--help"],
        &["check", "--help"],
        &["snapshot", "--help"],
        &["diff", "--help"],
        &["demo", "--help"],
        &["config", "--help"],
        &["help"],
        &["help", "tasks"],
    ] {
        let finished = LOITER.run(args);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("Exit status:"), "{finished:?}");
        assert!(finished.stdout.contains("Usage: loiter"), "{finished:?}");
    }
    let version = LOITER.run(&["--version"]);
    assert_eq!(version.code, Some(0));
    assert_eq!(
        version.stdout,
        format!("loiter {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn the_filter_language_is_part_of_the_help() {
    let help = LOITER.run(&["tasks", "--help"]).stdout;
    for row in loiter_model::query::REFERENCE {
        assert!(help.contains(row.syntax), "{}", row.syntax);
    }
}

#[test]
fn the_help_of_a_closed_pipe_is_no_error() {
    let finished = into_closed_pipe(&["--help"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn nobody_listens() {
    let address = free_address().to_string();
    let finished = LOITER.run(&["tasks", &address]);
    assert_fails(&finished, &format!("cannot reach {address}"));
    assert!(
        finished.stderr.contains("is the service running"),
        "{finished:?}"
    );
}

#[test]
fn no_such_host() {
    let finished = LOITER.run(&["tasks", "no-such-host.invalid:6669"]);
    assert_fails(&finished, "cannot reach no-such-host.invalid:6669");
}

#[test]
fn something_else_listens() {
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\xff\x13\x37 garbage \x80\x80\x80\x80\x80\x80\x80\x80",
        b"",
    ] {
        let address = FakeServer::start(answer).address();
        let finished = LOITER.run(&["tasks", &address]);
        assert_fails(&finished, &address);
    }
}

#[test]
fn an_http_server_is_no_agent() {
    let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let address = FakeServer::start(answer).address();
    let finished = LOITER.run(&["tasks", &address]);
    assert_fails(&finished, "is no loiter agent");
}

#[test]
fn an_agent_of_another_version() {
    let address = FakeAgent::of_another_version().start();
    let finished = LOITER.run(&["tasks", &address]);
    assert_fails(&finished, &address);
    assert!(finished.stderr.contains("version"), "{finished:?}");
}

#[test]
fn a_filter_that_does_not_parse() {
    let address = &shared().address;
    let finished = LOITER.run(&["tasks", address, "--filter", "site:pool idle>soon"]);
    assert_fails(&finished, "at character 16");
    assert!(finished.stderr.contains("`soon`"), "{finished:?}");
    assert!(finished.stderr.contains("`10s`"), "{finished:?}");
}

#[test]
fn a_column_that_does_not_exist() {
    let address = &shared().address;
    let finished = LOITER.run(&["tasks", address, "--sort", "idleness"]);
    assert_fails(&finished, "'idleness'");
    assert!(finished.stderr.contains("longest-poll"), "{finished:?}");
    let finished = LOITER.run(&["tasks", address, "--group", "site", "--sort", "polls"]);
    assert_fails(&finished, "`polls`");
    assert!(finished.stderr.contains("oldest-idle"), "{finished:?}");
}

#[test]
fn arguments_that_make_no_sense() {
    for (args, what) in [
        (&["--frobnicate"][..], "'--frobnicate'"),
        (&["tasks", "localhost"], "`localhost:6669`"),
        (&["tasks", "ftp://localhost:6669"], "`ftp`"),
        (&["tasks", "--blocked-after", "10"], "`10s`"),
        (&["tasks", "--limit", "many"], "'many'"),
        (&["--ascii", "tasks"], "`tasks` is a command"),
        (&["completions", "csh"], "bash"),
        (&["demo", "--listen", "here"], "'here'"),
        (
            &["demo", "--serve", "--listen", "127.0.0.1:7701x"],
            "`127.0.0.1:6669`",
        ),
        (&["http://localhost"], "`localhost:6669`"),
        (&["https://localhost/x"], "`https://localhost:6669`"),
        (
            &["tasks", "-f", "starved,hogging"],
            "`warn:starved,hogging`",
        ),
    ] {
        assert_fails(&LOITER.run(args), what);
    }
}

#[test]
fn a_bad_target_in_the_environment_is_named() {
    let mut command = LOITER.command(&["tasks"]);
    command.env("LOITER_TARGET", "nonsense");
    assert_fails(&Loiter::finish(command), "`nonsense:6669`");
}

#[test]
fn the_ui_without_a_terminal() {
    for args in [&[][..], &["demo"]] {
        assert_fails(&LOITER.run(args), "no terminal");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let address = &shared().address;
    for args in [
        &["tasks", address, "--json"][..],
        &["tasks", address, "--table"],
        &["completions", "bash"],
    ] {
        let finished = into_closed_pipe(args);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert_eq!(finished.stderr, "", "{finished:?}");
    }
}

/// Runs it with a standard output that nobody reads.
fn into_closed_pipe(args: &[&str]) -> Finished {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut child = LOITER
        .command(args)
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("loiter starts");
    let mut stderr = String::new();
    if let Some(mut pipe) = child.stderr.take() {
        std::io::Read::read_to_string(&mut pipe, &mut stderr).expect("UTF-8 on standard error");
    }
    Finished {
        code: child.wait().expect("it ends").code(),
        stdout: String::new(),
        stderr,
    }
}

#[test]
fn completions_know_the_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let finished = LOITER.run(&["completions", shell]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        for word in [
            "blocked-after",
            "check",
            "completions",
            "config",
            "diff",
            "duration-colors",
            "ended-colors",
            "log-file",
            "no-config",
            "palette",
            "precision",
            "retain-for",
            "snapshot",
            "stacks",
            "tasks",
        ] {
            assert!(finished.stdout.contains(word), "{word} for {shell}");
        }
    }
}
