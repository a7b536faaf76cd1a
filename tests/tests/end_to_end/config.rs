//! The configuration: files, the environment and the command line over each other.

use std::{fs, path::Path, process::Command};

use loiter_tests::{FakeAgent, Finished, Loiter, free_address};
use tempfile::TempDir;

use crate::{LOITER, shared};

/// A home with the user's own file, and a folder to start loiter in.
struct Home {
    home: TempDir,
    folder: TempDir,
}

impl Home {
    fn empty() -> Self {
        Self {
            home: tempfile::tempdir().expect("a folder"),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn with(own: &str, local: &str) -> Self {
        let home = Self::empty();
        let path = home.own_file();
        fs::create_dir_all(path.parent().expect("its folder")).expect("a folder");
        fs::write(path, own).expect("a file");
        fs::write(home.folder.path().join("loiter.toml"), local).expect("a file");
        home
    }

    fn own_file(&self) -> std::path::PathBuf {
        self.home.path().join(".config/loiter/loiter.toml")
    }

    fn command(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = LOITER.command(args);
        command
            .current_dir(self.folder.path())
            .env("HOME", self.home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .envs(env.iter().copied());
        command
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Finished {
        Loiter::finish(self.command(args, env))
    }
}

fn succeeded(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stderr, "", "{finished:?}");
    &finished.stdout
}

/// It could not run, and says so in one line.
fn failed(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    &finished.stderr
}

/// The line of a setting in what `loiter config` prints.
fn line<'a>(printed: &'a str, name: &str) -> &'a str {
    let start = format!("{name} = ");
    let mut lines = printed.lines();
    lines
        .find(|line| line.starts_with(&start))
        .unwrap_or_else(|| panic!("no {name} in {printed}"))
}

#[test]
fn each_place_counts_for_more_than_the_one_before() {
    let home = Home::with(
        "target = \":1\"\n[ui]\nview = \"sites\"\nfilter = \"kind:task\"\nnotify = \"bell\"\n",
        "[ui]\nview = \"waits\"\nfilter = \"kind:local\"\n",
    );
    let env = [("LOITER_FILTER", "kind:blocking"), ("LOITER_PALETTE", "16")];
    let args = ["config", "--print", "--palette", "8"];
    let finished = home.run(&args, &env);
    let printed = succeeded(&finished);
    for (name, value, origin) in [
        ("target", "\":1\"", ".config/loiter/loiter.toml:1"),
        ("notify", "\"bell\"", ".config/loiter/loiter.toml:5"),
        ("view", "\"waits\"", "loiter.toml:2"),
        ("filter", "\"kind:blocking\"", "# LOITER_FILTER"),
        ("palette", "\"8\"", "# command line, --palette"),
        ("retain_for", "\"none\"", "# built in"),
    ] {
        let line = line(printed, name);
        assert!(line.contains(value) && line.ends_with(origin), "{line}");
    }
    let finished = home.run(&["config", "--no-config"], &env);
    let printed = succeeded(&finished);
    assert!(line(printed, "view").contains("\"tasks\""), "{printed}");
    assert!(line(printed, "filter").contains("blocking"), "{printed}");
}

#[test]
fn what_is_printed_is_a_file_that_says_the_same() {
    let home = Home::with("[ui]\nascii = true\n", "[check]\nmax_alive = 3\n");
    let first = home.run(&["config"], &[]);
    let values = |printed: &str| {
        let lines = printed.lines().map(|line| line.split("  #").next());
        lines
            .map(|line| line.map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let again = Home::with(succeeded(&first), "").run(&["config"], &[]);
    assert_eq!(values(succeeded(&again)), values(&first.stdout));
}

#[test]
fn a_configured_target_is_asked() {
    let agent = FakeAgent::saying(FakeAgent::target(), FakeAgent::no_tasks());
    let address = agent.start();
    let own = format!("target = \"{address}\"\n[thresholds]\nblocked_after = \"3s\"\n");
    let home = Home::with(&own, "");
    succeeded(&home.run(&["tasks"], &[]));
    let question = agent.wait_for_question().query.expect("a query");
    let limits = question.thresholds.expect("limits");
    assert_eq!(limits.blocked_after_ns, 3_000_000_000);
    // What is said there counts for more.
    let nobody = free_address().to_string();
    let finished = home.run(&["tasks", &nobody], &[]);
    assert!(failed(&finished).contains(&nobody), "{finished:?}");
    let finished = home.run(&["tasks"], &[("LOITER_TARGET", &nobody)]);
    assert!(failed(&finished).contains(&nobody), "{finished:?}");
}

#[test]
fn a_file_that_is_no_good_stops_every_command() {
    for (text, place, what) in [
        (
            "[ui]\nveiw = \"tasks\"\n",
            ":2:1: ",
            "did you mean `ui.view`?",
        ),
        (
            "[colors]\npalette = \"neon\"\n",
            ":2:11: ",
            "truecolor, 256, 16, 8, none",
        ),
        (
            "[ui]\nfilter = \"idel>3s\"\n",
            ":2:10: ",
            "did you mean `idle`",
        ),
        ("[ui]\nascii = \n", ":2:", "no TOML"),
        ("[thresholds]\nblocked_after = 10\n", ":2:17: ", "`10s`"),
        (
            "[lints]\nallow = [\"self-wake\"]\n",
            ":2:9: ",
            "did you mean `self-wakes`",
        ),
        ("[lints]\nlarge_future_bytes = -1\n", ":2:22: ", "-1"),
    ] {
        let home = Home::with(text, "");
        let place = format!("{}{place}", home.own_file().display());
        let address = free_address().to_string();
        for args in [
            &["tasks", &address][..],
            &["check", &address],
            &["config"],
            &[&address],
        ] {
            let finished = home.run(args, &[]);
            let message = failed(&finished);
            assert!(message.contains(&place), "no {place} in {message}");
            assert!(message.contains(what), "no {what} in {message}");
        }
        let without = home.run(&["tasks", &address, "--no-config"], &[]);
        assert!(failed(&without).contains("cannot reach"), "{without:?}");
        for args in [
            &["--help"][..],
            &["completions", "bash"],
            &["config", "--path"],
        ] {
            succeeded(&home.run(args, &[]));
        }
    }
}

#[test]
fn the_folder_one_is_in_says_not_where_to_write() {
    let home = Home::with("", "[log]\nfile = \"x.log\"\n");
    let finished = home.run(&["tasks"], &[]);
    assert!(failed(&finished).contains("--log-file"), "{finished:?}");
    assert!(!home.folder.path().join("x.log").exists());
}

#[test]
fn init_writes_a_file_once() {
    let home = Home::empty();
    let path = succeeded(&home.run(&["config", "--path"], &[]))
        .trim_end()
        .to_owned();
    assert_eq!(Path::new(&path), home.own_file());
    let written = home.run(&["config", "--init"], &[]);
    assert_eq!(succeeded(&written).trim_end(), path);
    let text = fs::read_to_string(&path).expect("it was written");
    assert_eq!(text, loiter_cli::config::example());
    // It changes nothing.
    let printed = home.run(&["config"], &[]);
    assert!(!succeeded(&printed).contains("loiter.toml"), "{printed:?}");

    fs::write(&path, "this is = [ mine").expect("an edit");
    let refused = home.run(&["config", "--init"], &[]);
    assert!(
        failed(&refused).contains("`--force` replaces it"),
        "{refused:?}"
    );
    let kept = fs::read_to_string(&path).expect("it is there");
    assert_eq!(kept, "this is = [ mine");
    succeeded(&home.run(&["config", "--init", "--force"], &[]));
    let replaced = fs::read_to_string(&path).expect("it is there");
    assert_eq!(replaced, loiter_cli::config::example());
}

#[test]
fn init_follows_xdg() {
    let home = Home::empty();
    let xdg = home.home.path().join("xdg");
    let xdg = xdg.to_str().expect("UTF-8");
    succeeded(&home.run(&["config", "--init"], &[("XDG_CONFIG_HOME", xdg)]));
    assert!(Path::new(xdg).join("loiter/loiter.toml").exists());
    assert!(!home.own_file().exists());
}

#[test]
fn entries_of_what_is_right_are_read_from_the_configuration() {
    let entry = "[[allow]]\nfilter = \"name:fine\"\nreason = \"it is\"\n";
    let address = free_address().to_string();
    let check = ["check", &address, "--allow", "loiter.toml"];
    // Good entries: it fails only at the target, also when the same file is named twice.
    let finished = Home::with(entry, entry).run(&check, &[]);
    assert!(failed(&finished).contains("cannot reach"), "{finished:?}");
    let broken = "[[allow]]\nfilter = \"name:fine\"\n";
    let finished = Home::with("", broken).run(&["check", &address], &[]);
    let message = failed(&finished);
    assert!(message.contains("loiter.toml:1: "), "{message}");
    assert!(message.contains("`reason`"), "{message}");
}

#[test]
fn the_ui_logs_to_the_file_and_never_to_the_terminal() {
    let home = Home::empty();
    let log = home.folder.path().join("ui.log");
    let path = log.to_str().expect("UTF-8");
    let address = &shared().address;
    let args = [address, "--log", "loiter_cli=debug", "--log-file", path];
    let mut terminal = LOITER.terminal(&args);
    terminal.wait_for_text(".rs:");
    terminal.type_keys("q");
    terminal.wait_for_end(0);
    let text = fs::read_to_string(&log).expect("a log");
    let connected = text.lines().find(|line| line.contains("connected"));
    let connected = connected.expect("it connected");
    assert!(connected.contains("loiter-demo"), "{connected}");
    assert!(text.contains("what=\"tasks\""), "{text}");
    assert!(
        !terminal.contents().contains("asking"),
        "{}",
        terminal.contents()
    );
}

#[test]
fn the_log_goes_to_a_file_and_says_why_it_failed() {
    let home = Home::empty();
    let address = free_address().to_string();
    let quiet = home.run(&["tasks", &address], &[("RUST_LOG", "trace")]);
    failed(&quiet);
    let usual = home.home.path().join(".local/state/loiter/loiter.log");
    assert!(!usual.exists(), "nothing is logged unless it is asked for");

    let finished = home.run(&["tasks", &address, "--log", "loiter=info"], &[]);
    failed(&finished);
    let log = fs::read_to_string(&usual).expect("a log");
    assert!(log.contains("started"), "{log}");
    assert!(log.contains(&format!("cannot reach {address}")), "{log}");

    let own = home.folder.path().join("own.log");
    let own = own.to_str().expect("UTF-8");
    failed(&home.run(&["tasks", &address, "--log-file", own], &[]));
    let log = fs::read_to_string(own).expect("a log");
    assert!(log.contains("cannot reach"), "{log}");
    let nowhere = ["tasks", &address, "--log-file", "/no/such/folder/x.log"];
    let finished = home.run(&nowhere, &[]);
    assert!(failed(&finished).contains("`--log-file`"), "{finished:?}");
}
