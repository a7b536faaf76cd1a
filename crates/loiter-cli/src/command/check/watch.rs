//! Watching a program for a while.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    time::Duration,
};

use futures_util::StreamExt;
use loiter_cli::{
    source::{Go, Recorded, Source, Where},
    text,
};
use loiter_model::{
    Nanos, Target, Thresholds, Tier,
    finding::{Allow, RuleSettings},
    update::{FindingsUpdate, Overview},
};
use tokio::{
    pin, select,
    time::{self, Instant, MissedTickBehavior},
};

use super::{
    progress::Progress,
    report::{Allowed, Report},
    union::Union,
};
use crate::{
    cli::CheckArgs,
    command::{
        ask::{Connected, SILENCE, connect, lost, next, silent},
        who,
    },
    error::Error,
};

/// Between two updates: often enough for what passes quickly, seldom enough for a program with a
/// million tasks.
const INTERVAL: Duration = Duration::from_secs(1);
/// Between two looks of the progress.
const PROGRESS: Duration = Duration::from_millis(250);

/// Why a check would say nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// No task is seen.
    #[error("cannot check {who}: no task of it was ever seen; {remedy}")]
    Blind {
        /// Which program.
        who: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

/// Watches for as long as the arguments say. An agent that is lost meanwhile is an error: what
/// was not watched is not clean.
pub(super) async fn watch(args: &CheckArgs, allow: Vec<Allow>) -> Result<Report, Error> {
    let interval = INTERVAL.min(Duration::from(args.watch_for) / 4);
    if let Where::File(path) = &args.target.target {
        return watch_file(path, args, allow, interval.into()).await;
    }
    let aim = args.target.aim();
    let endpoint = &aim.place;
    let Connected {
        source,
        target,
        thresholds,
    } = connect(&aim, args.limits.limits()).await?;
    warn_if_short(args.watch_for, &thresholds);
    let settings = settings(args, thresholds, &allow);
    let mut updates = source.watch_findings(settings, Some(interval)).await?;

    let mut findings = Union::default();
    let mut last: Option<FindingsUpdate> = None;
    let progress = Progress::new(&target.name, args.watch_for, io::stderr().is_terminal());
    let mut looks = time::interval(PROGRESS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let started = Instant::now();
    let end = time::sleep(args.watch_for.into());
    let silence = time::sleep(SILENCE);
    pin!(end, silence);
    loop {
        select! {
            update = updates.next() => {
                let update = update.unwrap_or_else(|| Err(lost(endpoint, "it stopped answering")))?;
                findings.take(&update);
                last = Some(update);
                silence.as_mut().reset(Instant::now() + SILENCE);
            }
            () = &mut end, if last.is_some() => break,
            () = &mut silence => return Err(silent(endpoint).into()),
            _ = looks.tick() => progress.show(started.elapsed().into(), findings.len()),
        }
    }
    drop(progress);
    let last = last.ok_or_else(|| lost(endpoint, "it never answered"))?;
    report(args, allow, (target, thresholds), findings, last)
}

/// The same for what was recorded: looks as often as it would have, at the times before the last
/// one.
async fn watch_file(
    path: &Path,
    args: &CheckArgs,
    allow: Vec<Allow>,
    interval: Nanos,
) -> Result<Report, Error> {
    let recorded = Recorded::open(path, args.target.at.unwrap_or_default())?;
    let target = recorded.target().await?;
    let thresholds = args.limits.limits().over(target.thresholds);
    let player = recorded.player();
    let (first, last) = player.reel().range;
    let end = args.target.at.unwrap_or_default().in_range((first, last));
    let mut at = end.saturating_sub(args.watch_for).max(first);
    player.go(Go::To(at)).await?;
    let settings = settings(args, thresholds, &allow);
    let mut updates = recorded.watch_findings(settings, None).await?;
    let mut findings = Union::default();
    loop {
        let update = next(&mut updates, &args.target.target).await?;
        findings.take(&update);
        if at >= end {
            return report(args, allow, (target, thresholds), findings, update);
        }
        at = at.saturating_add(interval.max(Nanos(1))).min(end);
        player.go(Go::To(at)).await?;
    }
}

fn settings(args: &CheckArgs, thresholds: Thresholds, allow: &[Allow]) -> RuleSettings {
    RuleSettings {
        thresholds,
        max_alive: args.max_alive,
        max_alive_at_site: args.max_alive_at_site,
        allow: allow.to_vec(),
    }
}

fn report(
    args: &CheckArgs,
    allow: Vec<Allow>,
    (target, thresholds): (Target, Thresholds),
    findings: Union,
    last: FindingsUpdate,
) -> Result<Report, Error> {
    ensure_seen(&target, &last.overview)?;
    Ok(Report {
        thresholds,
        watched: args.watch_for,
        fail_on: args.fail_on.into(),
        findings: findings.into_findings(),
        omitted: last.omitted,
        // The agent counts first for the entries that it was sent, then for its own.
        allow: allow
            .into_iter()
            .zip(last.allowed.into_iter().chain(std::iter::repeat(0)))
            .map(|(entry, tasks)| Allowed { entry, tasks })
            .collect(),
        overview: last.overview,
        target,
    })
}

/// A check that sees no task and finds nothing wrong with them would be a lie.
fn ensure_seen(target: &Target, overview: &Overview) -> Result<(), CheckError> {
    let is_idle = target.tier == Tier::EveryTask || overview.runtime_tasks == Some(0);
    match target.tier.remedy() {
        Some(remedy) if overview.totals.spawned == 0 && !is_idle => Err(CheckError::Blind {
            who: who(target),
            remedy,
        }),
        _ => Ok(()),
    }
}

/// Says so where a task that begins to wait now cannot be found.
fn warn_if_short(watch_for: Nanos, thresholds: &Thresholds) {
    let Some(warning) = too_short(watch_for, thresholds) else {
        return;
    };
    // With stderr closed, there is nobody to warn.
    let _ = writeln!(io::stderr(), "loiter: {}", text::clean(&warning));
}

fn too_short(watch_for: Nanos, thresholds: &Thresholds) -> Option<String> {
    let blocked_after = thresholds.blocked_after;
    (watch_for < blocked_after).then(|| {
        format!(
            "a task counts as blocked after {blocked_after}, and the check lasts {watch_for}: \
             waits that begin meanwhile are not found; use a longer `--for` or a shorter \
             `--blocked-after`"
        )
    })
}

#[cfg(test)]
mod tests {
    use loiter_model::Totals;

    use super::*;
    use crate::command::sample;

    #[test]
    fn a_check_that_is_too_short_says_so() {
        let thresholds = Thresholds::default();
        assert_eq!(too_short(Nanos::from_secs(30), &thresholds), None);
        let warning = too_short(Nanos::from_secs(5), &thresholds).expect("5 s are too short");
        assert!(warning.contains("after 10.0s"), "{warning}");
        assert!(warning.contains("`--for`"), "{warning}");
    }

    #[test]
    fn what_sees_no_task_checks_nothing() {
        let overview = |spawned, runtime_tasks| Overview {
            totals: Totals {
                spawned,
                ..Totals::default()
            },
            runtime_tasks,
            ..Overview::default()
        };
        let mut target = sample::target();
        assert!(ensure_seen(&target, &overview(0, None)).is_ok());
        target.tier = Tier::NotBuiltIn;
        assert!(ensure_seen(&target, &overview(1, Some(340))).is_ok());
        assert!(ensure_seen(&target, &overview(0, Some(0))).is_ok());
        let error = ensure_seen(&target, &overview(0, Some(340))).expect_err("nothing is seen");
        assert!(error.to_string().contains("loiter::spawn"), "{error}");
    }
}
