//! A history in one line of cells.

use super::theme::Glyphs;

/// The last `width` samples, the newest at the right.
///
/// The line spans the least to the greatest sample, but never less than a hundredth of the
/// greatest, nor than four: a leak of a few hundred in a hundred thousand is seen, and the noise
/// of one task in fifty is not blown up to a mountain.
pub(crate) fn line(samples: &[u32], width: u16, glyphs: &Glyphs) -> String {
    let samples = &samples[samples.len().saturating_sub(usize::from(width))..];
    let greatest = samples.iter().copied().max().unwrap_or(0);
    let least = samples.iter().copied().min().unwrap_or(0);
    let span = (greatest - least).max(greatest / 100).max(4);
    // What moves less than that stands in the middle.
    let floor = least.saturating_sub((span - (greatest - least)) / 2);
    let levels = glyphs.bars.len() - 1;
    let mut text = String::with_capacity(samples.len() * 3);
    for &sample in samples {
        let share = f64::from(sample.saturating_sub(floor)) / f64::from(span.max(1));
        // Only nothing is drawn as nothing.
        let least_level = usize::from(sample > 0);
        let level = ((share * levels as f64).round() as usize).clamp(least_level, levels);
        text.push_str(glyphs.bars[level]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Charset, Palette, theme::Theme};

    fn unicode(samples: &[u32], width: u16) -> String {
        let theme = Theme::new(Palette::None, Charset::Unicode);
        line(samples, width, theme.glyphs())
    }

    #[test]
    fn growth_is_seen_and_noise_is_not() {
        assert_eq!(unicode(&[0, 2, 4, 6, 8], 8), " ▂▄▆█");
        assert_eq!(unicode(&[100_000, 100_500, 101_000], 8), "▁▄█");
        assert_eq!(unicode(&[50, 51, 50], 8), "▂▄▂");
        assert_eq!(unicode(&[1, 2, 3], 2), "▂▄");
        assert_eq!(unicode(&[], 5), "");
        assert_eq!(unicode(&[0, 0], 5), "  ");
    }
}
