//! What a client shows at a door, and by what it knows that the door is the right one.

mod file;
mod token;

use std::path::PathBuf;

pub use file::CredentialFile;
pub use token::{ParseTokenError, Token};

/// What one attaches with. All of it may be absent; nothing of it is read before it is needed.
///
/// Files are read anew for each connection, and a token's for each request: whoever renews them
/// has nobody restarted. No secret shows in `Debug`.
///
/// ```
/// use loiter_cli::source::{Credentials, TokenFrom};
///
/// let credentials = Credentials {
///     ca: Some("/etc/loiter/ca.pem".into()),
///     token: Some(TokenFrom::Value("correct-horse".parse()?)),
///     ..Credentials::default()
/// };
/// assert!(!format!("{credentials:?}").contains("horse"));
/// # Ok::<(), loiter_cli::source::ParseTokenError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The certificates of the CAs that issue those of agents, in PEM. `None` for the CAs that the
    /// system trusts; never both, as anybody may be issued a certificate by one of the latter.
    pub ca: Option<CredentialFile>,
    /// The client's own certificate, and those between it and its CA, in PEM.
    pub cert: Option<CredentialFile>,
    /// The private key of the client's certificate, in PEM. `None` when it is in the same file.
    pub key: Option<CredentialFile>,
    /// The name that the agent's certificate is to be for; `None` for that of the address.
    pub server_name: Option<String>,
    /// What says what the client may do.
    pub token: Option<TokenFrom>,
}

/// Where a token comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TokenFrom {
    /// A file with nothing else in it.
    File(CredentialFile),
    /// Somebody who has it in memory, such as the environment.
    Value(Token),
    /// Nowhere: there is one, but this target was chosen by a file that anybody may have written.
    Withheld(PathBuf),
}
