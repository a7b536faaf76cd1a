//! What fuzzing gets hold of.

use console_api::instrument::Update;
use loiter_model::picture::{Picture, PictureLimits};

use super::translate::Translator;

/// Draws messages of any origin, as those of one connection after the other, each of which begins
/// with its first one.
#[must_use]
pub fn draw(connections: Vec<Vec<Update>>) -> Picture {
    let mut picture = Picture::new(PictureLimits::default());
    let mut translator = Translator::default();
    for updates in connections {
        let mut updates = updates.into_iter();
        if let Some(first) = updates.next() {
            translator.begin(&mut picture, first);
        }
        updates.for_each(|update| translator.take(&mut picture, update));
    }
    picture
}
