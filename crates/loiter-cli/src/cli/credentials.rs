//! What one attaches with, on the command line.

use std::{env, ffi::OsString, path::PathBuf};

use clap::Args;
use loiter_cli::{
    config::{Config, Origin, place},
    source::{Credentials, Endpoint, TokenFrom},
};

use crate::error::Error;

/// A token itself. It has no option, which every user of the machine could read, and no key in a
/// file, which `loiter config --print` would show.
const TOKEN: &str = "LOITER_ATTACH_TOKEN";

/// Where help has them. Named at each, as clap would go on with it at whatever comes behind.
const HEADING: &str = "Locked doors";

/// What one attaches with.
#[derive(Args, Debug)]
pub(crate) struct CredentialArgs {
    /// Of an `https://` target, the certificates of the CAs to trust, in PEM
    /// [default: those of the system]
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    ca: Option<PathBuf>,

    /// Of an `https://` target, the client certificate to show, in PEM
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    cert: Option<PathBuf>,

    /// The private key of the client certificate, in PEM [default: in the file of `--cert`]
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    key: Option<PathBuf>,

    /// Of an `https://` target, the name its certificate is to be for [default: that of the target]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    server_name: Option<String>,

    /// The file with the token to show; the token itself may stand in LOITER_ATTACH_TOKEN
    ///
    /// It is read anew each time it is needed, and sent to other machines only over TLS.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    token_file: Option<PathBuf>,

    #[arg(skip)]
    found: Credentials,
}

impl CredentialArgs {
    /// What all of it comes to, once it was [found](Self::find).
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.found
    }

    /// Finds out what one attaches to these targets with. `chosen_by` is the file that names them,
    /// if somebody else than the user may have written it.
    ///
    /// # Errors
    /// [`Error::Usage`] when it does not go together, or the command line has something that is of
    /// no use at the targets.
    pub(crate) fn find(
        &mut self,
        config: &Config,
        targets: &[&Endpoint],
        chosen_by: Option<PathBuf>,
    ) -> Result<(), Error> {
        let given = Given::new(self, config);
        given.check(targets)?;
        self.found = self.read(&given, &|name| env::var_os(name), chosen_by)?;
        Ok(())
    }

    fn read(
        &self,
        given: &Given,
        env: &dyn Fn(&str) -> Option<OsString>,
        chosen_by: Option<PathBuf>,
    ) -> Result<Credentials, Error> {
        // A certificate that is given has no key of another one's.
        let key = self.key.clone().filter(|_| given.key || !given.cert);
        if key.is_some() && self.cert.is_none() {
            return Err(Error::Usage(
                "`--key` is of a client certificate; name that by `--cert FILE`".to_owned(),
            ));
        }
        Ok(Credentials {
            ca: self.ca.clone().map(Into::into),
            cert: self.cert.clone().map(Into::into),
            key: key.map(Into::into),
            server_name: self.server_name.clone(),
            token: match (self.token(given, env)?, chosen_by) {
                // Whoever wrote that file would be sent it.
                (Some(_), Some(file)) if !given.token_file => Some(TokenFrom::Withheld(file)),
                (token, _) => token,
            },
        })
    }

    /// The token of the command line, else of the environment, else of the configuration.
    fn token(
        &self,
        given: &Given,
        env: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Option<TokenFrom>, Error> {
        let text = env(TOKEN).filter(|text| !text.is_empty() && !given.token_file);
        let Some(text) = text else {
            let file = self.token_file.clone();
            return Ok(file.map(|path| TokenFrom::File(path.into())));
        };
        match text.to_string_lossy().parse() {
            Ok(token) => Ok(Some(TokenFrom::Value(token))),
            Err(error) => Err(Error::Usage(format!("{TOKEN} in the environment: {error}"))),
        }
    }
}

/// What the command line says itself, for the targets that it is about. What the configuration
/// says may be for others.
struct Given {
    ca: bool,
    cert: bool,
    key: bool,
    server_name: bool,
    token_file: bool,
}

impl Given {
    fn new(args: &CredentialArgs, config: &Config) -> Self {
        let is_given = |key| origin(config, key) == Some(&Origin::CommandLine);
        Self {
            ca: is_given("attach.ca"),
            cert: is_given("attach.cert"),
            key: is_given("attach.key"),
            server_name: args.server_name.is_some(),
            token_file: is_given("attach.token_file"),
        }
    }

    /// Whether it is of use at the targets.
    fn check(&self, targets: &[&Endpoint]) -> Result<(), Error> {
        let for_tls = [
            ("`--ca`", self.ca),
            ("`--cert`", self.cert),
            ("`--key`", self.key),
            ("`--server-name`", self.server_name),
        ];
        let for_tls = for_tls.iter().find(|(_, is_given)| *is_given);
        let is_tls = targets.iter().any(|target| target.is_tls());
        if let (Some((option, _)), false, Some(target)) = (for_tls, is_tls, targets.first()) {
            return Err(Error::Usage(format!(
                "{option} is of no use at `{target}`, which is without TLS; {}",
                with_tls(target)
            )));
        }
        match targets.iter().find(|target| !target.is_private()) {
            Some(target) if self.token_file => Err(Error::Usage(format!(
                "the token of `--token-file` is not sent to another machine unencrypted, as to \
                 `{target}`; {}",
                with_tls(target)
            ))),
            _ => Ok(()),
        }
    }
}

/// What to do about a target without TLS.
fn with_tls(target: &Endpoint) -> String {
    match target.host_and_port() {
        Some((host, port)) => format!("write `https://{host}:{port}`, for an agent with TLS"),
        None => "it is for `https://` addresses".to_owned(),
    }
}

fn origin<'a>(config: &'a Config, key: &str) -> Option<&'a Origin> {
    let mut values = config.values();
    let found = values.find(|(setting, _)| setting.key == key);
    found.map(|(_, value)| &value.origin)
}

/// The file that names the target, if it is one that came with the folder one happens to be in.
pub(crate) fn chosen_by(config: &Config) -> Option<PathBuf> {
    let Some(Origin::File { path, .. }) = origin(config, "target") else {
        return None;
    };
    let own = place::own_file(&|name| env::var_os(name));
    (own.as_ref() != Some(path)).then(|| path.clone())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use loiter_cli::config::SETTINGS;

    use super::*;
    use crate::cli::Cli;

    /// What is found with these arguments, as they are or out of a configuration.
    fn found(
        given: &[(&str, &str)],
        configured: &[(&str, &str)],
        env: &[(&str, &str)],
        chosen_by: Option<PathBuf>,
    ) -> Result<Credentials, Error> {
        let mut config = Config::default();
        let mut args = vec!["loiter".to_owned()];
        for (key, text) in given {
            config.override_by_command_line(key, (*text).to_owned());
        }
        for (key, text) in given.iter().chain(configured) {
            let setting = SETTINGS.iter().find(|setting| setting.key == *key);
            let option = setting.expect("a setting").option;
            args.extend([option.to_owned(), (*text).to_owned()]);
        }
        let args = Cli::try_parse_from(args).expect("good usage");
        let args = args.target.credentials;
        let env = |name: &str| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        args.read(&Given::new(&args, &config), &env, chosen_by)
    }

    fn check(given: &[&str], targets: &[&str]) -> Result<(), Error> {
        let mut config = Config::default();
        for key in given {
            config.override_by_command_line(key, "file".to_owned());
        }
        let args = Cli::try_parse_from(["loiter"]).expect("good usage");
        let targets: Vec<Endpoint> = targets
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect();
        Given::new(&args.target.credentials, &config).check(&targets.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_token_is_that_of_the_command_line_or_the_environment_or_the_configuration() {
        let file = |path: &str| Some(TokenFrom::File(path.into()));
        let key = "attach.token_file";
        let env = [(TOKEN, "secret")];
        let value = Some(TokenFrom::Value("secret".parse().expect("a token")));
        let token = |given: &[_], configured: &[_], env: &[_]| {
            let found = found(given, configured, env, None);
            found.expect("they go together").token
        };
        assert_eq!(token(&[(key, "a")], &[], &env), file("a"));
        assert_eq!(token(&[], &[(key, "b")], &env), value);
        assert_eq!(token(&[], &[(key, "b")], &[]), file("b"));
        assert_eq!(token(&[], &[], &[(TOKEN, "")]), None);

        let error = found(&[], &[], &[(TOKEN, "two words")], None).expect_err("no token");
        let error = error.to_string();
        assert!(error.contains(TOKEN), "{error}");
        assert!(!error.contains("words"), "{error}");
    }

    #[test]
    fn no_token_goes_where_a_folder_says_unless_it_is_given() {
        let by = || Some(PathBuf::from("loiter.toml"));
        let key = "attach.token_file";
        let withheld = Some(TokenFrom::Withheld("loiter.toml".into()));
        let token = |given: &[_], configured: &[_], env: &[_]| {
            let found = found(given, configured, env, by());
            found.expect("they go together").token
        };
        assert_eq!(token(&[], &[(key, "a")], &[]), withheld);
        assert_eq!(token(&[], &[], &[(TOKEN, "secret")]), withheld);
        assert_eq!(
            token(&[(key, "a")], &[], &[]),
            Some(TokenFrom::File("a".into()))
        );
        assert_eq!(token(&[], &[], &[]), None);
    }

    #[test]
    fn a_certificate_has_its_own_key() {
        let (cert, key) = ("attach.cert", "attach.key");
        let key_of = |given: &[_], configured: &[_]| {
            let found = found(given, configured, &[], None).expect("they go together");
            found.key.map(|file| file.path().to_owned())
        };
        assert_eq!(key_of(&[], &[(cert, "c"), (key, "k")]), Some("k".into()));
        assert_eq!(key_of(&[(cert, "c")], &[(key, "k")]), None);
        assert_eq!(key_of(&[(key, "k")], &[(cert, "c")]), Some("k".into()));
        let error = found(&[(key, "k")], &[], &[], None).expect_err("no certificate");
        assert!(error.to_string().contains("`--cert FILE`"), "{error}");
    }

    #[test]
    fn what_is_of_no_use_is_said_with_what_to_write() {
        for (given, targets, instead) in [
            ("attach.ca", &["db:1"][..], "`https://db:1`"),
            ("attach.cert", &["unix:/run/a"], "`https://`"),
            ("attach.token_file", &["db:1"], "`https://db:1`"),
            (
                "attach.token_file",
                &["https://a:1", "db:1"],
                "`https://db:1`",
            ),
        ] {
            let error = check(&[given], targets).expect_err(given).to_string();
            assert!(error.contains(instead), "{error}");
        }
        for (given, targets) in [
            ("attach.ca", &["https://db:1"][..]),
            ("attach.ca", &["db:1", "https://db:1"]),
            ("attach.ca", &[]),
            ("attach.token_file", &["https://db:1", ":1", "unix:/run/a"]),
        ] {
            check(&[given], targets).expect(given);
        }
        check(&[], &["db:1"]).expect("nothing is given");
    }
}
