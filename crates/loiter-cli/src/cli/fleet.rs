//! Several programs to look at, on the command line.

use std::path::PathBuf;

use clap::Args;
use loiter_cli::{
    config::{Config, Origin},
    fleet::{Entry, Place, read_list},
    source::{Credentials, Endpoint, Where},
};

use super::{TargetArgs, target::read};
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
        &self,
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
        if let Some(list) = &self.targets {
            entries.extend(read_list(list, credentials)?);
        }
        Ok(Some(entries))
    }

    /// The addresses of all of them, as far as they are known; `None` when it is one program.
    ///
    /// # Errors
    /// As for [`FleetArgs::entries`].
    pub(crate) fn endpoints(
        &self,
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

    use super::*;
    use crate::cli::Cli;

    fn entries(args: &[&str]) -> Result<Option<Vec<String>>, Error> {
        let cli = Cli::try_parse_from([&["loiter"], args].concat()).expect("good usage");
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
}
