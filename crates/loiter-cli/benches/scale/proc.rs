//! What Linux tells of processes and threads.

use std::{fs, path::PathBuf, time::Instant};

use crate::process::{cpu_seconds, memory_kib};

/// The CPU time of a process or of one of its threads.
pub(crate) struct CpuClock {
    stat: PathBuf,
}

impl CpuClock {
    /// All threads of a process.
    pub(crate) fn of_process(pid: u32) -> Self {
        Self {
            stat: format!("/proc/{pid}/stat").into(),
        }
    }

    /// The thread of this name.
    pub(crate) fn of_thread(pid: u32, name: &str) -> Self {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("a running process");
        let thread = threads
            .flatten()
            .map(|thread| thread.path())
            .find(|thread| {
                fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.trim() == name)
            })
            .expect("a thread of this name");
        Self {
            stat: thread.join("stat"),
        }
    }

    /// The share of one core that it takes while `work` lasts.
    pub(crate) fn over(&self, work: impl FnOnce()) -> f64 {
        let (start, before) = (Instant::now(), self.seconds());
        work();
        (self.seconds() - before) / start.elapsed().as_secs_f64()
    }

    fn seconds(&self) -> f64 {
        cpu_seconds(&self.stat).expect("it still runs")
    }
}

/// Memory of this process that is in use, in bytes.
pub(crate) fn resident() -> u64 {
    memory_kib(std::process::id()).expect("Linux") * 1024
}
