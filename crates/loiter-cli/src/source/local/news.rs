//! When there is something new to say.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{self, Instant},
};

use crate::source::SourceError;

/// What is known of the changes of a picture.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    /// Counts the changes.
    pub(super) version: u64,
    /// Why there will be no more.
    pub(super) end: Option<SourceError>,
}

/// Waits for changes, for one who asked to hear of them not too often.
#[derive(Debug)]
pub(super) struct Listener {
    news: watch::Receiver<News>,
    pause: Duration,
    /// When the next answer may come; `None` before the first one.
    due: Option<Instant>,
}

impl Listener {
    pub(super) fn new(news: watch::Receiver<News>, pause: Option<Duration>) -> Self {
        Self {
            news,
            pause: pause.unwrap_or_default(),
            due: None,
        }
    }

    /// Comes back at once for the first time, and then after a change and the pause.
    ///
    /// # Errors
    /// Why there will be no more changes, once the last of them was heard of.
    pub(super) async fn next(&mut self) -> Result<(), SourceError> {
        if let Some(due) = self.due {
            time::sleep_until(due).await;
            // The picture holds the other end.
            let _ = self.news.changed().await;
        }
        let news = self.news.borrow_and_update();
        if let Some(error) = &news.end {
            return Err(error.clone());
        }
        self.due = Some(Instant::now() + self.pause);
        Ok(())
    }
}
