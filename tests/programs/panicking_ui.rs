//! The terminal UI on a source that panics, in the UI's thread or in another one.

use std::{env, process::ExitCode, sync::Arc, thread, time::Duration};

use loiter_cli::{
    source::{Answer, Source, SourceError, Updates},
    ui::{self, UiOptions},
};
use loiter_model::{
    ResourceSeq, Target, TaskSeq, Thresholds,
    finding::RuleSettings,
    query::{Filter, Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate, TaskDetail,
        TasksUpdate, WaitsUpdate,
    },
};

fn main() -> ExitCode {
    let source = Panicking {
        elsewhere: env::args().any(|arg| arg == "--elsewhere"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let options = UiOptions::new("nowhere");
    match runtime.block_on(ui::run(Arc::new(source), options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Panics at the first question.
struct Panicking {
    elsewhere: bool,
}

impl Source for Panicking {
    fn target(&self) -> Answer<'_, Target> {
        let elsewhere = self.elsewhere;
        Box::pin(async move {
            if elsewhere {
                let _ = thread::spawn(|| panic!("the source's thread panics")).join();
                return Err(SourceError::BadQuery(String::new()));
            }
            panic!("the source panics")
        })
    }

    fn watch_tasks(&self, _: TaskQuery, _: Option<Duration>) -> Answer<'_, Updates<TasksUpdate>> {
        unreachable!("there is no target")
    }

    fn watch_sites(&self, _: SiteQuery, _: Option<Duration>) -> Answer<'_, Updates<SitesUpdate>> {
        unreachable!("there is no target")
    }

    fn watch_waits(
        &self,
        _: Group,
        _: WaitQuery,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>> {
        unreachable!("there is no target")
    }

    fn watch_findings(
        &self,
        _: RuleSettings,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        unreachable!("there is no target")
    }

    fn capture_stacks(&self, _: Filter, _: Thresholds) -> Answer<'_, CaptureOutcome> {
        unreachable!("there is no target")
    }

    fn watch_task(
        &self,
        _: TaskSeq,
        _: Thresholds,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>> {
        unreachable!("there is no target")
    }

    fn watch_resources(
        &self,
        _: ResourceQuery,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        unreachable!("there is no target")
    }

    fn watch_resource(
        &self,
        _: ResourceSeq,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>> {
        unreachable!("there is no target")
    }
}
