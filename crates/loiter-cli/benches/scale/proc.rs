//! What Linux tells of processes and threads.

use std::{fs, path::PathBuf, time::Instant};

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

    /// `utime` and `stime`: the 14th and 15th field, see proc_pid_stat(5).
    fn seconds(&self) -> f64 {
        let stat = fs::read_to_string(&self.stat).expect("it still runs");
        // The second field is a name in parentheses, which may contain anything.
        let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
        let ticks: u64 = fields
            .split(' ')
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<u64>().expect("a number of clock ticks"))
            .sum();
        ticks as f64 / rustix::param::clock_ticks_per_second() as f64
    }
}

/// Memory of this process that is in use, in bytes.
pub(crate) fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: u64 = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .expect("a number of pages");
    pages * rustix::param::page_size() as u64
}
