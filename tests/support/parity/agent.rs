//! What the service has.

use super::{By::*, Part, row};

pub(super) const BUILDER: Part = Part {
    title: "Builder and environment of the service",
    rows: &[
        row(
            "`console_subscriber::init()`, `Builder::init`",
            "`loiter::init()`, `Builder::init`",
            &[Builder("init")],
        ),
        row(
            "`spawn()`, `Builder::spawn`: a layer for one's own registry",
            "`Builder::with_subscriber`: one's own subscriber stays as it is, whatever it is made of",
            &[Builder("with_subscriber")],
        ),
        row(
            "`build()`: the server, to be hosted by oneself",
            "the agent's own thread serves: it goes on when the runtime hangs",
            &[],
        ),
        row(
            "`event_buffer_capacity`, TOKIO_CONSOLE_BUFFER_CAPACITY",
            "no buffer between a task and its figures, so that none is lost; `max_tasks` bounds the memory",
            &[Builder("max_tasks"), Env("LOITER_MAX_TASKS")],
        ),
        row(
            "`client_buffer_capacity`",
            "a slow client gets the newest figures, not a queue of old ones; lost single events are counted",
            &[],
        ),
        row(
            "`publish_interval`, TOKIO_CONSOLE_PUBLISH_INTERVAL",
            "`publish_interval`; each client may choose its own",
            &[
                Builder("publish_interval"),
                Env("LOITER_PUBLISH_INTERVAL"),
                Option("", "--interval"),
            ],
        ),
        row(
            "`retention`, TOKIO_CONSOLE_RETENTION, by default 3600 s",
            "`ledger`: a number of ended tasks, by default 1024",
            &[Builder("ledger"), Env("LOITER_LEDGER")],
        ),
        row(
            "`server_addr`, TOKIO_CONSOLE_BIND",
            "`listen`",
            &[Builder("listen"), Env("LOITER_LISTEN")],
        ),
        row(
            "`server_addr` with a path",
            "`listen_unix`",
            &[Builder("listen_unix"), Env("LOITER_UNIX_SOCKET")],
        ),
        row(
            "`server_addr` with a `VsockAddr`, feature vsock",
            "`listen_vsock`, feature vsock",
            &[Builder("listen_vsock"), Feature("vsock")],
        ),
        row(
            "`recording_path`, TOKIO_CONSOLE_RECORD_PATH",
            "`loiter record`, from outside and only while it is wanted",
            &[Command("record"), Call("WatchEvents")],
        ),
        row(
            "`filter_env_var`, RUST_LOG",
            "of the subscriber that is handed over",
            &[Builder("with_subscriber")],
        ),
        row(
            "`poll_duration_histogram_max`, `scheduled_duration_histogram_max`",
            "histograms hold every duration, within an eighth",
            &[],
        ),
        row(
            "`enable_self_trace`",
            "the agent's own tasks are invisible",
            &[],
        ),
        row(
            "`enable_grpc_web`, feature grpc-web, with a layer to be added by oneself",
            "feature grpc-web, complete; `allow_origin` for pages of others",
            &[Feature("grpc-web"), Builder("allow_origin")],
        ),
        row(
            "feature env-filter",
            "of the subscriber that is handed over",
            &[Builder("with_subscriber")],
        ),
        row(
            "feature parking_lot",
            "no lock on the way of a poll or a wake",
            &[],
        ),
        row(
            "cfg `console_without_tokio_unstable`",
            "needs no cfg: `loiter::spawn` without flags, every task with `tokio_unstable`",
            &[],
        ),
    ],
};

pub(super) const SERVER: Part = Part {
    title: "Server and protocol",
    rows: &[
        row(
            "`rs.tokio.console.instrument`: WatchUpdates, WatchTaskDetails, WatchState, Pause, Resume",
            "served on the same port, so stock `tokio-console` attaches; and `loiter` attaches to a stock console-subscriber",
            &[Feature("console")],
        ),
        row(
            "the first message has everything, up to the client's 4 MiB",
            "a window of rows; to `tokio-console` in parts, with what is left out told",
            &[Call("WatchTasks")],
        ),
        row("dropped events counted", "the same, in the header", &[]),
        row(
            "several clients",
            "the same, each with its own question",
            &[],
        ),
        row(
            "a busy port is a panic of the server's thread",
            "a warning, and it is tried again",
            &[],
        ),
        row(
            "recordings as JSON lines, which nothing reads",
            "`loiter record` and `loiter replay`; theirs are read, too",
            &[Command("record"), Command("replay")],
        ),
        row(
            "example `dump`",
            "`loiter tasks --json`, `loiter export`",
            &[Command("tasks"), Command("export")],
        ),
    ],
};
