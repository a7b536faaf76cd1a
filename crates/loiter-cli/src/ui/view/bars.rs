//! A distribution as bars.

use loiter_model::{Distribution, Nanos};

use crate::ui::theme::Glyphs;

/// A lone bucket is not stretched over the whole width.
const MOST_CELLS: u32 = 3;

/// Bars of a distribution over a logarithmic scale.
pub(super) struct Bars {
    /// From the top line down, each `width` wide.
    pub(super) lines: Vec<String>,
    /// Cells used, of those there were.
    pub(super) width: u16,
    /// The duration at the left edge.
    pub(super) from: Nanos,
    /// The duration at the right edge.
    pub(super) to: Nanos,
}

/// Draws a distribution into so many cells; `None` when it has no samples or there is no room.
///
/// A bar is a bucket or several, as many for each bar, and as many cells wide as each other:
/// cells that shared buckets unevenly would show a comb where there is a hill.
pub(super) fn bars(
    distribution: &Distribution,
    room: u16,
    height: u16,
    glyphs: &Glyphs,
) -> Option<Bars> {
    let from = distribution.buckets().next()?.from;
    let to = distribution.buckets().last()?.to;
    let (first, last) = (
        distribution.sparse().next()?.0,
        distribution.sparse().last()?.0,
    );
    let buckets = last - first + 1;
    let together = buckets.div_ceil(u32::from(room).max(1));
    let count = buckets.div_ceil(together);
    let cells = (u32::from(room) / count).min(MOST_CELLS);
    if cells == 0 {
        return None;
    }
    let mut counts = vec![0u64; count as usize];
    for (bucket, samples) in distribution.sparse() {
        let bar = &mut counts[((bucket - first) / together) as usize];
        *bar = bar.saturating_add(samples);
    }
    Some(Bars {
        lines: draw(&counts, cells as usize, height, glyphs),
        width: u16::try_from(count * cells).unwrap_or(room),
        from,
        to,
    })
}

fn draw(counts: &[u64], cells: usize, height: u16, glyphs: &Glyphs) -> Vec<String> {
    let greatest = counts.iter().copied().max().unwrap_or(0).max(1);
    let steps = (glyphs.bars.len() - 1) as u128;
    let level = |count: &u64| {
        let level = u128::from(*count) * steps * u128::from(height) / u128::from(greatest);
        // A single outlier among millions is what one looks for.
        level.max(u128::from(*count > 0))
    };
    let levels: Vec<u128> = counts.iter().map(level).collect();
    let line = |row: u16| {
        let below = u128::from(height - 1 - row) * steps;
        let glyph = |level: &u128| {
            glyphs.bars[level.saturating_sub(below).min(steps) as usize].repeat(cells)
        };
        levels.iter().map(glyph).collect()
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::{Charset, Palette, theme::Theme};

    fn draw(samples: &[(u64, u64)], width: u16, height: u16) -> Option<Bars> {
        let mut distribution = Distribution::default();
        for (micros, count) in samples {
            distribution.add(Nanos::from_micros(*micros), *count);
        }
        let theme = Theme::new(Palette::None, Charset::Unicode);
        bars(&distribution, width, height, theme.glyphs())
    }

    #[test]
    fn the_scale_is_logarithmic_and_no_sample_is_lost() {
        let bars = draw(&[(1, 1_000_000), (32, 500_000), (1024, 1)], 20, 2).expect("samples");
        assert_eq!(bars.lines, ["█                ", "█       █       ▁"]);
        assert!(bars.from <= Nanos::from_micros(1) && bars.to >= Nanos::from_micros(1024));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert!(draw(&[], 10, 2).is_none());
    }

    proptest! {
        #[test]
        fn any_distribution_fits(
            samples in proptest::collection::vec((any::<u64>(), any::<u64>()), 0..10),
            width in 0u16..100,
            height in 0u16..10,
        ) {
            let mut distribution = Distribution::default();
            for (nanos, count) in samples {
                distribution.merge(&Distribution::from_sparse([((nanos % 400) as u32, count)]));
            }
            let theme = Theme::new(Palette::None, Charset::Ascii);
            if let Some(bars) = bars(&distribution, width, height, theme.glyphs()) {
                prop_assert_eq!(bars.lines.len(), usize::from(height));
                prop_assert!(bars.width <= width);
                for line in bars.lines {
                    prop_assert_eq!(line.len(), usize::from(bars.width));
                }
            }
        }
    }
}
