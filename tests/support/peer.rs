//! Stock tokio-console, as people install it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{Terminal, terminal::Manners};

/// The release that is compared with.
pub const TOKIO_CONSOLE: &str = "0.1.14";

/// The `tokio-console` binary, installed from the registry when it is not there yet. The first
/// time takes some minutes; it stays in the target folder.
///
/// # Panics
/// When it cannot be installed.
#[must_use]
pub fn tokio_console() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // Tests need it soon, benches as it is shipped.
        let root = target_folder().join(if cfg!(debug_assertions) {
            "peers/dev"
        } else {
            "peers"
        });
        let binary = root.join("bin/tokio-console");
        if !binary.exists() {
            install(&root);
        }
        binary
    })
}

/// Runs stock tokio-console in a terminal.
///
/// # Panics
/// When it cannot be installed or started.
#[must_use]
pub fn tokio_console_terminal(args: &[&str]) -> Terminal {
    let binary = tokio_console().to_str().expect("a path in UTF-8");
    Terminal::start(binary, args, &[], Manners::Answers)
}

/// Cargo's own lock lets one test process install it while others wait.
fn install(root: &Path) {
    let mut command = Command::new(env!("CARGO"));
    if cfg!(debug_assertions) {
        command.args(["install", "--debug"]);
    } else {
        command.arg("install");
    }
    let output = command
        .args([
            "tokio-console",
            "--version",
            TOKIO_CONSOLE,
            "--locked",
            "--root",
        ])
        .arg(root)
        .arg("--target-dir")
        .arg(root.join("build"))
        // Away from the workspace, whose flags are not for it.
        .current_dir(std::env::temp_dir())
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let binary = root.join("bin/tokio-console");
    assert!(
        binary.exists(),
        "tokio-console {TOKIO_CONSOLE} cannot be installed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // It is some hundred megabytes, and of no more use.
    let _ = std::fs::remove_dir_all(root.join("build"));
}

/// Where this very test was built: `target`, whatever it is called.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    let mut folders = test.ancestors();
    // `target/debug/deps/test`
    folders.nth(3).expect("cargo's layout").to_path_buf()
}
