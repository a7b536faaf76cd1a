//! What Linux tells of a process. A bench of `loiter-cli` has this very file in it, too.

use std::fs;

/// CPU time so far, in seconds, of the process or thread whose `stat` this is, such as
/// `/proc/1/stat`: `utime` and `stime`, the 14th and 15th field of proc_pid_stat(5). `None` once
/// it is gone.
#[cfg(unix)]
#[must_use]
pub fn cpu_seconds(stat: &std::path::Path) -> Option<f64> {
    let stat = fs::read_to_string(stat).ok()?;
    // The second field is a name in parentheses, which may contain anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11);
    let user: u64 = ticks.next()?.parse().ok()?;
    let system: u64 = ticks.next()?.parse().ok()?;
    Some((user + system) as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Memory in use, in kibibytes. `None` once the process is gone, and where the system is another
/// one.
#[must_use]
pub fn memory_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
