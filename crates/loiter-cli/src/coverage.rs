//! How much of a target is seen, in words.

use loiter_model::{Tier, update::Overview};

/// A few words: `every task`, `12 of 340 alive tasks`.
#[must_use]
pub fn coverage(tier: Tier, overview: Option<&Overview>) -> String {
    match overview {
        Some(overview) => tier.coverage(overview.totals.alive, overview.runtime_tasks),
        None => tier.to_string(),
    }
}

/// How much is seen and what to do to see more, in one line; `None` when there is no more, as far
/// as is known.
#[must_use]
pub fn advice(tier: Tier, overview: &Overview) -> Option<String> {
    let visible = overview.totals.alive;
    let is_all = overview.runtime_tasks.is_some_and(|all| all <= visible);
    match is_all && visible > 0 {
        true => None,
        false => tier.advice(visible, overview.runtime_tasks),
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::Totals;

    use super::*;

    fn overview(visible: u64, all: Option<u64>) -> Overview {
        Overview {
            totals: Totals {
                alive: visible,
                ..Totals::default()
            },
            runtime_tasks: all,
            ..Overview::default()
        }
    }

    #[test]
    fn there_is_advice_only_where_something_is_not_seen() {
        let tier = Tier::NotBuiltIn;
        let few = advice(tier, &overview(12, Some(340))).expect("most are not seen");
        assert!(few.starts_with("12 of 340 alive tasks"), "{few}");
        assert!(advice(tier, &overview(12, None)).is_some());
        assert!(advice(tier, &overview(0, Some(0))).is_some());
        assert_eq!(advice(tier, &overview(12, Some(12))), None);
        assert_eq!(advice(Tier::EveryTask, &overview(12, Some(340))), None);
    }

    #[test]
    fn before_there_are_counts_the_tier_says_it() {
        assert_eq!(
            coverage(Tier::NotBuiltIn, None),
            "only tasks spawned through loiter"
        );
        let some = overview(12, Some(340));
        assert_eq!(
            coverage(Tier::NotBuiltIn, Some(&some)),
            "12 of 340 alive tasks"
        );
    }
}
