//! What options are when they are not given: what the configuration says.
//!
//! The configuration's values become the defaults of the options that they are for, so that an
//! option that is given counts for more by itself, and every command reads one value only.

use std::{
    env,
    error::Error as _,
    io,
    path::{Path, PathBuf},
};

use clap::{
    Arg, ArgMatches, Command, CommandFactory,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};
use loiter_cli::config::{Config, ConfigError, OnlyFor, Origin, Setting, Value};

use super::Cli;

/// These say how `ui.view` is sorted, and nothing of another view.
const ORDER: [&str; 2] = ["ui.sort", "ui.reverse"];

/// The configuration for a command line, with what the command line says itself.
///
/// # Errors
/// [`ConfigError`] when a file is no good.
pub(crate) fn configuration(given: &ArgMatches) -> Result<Config, ConfigError> {
    let env = |name: &str| env::var_os(name);
    let mut config = match reads_files(given) {
        true => Config::read(&folder(), &env)?,
        false => Config::without_files(&env),
    };
    let (matches, command) = innermost(given);
    let options: Vec<_> = config
        .values()
        .filter_map(|(setting, _)| {
            let arg = find(command.as_ref()?, setting)?;
            let is_given =
                matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
            let texts = matches
                .get_raw(arg.get_id().as_str())
                .filter(|_| is_given)?;
            let texts: Vec<_> = texts.map(|text| text.to_string_lossy()).collect();
            Some((setting.key, texts.join(",")))
        })
        .collect();
    for (key, text) in options {
        config.override_by_command_line(key, text);
    }
    Ok(config)
}

/// Where one is; with a folder that is gone, there is no file in it either.
fn folder() -> PathBuf {
    env::current_dir().unwrap_or_else(|_: io::Error| Path::new(".").to_owned())
}

/// Whether the command has anything to be configured. Writing a new file must not fail over the
/// old one.
fn reads_files(given: &ArgMatches) -> bool {
    let flag = |matches: &ArgMatches, name: &str| matches.get_flag(name);
    if flag(given, "no_config") {
        return false;
    }
    match given.subcommand() {
        Some(("completions", _)) => false,
        Some(("config", config)) => !flag(config, "init") && !flag(config, "path"),
        Some(("demo", demo)) => !flag(demo, "serve"),
        _ => true,
    }
}

/// The matches of the command that is run, and that command.
fn innermost(given: &ArgMatches) -> (&ArgMatches, Option<Command>) {
    let root = Cli::command();
    match given.subcommand() {
        Some((name, matches)) => {
            let command = root.find_subcommand(name).cloned();
            (matches, command)
        }
        None => (given, Some(root)),
    }
}

/// The command line with the configuration's values as defaults.
///
/// # Errors
/// [`ConfigError`] when a value is nothing that its option takes.
pub(crate) fn with_defaults(config: &Config, given: &ArgMatches) -> Result<Command, ConfigError> {
    let mut root = Cli::command();
    for (setting, value) in config.values() {
        let is_configured = matches!(value.origin, Origin::File { .. } | Origin::Environment);
        let Some(text) = value.text.as_ref().filter(|_| is_configured) else {
            continue;
        };
        check(&root, setting, value, text)?;
        if ORDER.contains(&setting.key) && is_sorted_anew(given) {
            continue;
        }
        let names = root.get_subcommands().map(|sub| sub.get_name().to_owned());
        let names: Vec<String> = names.collect();
        for name in names {
            if is_for(setting, &name) {
                root = root.mut_subcommand(name, |command| set(command, setting, text));
            }
        }
        if is_for(setting, "") {
            root = set(root, setting, text);
        }
    }
    Ok(root)
}

/// Whether the command line has its own idea of what comes first.
fn is_sorted_anew(given: &ArgMatches) -> bool {
    let matches = innermost(given).0;
    let is_given = |name| {
        let source = matches
            .try_contains_id(name)
            .ok()
            .and_then(|_| matches.value_source(name));
        source == Some(ValueSource::CommandLine)
    };
    is_given("view") || is_given("sort")
}

/// Whether a setting is for a command; the UI's own has no name.
fn is_for(setting: &Setting, command: &str) -> bool {
    match setting.only_for {
        OnlyFor::Nothing => true,
        OnlyFor::Ui => matches!(command, "" | "demo" | "replay"),
        OnlyFor::Check => command == "check",
    }
}

fn set(command: Command, setting: &Setting, text: &str) -> Command {
    let Some(id) = find(&command, setting).map(|arg| arg.get_id().clone()) else {
        return command;
    };
    command.mut_arg(id, |arg| arg.default_value(text.to_owned()))
}

/// The argument of a command that a setting is for.
fn find<'a>(command: &'a Command, setting: &Setting) -> Option<&'a Arg> {
    let mut arguments = command.get_arguments();
    match setting.option.strip_prefix("--") {
        Some(long) => arguments.find(|arg| arg.get_long() == Some(long)),
        None => arguments.find(|arg| {
            let mut names = arg.get_value_names().into_iter().flatten();
            arg.is_positional() && names.any(|name| *name == setting.option)
        }),
    }
}

/// Has the option itself read the value.
fn check(root: &Command, setting: &Setting, value: &Value, text: &str) -> Result<(), ConfigError> {
    let mut commands = root
        .get_subcommands()
        .filter(|sub| is_for(setting, sub.get_name()));
    let Some(arg) = find(root, setting).or_else(|| commands.find_map(|sub| find(sub, setting)))
    else {
        return Ok(());
    };
    let probe = Arg::new("value")
        .value_parser(arg.get_value_parser().clone())
        .allow_hyphen_values(true);
    let probe = Command::new("value").no_binary_name(true).arg(probe);
    match probe.try_get_matches_from(["--", text]) {
        Ok(_) => Ok(()),
        Err(error) => match value.refused(setting, &problem(&error, text)) {
            Some(error) => Err(error),
            None => Ok(()),
        },
    }
}

/// What an option says of a value that it does not take.
fn problem(error: &clap::Error, text: &str) -> String {
    if let Some(source) = error.source() {
        let said = source.to_string();
        return match said.contains(text) {
            true => said,
            false => format!("`{text}`: {said}"),
        };
    }
    let mut problem = format!("`{text}` is not one of its values");
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) {
        problem.push_str(&format!(": {}", values.join(", ")));
    }
    if let Some(ContextValue::String(near)) = error.get(ContextKind::SuggestedValue) {
        problem.push_str(&format!("; did you mean `{near}`?"));
    }
    problem
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;
    use loiter_cli::config::{SETTINGS, Takes};

    use super::*;
    use crate::cli::{Command as Sub, PaletteArg, ViewArg};

    /// Every command that a setting is for and that has its option.
    fn commands(setting: &Setting) -> Vec<Command> {
        let root = Cli::command();
        let subs: Vec<Command> = root.get_subcommands().cloned().collect();
        let all = std::iter::once((String::new(), root))
            .chain(subs.into_iter().map(|sub| (sub.get_name().to_owned(), sub)));
        all.filter(|(name, command)| is_for(setting, name) && find(command, setting).is_some())
            .map(|(_, command)| command)
            .collect()
    }

    #[test]
    fn every_setting_has_an_option_that_takes_it() {
        for setting in SETTINGS {
            let commands = commands(setting);
            assert!(!commands.is_empty(), "{} is for nothing", setting.key);
            let value = Value {
                text: Some(setting.example.to_owned()),
                origin: Origin::Environment,
            };
            check(&Cli::command(), setting, &value, setting.example).expect(setting.key);
        }
    }

    #[test]
    fn what_is_built_in_is_what_the_options_have() {
        for setting in SETTINGS {
            for command in commands(setting) {
                let arg = find(&command, setting).expect("it was there");
                let mut default = arg.get_default_values().iter();
                let default = default.next().map(|text| text.to_string_lossy());
                let expected = setting.default.filter(|_| setting.takes != Takes::Truth);
                if setting.takes == Takes::Truth {
                    // Neither of them is what an option that is left out says.
                    assert_eq!(default, None, "{}", setting.key);
                    continue;
                }
                assert_eq!(default.as_deref(), expected, "{}", setting.key);
            }
        }
    }

    /// The command line as it is read with these values in the environment.
    fn read(env: &[(&str, &str)], args: &[&str]) -> Result<Cli, ConfigError> {
        let args = || ["loiter"].iter().chain(args);
        let given = Cli::command()
            .try_get_matches_from(args())
            .expect("good usage");
        let config = Config::without_files(&|name| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        });
        let command = with_defaults(&config, &given)?;
        let matches = command
            .try_get_matches_from(args())
            .expect("good usage still");
        Ok(Cli::from_arg_matches(&matches).expect("a command line"))
    }

    #[test]
    fn an_option_that_is_given_counts_for_more() {
        let env = [("LOITER_PALETTE", "16"), ("LOITER_VIEW", "waits")];
        let cli = read(&env, &[]).expect("good values");
        assert_eq!(cli.view.palette, PaletteArg::Ansi16);
        assert_eq!(cli.view.view, ViewArg::Waits);
        let cli = read(&env, &["--palette", "none"]).expect("good values");
        assert_eq!(cli.view.palette, PaletteArg::None);
        assert_eq!(cli.view.view, ViewArg::Waits);
        let cli = read(&env, &["--no-color"]).expect("nothing in conflict");
        assert!(cli.view.no_color);
        let Some(Sub::Demo(demo)) = read(&env, &["demo"]).expect("good values").command else {
            panic!("no demo");
        };
        assert_eq!(demo.view.palette, PaletteArg::Ansi16);
    }

    #[test]
    fn a_target_that_is_configured_is_still_the_first_of_several() {
        let env = [("LOITER_TARGET", ":1")];
        let cli = read(&env, &[]).expect("a good value");
        assert_eq!(cli.target.target.to_string(), "127.0.0.1:1");
        let cli = read(&env, &[":2", ":3"]).expect("a good value");
        assert_eq!(cli.target.target.to_string(), "127.0.0.1:2");
    }

    #[test]
    fn an_option_that_is_on_can_be_switched_off() {
        let env = [("LOITER_ASCII", "true"), ("LOITER_REVERSE", "true")];
        let cli = read(&env, &[]).expect("good values");
        assert_eq!((cli.view.ascii, cli.query.reverse()), (Some(true), true));
        let cli = read(&env, &["--ascii=false", "--reverse=false"]).expect("good values");
        assert_eq!((cli.view.ascii, cli.query.reverse()), (Some(false), false));
    }

    #[test]
    fn the_order_is_that_of_the_configured_view() {
        let env = [
            ("LOITER_VIEW", "sites"),
            ("LOITER_SORT", "alive"),
            ("LOITER_REVERSE", "true"),
        ];
        let cli = read(&env, &[]).expect("good values");
        assert_eq!(
            (cli.view.sort.as_deref(), cli.query.reverse()),
            (Some("alive"), true)
        );
        for args in [&["--view", "tasks"][..], &["--sort", "spawned"]] {
            let cli = read(&env, args).expect("good values");
            assert_ne!(cli.view.sort.as_deref(), Some("alive"));
            assert!(!cli.query.reverse());
        }
    }

    #[test]
    fn scripts_are_not_for_people() {
        let env = [
            ("LOITER_FILTER", "site:pool"),
            ("LOITER_BLOCKED_AFTER", "3s"),
        ];
        let cli = read(&env, &["tasks"]).expect("good values");
        let Some(Sub::Tasks(tasks)) = cli.command else {
            panic!("no tasks");
        };
        assert_eq!(tasks.query.filter.text, "");
        let blocked_after = tasks.query.limits.blocked_after.expect("a limit");
        assert_eq!(blocked_after.to_string(), "3.00s");
    }

    #[test]
    fn a_value_that_its_option_does_not_take_is_named() {
        for (name, value, what) in [
            ("LOITER_PALETTE", "25", "256"),
            ("LOITER_FILTER", "idel>3s", "did you mean `idle`"),
            ("LOITER_TARGET", "nonsense", "`nonsense:6669`"),
            ("LOITER_PRECISION", "10", "0..=9"),
            ("LOITER_ASCII", "yes", "true"),
            ("LOITER_LOG", "loiter=loud", "`loiter=debug`"),
            ("LOITER_CHECK_FOR", "30", "`30s`"),
            ("LOITER_RETAIN_FOR", "6", "`6s`"),
            ("LOITER_SORT", "pols", "polls"),
        ] {
            let error = read(&[(name, value)], &[]).expect_err(name).to_string();
            assert!(
                error.starts_with(&format!("{name} in the environment: ")),
                "{error}"
            );
            assert!(error.contains(what), "no {what} in {error}");
        }
    }
}
