//! What the views look like.

mod looks;
mod pictures;

use super::render_to_buffer;
use crate::{
    source::SourceError,
    ui::fixture::{Ui, text},
};

fn picture(ui: &Ui) -> String {
    text(&render_to_buffer(&ui.state))
}

fn unreachable() -> SourceError {
    SourceError::Unreachable {
        endpoint: "127.0.0.1:6669".to_owned(),
        reason: "Connection refused (os error 111)".to_owned(),
    }
}
