//! Locked doors: the real binary at a real service with TLS, client certificates and tokens.

mod keys;

use std::fs;

use loiter_tests::{Loiter, Program, wait_until};

use self::keys::{Ca, demo, refused};
use crate::LOITER;

/// The only rows that are asked for.
const ONE: [&str; 2] = ["--filter", "name:blocked-send"];

const PROBING: &str = "a-token-that-may-probe";
const LOOKING: &str = "a-token-that-may-look-only";

/// A service that wants client certificates of a CA which has also issued its own, for
/// `localhost`. There is one more for `me`.
fn locked() -> (Ca, Program, String) {
    let ca = Ca::new();
    ca.issue("server", "localhost", 4000);
    ca.issue("me", "me", 4000);
    let (program, port) = demo(&[
        ("LOITER_TLS_CERT", &ca.path("server.pem")),
        ("LOITER_TLS_KEY", &ca.path("server.key")),
        ("LOITER_TLS_CLIENT_CA", &ca.path("ca.pem")),
    ]);
    (ca, program, port)
}

/// A service with tokens, and without TLS, which loopback can do without.
fn with_tokens(ca: &Ca) -> (Program, String) {
    ca.write("probing", &format!("{PROBING}\n"));
    ca.write("looking", &format!("{LOOKING}\n"));
    ca.write("wrong", "a-token-that-nobody-knows\n");
    let (program, port) = demo(&[
        ("LOITER_TOKEN_FILE", &ca.path("probing")),
        ("LOITER_READ_TOKEN_FILE", &ca.path("looking")),
    ]);
    (program, format!("localhost:{port}"))
}

fn matched(args: &[&str], env: &[(&str, &str)]) -> Option<u64> {
    let mut command = LOITER.command(&[&["tasks"], args, &ONE].concat());
    command.envs(env.iter().copied());
    let finished = Loiter::finish(command);
    let document: serde_json::Value = serde_json::from_str(&finished.stdout).ok()?;
    document["matched"].as_u64()
}

#[test]
fn a_locked_service_is_reached_by_name_however_the_keys_are_named() {
    let (ca, _service, port) = locked();
    let target = format!("https://localhost:{port}");
    let [root, cert, key] = ["ca.pem", "me.pem", "me.key"].map(|file| ca.path(file));
    let args = [&*target, "--ca", &root, "--cert", &cert, "--key", &key];
    assert_eq!(matched(&args, &[]), Some(1));

    let env = [
        ("LOITER_TARGET", &*target),
        ("LOITER_ATTACH_CA", &root),
        ("LOITER_ATTACH_CERT", &cert),
        ("LOITER_ATTACH_KEY", &key),
    ];
    assert_eq!(matched(&[], &env), Some(1));

    let own = ca.folder().join("config/loiter/loiter.toml");
    fs::create_dir_all(own.parent().expect("its folder")).expect("a folder");
    let text =
        format!("target = {target:?}\n[attach]\nca = {root:?}\ncert = {cert:?}\nkey = {key:?}\n");
    fs::write(own, text).expect("a file");
    assert_eq!(
        matched(&[], &[("XDG_CONFIG_HOME", &ca.path("config"))]),
        Some(1)
    );

    let mut terminal = LOITER.terminal(&args);
    terminal.wait_for_text("blocked-send");
    terminal.wait_for_text(&target);
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn each_refusal_says_what_happened_and_what_to_do() {
    let (ca, _service, port) = locked();
    let other = Ca::new();
    other.issue("stranger", "me", 4000);
    ca.issue("old", "me", 2001);
    let target = &*format!("https://localhost:{port}");
    let [root, cert, key] = ["ca.pem", "me.pem", "me.key"].map(|file| ca.path(file));
    let [stranger, strangers_key] = ["stranger.pem", "stranger.key"].map(|file| other.path(file));
    let [old, old_key] = ["old.pem", "old.key"].map(|file| ca.path(file));
    let other_root = other.path("ca.pem");
    let missing = other.path("missing.pem");
    let by_address = &*format!("https://127.0.0.1:{port}");
    let plainly = &*format!("localhost:{port}");
    let (root, cert, key) = (&*root, &*cert, &*key);
    for (args, words) in [
        (
            &[target, "--cert", cert, "--key", key][..],
            &["is not trusted", "by `--ca FILE`"][..],
        ),
        (
            &[target, "--ca", &other_root, "--cert", cert, "--key", key],
            &["is not trusted", &other_root, "`--ca`"],
        ),
        (
            &[by_address, "--ca", root, "--cert", cert, "--key", key],
            &["not for `127.0.0.1`, but for localhost", "`--server-name"],
        ),
        (
            &[target, "--ca", root],
            &["without a client certificate", "`--cert FILE`"],
        ),
        (
            &[
                target,
                "--ca",
                root,
                "--cert",
                &stranger,
                "--key",
                &strangers_key,
            ],
            &[&stranger, "does not know its CA"],
        ),
        (
            &[target, "--ca", root, "--cert", &old, "--key", &old_key],
            &[&old, "expired"],
        ),
        (&[target, "--ca", &missing], &[&missing, "No such file"]),
        (
            &[target, "--ca", root, "--cert", cert, "--key", &old_key],
            &[&old_key, "is it the key of"],
        ),
        (&[plainly], &["it speaks TLS", target]),
        (&[plainly, "--ca", root], &["`--ca` is of no use", target]),
    ] {
        let said = refused(&[&["tasks"], args].concat(), &[]);
        assert!(
            said.contains(&format!("localhost:{port}")) || said.contains(by_address),
            "{said}"
        );
        for words in words {
            assert!(said.contains(words), "no `{words}` in {said}");
        }
    }
    // By the name that its certificate is for, it can be asked at its address as well.
    let named = [
        by_address,
        "--server-name",
        "localhost",
        "--ca",
        root,
        "--cert",
        cert,
    ];
    assert_eq!(
        matched(&[&named[..], &["--key", key]].concat(), &[]),
        Some(1)
    );

    let (_service, port) = demo(&[]);
    let said = refused(
        &["tasks", &format!("https://localhost:{port}"), "--ca", root],
        &[],
    );
    assert!(
        said.contains(&format!("no TLS; write `localhost:{port}`")),
        "{said}"
    );
}

#[test]
fn a_certificate_that_has_expired_is_told_from_one_that_is_for_others() {
    let ca = Ca::new();
    ca.issue("server", "localhost", 2001);
    let (_service, port) = demo(&[
        ("LOITER_TLS_CERT", &ca.path("server.pem")),
        ("LOITER_TLS_KEY", &ca.path("server.key")),
    ]);
    let target = format!("https://localhost:{port}");
    let said = refused(&["tasks", &target, "--ca", &ca.path("ca.pem")], &[]);
    assert!(
        said.contains("expired") && said.contains("days ago"),
        "{said}"
    );
}

#[test]
fn a_token_lets_one_look_or_probe_or_neither() {
    let ca = Ca::new();
    let (_service, target) = with_tokens(&ca);
    let said = refused(&["tasks", &target], &[]);
    for words in [
        "wants a token",
        "`--token-file FILE`",
        "LOITER_ATTACH_TOKEN",
    ] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
    let wrong = ca.path("wrong");
    let said = refused(&["tasks", &target, "--token-file", &wrong], &[]);
    assert!(
        said.contains("does not accept the token") && said.contains(&wrong),
        "{said}"
    );
    let said = refused(&["tasks", &target], &[("LOITER_ATTACH_TOKEN", "nonsense")]);
    assert!(
        said.contains("LOITER_ATTACH_TOKEN") && !said.contains("nonsense"),
        "{said}"
    );

    let looking = ca.path("looking");
    assert_eq!(matched(&[&target, "--token-file", &looking], &[]), Some(1));
    let said = refused(&["stacks", &target, "--token-file", &looking], &[]);
    assert!(said.contains("this token may only look"), "{said}");
    assert!(said.contains("LOITER_TOKEN_FILE"), "{said}");

    let probing = ca.path("probing");
    let finished = LOITER.run(&["stacks", &target, "--token-file", &probing]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for (name, value) in [
        ("LOITER_ATTACH_TOKEN", PROBING),
        ("LOITER_ATTACH_TOKEN_FILE", &probing),
    ] {
        assert_eq!(matched(&[&target], &[(name, value)]), Some(1), "{name}");
    }
}

#[test]
fn a_folder_does_not_say_who_is_sent_a_token() {
    let ca = Ca::new();
    let (_service, target) = with_tokens(&ca);
    ca.write("loiter.toml", &format!("target = {target:?}\n"));
    let env = [("LOITER_ATTACH_TOKEN", PROBING)];
    let run = |args: &[&str]| {
        let mut command = LOITER.command(args);
        command.current_dir(ca.folder()).envs(env);
        Loiter::finish(command)
    };
    let finished = run(&["tasks"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("name the target on the command line"),
        "{finished:?}"
    );
    assert_eq!(run(&["tasks", &target]).code, Some(0));
}

#[test]
fn what_is_renewed_lets_one_in_without_a_restart() {
    let (old, mut service, port) = locked();
    let target = format!("https://localhost:{port}");
    let files = |ca: &Ca| ["ca.pem", "me.pem", "me.key"].map(|file| ca.path(file));
    let [root, cert, key] = files(&old);
    let args = [&*target, "--ca", &root, "--cert", &cert, "--key", &key];
    let mut terminal = LOITER.terminal(&args);
    terminal.wait_for_text("blocked-send");

    // Everything is another CA's now.
    let new = Ca::new();
    new.issue("server", "localhost", 4000);
    new.issue("me", "me", 4000);
    for file in ["server.key", "server.pem", "ca.pem", "me.key", "me.pem"] {
        let content = fs::read_to_string(new.path(file)).expect("a file");
        old.write(file, &content);
    }
    let [root, cert, key] = files(&new);
    let args = [&*target, "--ca", &root, "--cert", &cert, "--key", &key];
    wait_until("the new CA's clients are let in", || matched(&args, &[]));
    assert!(service.is_running());
    // Whoever was there stays, or comes back: the files it was started with are the new ones.
    terminal.wait_for("connected", |screen| {
        let contents = screen.contents();
        contents.contains("● connected") && contents.contains("blocked-send")
    });
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn the_ui_tells_of_a_refused_token_and_gets_in_when_it_is_renewed() {
    let ca = Ca::new();
    let (_service, target) = with_tokens(&ca);
    ca.write("mine", "a-token-of-yesterday\n");
    let mine = ca.path("mine");
    let mut terminal = LOITER.terminal(&[&target, "--token-file", &mine]);
    terminal.wait_for_text("does not accept the token");
    terminal.wait_for_text("reconnecting in");
    ca.write("mine", &format!("{PROBING}\n"));
    terminal.wait_for_text("blocked-send");
    // And the other way round: the agent's token is another one.
    ca.write("probing", "a-token-of-tomorrow\n");
    terminal.wait_for_text("does not accept the token");
    ca.write("mine", "a-token-of-tomorrow\n");
    terminal.wait_for("connected", |screen| {
        screen.contents().contains("● connected")
    });
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn no_secret_is_left_anywhere() {
    let ca = Ca::new();
    let (_service, target) = with_tokens(&ca);
    let (log, recording) = (ca.path("loiter.log"), ca.path("night.loiter"));
    let args = [
        "--token-file",
        &ca.path("probing"),
        "--log",
        "trace",
        "--log-file",
        &log,
    ];
    let mut terminal = LOITER.terminal(&[&[&*target][..], &args].concat());
    terminal.wait_for_text("blocked-send");
    let cmdline = fs::read(format!("/proc/{}/cmdline", terminal.pid())).unwrap_or_default();
    let screen = terminal.contents();
    terminal.type_keys("q");
    terminal.wait_for_end(0);

    let record = ["record", &target, "-o", &recording, "--for", "1s"];
    let finished = LOITER.run(&[&record[..], &args].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let left = [
        ("the log", fs::read(&log).expect("a log")),
        ("the recording", fs::read(&recording).expect("a recording")),
        ("the command line", cmdline),
        ("the screen", screen.into_bytes()),
        ("standard error", finished.stderr.into_bytes()),
    ];
    assert!(!left[0].1.is_empty());
    for (place, content) in left {
        let content = String::from_utf8_lossy(&content);
        assert!(!content.contains(PROBING), "{place} has it");
    }
}
