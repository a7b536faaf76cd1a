//! Watches one target, for ever.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use loiter_model::{
    Target,
    finding::RuleSettings,
    fleet::{Instance, InstanceId, News},
    query::{Filter, Query, SiteColumn, Sort, Window},
    update::{FindingsUpdate, SitesUpdate},
};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use super::Shared;
use crate::source::{Endpoint, Source, SourceError, Updates};

/// Findings change slowly, and each answer has the rules look at every task.
const FINDINGS_INTERVAL: Duration = Duration::from_secs(2);
/// Who is asked seldom is silent for long: so many answers in a row may be missing.
const MISSING: u32 = 3;

/// A target to be watched.
pub(super) struct Watched {
    pub(super) id: InstanceId,
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
    pub(super) source: Arc<dyn Source>,
    /// Whether its entry still leads to it.
    pub(super) there: watch::Receiver<bool>,
}

/// Attaches to a target, tells what it says, and begins again when it is lost. Ends when it is gone
/// for good.
pub(super) async fn run(mut watched: Watched, shared: Arc<Shared>) {
    let seen = News::Seen {
        name: watched.name.as_str().into(),
        address: watched.endpoint.to_string().into(),
    };
    shared.tell(watched.id, seen).await;
    let mut failures: u32 = 0;
    loop {
        let mut since = None;
        let error = attend(&watched, &shared, &mut since).await;
        // One that answers once and is lost again is no better than one that does not answer.
        let lasted =
            since.is_some_and(|since: Instant| since.elapsed() > shared.options.pace.silence);
        failures = if lasted {
            1
        } else {
            failures.saturating_add(1)
        };
        let reason = match is_there(&watched) {
            true => error.to_string(),
            false => gone(&watched),
        };
        let lost = News::Lost {
            reason: reason.into(),
        };
        shared.tell(watched.id, lost).await;
        if pause(&mut watched, &shared, failures).await == Now::GiveUp {
            return shared.give_up(watched.id);
        }
    }
}

/// What is to be done about a target that was lost.
#[derive(PartialEq, Eq)]
enum Now {
    TryAgain,
    GiveUp,
}

fn is_there(watched: &Watched) -> bool {
    *watched.there.borrow()
}

fn gone(watched: &Watched) -> String {
    let what = match watched.endpoint.as_unix() {
        Some(_) => "its socket was removed",
        None => "its name leads there no more",
    };
    format!("{what}: {}", watched.endpoint)
}

/// Waits until it may be tried again: for a while, and for one that is gone until it is back. Not
/// for ever: pods come and go, and each of them has an address of its own.
async fn pause(watched: &mut Watched, shared: &Shared, failures: u32) -> Now {
    let mut hurry = shared.hurry.subscribe();
    if is_there(watched) {
        let there = &mut watched.there;
        let wait = shared.options.pace.retry(failures);
        tokio::select! {
            () = time::sleep(wait) => return Now::TryAgain,
            _ = hurry.changed() => return Now::TryAgain,
            // Its entry is dropped together with this.
            _ = there.wait_for(|there| !there) => {}
        }
        let reason = gone(watched).into();
        shared.tell(watched.id, News::Lost { reason }).await;
    }
    tokio::select! {
        _ = watched.there.wait_for(|there| *there) => Now::TryAgain,
        _ = hurry.changed() => Now::TryAgain,
        () = time::sleep(shared.options.pace.forget_after) => Now::GiveUp,
    }
}

/// Listens to a target until it is lost, and says why. `since`: when it said something first.
async fn attend(watched: &Watched, shared: &Shared, since: &mut Option<Instant>) -> SourceError {
    match listen(watched, shared, since).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

/// What it is asked all the time, and what it said it is.
struct Questions {
    target: Option<Target>,
    sites: Updates<SitesUpdate>,
    findings: Updates<FindingsUpdate>,
}

async fn listen(
    watched: &Watched,
    shared: &Shared,
    since: &mut Option<Instant>,
) -> Result<Infallible, SourceError> {
    let mut questions = {
        // Not all at once.
        let _permit = shared.connecting.acquire().await;
        attach(watched, shared).await?
    };
    let silence = silence(shared);
    let deadline = time::sleep(silence);
    tokio::pin!(deadline);
    loop {
        let news = tokio::select! {
            update = questions.sites.next() => {
                News::Sites(Box::new(told(update, watched)?))
            }
            Some(update) = questions.findings.next() => News::Findings(Box::new(update?)),
            () = &mut deadline => {
                return Err(lost(watched, &format!("no answer within {} s", silence.as_secs())));
            }
        };
        // Who says what it is, and then has no room for a watcher, or hangs, is no better than lost.
        if let Some(target) = questions.target.take() {
            shared
                .tell(watched.id, News::Target(Box::new(target)))
                .await;
        }
        since.get_or_insert_with(Instant::now);
        shared.tell(watched.id, news).await;
        // Only now: as long as nobody takes what it says, it is not the target that is silent.
        deadline.as_mut().reset(Instant::now() + silence);
    }
}

/// For how long a target may say nothing.
fn silence(shared: &Shared) -> Duration {
    let interval = shared.options.interval.unwrap_or_default();
    let missing = interval.saturating_mul(MISSING);
    shared.options.pace.silence.max(missing)
}

/// Asks who is there, and how it is from now on.
async fn attach(watched: &Watched, shared: &Shared) -> Result<Questions, SourceError> {
    let source = &watched.source;
    let options = &shared.options;
    let target = source.target().await?;
    let thresholds = options.limits.over(target.thresholds);
    let query = Query {
        filter: Filter::default(),
        sort: Sort::by(SiteColumn::Alive),
        window: Window {
            offset: 0,
            limit: Instance::MOST_SITES as u64,
        },
        thresholds,
    };
    let sites = source.watch_sites(query, options.interval).await?;
    let settings = RuleSettings {
        thresholds,
        allow: options.allow.clone(),
        ..RuleSettings::default()
    };
    let interval = options.interval.max(Some(FINDINGS_INTERVAL));
    let findings = match source.watch_findings(settings, interval).await {
        // An older agent, or a console-subscriber.
        Err(SourceError::TooOld { .. } | SourceError::CannotTell { .. }) => {
            stream::pending().boxed()
        }
        findings => findings?.fuse().boxed(),
    };
    Ok(Questions {
        target: Some(target),
        sites,
        findings,
    })
}

fn told<T>(update: Option<Result<T, SourceError>>, watched: &Watched) -> Result<T, SourceError> {
    update.unwrap_or_else(|| Err(lost(watched, "it said nothing more")))
}

fn lost(watched: &Watched, reason: &str) -> SourceError {
    SourceError::Lost {
        endpoint: watched.endpoint.to_string(),
        reason: reason.to_owned(),
    }
}
