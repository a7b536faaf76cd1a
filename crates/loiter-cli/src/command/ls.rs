//! `loiter ls`: the agents of this user on this machine, printed.

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use loiter_cli::{
    fleet::{
        attached,
        local::{self, Found, Heard},
    },
    text,
};
use loiter_model::fleet::FindingCounts;

use super::{
    block_on,
    json::{self, Agents},
    table::{Align, Table},
};
use crate::{cli::LsArgs, error::Error};

/// Looks once and prints what is there.
pub(crate) fn run(args: &LsArgs) -> Result<(), Error> {
    let attach = attached();
    let looked = local::look(sockets(), &attach, args.timeout.into());
    let found = block_on(looked)?;
    let mut out = io::stdout().lock();
    let as_table = args.table || (!args.json && out.is_terminal());
    let printed = if as_table {
        print_table(&found, &mut out)
    } else {
        json::write(&Agents::new(&found), &mut out)
    };
    printed.map_err(Error::Output)
}

/// Where agents of this user may be.
pub(crate) fn sockets() -> Vec<PathBuf> {
    let folders = local::folders(&|name| env::var_os(name));
    // One that cannot be read has nothing to show.
    let sockets = folders
        .iter()
        .filter_map(|folder| local::sockets(folder).ok());
    sockets.flatten().collect()
}

fn print_table(found: &[Found], out: &mut impl Write) -> io::Result<()> {
    if found.is_empty() {
        return writeln!(
            out,
            "no agent of this user has a socket; one that listens at a port is attached to by it, \
             such as `loiter :6669`"
        );
    }
    let mut table = Table::new([
        ("Process", Align::Left),
        ("Pid", Align::Right),
        ("Tasks", Align::Right),
        ("Blocked", Align::Right),
        ("Findings", Align::Right),
        ("Address", Align::Left),
    ]);
    for agent in found {
        table.push(cells(agent));
    }
    table.write(out)?;
    let silent = found.iter().filter_map(|agent| agent.heard.as_ref().err());
    for (index, error) in silent.enumerate() {
        if index == 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", text::clean(&error.to_string()))?;
    }
    Ok(())
}

fn cells(agent: &Found) -> Vec<String> {
    let address = text::clean(&agent.endpoint.to_string()).into_owned();
    let Ok(heard) = &agent.heard else {
        let pid = agent.pid.map_or_else(unknown, |pid| pid.to_string());
        let name = text::clean(&agent.name).into_owned();
        return vec![name, pid, unknown(), unknown(), unknown(), address];
    };
    let Heard {
        target,
        overview,
        findings,
    } = heard;
    let pid = match target.pid {
        0 => unknown(),
        pid => pid.to_string(),
    };
    vec![
        text::clean(&target.name).into_owned(),
        pid,
        overview.totals.alive.to_string(),
        overview.totals.blocked.to_string(),
        findings.as_ref().map_or_else(unknown, counted),
        address,
    ]
}

fn unknown() -> String {
    "?".to_owned()
}

/// `3 (1 proved)`: those that are only worth an eye are left out.
fn counted(findings: &FindingCounts) -> String {
    let sure = findings.proved + findings.suspected;
    match findings.proved {
        0 => sure.to_string(),
        proved => format!("{sure} ({proved} proved)"),
    }
}

#[cfg(test)]
mod tests {
    use loiter_cli::source::{Endpoint, SourceError};
    use loiter_model::{Nanos, Target, Teller, Thresholds, Tier, Totals, update::Overview};

    use super::*;

    fn agents() -> [Found; 2] {
        let target = Target {
            name: "check\x1bout".to_owned(),
            pid: 4711,
            host: "here".to_owned(),
            agent_version: "0.1.0".to_owned(),
            run_id: 1,
            started_unix: Nanos::ZERO,
            uptime: Nanos::ZERO,
            teller: Teller::Agent,
            tier: Tier::EveryTask,
            thresholds: Thresholds::default(),
            max_tasks: 1,
        };
        let overview = Overview {
            totals: Totals {
                alive: 42,
                blocked: 3,
                ..Totals::default()
            },
            ..Overview::default()
        };
        let findings = Some(FindingCounts {
            proved: 1,
            suspected: 2,
            watch: 4,
            omitted: 0,
        });
        let found = |name: &str, pid, heard| Found {
            endpoint: Endpoint::unix(format!("/run/{name}-{pid}.sock")),
            name: name.to_owned(),
            pid: Some(pid),
            heard,
        };
        let heard = Heard {
            target,
            overview,
            findings,
        };
        let silent = SourceError::Unreachable {
            endpoint: "unix:/run/hung-12.sock".to_owned(),
            reason: "no answer within 2 s".to_owned(),
        };
        [
            found("checkout", 4711, Ok(heard)),
            found("hung", 12, Err(silent)),
        ]
    }

    #[test]
    fn a_row_an_agent_and_why_one_says_nothing() {
        let mut out = Vec::new();
        print_table(&agents(), &mut out).expect("memory takes everything");
        let printed = String::from_utf8(out).expect("UTF-8");
        let lines: Vec<_> = printed.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "Process     Pid  Tasks  Blocked      Findings  Address",
                "check\u{fffd}out  4711     42        3  3 (1 proved)  unix:/run/checkout-4711.sock",
                "hung         12      ?        ?             ?  unix:/run/hung-12.sock",
            ]
        );
        assert!(lines[4].contains("no answer within 2 s"), "{printed}");
    }

    #[test]
    fn json_has_every_agent_and_what_is_not_known_of_it_is_null() {
        let document = serde_json::to_value(Agents::new(&agents())).expect("JSON");
        assert_eq!(document["schema"], 1);
        let [checkout, hung] = [&document["agents"][0], &document["agents"][1]];
        assert_eq!(checkout["pid"], 4711);
        assert_eq!(checkout["totals"]["alive"], 42);
        assert_eq!(checkout["findings"]["suspected"], 2);
        assert!(checkout["error"].is_null(), "{checkout}");
        assert_eq!(hung["name"], "hung");
        assert_eq!(hung["address"], "unix:/run/hung-12.sock");
        for field in ["target", "totals", "findings"] {
            assert!(hung[field].is_null(), "{hung}");
        }
        assert!(
            hung["error"].as_str().is_some_and(|it| it.contains("2 s")),
            "{hung}"
        );
    }
}
