//! What it takes to come in, at one time.

use std::{hash::RandomState, path::PathBuf, sync::Arc};

#[cfg(feature = "tls")]
use tokio_rustls::rustls::{ServerConfig, server::danger::ClientCertVerifier};

use super::tokens::{Source, Tokens};
use crate::builder::Access;

/// All of it. What is not set up is not asked for.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Keys {
    pub(super) tokens: Option<Arc<Tokens>>,
    #[cfg(feature = "tls")]
    pub(in super::super) tls: Option<Tls>,
}

/// How the port speaks TLS.
#[cfg(feature = "tls")]
#[derive(Clone, Debug)]
pub(in super::super) struct Tls {
    pub(in super::super) config: Arc<ServerConfig>,
    /// Whose certificates are good, if clients are asked for one.
    pub(in super::super) clients: Option<Arc<dyn ClientCertVerifier>>,
}

/// The files that tokens are in.
pub(super) fn token_files(access: &Access) -> Vec<(PathBuf, Source)> {
    let probing = access.token_file.iter();
    let looking = access.read_token_file.iter();
    let all = probing.map(|path| (path, Source::TokenFile));
    let all = all.chain(looking.map(|path| (path, Source::ReadTokenFile)));
    all.map(|(path, source)| (path.clone(), source)).collect()
}

/// The tokens that are good, given what is in their files.
pub(super) fn read_tokens(
    access: &Access,
    files: &[(PathBuf, Source)],
    contents: &[Vec<u8>],
    key: &RandomState,
) -> Result<Tokens, String> {
    let mut tokens = Tokens::default();
    for ((path, source), content) in files.iter().zip(contents) {
        let text = str::from_utf8(content).map_err(|_| "it is no text".to_owned());
        let added = text.and_then(|text| tokens.add_lines(text, *source, key));
        added.map_err(|reason| format!("`{}`: {reason}", path.display()))?;
    }
    if let Some(token) = &access.token {
        tokens.add_set(token.clone(), key);
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::{super::Rights, *};

    #[test]
    fn tokens_come_from_everywhere() {
        let access = Access {
            token_file: Some("/probing".into()),
            read_token_file: Some("/looking".into()),
            token: "from-the-environment".parse().ok(),
            ..Access::default()
        };
        let files = token_files(&access);
        let contents = ["a-token-that-probes\n", "a-token-that-looks\n"];
        let contents = contents.map(|text| text.as_bytes().to_vec());
        let key = RandomState::new();
        let tokens = read_tokens(&access, &files, &contents, &key).expect("all are good");
        for (token, rights) in [
            ("a-token-that-probes", Rights::Probe),
            ("a-token-that-looks", Rights::Look),
            ("from-the-environment", Rights::Probe),
        ] {
            let header = format!("Bearer {token}");
            let known = tokens.recognise(Some(header.as_bytes())).expect("known");
            assert_eq!(known.rights, rights, "{token}");
        }
        let error = read_tokens(&access, &files, &[b"\xff".to_vec()], &key);
        assert_eq!(error.expect_err("no text"), "`/probing`: it is no text");
    }
}
