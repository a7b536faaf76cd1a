use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A home with a file of the user's, and a folder with its own.
struct Files {
    home: TempDir,
    folder: TempDir,
}

impl Files {
    fn new(own: &str, local: &str) -> Self {
        let files = Self {
            home: tempfile::tempdir().expect("a folder"),
            folder: tempfile::tempdir().expect("a folder"),
        };
        let folder = files.home.path().join("loiter");
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("loiter.toml"), own).expect("a file");
        fs::write(files.folder.path().join(LOCAL_FILE), local).expect("a file");
        files
    }

    fn read(&self, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(self.folder.path(), &|name| {
            if name == "XDG_CONFIG_HOME" {
                return Some(self.home.path().into());
            }
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }
}

fn value<'a>(config: &'a Config, key: &str) -> &'a Value {
    let mut values = config.values();
    let found = values.find(|(setting, _)| setting.key == key);
    found.expect("a setting").1
}

fn text<'a>(config: &'a Config, key: &str) -> Option<&'a str> {
    value(config, key).text.as_deref()
}

/// Why a file is no good.
fn error(text: &str) -> ConfigError {
    Files::new(text, "").read(&[]).expect_err(text)
}

#[test]
fn each_place_counts_for_more_than_the_one_before() {
    let files = Files::new(
        "target = \":1\"\n[ui]\nview = \"sites\"\nfilter = \"own\"\n",
        "target = \":2\"\n[ui]\nview = \"waits\"\n",
    );
    let mut config = files.read(&[("LOITER_TARGET", ":3")]).expect("two files");
    assert_eq!(text(&config, "ui.notify"), Some("off"));
    assert_eq!(text(&config, "ui.filter"), Some("own"));
    assert_eq!(text(&config, "ui.view"), Some("waits"));
    assert_eq!(text(&config, "target"), Some(":3"));
    assert_eq!(value(&config, "ui.notify").origin, Origin::BuiltIn);
    assert_eq!(value(&config, "target").origin, Origin::Environment);
    let local = Origin::File {
        path: files.folder.path().join(LOCAL_FILE),
        line: 3,
        column: 8,
    };
    assert_eq!(value(&config, "ui.view").origin, local);
    config.override_by_command_line("target", ":4".to_owned());
    assert_eq!(text(&config, "target"), Some(":4"));
    assert_eq!(value(&config, "target").origin, Origin::CommandLine);
}

#[test]
fn an_empty_variable_says_nothing() {
    let config = Files::new("", "").read(&[("LOITER_TARGET", "")]);
    let config = config.expect("empty files");
    assert_eq!(value(&config, "target").origin, Origin::BuiltIn);
}

#[test]
fn without_files_and_variables_all_is_built_in() {
    let nowhere = tempfile::tempdir().expect("a folder");
    let config = Config::read(nowhere.path(), &|_| None).expect("nothing to read");
    for (setting, value) in config.values() {
        assert_eq!(value.text.as_deref(), setting.default);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_a_way_out() {
    for (text, at, what, way_out) in [
        ("[ui]\nview = \n", (2, 8), "no TOML", ""),
        ("[ui]\nveiw = \"tasks\"\n", (2, 1), "`ui.veiw`", "`ui.view`"),
        ("[ui]\n  xyz = 1\n", (2, 3), "`ui.xyz`", "`retain_for`"),
        ("palette = \"8\"\n", (1, 1), "`palette`", "`colors.palette`"),
        (
            "pallette = \"8\"\n",
            (1, 1),
            "`pallette`",
            "`colors.palette`",
        ),
        ("[colours]\n", (1, 2), "`colours`", "`colors`"),
        (
            "[ui.view]\nx = 1\n",
            (1, 1),
            "`ui.view`",
            "a text in quotes",
        ),
        (
            "[thresholds]\nblocked-after = \"1s\"\n",
            (2, 1),
            "",
            "`thresholds.blocked_after`",
        ),
        (
            "[ui]\nascii = \"yes\"\n",
            (2, 9),
            "`ui.ascii`",
            "true or false",
        ),
        (
            "[check]\nmax_alive = 1.5\n",
            (2, 13),
            "float",
            "a whole number",
        ),
        ("ui = 1\n", (1, 1), "`ui` is a table", "`[ui]`"),
        ("allow = 1\n", (1, 1), "", "`[[allow]]`"),
        ("alow = 1\n", (1, 1), "`alow`", "`allow`"),
        (
            "[ui]\nview = \"a\"\nview = \"b\"\n",
            (3, 1),
            "duplicate",
            "",
        ),
    ] {
        let error = error(text);
        let message = error.to_string();
        let (line, column) = at;
        let place = format!("/loiter/loiter.toml:{line}:{column}: ");
        assert!(message.contains(&place), "no {place} in {message}");
        assert!(!message.contains('\n'), "{message}");
        assert!(message.contains(what), "no `{what}` in {message}");
        assert!(message.contains(way_out), "no `{way_out}` in {message}");
        assert!(message.contains("--no-config"), "{message}");
    }
}

#[test]
fn the_folder_one_is_in_does_not_say_where_to_write() {
    let log = "[log]\nfile = \"/home/me/.profile\"\n";
    let own = Files::new(log, "").read(&[]).expect("my own file");
    assert_eq!(text(&own, "log.file"), Some("/home/me/.profile"));
    let error = Files::new("", log).read(&[]).expect_err("anybody's file");
    assert!(error.to_string().contains("--log-file"), "{error}");
}

#[test]
fn numbers_may_stand_where_words_do() {
    let config = Files::new("[colors]\npalette = 256\n", "").read(&[]);
    assert_eq!(
        text(&config.expect("a palette"), "colors.palette"),
        Some("256")
    );
}

#[test]
fn what_is_printed_says_the_same_when_it_is_read() {
    let own = "[ui]\nfilter = \"name:\\\"two words\\\"\"\nascii = true\n";
    let files = Files::new(own, "[check]\nmax_alive = 9\n");
    let config = files
        .read(&[("LOITER_PRECISION", "2")])
        .expect("good files");
    let printed = print(&config);
    assert!(printed.contains("# LOITER_PRECISION"), "{printed}");
    assert!(printed.contains("loiter.toml:2"), "{printed}");
    assert!(printed.contains("# built in"), "{printed}");
    assert!(printed.contains("# not set"), "{printed}");
    let printed = printed.replace("\n[log]", "");
    let again = Files::new(&printed, "")
        .read(&[])
        .expect("what was printed");
    for ((setting, value), (_, read)) in config.values().zip(again.values()) {
        assert_eq!(value.text, read.text, "{}", setting.key);
    }
}

#[test]
fn the_file_that_starts_one_off_has_every_key_and_changes_nothing() {
    let text = example();
    let unchanged = Files::new(&text, "").read(&[]).expect("comments");
    for (setting, value) in unchanged.values() {
        assert_eq!(value.origin, Origin::BuiltIn, "{}", setting.key);
    }
    // Every line that is no sentence, without its comment sign.
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(key) if key.contains(" = ") || key == "[[allow]]" => key,
        _ if line.starts_with('#') => "",
        _ => line,
    });
    let written: Vec<&str> = lines.collect();
    let all = Files::new(&written.join("\n"), "").read(&[]);
    for (setting, value) in all.expect("every key").values() {
        assert!(
            matches!(value.origin, Origin::File { .. }),
            "{} is not in the file",
            setting.key
        );
        let expected = setting.default.unwrap_or(setting.example);
        assert_eq!(value.text.as_deref(), Some(expected), "{}", setting.key);
        assert!(text.contains(setting.meaning), "{}", setting.key);
    }
}

#[test]
fn a_file_is_read_once_however_it_is_called() {
    let files = Files::new("", "");
    let own = files.home.path().join("loiter");
    let config = Config::read(&own, &|name| {
        (name == "XDG_CONFIG_HOME").then(|| files.home.path().into())
    });
    let config = config.expect("one file");
    assert_eq!(config.files().len(), 1);
    assert!(config.has_read(&own.join("../loiter/loiter.toml")));
    assert!(!config.has_read(&files.folder.path().join(LOCAL_FILE)));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(home.path().join("loiter/loiter.toml")).expect("a folder");
    let env = |name: &str| (name == "XDG_CONFIG_HOME").then(|| home.path().into());
    let error = Config::read(home.path(), &env).expect_err("a folder is no file");
    assert!(error.to_string().contains("loiter.toml: cannot"), "{error}");
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(text in "(\\[(ui|allow|log)\\]\n)?[a-z_.]{0,9} ?=? ?[\"0-9a-z\\[\\]\\\\é]{0,9}") {
        let path = PathBuf::from("loiter.toml");
        let _ = ConfigFile { path, text }.values();
    }

    #[test]
    fn a_text_reads_back_as_it_was(text in any::<String>()) {
        let path = PathBuf::from("loiter.toml");
        let text_of_file = format!("target = {}", print::toml(Takes::Text, &text));
        let file = ConfigFile { path, text: text_of_file };
        let values = file.values().expect("one value");
        prop_assert_eq!(&values[0].text, &text);
    }
}
