//! What holds for any tasks and any facts.

use std::collections::{BTreeMap, HashMap, HashSet};

use loiter_model::{
    Nanos, Quantiles, SiteId, State, Task, TaskSeq,
    finding::{
        Allow, Certainty, Doubt, Facts, Finding, FindingKind, Growth, Headline, LostWakeup,
        Markdown, RuleSettings, Rules, SiteFacts,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::arbitrary::{allow, labels, nanos, tasks, thresholds};

/// Facts drawn from a few numbers.
#[derive(Clone, Debug)]
struct Drawn {
    seed: u64,
    waits_for: HashMap<TaskSeq, TaskSeq>,
    lost: Vec<LostWakeup>,
}

impl Drawn {
    fn draw(&self, what: u64) -> u64 {
        (self.seed ^ what).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }

    fn quantiles(&self, what: u64) -> Quantiles {
        let p99 = [0, 1, 1_000_000_000, u64::MAX][self.draw(what) as usize % 4];
        Quantiles {
            count: [0, 19, 20, u64::MAX][self.draw(what + 1) as usize % 4],
            p99: Nanos(p99),
            ..Quantiles::default()
        }
    }
}

impl Facts for Drawn {
    fn sites(&self) -> u32 {
        4
    }

    fn site(&self, id: SiteId) -> SiteFacts {
        assert!(id.0 < self.sites());
        SiteFacts {
            spawned: self.draw(u64::from(id.0)) % 5,
            ended: self.draw(u64::from(id.0) + 9) % 40,
            waited: self.quantiles(u64::from(id.0)),
            lifetime: self.quantiles(u64::from(id.0) + 4),
        }
    }

    fn growth(&self, id: SiteId) -> Option<Growth> {
        assert!(id.0 < self.sites());
        let draw = self.draw(u64::from(id.0) + 77);
        draw.is_multiple_of(3).then_some(Growth {
            certainty: Certainty::Suspected,
            over: Nanos(draw),
            before: 1,
            now: 2,
            spawned: 3,
            ended: 4,
        })
    }

    fn is_alive(&self, task: TaskSeq) -> bool {
        !self.draw(task.get() + 1_000).is_multiple_of(2)
    }

    fn waits_for(&self, task: TaskSeq) -> Option<TaskSeq> {
        self.waits_for.get(&task).copied()
    }

    fn lost_wakeups(&self) -> Vec<LostWakeup> {
        self.lost.clone()
    }

    fn doubts(&self) -> Vec<Doubt> {
        vec![Doubt::Unseen { tasks: self.seed }]
    }
}

fn seq() -> impl Strategy<Value = TaskSeq> {
    (1..30u64).prop_map(|seq| TaskSeq::new(seq).expect("above zero"))
}

fn facts() -> impl Strategy<Value = Drawn> {
    let lost = (seq(), select(vec![0, 1, 4, u32::MAX]), nanos(), nanos());
    let lost = lost.prop_map(|(task, site, at, idle)| LostWakeup {
        task,
        site: SiteId(site),
        name: None,
        at,
        idle,
    });
    let waits_for = vec((seq(), seq()), 0..30);
    (any::<u64>(), waits_for, vec(lost, 0..6)).prop_map(|(seed, waits_for, lost)| Drawn {
        seed,
        waits_for: waits_for.into_iter().collect(),
        lost,
    })
}

fn settings() -> impl Strategy<Value = RuleSettings> {
    let limit = || option::of(0..9u64);
    (thresholds(), limit(), limit(), vec(allow(), 0..3)).prop_map(
        |(thresholds, max_alive, max_alive_at_site, allow)| RuleSettings {
            thresholds,
            max_alive,
            max_alive_at_site,
            allow,
        },
    )
}

/// Kinds about the wait of a task: a task is in one of these findings at most.
fn is_about_a_wait(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::NoWaker
            | FindingKind::WaitCycle
            | FindingKind::DeadByAssociation
            | FindingKind::OrphanedWait
            | FindingKind::BlockedSend
            | FindingKind::BlockedReceive
            | FindingKind::BlockedLock
    )
}

fn run(rules: &mut Rules, at: Nanos, tasks: &[Task], facts: &Drawn) -> Vec<Finding> {
    let labels = labels();
    let mut scan = rules.scan(at, &labels);
    tasks.iter().for_each(|task| scan.visit(task));
    let wanted = scan.wanted();
    assert_eq!(wanted.iter().collect::<HashSet<_>>().len(), wanted.len());
    scan.finish(facts)
}

fn in_order(finding: &Finding, tasks: &BTreeMap<TaskSeq, Task>, facts: &Drawn) -> bool {
    match finding.kind {
        // Of these the order is that of time, which no task has.
        FindingKind::BusyLoop => finding.sample.iter().all(|seq| tasks.contains_key(seq)),
        FindingKind::LostWakeup => {
            let is_lost = |seq| facts.lost.iter().any(|lost| lost.task == seq);
            finding.sample.iter().all(|seq| is_lost(*seq))
        }
        FindingKind::GrowingSite | FindingKind::TooManyAlive => finding.sample.is_sorted(),
        _ => finding
            .sample
            .is_sorted_by_key(|seq| (std::cmp::Reverse(tasks[seq].in_state), *seq)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_finding_counts_its_tasks(
        tasks in tasks(30),
        facts in facts(),
        settings in settings(),
        at in nanos(),
    ) {
        let labels = labels();
        let by_seq: BTreeMap<_, _> = tasks.iter().map(|task| (task.seq, *task)).collect();
        let mut rules = Rules::new(settings);
        for scan in 0..3 {
            let at = at.saturating_add(Nanos::from_secs(scan * 3));
            let findings = run(&mut rules, at, &tasks, &facts);
            let keys: HashSet<_> = findings.iter().map(Finding::key).collect();
            prop_assert_eq!(keys.len(), findings.len(), "{:?}", findings);
            let mut told = HashSet::new();
            for finding in &findings {
                let count = finding.count as usize;
                prop_assert!(count > 0);
                prop_assert_eq!(finding.sample.len(), count.min(Finding::SAMPLE));
                prop_assert!(in_order(finding, &by_seq, &facts), "{:?}", finding);
                prop_assert!(finding.since <= at);
                prop_assert!(!finding.evidence.is_empty());
                let is_proved = finding.certainty == Certainty::Proved;
                prop_assert_eq!(is_proved, finding.doubts.is_empty(), "{:?}", finding);
                for seq in &finding.sample {
                    if is_about_a_wait(finding.kind) {
                        prop_assert!(told.insert(*seq), "{} twice: {:?}", seq, findings);
                        prop_assert_eq!(by_seq[seq].state, State::Idle);
                    }
                }
                let (finding, labels) = (finding, &labels);
                let headline = Headline { finding, labels, at }.to_string();
                prop_assert!(!headline.contains('\n'), "{}", headline);
                let markdown = Markdown { finding, labels, at }.to_string();
                prop_assert!(markdown.contains(finding.kind.name()));
            }
            let certainties = findings.iter().map(|finding| finding.certainty);
            prop_assert!(certainties.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn the_order_of_visits_does_not_matter(
        (tasks, shuffled) in tasks(30).prop_flat_map(|tasks| {
            (Just(tasks.clone()), Just(tasks).prop_shuffle())
        }),
        facts in facts(),
        settings in settings(),
        at in nanos(),
    ) {
        let mut rules = [Rules::new(settings.clone()), Rules::new(settings)];
        for scan in 0..3 {
            let at = at.saturating_add(Nanos::from_secs(scan * 3));
            let findings = run(&mut rules[0], at, &tasks, &facts);
            let others = run(&mut rules[1], at, &shuffled, &facts);
            prop_assert_eq!(findings, others);
            prop_assert_eq!(rules[0].allowed(), rules[1].allowed());
        }
    }

    #[test]
    fn what_is_allowed_is_not_told(tasks in tasks(30), facts in facts(), at in nanos()) {
        let mut plain = Rules::new(RuleSettings::default());
        let mut silent = Rules::new(RuleSettings {
            allow: vec![Allow {
                filter: "".parse().expect("a filter"),
                kinds: Vec::new(),
                reason: String::new(),
            }],
            ..RuleSettings::default()
        });
        for _ in 0..2 {
            let findings = run(&mut plain, at, &tasks, &facts);
            prop_assert_eq!(run(&mut silent, at, &tasks, &facts), []);
            let count: u64 = findings.iter().map(|finding| finding.count).sum();
            prop_assert!(silent.allowed()[0] >= u64::from(count > 0));
        }
    }
}
