//! Who may look at the program, and over what.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{InitError, token::Token};

/// What guards the port. Files are named here and read when the port is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) tls_cert: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) client_ca: Option<PathBuf>,
    /// Tokens whose holders may probe.
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) token: Option<Token>,
    /// Tokens whose holders may only look.
    pub(crate) read_token_file: Option<PathBuf>,
    pub(crate) allow_insecure: bool,
}

impl Access {
    /// Whether the port speaks TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls_cert.is_some()
    }

    /// Whether each request needs a token.
    pub(crate) fn wants_token(&self) -> bool {
        self.token.is_some() || self.token_file.is_some() || self.read_token_file.is_some()
    }

    /// Whether no page in a browser can pretend to be from here, whatever name leads here: it would
    /// have to know a token, or have a certificate for that name; or everybody may look anyway.
    pub(crate) fn is_safe_from_pages(&self, listen: Option<SocketAddr>) -> bool {
        let is_open = listen.is_some_and(|address| !is_loopback(address));
        self.is_encrypted() || self.wants_token() || is_open
    }

    /// Whether what is set goes together.
    pub(super) fn check(&self) -> Result<(), InitError> {
        const CERT: &str = "the TLS certificate (LOITER_TLS_CERT)";
        const KEY: &str = "its key (LOITER_TLS_KEY)";
        let lacks = |set, missing| Err(InitError::Incomplete { set, missing });
        match (&self.tls_cert, &self.tls_key, &self.client_ca) {
            (Some(_), None, _) => lacks(CERT, KEY),
            (None, Some(_), _) => lacks("the TLS key (LOITER_TLS_KEY)", CERT),
            (None, None, Some(_)) => lacks(
                "the CA of clients (LOITER_TLS_CLIENT_CA, Builder::client_ca)",
                "a TLS certificate with its key (LOITER_TLS_CERT and LOITER_TLS_KEY, Builder::tls)",
            ),
            _ => Ok(()),
        }
    }

    /// Whether the agent may listen there: beyond loopback, only encrypted and for those who say
    /// who they are, unless the program allows it.
    pub(super) fn check_listen(&self, listen: Option<SocketAddr>) -> Result<(), InitError> {
        let Some(address) = listen.filter(|address| !is_loopback(*address)) else {
            return Ok(());
        };
        if self.allow_insecure {
            return Ok(());
        }
        let is_asked_who = self.client_ca.is_some() || self.wants_token();
        match (self.is_encrypted(), is_asked_who) {
            (true, true) => Ok(()),
            (true, false) => Err(InitError::NoAuthentication(address)),
            (false, true) => Err(InitError::NoTls(address)),
            (false, false) => Err(InitError::NotLoopback(address)),
        }
    }

    /// What to say of a port that is open to all who reach it, because the program allows it.
    pub(super) fn warning(&self, listen: Option<SocketAddr>) -> Option<String> {
        let all = Self {
            allow_insecure: false,
            ..self.clone()
        };
        let error = all.check_listen(listen).err()?;
        let address = listen?;
        let what = match error {
            InitError::NoTls(_) => "whoever listens in on the way reads along, the token included",
            _ => "whoever reaches it can look into this program",
        };
        Some(format!(
            "listening on {address} is allowed explicitly (LOITER_ALLOW_INSECURE, \
             Builder::allow_insecure): {what}"
        ))
    }

    /// What to say of a virtual machine's socket where only certificates are asked for: there is no
    /// TLS on it.
    #[cfg(feature = "vsock")]
    pub(super) fn vsock_warning(&self) -> Option<&'static str> {
        let is_open = self.client_ca.is_some() && !self.wants_token() && !self.allow_insecure;
        is_open.then_some(
            "at a virtual machine's socket nobody is asked for a certificate: whoever can connect to \
             it can look into this program, and probe. Set LOITER_TOKEN_FILE or \
             LOITER_READ_TOKEN_FILE (Builder::token_file, read_token_file), or say that this is \
             wanted: LOITER_ALLOW_INSECURE=true (Builder::allow_insecure)",
        )
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// The program may go elsewhere before the file is read, and again and again.
pub(super) fn absolute(path: impl Into<PathBuf>) -> PathBuf {
    let path = path.into();
    std::path::absolute(&path).unwrap_or(path)
}

/// A path in the environment.
pub(super) fn path(value: &str) -> Result<PathBuf, String> {
    match Path::new(value) {
        path if path.is_absolute() => Ok(path.to_owned()),
        _ => Err("write an absolute path".to_owned()),
    }
}

/// The same for TLS, where it is built in.
pub(super) fn tls_path(value: &str) -> Result<PathBuf, String> {
    if cfg!(not(feature = "tls")) {
        return Err(
            "this program's agent was built without TLS: enable the feature `tls-ring` or \
             `tls-aws-lc` of the package `loiter`"
                .to_owned(),
        );
    }
    path(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Option<PathBuf> {
        Some(PathBuf::from(name))
    }

    fn with_tls() -> Access {
        Access {
            tls_cert: file("/cert"),
            tls_key: file("/key"),
            ..Access::default()
        }
    }

    #[test]
    fn beyond_loopback_both_are_needed() {
        let address = Some(SocketAddr::from(([0, 0, 0, 0], 6669)));
        let refused = |access: Access| match access.check_listen(address) {
            Ok(()) => "none",
            Err(InitError::NotLoopback(_)) => "both",
            Err(InitError::NoTls(_)) => "tls",
            Err(InitError::NoAuthentication(_)) => "who",
            Err(other) => panic!("{other}"),
        };
        let token = || Access {
            read_token_file: file("/token"),
            ..Access::default()
        };
        assert_eq!(refused(Access::default()), "both");
        assert_eq!(refused(token()), "tls");
        assert_eq!(refused(with_tls()), "who");
        let allowed = Access {
            allow_insecure: true,
            ..Access::default()
        };
        assert!(allowed.warning(address).is_some());
        assert_eq!(allowed.warning(None), None);
        assert_eq!(refused(allowed), "none");
        let mutual = Access {
            client_ca: file("/ca"),
            ..with_tls()
        };
        assert_eq!(mutual.warning(address), None);
        #[cfg(feature = "vsock")]
        {
            assert!(mutual.vsock_warning().is_some());
            assert_eq!(with_tls().vsock_warning(), None);
            let both = Access {
                token_file: file("/token"),
                ..mutual.clone()
            };
            assert_eq!(both.vsock_warning(), None);
        }
        assert_eq!(refused(mutual), "none");
        let by_token = Access {
            token: "0123456789abcdef".parse().ok(),
            ..with_tls()
        };
        assert_eq!(refused(by_token), "none");
        for address in ["127.0.0.1:6669", "[::1]:6669"] {
            let address = address.parse().expect("an address");
            assert!(Access::default().check_listen(Some(address)).is_ok());
        }
        assert!(Access::default().check_listen(None).is_ok());
    }

    #[test]
    fn half_of_it_is_nothing() {
        let no_key = Access {
            tls_key: None,
            ..with_tls()
        };
        let no_cert = Access {
            tls_cert: None,
            ..with_tls()
        };
        let only_ca = Access {
            client_ca: file("/ca"),
            ..Access::default()
        };
        for (access, missing) in [
            (no_key, "LOITER_TLS_KEY"),
            (no_cert, "LOITER_TLS_CERT"),
            (only_ca, "LOITER_TLS_CERT"),
        ] {
            let error = access.check().expect_err("half of it").to_string();
            let (_, needed) = error.split_once("needs").expect("says what it needs");
            assert!(needed.contains(missing), "{error}");
        }
        with_tls().check().expect("all of it");
        Access::default().check().expect("nothing of it");
    }
}
