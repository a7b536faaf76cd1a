//! The last minutes, a sample a second.

use std::collections::VecDeque;

use crate::{
    Nanos,
    finding::{Growth, Trend},
};

/// Samples kept of what a sparkline shows: two minutes.
const SAMPLES: usize = 120;
/// Seconds over which rates are taken.
const RATE_OVER: usize = 10;

/// Tasks alive over time, in all and at each site.
///
/// Memory is O(sites), some 700 bytes each.
#[derive(Clone, Debug, Default)]
pub struct History {
    alive: VecDeque<u32>,
    sites: Vec<SiteHistory>,
}

#[derive(Clone, Debug, Default)]
struct SiteHistory {
    alive: VecDeque<u32>,
    /// Spawned and ended until each of the last seconds.
    flow: VecDeque<(u64, u64)>,
    trend: Trend,
}

impl History {
    /// Takes a second's sample, at a time from the agent's start: tasks spawned and ended so far
    /// at each site, by its id. To be called once a second; O(sites).
    pub fn sample(&mut self, at: Nanos, flows: impl Iterator<Item = (u64, u64)>) {
        let mut all = 0;
        for (id, (spawned, ended)) in flows.enumerate() {
            if id == self.sites.len() {
                self.sites.push(SiteHistory::default());
            }
            let alive = spawned.saturating_sub(ended);
            all = u64::saturating_add(all, alive);
            let site = &mut self.sites[id];
            push(&mut site.alive, small(alive), SAMPLES);
            push(&mut site.flow, (spawned, ended), RATE_OVER + 1);
            site.trend.sample(at, spawned, ended);
        }
        push(&mut self.alive, small(all), SAMPLES);
    }

    /// Goes on from what another history [showed](Self::alive) of the last minutes.
    pub fn restore(&mut self, alive: &[u32]) {
        self.alive = last(alive);
    }

    /// Goes on from what another history showed of one site, which has now so many tasks spawned
    /// and ended, at these [rates](Self::rates). Growth is watched anew.
    pub fn restore_at(&mut self, site: u32, alive: &[u32], flow: (u64, u64), rates: (f64, f64)) {
        let id = site as usize;
        if self.sites.len() <= id {
            self.sites.resize_with(id + 1, SiteHistory::default);
        }
        let before = |count: u64, rate: f64, seconds: usize| {
            // Saturates, as every cast from a float does.
            count.saturating_sub((rate * seconds as f64).round() as u64)
        };
        let flows = (0..=RATE_OVER).rev().map(|seconds| {
            let spawned = before(flow.0, rates.0, seconds);
            (spawned, before(flow.1, rates.1, seconds))
        });
        let site = &mut self.sites[id];
        site.flow = flows.collect();
        site.alive = last(alive);
    }

    /// Tasks alive, oldest sample first.
    #[must_use]
    pub fn alive(&self) -> Vec<u32> {
        self.alive.iter().copied().collect()
    }

    /// Tasks alive of one site, oldest sample first.
    #[must_use]
    pub fn alive_at(&self, site: u32) -> Vec<u32> {
        self.sites
            .get(site as usize)
            .map(|site| site.alive.iter().copied().collect())
            .unwrap_or_default()
    }

    /// How the number of tasks alive of one site grows, if it does.
    #[must_use]
    pub fn growth(&self, site: u32) -> Option<Growth> {
        self.sites.get(site as usize)?.trend.growth()
    }

    /// Spawns and ends a second at one site, over the last ten seconds or as many as there are.
    #[must_use]
    pub fn rates(&self, site: u32) -> (f64, f64) {
        let Some(flow) = self.sites.get(site as usize).map(|site| &site.flow) else {
            return (0.0, 0.0);
        };
        match (flow.front(), flow.back(), flow.len()) {
            (Some(first), Some(last), 2..) => {
                let seconds = (flow.len() - 1) as f64;
                (
                    last.0.saturating_sub(first.0) as f64 / seconds,
                    last.1.saturating_sub(first.1) as f64 / seconds,
                )
            }
            _ => (0.0, 0.0),
        }
    }
}

fn last(samples: &[u32]) -> VecDeque<u32> {
    let first = samples.len().saturating_sub(SAMPLES);
    samples[first..].iter().copied().collect()
}

fn push<T>(samples: &mut VecDeque<T>, sample: T, most: usize) {
    if samples.len() == most {
        samples.pop_front();
    }
    samples.push_back(sample);
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_over_the_last_ten_seconds() {
        let mut history = History::default();
        assert_eq!(history.rates(0), (0.0, 0.0));
        history.sample(Nanos::from_secs(1), [(5, 0)].into_iter());
        assert_eq!(history.rates(0), (0.0, 0.0), "one sample is no rate");
        history.sample(Nanos::from_secs(2), [(25, 10)].into_iter());
        assert_eq!(history.rates(0), (20.0, 10.0));
        for second in 0..RATE_OVER as u64 {
            history.sample(Nanos::from_secs(3 + second), [(25, 10)].into_iter());
        }
        assert_eq!(history.rates(0), (0.0, 0.0));
    }

    #[test]
    fn it_forgets_the_oldest() {
        let mut history = History::default();
        for second in 0..=SAMPLES as u64 {
            history.sample(Nanos::from_secs(second), [(second, 0), (1, 0)].into_iter());
        }
        assert_eq!(history.alive().len(), SAMPLES);
        assert_eq!(history.alive_at(0)[0], 1);
        assert_eq!(history.alive().last(), Some(&(SAMPLES as u32 + 1)));
        assert!(history.alive_at(7).is_empty());
    }

    #[test]
    fn a_history_goes_on_from_another_one() {
        let mut history = History::default();
        history.restore(&[5; 200]);
        history.restore_at(1, &[2, 3], (40, 37), (3.0, 2.5));
        assert_eq!(history.alive(), [5; SAMPLES]);
        assert_eq!(history.alive_at(1), [2, 3]);
        assert_eq!(history.rates(1), (3.0, 2.5));
        history.sample(Nanos::from_secs(1), [(0, 0), (43, 38)].into_iter());
        assert_eq!(history.alive_at(1), [2, 3, 5]);
        assert_eq!(history.alive().last(), Some(&5));
    }
}
