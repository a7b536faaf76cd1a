//! Alert rules for Prometheus.

use std::fmt::Write;

use loiter_model::{
    Nanos,
    finding::{Certainty, FindingKind},
    metric::Metric,
};

use crate::{cli::AlertsArgs, error::Error};

/// Between the looks of a monitoring system there are seconds; a shorter window has nothing in it.
const SHORTEST_WINDOW: Nanos = Nanos::from_secs(4);

/// One alert.
struct Rule {
    name: &'static str,
    /// In PromQL.
    expr: String,
    /// For how long it must be so.
    holds_for: Nanos,
    severity: &'static str,
    summary: &'static str,
    description: &'static str,
}

/// What a finding is for the alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    /// Tasks that wait, and nothing comes.
    Stuck,
    /// The workers of a runtime.
    Workers,
    Other,
}

fn concern(kind: FindingKind) -> Concern {
    match kind {
        FindingKind::NoWaker
        | FindingKind::WaitCycle
        | FindingKind::DeadByAssociation
        | FindingKind::LostWakeup
        | FindingKind::OrphanedWait
        | FindingKind::BlockedSend
        | FindingKind::BlockedReceive
        | FindingKind::BlockedLock => Concern::Stuck,
        FindingKind::Hogging | FindingKind::Starved => Concern::Workers,
        FindingKind::BusyLoop
        | FindingKind::LongBlocking
        | FindingKind::GrowingSite
        | FindingKind::TooManyAlive => Concern::Other,
    }
}

/// The file, for `rule_files` of Prometheus's configuration.
pub(super) fn file(args: &AlertsArgs) -> Result<String, Error> {
    if args.growth_window < SHORTEST_WINDOW {
        return Err(Error::Usage(format!(
            "--growth-window is shorter than {} s",
            SHORTEST_WINDOW.0 / 1_000_000_000
        )));
    }
    let mut file = String::from(
        "# Alert rules over the tasks of services with the loiter agent.\n\
         groups:\n\
         - name: loiter\n  \
           rules:\n",
    );
    for rule in rules(args) {
        // A string of JSON is one of YAML, whatever is in it.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let _ = write!(
            file,
            "  - alert: {}\n    \
                 expr: {}\n    \
                 for: {}\n    \
                 labels:\n      \
                   severity: {}\n    \
                 annotations:\n      \
                   summary: {}\n      \
                   description: {}\n",
            rule.name,
            quoted(&rule.expr),
            duration(rule.holds_for),
            rule.severity,
            quoted(rule.summary),
            quoted(rule.description),
        );
    }
    Ok(file)
}

fn rules(args: &AlertsArgs) -> Vec<Rule> {
    let only = |more: &str| only(&args.only, more);
    let found = |concern| {
        let certainties = [Certainty::Suspected, Certainty::Proved].map(Certainty::name);
        format!(
            "sum without (certainty) ({}{}) > 0",
            Metric::FINDINGS.name(),
            only(&format!(
                "kind=~\"{}\",certainty=~\"{}\"",
                kinds(concern),
                certainties.join("|")
            ))
        )
    };
    let more_than_0 = |metric: Metric| format!("{}{} > 0", metric.name(), only(""));
    vec![
        Rule {
            name: "LoiterTasksGrowing",
            expr: growing(args),
            holds_for: Nanos(args.growth_window.0 / 2),
            severity: "warning",
            summary: "Tasks of {{ $labels.instance }} are leaking",
            description: "{{ $value | humanize }} more tasks were spawned at {{ $labels.site }} \
                          than ended there, and it goes on. `loiter check` says what they wait on.",
        },
        Rule {
            name: "LoiterTasksBlocked",
            expr: found(Concern::Stuck),
            holds_for: args.blocked_for,
            severity: "warning",
            summary: "Tasks of {{ $labels.instance }} are stuck: {{ $labels.kind }}",
            description: "The agent finds tasks that wait for what does not come. `loiter check` \
                          says which, why, and what to do about it.",
        },
        Rule {
            name: "LoiterTasksHogging",
            expr: more_than_0(Metric::TASKS_HOGGING),
            holds_for: args.hogging_for,
            severity: "critical",
            summary: "A worker of {{ $labels.instance }} is held",
            description: "{{ $value }} tasks spawned at {{ $labels.site }} do not come to the end \
                          of a poll: nothing else runs on their workers.",
        },
        Rule {
            name: "LoiterTasksStarved",
            expr: more_than_0(Metric::TASKS_STARVED),
            holds_for: args.hogging_for,
            severity: "warning",
            summary: "Tasks of {{ $labels.instance }} wait for a worker",
            description: "{{ $value }} tasks spawned at {{ $labels.site }} were woken, and no \
                          worker takes them: all are busy, or one is held.",
        },
        Rule {
            name: "LoiterTasksTooMany",
            expr: format!(
                "sum without (site, kind, state) ({}{}) > {}",
                Metric::TASKS.name(),
                only(""),
                args.max_alive
            ),
            holds_for: args.hogging_for,
            severity: "warning",
            summary: "{{ $labels.instance }} has too many tasks",
            description: "{{ $value | humanize }} tasks are alive.",
        },
        Rule {
            name: "LoiterFinding",
            expr: found(Concern::Other),
            holds_for: args.blocked_for,
            severity: "warning",
            summary: "Found in {{ $labels.instance }}: {{ $labels.kind }}",
            description: "`loiter check` says which tasks, why, and what to do about it.",
        },
        Rule {
            name: "LoiterTableFull",
            expr: format!("increase({}{}[5m]) > 0", Metric::UNTRACKED.name(), only("")),
            holds_for: Nanos::ZERO,
            severity: "warning",
            summary: "The loiter agent of {{ $labels.instance }} does not see all tasks",
            description: "Its table is full: raise LOITER_MAX_TASKS, or find out why there are \
                          so many.",
        },
    ]
}

/// Those that no end keeps pace with: over the window, and still in its last quarter, as a
/// program that has just started spawns a lot, too.
fn growing(args: &AlertsArgs) -> String {
    let only = only(&args.only, "");
    let (spawned, ended) = (Metric::SPAWNED.name(), Metric::ENDED.name());
    let more = |window: Nanos| {
        let window = duration(window);
        format!(
            "increase({spawned}{only}[{window}]) \
             - sum without (reason) (increase({ended}{only}[{window}]))"
        )
    };
    let quarter = Nanos(args.growth_window.0 / 4);
    format!(
        "({} > {}) and ({} > {})",
        more(args.growth_window),
        args.growth,
        more(quarter),
        args.growth as f64 / 8.0,
    )
}

fn kinds(wanted: Concern) -> String {
    let of_it = FindingKind::ALL
        .iter()
        .filter(|kind| concern(**kind) == wanted);
    let names: Vec<_> = of_it.map(|kind| kind.name()).collect();
    names.join("|")
}

/// Matchers in braces, or nothing.
fn only(always: &str, more: &str) -> String {
    let both = [always, more];
    let matchers: Vec<_> = both
        .iter()
        .copied()
        .filter(|text| !text.is_empty())
        .collect();
    match matchers.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", matchers.join(",")),
    }
}

/// As PromQL writes it, of whole milliseconds.
fn duration(nanos: Nanos) -> String {
    let millis = nanos.0 / 1_000_000;
    match millis % 1000 {
        0 => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> AlertsArgs {
        AlertsArgs {
            max_alive: 5000,
            growth: 40,
            growth_window: Nanos::from_secs(600),
            blocked_for: Nanos::from_secs(90),
            hogging_for: Nanos::from_millis(1500),
            only: String::new(),
        }
    }

    #[test]
    fn the_rules_are_those_of_the_arguments() {
        insta::assert_snapshot!(file(&args()).expect("they are fine"));
    }

    #[test]
    fn only_some_programs_can_be_meant() {
        let args = AlertsArgs {
            only: r#"job="checkout""#.to_owned(),
            ..args()
        };
        for rule in rules(&args) {
            let metrics = rule.expr.matches("loiter_").count();
            let meant = rule.expr.matches(r#"{job="checkout""#).count();
            assert_eq!(meant, metrics, "{}", rule.expr);
        }
    }

    #[test]
    fn a_window_without_anything_in_it_is_refused() {
        let args = AlertsArgs {
            growth_window: Nanos::from_millis(3999),
            ..args()
        };
        let refused = file(&args).expect_err("it is too short");
        assert_eq!(refused.to_string(), "--growth-window is shorter than 4 s");
    }
}
