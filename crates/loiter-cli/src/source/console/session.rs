//! One connection to a console-subscriber.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use console_api::instrument::{InstrumentRequest, Update, instrument_client::InstrumentClient};
use loiter_model::{
    Target, TaskSeq, Teller, Thresholds, Tier,
    finding::Doubt,
    picture::{Picture, PictureLimits},
    update::TaskDetail,
};
use tonic::{Status, Streaming};

use super::{details::Details, translate::Translator};
use crate::source::{
    Endpoint, Live, SourceError, Updates,
    connect::{self, ANSWER_TIMEOUT, in_time},
    door::{Door, Line},
    local::Canvas,
    status,
};

/// The first message has everything in it, and may come over a slow line.
const FIRST_TIMEOUT: Duration = Duration::from_secs(30);
/// That much of everything is taken: some 500,000 tasks. tokio-console takes 4 MiB.
const MAX_MESSAGE: usize = 256 << 20;

/// A connection, up to its end.
#[derive(Clone)]
pub(super) struct Session {
    live: Live,
    client: InstrumentClient<Line>,
    translator: Arc<Mutex<Translator>>,
}

impl Session {
    /// Connects and takes the first message, which has everything in it.
    pub(super) async fn open(door: &Door, mut translator: Translator) -> Result<Self, SourceError> {
        let endpoint = door.endpoint();
        let line = connect::line(door)?;
        let mut client = InstrumentClient::new(line).max_decoding_message_size(MAX_MESSAGE);
        let opening = client.watch_updates(InstrumentRequest {});
        let explain = |status: Status| status::explain(&status, door, status::WATCH_UPDATES);
        let answer = in_time(endpoint, ANSWER_TIMEOUT, opening).await?;
        let mut messages = answer.map_err(explain)?.into_inner();
        let first = in_time(endpoint, FIRST_TIMEOUT, messages.message()).await?;
        let Some(first) = first.map_err(explain)? else {
            return Err(ended(endpoint));
        };
        let mut picture = Picture::new(PictureLimits::default());
        picture.set_tracks_resources(true);
        picture.set_doubts(vec![Doubt::ByConsoleSubscriber]);
        translator.begin(&mut picture, first);
        let live = Live::new(picture);
        let translator = Arc::new(Mutex::new(translator));
        let reading = read(door.clone(), messages, translator.clone(), live.canvas());
        live.feed(tokio::spawn(reading));
        Ok(Self {
            live,
            client,
            translator,
        })
    }

    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    /// What is known of the process.
    pub(super) fn target(&self) -> Target {
        let translator = self.translator();
        Target {
            // It does not tell its own.
            name: Teller::ConsoleSubscriber.name().to_owned(),
            pid: 0,
            host: String::new(),
            agent_version: String::new(),
            run_id: translator.run(),
            started_unix: translator.origin(),
            uptime: self.live.look(Picture::at),
            teller: Teller::ConsoleSubscriber,
            tier: Tier::EveryTask,
            thresholds: Thresholds::default(),
            max_tasks: PictureLimits::default().tasks as u64,
        }
    }

    /// One task seen closely.
    pub(super) async fn task(
        &self,
        seq: TaskSeq,
        interval: Option<Duration>,
    ) -> Updates<TaskDetail> {
        let span = self.translator().span_of(seq);
        let details = match span {
            Some(span) => Some(Details::of(self.client.clone(), span).await),
            // It has ended: its span may be another task's now.
            None => None,
        };
        self.live.task(seq, interval, move |detail| {
            if let Some(details) = &details {
                details.complete(detail);
            }
        })
    }

    /// What is known of the process, for the next connection.
    pub(super) fn into_translator(self) -> Translator {
        std::mem::take(&mut *self.translator())
    }

    fn translator(&self) -> MutexGuard<'_, Translator> {
        self.translator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Draws what comes, up to the end.
async fn read(
    door: Door,
    mut messages: Streaming<Update>,
    translator: Arc<Mutex<Translator>>,
    canvas: Canvas,
) {
    let error = loop {
        match messages.message().await {
            Ok(Some(update)) => {
                let mut translator = translator.lock().unwrap_or_else(PoisonError::into_inner);
                canvas.draw(|picture| translator.take(picture, update));
            }
            Ok(None) => break ended(door.endpoint()),
            Err(status) => {
                break status::explain_late(&status, &door, status::WATCH_UPDATES);
            }
        }
    };
    canvas.end(error);
}

fn ended(endpoint: &Endpoint) -> SourceError {
    SourceError::Lost {
        endpoint: endpoint.to_string(),
        reason: "it ended the stream".to_owned(),
    }
}
