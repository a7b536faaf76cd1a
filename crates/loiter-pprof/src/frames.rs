//! The calls of a sample. A profile's samples are chains, but a task may wait on several things
//! at once.

use loiter_model::{AwaitStack, Frame, Site};

use crate::Group;

/// One call of a sample.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The calls of a group's tasks, innermost first; the last one is where they were spawned.
///
/// Of a task with several branches these are the calls that its branches share, below one that
/// says how many there are: a sample for each would count the task more than once.
pub(crate) fn calls(group: &Group) -> Vec<Call> {
    let mut calls = match &group.wait {
        Some(wait) => of_stack(&wait.stack),
        None => Vec::new(),
    };
    calls.push(spawned_at(group.site.as_deref()));
    calls
}

fn of_stack(stack: &AwaitStack) -> Vec<Call> {
    match stack.branches.as_slice() {
        [] => vec![named("nothing: no waker is registered".to_owned())],
        [branch] => branch.frames.iter().map(Call::of).collect(),
        branches => {
            let first = &branches[0].frames;
            let shared = (0..first.len())
                .rev()
                .take_while(|from_outside| {
                    let depth = first.len() - from_outside;
                    let frame = &first[*from_outside];
                    branches.iter().all(|branch| {
                        let index = branch.frames.len().checked_sub(depth);
                        index.and_then(|index| branch.frames.get(index)) == Some(frame)
                    })
                })
                .count();
            let mut calls = vec![named(format!("select of {}", branches.len()))];
            calls.extend(first[first.len() - shared..].iter().map(Call::of));
            calls
        }
    }
}

fn spawned_at(site: Option<&Site>) -> Call {
    match site {
        Some(site) => Call {
            function: format!("spawn {site}"),
            file: site.file.to_string(),
            line: site.line,
            column: site.column,
        },
        None => named("spawn somewhere".to_owned()),
    }
}

fn named(function: String) -> Call {
    Call {
        function,
        file: String::new(),
        line: 0,
        column: 0,
    }
}

impl Call {
    fn of(frame: &Frame) -> Self {
        let path = frame.path();
        Self {
            function: match path.is_empty() {
                true => frame.short_function(),
                false => path,
            },
            file: frame.file.to_string(),
            line: frame.line,
            column: frame.column,
        }
    }
}
