//! Keeps what it takes to come in as its files have it, so that it can be exchanged while the
//! program runs.

use std::{
    hash::RandomState,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::watch, task, time};

use super::{
    Keys,
    files::{Files, News},
    keys::{read_tokens, token_files},
    tokens::Source,
};
#[cfg(feature = "tls")]
use crate::serve::tls;
use crate::{
    agent::Core,
    builder::Access,
    notice,
    upkeep::{self, Part},
};

/// How often the files are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// For ever, or not at all where there are no files. `key` tells tokens apart: the same whenever this
/// begins again, as those who came with one are known by it.
pub(super) async fn keep(
    core: &Arc<Core>,
    keys: &watch::Sender<Option<Arc<Keys>>>,
    key: &RandomState,
) {
    let access = &core.config.access;
    let begin = || Parts::new(access, key.clone());
    let mut parts = begin();
    loop {
        upkeep::may_panic(Part::Keys);
        let Some((looked, fresh, bad)) = look_elsewhere(core, parts).await else {
            parts = begin();
            time::sleep(LOOK_AGAIN).await;
            continue;
        };
        parts = looked;
        let first = keys.borrow().is_none();
        for reason in bad {
            let consequence = match first {
                true => "the agent's port stays closed until it is mended",
                false => "what was read before goes on to count",
            };
            let message = format!("{reason}; {consequence}");
            notice::warn(core.through_tracing, &message);
        }
        if let Some(fresh) = fresh {
            if !first {
                let message = "took over new credentials for the agent's port from their files";
                notice::info(core.through_tracing, message);
            }
            keys.send_replace(Some(Arc::new(fresh)));
        }
        if parts.are_fixed() {
            return;
        }
        time::sleep(LOOK_AGAIN).await;
    }
}

/// [Looks](Parts::look) at all files, if there are any, on another thread: a file system that hangs
/// keeps that one, and what was read before goes on to count. `None` should it panic.
async fn look_elsewhere(
    core: &Arc<Core>,
    mut parts: Parts,
) -> Option<(Parts, Option<Keys>, Vec<String>)> {
    let (core, has_none) = (core.clone(), parts.are_fixed());
    let look = move || {
        upkeep::once_here(Part::Keys, || {
            let (fresh, bad) = parts.look(&core.config.access, SystemTime::now());
            (parts, fresh, bad)
        })
    };
    match has_none {
        // Which takes no thread.
        true => look(),
        false => task::spawn_blocking(look).await.ok().flatten(),
    }
}

/// Tokens and certificates: each is exchanged by itself.
struct Parts {
    token_files: Vec<(PathBuf, Source)>,
    tokens: Files,
    #[cfg(feature = "tls")]
    tls: Files,
    /// Tells tokens apart.
    key: RandomState,
    /// What is known so far.
    keys: Keys,
    /// Whether something was told yet.
    told: bool,
}

impl Parts {
    fn new(access: &Access, key: RandomState) -> Self {
        let token_files = token_files(access);
        let paths = token_files.iter().map(|(path, _)| path.clone());
        Self {
            tokens: Files::new(paths.collect()),
            token_files,
            #[cfg(feature = "tls")]
            tls: Files::new(tls::files(access)),
            key,
            keys: Keys::default(),
            told: false,
        }
    }

    /// Looks at all files: what it takes now to come in, if all of that is known and something of
    /// it is new, and what is wrong with some.
    fn look(&mut self, access: &Access, now: SystemTime) -> (Option<Keys>, Vec<String>) {
        let mut bad = Vec::new();
        let mut is_new = !self.told;
        if access.wants_token() {
            let read =
                |contents: &[Vec<u8>]| read_tokens(access, &self.token_files, contents, &self.key);
            match self.tokens.take(now, read) {
                News::None => {}
                News::Fresh(tokens) => {
                    self.keys.tokens = Some(Arc::new(tokens));
                    is_new = true;
                }
                News::Bad(reason) => bad.push(format!("no tokens: {reason}")),
            }
        }
        #[cfg(feature = "tls")]
        if access.is_encrypted() {
            match self.tls.take(now, |contents| tls::read(access, contents)) {
                News::None => {}
                News::Fresh(tls) => {
                    self.keys.tls = Some(tls);
                    is_new = true;
                }
                News::Bad(reason) => bad.push(format!("no TLS: {reason}")),
            }
        }
        let fresh = (is_new && self.are_complete(access)).then(|| self.keys.clone());
        self.told |= fresh.is_some();
        (fresh, bad)
    }

    /// Whether all that is set up was read.
    fn are_complete(&self, access: &Access) -> bool {
        #[cfg(feature = "tls")]
        let has_tls = self.keys.tls.is_some();
        #[cfg(not(feature = "tls"))]
        let has_tls = false;
        (self.keys.tokens.is_some() || !access.wants_token()) && (has_tls || !access.is_encrypted())
    }

    /// Whether nothing of it can change.
    fn are_fixed(&self) -> bool {
        #[cfg(feature = "tls")]
        let has_tls = !self.tls.are_none();
        #[cfg(not(feature = "tls"))]
        let has_tls = false;
        self.tokens.are_none() && !has_tls
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_needed_where_nothing_is_set_up() {
        let access = Access::default();
        let mut parts = Parts::new(&access, RandomState::new());
        let (keys, bad) = parts.look(&access, SystemTime::now());
        assert!(keys.expect("known").tokens.is_none());
        assert_eq!(bad, [""; 0]);
        assert!(parts.are_fixed());
    }

    #[test]
    fn a_token_file_that_is_no_good_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let access = Access {
            token_file: Some(path.clone()),
            ..Access::default()
        };
        let mut parts = Parts::new(&access, RandomState::new());
        assert!(!parts.are_fixed());
        let mut look = || {
            let (keys, bad) = parts.look(&access, SystemTime::now());
            let is_good = |tokens: &super::super::tokens::Tokens, token: &str| {
                tokens
                    .recognise(Some(format!("Bearer {token}").as_bytes()))
                    .is_ok()
            };
            let good = keys.map(|keys| {
                let tokens = keys.tokens.expect("they are asked for");
                let both = ["the-first-of-tokens", "the-second-of-tokens"];
                both.map(|token| is_good(&tokens, token))
            });
            (good, bad.len())
        };
        assert_eq!(look(), (None, 1), "there is no file");
        assert_eq!(look(), (None, 0), "said once");
        fs::write(&path, "the-first-of-tokens\n").expect("it is written");
        assert_eq!(look(), (Some([true, false]), 0));
        assert_eq!(look(), (None, 0), "nothing new");
        fs::write(&path, "short").expect("it is written");
        assert_eq!(look(), (None, 1), "no good");
        fs::write(&path, "the-second-of-tokens\n").expect("it is written");
        assert_eq!(look(), (Some([false, true]), 0));
    }
}
