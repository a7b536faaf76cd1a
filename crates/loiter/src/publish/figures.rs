//! The numbers of the census, metric by metric: for whoever puts them into words.

use loiter_model::{
    Distribution, Ending, Nanos,
    finding::{Certainty, FindingKind},
    metric::Metric,
};

use super::census::{ALIVE, AtSite, Census};

/// One number, or all that a histogram is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number<'a> {
    Gauge(f64),
    /// Of things, which only grows.
    Count(u64),
    /// Of an amount, which only grows.
    Total(f64),
    Durations(&'a Distribution),
    /// Its labels are what it tells.
    Info,
}

use Number::{Count, Durations, Gauge, Info, Total};

impl Census {
    /// Tells the numbers of a metric, each with the values of its labels.
    pub(crate) fn numbers<E>(
        &self,
        metric: &Metric,
        mut each: impl FnMut(&[&str], Number<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match *metric {
            Metric::TASKS => self.at_sites(|label, site| {
                for (kind, counts) in &site.alive {
                    for (state, count) in ALIVE.iter().zip(counts) {
                        each(&[label, kind.name(), state.name()], Gauge(*count as f64))?;
                    }
                }
                Ok(())
            }),
            Metric::TASKS_BLOCKED => {
                self.at_sites(|label, site| each(&[label], Gauge(site.blocked as f64)))
            }
            Metric::TASKS_HOGGING => {
                self.at_sites(|label, site| each(&[label], Gauge(site.hogging as f64)))
            }
            Metric::TASKS_STARVED => {
                self.at_sites(|label, site| each(&[label], Gauge(site.starved as f64)))
            }
            Metric::OLDEST_IDLE => {
                self.at_sites(|label, site| each(&[label], Gauge(seconds(site.oldest_idle))))
            }
            Metric::SPAWNED => self.at_sites(|label, site| each(&[label], Count(site.spawned))),
            Metric::ENDED => self.at_sites(|label, site| {
                for (ending, count) in Ending::ALL.iter().zip(site.ended) {
                    // That a runtime took it with it is found out only after its end.
                    if *ending != Ending::RuntimeDropped {
                        each(&[label, ending.name()], Count(count))?;
                    }
                }
                Ok(())
            }),
            Metric::POLL => self.at_sites(|label, site| each(&[label], Durations(&site.poll))),
            Metric::SCHEDULED => {
                self.at_sites(|label, site| each(&[label], Durations(&site.scheduled)))
            }
            Metric::IDLE => self.at_sites(|label, site| each(&[label], Durations(&site.waited))),
            Metric::LIFETIME => {
                self.at_sites(|label, site| each(&[label], Durations(&site.lifetime)))
            }
            Metric::FINDINGS => self.all_findings(|labels, (count, _)| each(labels, Gauge(count))),
            Metric::FINDING_TASKS => {
                self.all_findings(|labels, (_, tasks)| each(labels, Gauge(tasks)))
            }
            Metric::RUNTIME_TASKS => match self.runtime_tasks {
                Some(tasks) => each(&[], Gauge(tasks as f64)),
                None => Ok(()),
            },
            Metric::UNTRACKED => each(&[], Count(self.untracked)),
            Metric::EVENTS_LOST => each(&[], Count(self.events_lost)),
            Metric::AGENT_CPU => match self.cpu {
                Some(cpu) => each(&[], Total(cpu.as_secs_f64())),
                None => Ok(()),
            },
            Metric::AGENT_MEMORY => each(&[], Gauge(self.bytes as f64)),
            Metric::AGENT_PANICS => {
                (self.panics.iter()).try_for_each(|(part, count)| each(&[part], Count(*count)))
            }
            Metric::START_TIME => each(&[], Gauge(seconds(self.started_unix))),
            Metric::BUILD => {
                let sees = self.tier.map_or("nothing", |tier| tier.name());
                each(&[env!("CARGO_PKG_VERSION"), sees], Info)
            }
            _ => unreachable!("each metric of the table is above; a test writes them all"),
        }
    }

    fn at_sites<E>(&self, mut each: impl FnMut(&str, &AtSite) -> Result<(), E>) -> Result<(), E> {
        let mut sites = self.sites.iter();
        sites.try_for_each(|(label, site)| each(label, site))
    }

    /// Those that are not there, too: zero is a number.
    fn all_findings<E>(
        &self,
        mut each: impl FnMut(&[&str], (f64, f64)) -> Result<(), E>,
    ) -> Result<(), E> {
        for kind in FindingKind::ALL {
            for certainty in Certainty::ALL {
                let counts = self.findings.get(&(*kind, certainty));
                let (findings, tasks) = counts.copied().unwrap_or_default();
                each(
                    &[kind.name(), certainty.name()],
                    (findings as f64, tasks as f64),
                )?;
            }
        }
        Ok(())
    }
}

/// A distribution in fewer buckets.
pub(crate) struct Cut {
    /// In each bucket by itself; the last one has no bound.
    pub(crate) counts: Vec<u64>,
    /// Of all durations, in seconds.
    pub(crate) sum: f64,
}

impl Cut {
    /// A narrow bucket goes as a whole to where its middle is: the same one every time, so that
    /// counts never fall.
    pub(crate) fn at(bounds: &[Nanos], durations: &Distribution) -> Self {
        let mut cut = Self {
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        };
        for bucket in durations.buckets() {
            let middle = Nanos(bucket.from.0 + (bucket.to.0 - bucket.from.0) / 2);
            let place = bounds.partition_point(|bound| *bound < middle);
            cut.counts[place] += bucket.count;
            cut.sum += seconds(middle) * bucket.count as f64;
        }
        cut
    }
}

pub(crate) fn seconds(nanos: Nanos) -> f64 {
    nanos.0 as f64 / 1e9
}
