//! Reports for tools: a line of JSON for each, in a file.

use std::{env, fs::File, io::Write};

use super::LeakReport;

/// Names the file.
const VARIABLE: &str = "LOITER_TEST_JSON";

impl LeakReport {
    /// Appends the report to the file that `LOITER_TEST_JSON` names, if it does.
    pub(crate) fn append_json(&self) {
        let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) else {
            return;
        };
        let line = self.to_json() + "\n";
        // In one piece: other processes may append to it, too.
        let appended = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = appended {
            let path = path.to_string_lossy();
            eprintln!("loiter-test: {VARIABLE} is `{path}`, which cannot be written to: {error}");
        }
    }
}
