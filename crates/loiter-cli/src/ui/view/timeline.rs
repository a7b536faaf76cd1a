//! What a task did, over time: a lane for each state, so that it reads without colours.

use loiter_model::{Nanos, State, update::Stretch};

use crate::ui::theme::Glyphs;

/// The states that have a lane, from the top.
pub(super) const LANES: [State; 3] = [State::Running, State::Scheduled, State::Idle];

/// The lanes, each as wide as asked for, and the time they span.
pub(super) struct Timeline {
    pub(super) lanes: [String; 3],
    pub(super) span: Nanos,
}

/// Draws stretches, oldest first, of which the last goes on until `now`. How much of a cell's
/// time the task spent in a state is how high the state's lane is there.
pub(super) fn timeline(
    stretches: &[Stretch],
    now: Nanos,
    width: u16,
    glyphs: &Glyphs,
) -> Option<Timeline> {
    let start = stretches.first()?.from;
    let span = now.saturating_sub(start);
    if span == Nanos::ZERO || width == 0 {
        return None;
    }
    let lanes = LANES.map(|state| {
        let shares = shares(stretches, state, now, span, usize::from(width));
        let levels = glyphs.bars.len() - 1;
        let glyph = |share: &f64| {
            // A poll takes microseconds and a cell spans seconds: it must be seen nonetheless.
            let least = usize::from(*share > 0.0);
            glyphs.bars[((share * levels as f64).round() as usize).clamp(least, levels)]
        };
        shares.iter().map(glyph).collect()
    });
    Some(Timeline { lanes, span })
}

/// The share of each of `cells` equal parts of the time that was spent in a state.
fn shares(stretches: &[Stretch], state: State, now: Nanos, span: Nanos, cells: usize) -> Vec<f64> {
    let mut shares = vec![0.0; cells];
    let start = stretches.first().map_or(Nanos::ZERO, |first| first.from);
    let ends = stretches.iter().skip(1).map(|next| next.from).chain([now]);
    for (stretch, end) in stretches.iter().zip(ends) {
        if stretch.state != state {
            continue;
        }
        let place = |at: Nanos| at.saturating_sub(start).0 as f64 / span.0 as f64 * cells as f64;
        fill(&mut shares, place(stretch.from), place(end));
    }
    shares
}

/// Adds a stretch from `from` to `to`, counted in cells.
fn fill(shares: &mut [f64], from: f64, to: f64) {
    let last = shares.len().saturating_sub(1);
    let (first_cell, last_cell) = ((from as usize).min(last), (to as usize).min(last));
    for cell in first_cell..=last_cell {
        let Some(share) = shares.get_mut(cell) else {
            return;
        };
        let inside = to.min((cell + 1) as f64) - from.max(cell as f64);
        *share = (*share + inside.max(0.0)).min(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Charset, Palette, theme::Theme};

    fn draw(stretches: &[(u64, State)], now: u64, width: u16) -> Option<Timeline> {
        let stretches: Vec<Stretch> = stretches
            .iter()
            .map(|&(from, state)| Stretch {
                from: Nanos(from),
                state,
            })
            .collect();
        let theme = Theme::new(Palette::None, Charset::Unicode);
        timeline(&stretches, Nanos(now), width, theme.glyphs())
    }

    #[test]
    fn each_state_has_its_lane_and_the_shortest_poll_is_seen() {
        let drawn = draw(
            &[
                (1_000, State::Idle),
                (2_000, State::Running),
                (2_001, State::Idle),
                (3_000, State::Scheduled),
                (3_500, State::Running),
            ],
            5_000,
            4,
        )
        .expect("there is something");
        assert_eq!(drawn.lanes[0], " ▁▄█");
        assert_eq!(drawn.lanes[1], "  ▄ ");
        assert_eq!(drawn.lanes[2], "██  ");
        assert_eq!(drawn.span, Nanos(4_000));
    }

    #[test]
    fn without_time_there_is_no_line() {
        assert!(draw(&[], 10, 5).is_none());
        assert!(draw(&[(10, State::Idle)], 10, 5).is_none());
        assert!(draw(&[(10, State::Idle)], 20, 0).is_none());
    }

    #[test]
    fn clocks_that_disagree_do_no_harm() {
        assert!(
            draw(
                &[(10, State::Idle), (5, State::Running), (40, State::Idle)],
                20,
                3
            )
            .is_some()
        );
    }
}
