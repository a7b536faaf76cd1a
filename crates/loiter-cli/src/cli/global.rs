//! The options of every command.

use std::path::PathBuf;

use clap::Args;
use tracing_subscriber::EnvFilter;

/// What holds whatever is done.
#[derive(Args, Debug)]
pub(crate) struct GlobalArgs {
    /// Read no configuration file
    #[arg(long, global = true)]
    pub(crate) no_config: bool,

    /// What loiter itself logs to a file, such as `debug` or `loiter=debug,h2=info`
    /// [default: nothing; with `--log-file`: info]
    #[arg(long, global = true, value_name = "FILTER", value_parser = log_filter)]
    pub(crate) log: Option<String>,

    /// The file to log to [default: loiter/loiter.log in the user's folder for state]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
}

/// Reads what to log, in the words of `tracing_subscriber`'s `EnvFilter`.
fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "{error}; write a level, such as `debug`, or targets with one, such as `loiter=debug`"
        )),
    }
}
