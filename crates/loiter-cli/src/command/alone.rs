//! What `loiter` alone is about: the one agent there is, or one of several.

use std::time::Duration;

use loiter_cli::{
    config::{Config, Origin},
    fleet::{
        attached,
        local::{self, Choice},
    },
    source::{Credentials, Endpoint, Where},
};

use super::{block_on, ls::sockets};
use crate::{cli::Aim, error::Error};

/// Nobody who is on this machine takes longer, unless they hang; somebody waits for a picture.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is to be looked at when nobody says; `None` when somebody does.
pub(crate) fn choice(aim: &Aim, config: &Config) -> Result<Option<Choice>, Error> {
    let (Where::Endpoint(usual), None) = (&aim.place, aim.at) else {
        return Ok(None);
    };
    match is_said(config) {
        true => Ok(None),
        false => look(usual, &aim.credentials).map(Some),
    }
}

fn look(usual: &Endpoint, credentials: &Credentials) -> Result<Choice, Error> {
    let attach = attached();
    let choice = local::choose(sockets(), (usual, credentials), &attach, PATIENCE);
    block_on(choice)
}

/// Whether a file, the environment or the command line says which program to look at.
fn is_said(config: &Config) -> bool {
    let mut values = config.values();
    let target = values.find(|(setting, _)| setting.key == "target");
    target.is_some_and(|(_, value)| value.origin != Origin::BuiltIn)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn whoever_names_a_target_gets_it() {
        let aim = Aim::new(Where::default());
        let env = |name: &str| (name == "LOITER_TARGET").then(|| OsString::from(":7"));
        let mut config = Config::without_files(&env);
        assert_eq!(choice(&aim, &config).expect("nothing is looked at"), None);
        config = Config::default();
        assert!(!is_said(&config));
        config.override_by_command_line("target", ":7".to_owned());
        assert_eq!(choice(&aim, &config).expect("nothing is looked at"), None);
        let recording = Aim::new(Where::File("night.loiter".into()));
        assert_eq!(
            choice(&recording, &Config::default()).expect("a file"),
            None
        );
    }
}
