//! What keeps one out, and what to do about it.

use std::{fmt, path::PathBuf};

/// Why one is not let in, or does not want to be. Each message says what is so and what to do next;
/// of a secret none says more than where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A file is not there, or is not what it is taken for.
    #[error("cannot read {part} in {} ({}): {reason}", .path.display(), .part.option())]
    Unreadable {
        /// What is to be in it.
        part: Part,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nobody to trust.
    #[error("this system has no certificates of CAs; name the agent's by `--ca FILE`")]
    NoSystemCas,
    /// The other side's certificate is nobody's that is trusted.
    #[error("its certificate is not trusted: {}", untrusted(.ca.as_ref()))]
    Untrusted {
        /// The file with the CAs that are trusted; `None` for the system's.
        ca: Option<PathBuf>,
    },
    /// The other side's certificate is for somebody else.
    #[error(
        "its certificate is not for `{name}`{}; use a name that it is for, or say which one you mean \
         by `--server-name NAME`", but_for(.names)
    )]
    WrongName {
        /// Who it should be for.
        name: String,
        /// Who it is for.
        names: Vec<String>,
    },
    /// The other side's certificate is out of date.
    #[error("its certificate has expired{}; have it renewed, or set this machine's clock", ago(*.seconds))]
    Expired {
        /// For how long.
        seconds: Option<u64>,
    },
    /// The other side's certificate is not yet valid.
    #[error("its certificate is not valid yet{}; set the clock of this machine, or of its CA", within(*.seconds))]
    NotYetValid {
        /// When it will be.
        seconds: Option<u64>,
    },
    /// The other side's certificate is one that signs others.
    #[error(
        "its certificate is that of a CA, which cannot be a server's as well; have the CA issue one \
         for the server"
    )]
    OfCa,
    /// The other side's certificate is otherwise no good.
    #[error("its certificate is no good: {reason}; have it issued anew")]
    BadCertificate {
        /// What is wrong with it.
        reason: String,
    },
    /// One has to show a certificate, and has none.
    #[error(
        "it lets nobody in without a client certificate; name one by `--cert FILE`, and its key by \
         `--key FILE`"
    )]
    CertificateRequired,
    /// The certificate that one has shown is not accepted.
    #[error(
        "it refuses the client certificate in {} (`--cert`): {reason}", .path.display()
    )]
    CertificateRefused {
        /// The file it is in.
        path: PathBuf,
        /// What it says of it, and what to do.
        reason: String,
    },
    /// TLS was spoken to one who does not.
    #[error("it speaks no TLS; write `{instead}`")]
    NoTls {
        /// The address without TLS.
        instead: String,
    },
    /// One was spoken to without TLS who does nothing else.
    #[error("it speaks TLS; write `{instead}`")]
    OnlyTls {
        /// The address with TLS.
        instead: String,
    },
    /// The other side went away while TLS was agreed upon.
    #[error(
        "it hung up when TLS was to begin: it has no room for another client, or speaks none; write \
         `{instead}` then"
    )]
    HungUp {
        /// The address without TLS.
        instead: String,
    },
    /// The other side went away right after TLS was agreed upon, without a word.
    #[error("it hung up as soon as TLS had begun; {}", hung_up(.cert.as_ref()))]
    HungUpLater {
        /// The file with the certificate that was shown.
        cert: Option<PathBuf>,
    },
    /// TLS could not be agreed upon.
    #[error("TLS cannot begin: {reason}")]
    Handshake {
        /// Why.
        reason: String,
    },
    /// This program cannot speak TLS.
    #[error("this `loiter` was built without TLS; build it with its feature `tls`")]
    NotBuiltIn,
    /// One has to show a token, and has none.
    #[error(
        "it wants a token; name the file it is in by `--token-file FILE`, or put it into \
         LOITER_ATTACH_TOKEN"
    )]
    TokenRequired,
    /// The token that one has shown is not accepted.
    #[error(
        "it does not accept the token in {}; that is another agent's, or was renewed meanwhile",
        token(.path.as_ref())
    )]
    TokenRefused {
        /// The file it is in; `None` for the environment.
        path: Option<PathBuf>,
    },
    /// One has a token, and did not send it for all to see.
    #[error(
        "it wants a token, and yours is not sent to another machine unencrypted; write `{instead}`, \
         for an agent with TLS"
    )]
    Unencrypted {
        /// The address with TLS.
        instead: String,
    },
    /// One has a token, and did not send it where somebody else says.
    #[error(
        "it wants a token, and yours is not sent where {} says; name the target on the command \
         line", .by.display()
    )]
    TokenWithheld {
        /// The file that names the target.
        by: PathBuf,
    },
}

/// What one attaches with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The certificates of CAs.
    Ca,
    /// The client's certificate.
    Cert,
    /// Its private key.
    Key,
    /// A token.
    Token,
}

impl Part {
    fn option(self) -> &'static str {
        match self {
            Self::Ca => "`--ca`",
            Self::Cert => "`--cert`",
            Self::Key => "`--key`",
            Self::Token => "`--token-file`",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ca => "the certificates of CAs",
            Self::Cert => "the client certificate",
            Self::Key => "the key of the client certificate",
            Self::Token => "the token",
        })
    }
}

fn untrusted(ca: Option<&PathBuf>) -> String {
    match ca {
        Some(path) => format!(
            "no CA in {} (`--ca`) has issued it; is that the file of the agent's CA?",
            path.display()
        ),
        None => {
            "no CA that this system trusts has issued it; name the agent's CA by `--ca FILE`".into()
        }
    }
}

fn but_for(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(", but for {}", names.join(", ")),
    }
}

fn ago(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| format!(" {} ago", span(seconds)))
}

fn within(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| {
        format!(", only in {}", span(seconds))
    })
}

/// A length of time in its largest unit.
fn span(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    match number {
        1 => format!("1 {unit}"),
        _ => format!("{number} {unit}s"),
    }
}

fn hung_up(cert: Option<&PathBuf>) -> String {
    match cert {
        Some(path) => format!(
            "it may refuse the client certificate in {} (`--cert`)",
            path.display()
        ),
        None => "it may want a client certificate (`--cert FILE`, `--key FILE`)".to_owned(),
    }
}

fn token(path: Option<&PathBuf>) -> String {
    match path {
        Some(path) => format!("{} (`--token-file`)", path.display()),
        None => "LOITER_ATTACH_TOKEN".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_its_largest_unit() {
        for (seconds, text) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7_200, "2 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }
}
