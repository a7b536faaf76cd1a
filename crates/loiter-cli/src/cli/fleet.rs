//! Several programs to look at, on the command line.

use std::path::PathBuf;

use clap::Args;
use loiter_cli::{
    config::{Config, Origin},
    fleet::{Entry, List, Place},
    source::{Credentials, Endpoint, Where},
};

use super::{TargetArgs, credentials::chosen_by, target::read};
use crate::error::Error;

/// Several programs to look at together.
#[derive(Args, Debug)]
pub(crate) struct FleetArgs {
    /// Further ones, to be watched in one UI: addresses, names with several addresses, or
    /// `unix:FOLDER/` for all sockets in a folder
    #[arg(index = 2, value_name = "TARGET", value_parser = place)]
    more: Vec<Place>,

    /// A file with a target to watch a line, with a name before its address if one likes; or TOML
    /// with a table `[[target]]` for each
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,

    /// The list, once it was read.
    #[arg(skip)]
    list: Option<List>,
}

fn place(text: &str) -> Result<Place, String> {
    read(text)
}

impl FleetArgs {
    /// What leads to the targets, with these credentials where the list has none; `None` when it
    /// is one program that is to be looked at, or a file.
    ///
    /// # Errors
    /// When the list is no good, and [`Error::Usage`] when something in the command line cannot be
    /// watched beside others.
    pub(crate) fn entries(
        &mut self,
        target: &TargetArgs,
        config: &Config,
        credentials: &Credentials,
    ) -> Result<Option<Vec<Entry>>, Error> {
        let first = first(&target.target);
        let is_alone = self.more.is_empty() && self.targets.is_none();
        if is_alone && !matches!(first, Ok(Place::Folder(_))) {
            return Ok(None);
        }
        if target.at.is_some() {
            let text = "`--at` is for a recording; running programs are looked at as they are now";
            return Err(Error::Usage(text.to_owned()));
        }
        let mut entries = Vec::new();
        // One that the list stands in place of.
        if is_given(config) || self.targets.is_none() {
            entries.push(first?);
        }
        entries.extend(self.more.iter().cloned());
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|place| Entry {
                credentials: credentials.clone(),
                ..Entry::new(place)
            })
            .collect();
        if let Some(list) = self.list()? {
            entries.extend(list.entries(credentials)?);
        }
        Ok(Some(entries))
    }

    /// The list, which is read when it is asked for first.
    fn list(&mut self) -> Result<Option<&List>, Error> {
        if let (Some(path), None) = (&self.targets, &self.list) {
            self.list = Some(List::read(path)?);
        }
        Ok(self.list.as_ref())
    }

    /// The file that names the targets, if it is one that came with the folder one happens to be
    /// in. A list is the user's own choice.
    pub(crate) fn chosen_by(&self, config: &Config) -> Option<PathBuf> {
        chosen_by(config).filter(|_| self.targets.is_none())
    }

    /// The addresses of all of them, as far as they are known; `None` when it is one program.
    ///
    /// # Errors
    /// As for [`FleetArgs::entries`].
    pub(crate) fn endpoints(
        &mut self,
        target: &TargetArgs,
        config: &Config,
    ) -> Result<Option<Vec<Endpoint>>, Error> {
        let entries = self.entries(target, config, &Credentials::default())?;
        let endpoint = |entry: Entry| match entry.place {
            Place::Endpoint(endpoint) => Some(endpoint),
            Place::Folder(_) => None,
        };
        Ok(entries.map(|entries| entries.into_iter().filter_map(endpoint).collect()))
    }
}

/// The first target, as one of several.
fn first(target: &Where) -> Result<Place, Error> {
    let place = target.to_string().parse::<Place>();
    place.map_err(|error| Error::Usage(error.to_string()))
}

/// Whether the command line itself names a target before the further ones.
fn is_given(config: &Config) -> bool {
    let mut values = config.values();
    let target = values.find(|(setting, _)| setting.key == "target");
    target.is_some_and(|(_, value)| value.origin == Origin::CommandLine)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;
    use loiter_cli::source::TokenFrom;
    use tempfile::TempDir;

    use super::*;
    use crate::cli::Cli;

    fn entries(args: &[&str]) -> Result<Option<Vec<String>>, Error> {
        let mut cli = Cli::try_parse_from([&["loiter"], args].concat()).expect("good usage");
        let mut config = Config::default();
        if args.first().is_some_and(|first| !first.starts_with("--")) {
            config.override_by_command_line("target", args[0].to_owned());
        }
        let credentials = Credentials::default();
        let entries = cli.fleet.entries(&cli.target, &config, &credentials)?;
        let title = |entry: &Entry| entry.title();
        Ok(entries.map(|entries| entries.iter().map(title).collect()))
    }

    #[test]
    fn one_target_is_no_fleet_and_several_are() {
        for alone in [&[][..], &[":7"], &["db:7"]] {
            assert_eq!(entries(alone).expect("good usage"), None, "{alone:?}");
        }
        let both = entries(&["db:7", "unix:/run/app/"]).expect("good usage");
        assert_eq!(both.expect("two"), ["db:7", "unix:/run/app"]);
        let folder = tempfile::tempdir().expect("a folder");
        let folder = format!("unix:{}", folder.path().display());
        assert_eq!(entries(&[&folder]).expect("good usage"), Some(vec![folder]));
    }

    #[test]
    fn a_list_stands_in_place_of_the_usual_target() {
        let list = tempfile::NamedTempFile::new().expect("a file");
        fs::write(list.path(), "orders db:7\n:8 # here\n").expect("it is written");
        let path = list.path().to_str().expect("a text");
        let listed = entries(&["--targets", path]).expect("a list");
        assert_eq!(listed.expect("two"), ["orders", "127.0.0.1:8"]);
        let more = entries(&[":9", "--targets", path]).expect("a list");
        assert_eq!(
            more.expect("three"),
            ["127.0.0.1:9", "orders", "127.0.0.1:8"]
        );
        let error = entries(&["--targets", "/nowhere/list"]).expect_err("no list");
        assert!(error.to_string().contains("/nowhere/list"), "{error}");
    }

    #[test]
    fn what_happened_before_is_not_watched_beside_what_runs() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().to_str().expect("a text");
        let error = entries(&[path, ":7"]).expect_err("a recording").to_string();
        assert!(error.contains("name it alone"), "{error}");
        let error = entries(&[":7", ":8", "--at", "3s"]).expect_err("a time");
        assert!(error.to_string().contains("`--at`"), "{error}");
    }

    /// A folder with a `loiter.toml` that names this target, and what there is in it.
    fn folder_that_names(target: &str) -> (TempDir, Config) {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!("target = {target:?}\n");
        fs::write(folder.path().join("loiter.toml"), text).expect("it is written");
        let config = Config::read(folder.path(), &|_| None).expect("a configuration");
        (folder, config)
    }

    #[test]
    fn no_token_goes_to_the_sockets_that_a_folder_names_but_to_those_of_a_list() {
        let target = "unix:/run/app/";
        let (folder, config) = folder_that_names(target);
        let list = folder.path().join("list");
        fs::write(&list, format!("{target}\n")).expect("it is written");
        // The target and the token's file are what the configuration has.
        let token = |args: &[&str]| {
            let usual = ["loiter", target, "--token-file", "mine"];
            let mut cli = Cli::try_parse_from([&usual, args].concat()).expect("good usage");
            cli.find_credentials(&config).expect("they go together");
            cli.target.credentials.credentials().token.clone()
        };
        let by = folder.path().join("loiter.toml");
        assert_eq!(token(&[]), Some(TokenFrom::Withheld(by)));
        let list = list.to_str().expect("a text");
        let expected = Some(TokenFrom::File("mine".into()));
        assert_eq!(token(&["--targets", list]), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_list_may_be_one_that_can_be_read_only_once() {
        use std::{process::Command, thread};

        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("it is there").success());
        let written = thread::spawn({
            let pipe = pipe.clone();
            move || fs::write(pipe, "orders db:7\n")
        });
        let path = pipe.to_str().expect("a text");
        let mut cli = Cli::try_parse_from(["loiter", "--targets", path]).expect("good usage");
        let config = Config::default();
        cli.find_credentials(&config).expect("a list");
        written.join().expect("no panic").expect("it is read");
        fs::remove_file(&pipe).expect("it was there");
        let credentials = Credentials::default();
        let entries = cli.fleet.entries(&cli.target, &config, &credentials);
        let entries = entries.expect("it was read").expect("one");
        assert_eq!(entries[0].title(), "orders");
    }
}
