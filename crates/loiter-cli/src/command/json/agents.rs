//! What `loiter ls` prints.

use loiter_cli::fleet::local::{Found, Heard};
use loiter_model::fleet;
use serde::Serialize;

use super::{SCHEMA, Target, Totals};

/// Everything that `loiter ls` prints, as one object.
#[derive(Debug, Serialize)]
pub(crate) struct Agents {
    /// The number of this shape, 1.
    schema: u32,
    /// The agents of this user at whose socket somebody listens, by name.
    agents: Vec<Agent>,
}

/// An agent of this user.
#[derive(Debug, Serialize)]
struct Agent {
    /// The program's name; of one that does not answer as its socket has it.
    name: String,
    /// The operating system's process id, where the agent or its socket tells it.
    pid: Option<u32>,
    /// Where it listens, as `loiter` takes it.
    address: String,
    /// Why nothing more is known: it does not answer, or not in time.
    error: Option<String>,
    /// The program.
    target: Option<Target>,
    /// Counts over every task.
    totals: Option<Totals>,
    /// What is wrong at first sight; `null` also of an agent that is too old to tell.
    findings: Option<FindingCounts>,
}

/// How many findings there are.
#[derive(Debug, Serialize)]
struct FindingCounts {
    /// Those that follow from what was seen.
    proved: u64,
    /// Those that everything speaks for and nothing proves.
    suspected: u64,
    /// Those that are worth an eye.
    watch: u64,
    /// Those beyond what one answer holds.
    omitted: u64,
}

impl Agents {
    pub(crate) fn new(found: &[Found]) -> Self {
        Self {
            schema: SCHEMA,
            agents: found.iter().map(Agent::new).collect(),
        }
    }
}

impl Agent {
    fn new(found: &Found) -> Self {
        let address = found.endpoint.to_string();
        match &found.heard {
            Ok(Heard {
                target,
                overview,
                findings,
            }) => Self {
                name: target.name.clone(),
                pid: Some(target.pid).filter(|&pid| pid != 0),
                address,
                error: None,
                target: Some(Target::new(target)),
                totals: Some(Totals::new(&overview.totals)),
                findings: findings.as_ref().map(FindingCounts::new),
            },
            Err(error) => Self {
                name: found.name.clone(),
                pid: found.pid,
                address,
                error: Some(error.to_string()),
                target: None,
                totals: None,
                findings: None,
            },
        }
    }
}

impl FindingCounts {
    fn new(counts: &fleet::FindingCounts) -> Self {
        Self {
            proved: counts.proved,
            suspected: counts.suspected,
            watch: counts.watch,
            omitted: counts.omitted,
        }
    }
}
