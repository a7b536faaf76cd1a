//! "Did you mean …": the nearest of a few words.

/// Longer words are no slip of the finger.
const LONGEST: usize = 24;

/// The word of `words` that `written` is most likely meant to be; `None` when it is like none.
#[must_use]
pub fn nearest(
    written: &str,
    words: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let written = written.to_lowercase();
    if written.len() > LONGEST {
        return None;
    }
    let near = words.into_iter().filter_map(|word| {
        let distance = distance(written.as_bytes(), word.as_bytes());
        let is_beginning = written.len() >= 3 && word.starts_with(&written);
        let allowed = (written.len().max(word.len()) / 3).clamp(1, 2);
        // A slip that leaves nothing of a short word is another word.
        let is_near = distance <= allowed && distance < word.len();
        (is_near || is_beginning).then_some((distance, word))
    });
    near.min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut rows = [
        vec![0; b.len() + 1],
        (0..=b.len()).collect::<Vec<_>>(),
        vec![0; b.len() + 1],
    ];
    for i in 1..=a.len() {
        let [before, last, this] = &mut rows;
        this[0] = i;
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            this[j] = replaced.min(last[j] + 1).min(this[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                this[j] = this[j].min(before[j - 2] + 1);
            }
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found_and_others_are_not() {
        let words = ["idle", "polls", "longest-poll", "blocked", "fn"];
        for (written, meant) in [
            ("idel", Some("idle")),
            ("ilde", Some("idle")),
            ("poll", Some("polls")),
            ("BLOCKD", Some("blocked")),
            ("longest", Some("longest-poll")),
            ("fm", Some("fn")),
            ("x", None),
            ("", None),
            ("http", None),
            ("a very long text that is no slip", None),
        ] {
            assert_eq!(nearest(written, words), meant, "{written}");
        }
    }
}
