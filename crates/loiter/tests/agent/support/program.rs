//! One part of a test in a process of its own.

use std::{
    any::type_name_of_val,
    env,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    process::{self, Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tokio::{runtime, sync::mpsc};

use super::{Client, PATIENCE, connect, wait_until};

/// Set in the child process.
const MARK: &str = "AGENT_TEST_PROGRAM";
/// How a program ends that has done its part: unlike 0, no test harness ends so.
const DONE: i32 = 42;
/// How long a program may take.
const USUAL: Duration = Duration::from_secs(2 * PATIENCE.as_secs());
/// Before the agent's address, on standard output.
const LISTENING: &str = "listening on ";

/// A running program. Killed when dropped.
pub(crate) struct Program {
    child: Child,
    cues: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Collected,
}

/// What the test tells its program: a line for each [`Program::cue`].
pub(crate) struct Cues(mpsc::UnboundedReceiver<String>);

impl Cues {
    /// The next cue.
    pub(crate) async fn next(&mut self) -> String {
        self.0.recv().await.expect("there is a cue to come")
    }
}

impl Program {
    /// Starts `program` in a process of its own, on a runtime with two workers, which runs on
    /// after the end of `program`.
    pub(crate) fn start(program: impl AsyncFnOnce(Cues) + Send) -> Self {
        Self::start_with(&[], program)
    }

    /// With these environment variables, and none that were meant for another agent.
    ///
    /// The child process runs this very test up to here, and no further.
    pub(crate) fn start_with(
        variables: &[(&str, &str)],
        program: impl AsyncFnOnce(Cues) + Send,
    ) -> Self {
        Self::start_in(variables, Stdio::piped(), USUAL, program)
    }

    /// One that may take so long.
    #[allow(dead_code, reason = "not every program with these is a long one")]
    pub(crate) fn start_lasting(limit: Duration, program: impl AsyncFnOnce(Cues) + Send) -> Self {
        Self::start_in(&[], Stdio::piped(), limit, program)
    }

    /// With a standard error that takes nothing.
    pub(crate) fn start_unheard(
        variables: &[(&str, &str)],
        program: impl AsyncFnOnce(Cues) + Send,
    ) -> Self {
        let full = File::options().write(true).open("/dev/full");
        Self::start_in(
            variables,
            full.expect("Linux has it").into(),
            USUAL,
            program,
        )
    }

    fn start_in(
        variables: &[(&str, &str)],
        stderr: Stdio,
        limit: Duration,
        program: impl AsyncFnOnce(Cues) + Send,
    ) -> Self {
        // `agent::module::test::{{closure}}`
        let path = type_name_of_val(&program);
        let test = path.split("::{{closure}}").next().unwrap_or(path);
        let (_, test) = test.split_once("::").expect("a path inside this crate");
        if env::var(MARK).is_ok_and(|marked| marked == test) {
            play(limit, program);
        }
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args([test, "--exact", "--nocapture"]);
        for variable in loiter::ENV {
            command.env_remove(variable.name);
        }
        command.envs(variables.iter().copied()).env(MARK, test);
        Self::spawn(command, stderr)
    }

    fn spawn(mut command: Command, stderr: Stdio) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take();
        Self {
            cues: child.stdin.take(),
            child,
            stdout: BufReader::new(stdout),
            stderr: stderr.map(Collected::from).unwrap_or_default(),
        }
    }

    /// A client of the agent, which the program started with [`listen`](super::listen).
    pub(crate) async fn client(&mut self) -> Client {
        connect(self.address()).await
    }

    /// Where the agent listens, said once.
    pub(crate) fn address(&mut self) -> SocketAddr {
        self.told(LISTENING).parse().expect("an address")
    }

    /// What stands behind `prefix` in a line on standard output.
    pub(crate) fn told(&mut self, prefix: &str) -> String {
        let mut line = String::new();
        while self
            .stdout
            .read_line(&mut line)
            .is_ok_and(|bytes| bytes > 0)
        {
            if let Some((_, told)) = line.split_once(prefix) {
                return told.trim().to_owned();
            }
            line.clear();
        }
        panic!("the program has ended: {}", self.stderr());
    }

    /// Gives the program a cue.
    pub(crate) fn cue(&mut self, cue: &str) {
        let mut pipe = self.cues.as_ref().expect("open until the end");
        io::Write::write_all(&mut pipe, format!("{cue}\n").as_bytes()).expect("the program runs");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// Waits until it has written this to standard error.
    pub(crate) async fn wait_for_stderr(&self, text: &str) {
        wait_until(text, async || self.stderr().contains(text).then_some(())).await;
    }

    /// Waits until it has done its part, checks that nothing in it failed, and returns what it
    /// wrote to standard error.
    pub(crate) fn finish(mut self) -> String {
        drop(self.cues.take());
        let mut rest = String::new();
        let _ = self.stdout.read_to_string(&mut rest);
        let status = self.child.wait().expect("a child can be waited for");
        let stderr = self.stderr.finish();
        assert_eq!(
            status.code(),
            Some(DONE),
            "the program fails: {rest}{stderr}"
        );
        stderr
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tells the test where the agent listens.
pub(super) fn tell_address(address: SocketAddr) {
    println!("{LISTENING}{address}");
}

/// Is the program. Ends the process when the test has nothing more to say.
fn play(limit: Duration, program: impl AsyncFnOnce(Cues) + Send) -> ! {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("the program takes too long");
        process::exit(1);
    });
    let (sender, cues) = mpsc::unbounded_channel();
    let reader = thread::spawn(move || {
        for cue in io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(cue);
        }
    });
    // The thread of the test may be inside a runtime already.
    thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(program(Cues(cues)));
            let _ = reader.join();
            process::exit(DONE);
        });
    });
    unreachable!("the program ends the process, or its panic is passed on");
}

/// What was read so far, by a thread that reads to the end: so the program never waits for room
/// in a pipe.
#[derive(Default)]
struct Collected {
    text: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Collected {
    fn from(pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let collected = text.clone();
        let reader = thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
                text.push_str(&line);
                text.push('\n');
            }
        });
        Self {
            text: collected,
            reader: Some(reader),
        }
    }

    fn so_far(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone()
    }

    /// All of it, when the program has ended.
    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("it only reads");
        }
        self.so_far()
    }
}
