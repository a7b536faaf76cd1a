//! The calls between a task and what it waits on, as lines.

use loiter_model::{AwaitStack, Branch, Frame, Origin, StackSource, Wait};
use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};

use crate::{
    stack::{self, Part},
    ui::{
        text::{self, Elide},
        theme::Role,
        view::Look,
    },
};

/// Cells before a call.
const INDENT: u16 = 3;
/// Cells between a function and its place.
const GAP: u16 = 2;

/// A heading, then the branches, each innermost call first.
pub(in crate::ui) fn lines(look: &Look, wait: &Wait, width: u16) -> Vec<Line<'static>> {
    let stack = &wait.stack;
    let mut lines = vec![heading(look, stack)];
    if stack.branches.is_empty() {
        let style = look.theme.strong(Role::Bad);
        lines.push(Line::from(vec![
            Span::raw(" ".repeat(usize::from(INDENT))),
            Span::styled(stack::NO_WAKER, style),
        ]));
    }
    let functions = functions_width(look, stack, width);
    for (number, branch) in (1..).zip(&stack.branches) {
        if stack.branches.len() > 1 {
            lines.push(branch_heading(look, stack, number, branch));
        }
        lines.extend(branch_lines(look, branch, functions, width));
    }
    if stack::lacks_lines(stack) {
        let cells = width.saturating_sub(INDENT + 1);
        let style = look.theme.style(Role::Accent);
        for line in text::wrap(stack::ADD_DEBUG_INFO, cells) {
            let indent = " ".repeat(usize::from(INDENT));
            lines.push(Line::from(vec![
                Span::raw(indent),
                Span::styled(line, style),
            ]));
        }
    }
    lines
}

fn heading(look: &Look, stack: &AwaitStack) -> Line<'static> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let how = match stack.source {
        StackSource::Probed => "  innermost call first",
        StackSource::Sampled => "  sampled: branches may be missing; innermost call first",
    };
    Line::from(vec![
        Span::raw(" "),
        Span::styled("await stack", bold),
        Span::styled(how, look.theme.style(Role::Faint)),
    ])
}

fn branch_heading(
    look: &Look,
    stack: &AwaitStack,
    number: usize,
    branch: &Branch,
) -> Line<'static> {
    // A branch by itself is what a task would wait on that had only this one.
    let alone = Wait::new(AwaitStack {
        branches: vec![branch.clone()],
        source: stack.source,
    });
    let all = stack.branches.len();
    Line::from(vec![
        Span::styled(
            format!("  branch {number} of {all}: "),
            look.theme.style(Role::Faint),
        ),
        Span::styled(alone.kind.name(), look.theme.strong(Role::Accent)),
    ])
}

fn parts<'a>(look: &Look, branch: &'a Branch) -> Vec<Part<'a>> {
    match look.all_frames {
        true => branch.frames.iter().map(Part::Frame).collect(),
        false => stack::fold(&branch.frames),
    }
}

/// Cells for the functions: those of the longest, but no more than leave room for the places.
fn functions_width(look: &Look, stack: &AwaitStack, width: u16) -> u16 {
    let longest = stack
        .branches
        .iter()
        .flat_map(|branch| parts(look, branch))
        .filter_map(|part| match part {
            Part::Frame(frame) => Some(text::width(&text::clean(&frame.short_function()))),
            Part::Folded { .. } => None,
        })
        .max();
    longest.unwrap_or_default().min(width / 2)
}

fn branch_lines(look: &Look, branch: &Branch, functions: u16, width: u16) -> Vec<Line<'static>> {
    let faint = look.theme.style(Role::Faint);
    let ellipsis = look.theme.glyphs().ellipsis;
    let indent = " ".repeat(usize::from(INDENT));
    parts(look, branch)
        .into_iter()
        .map(|part| match part {
            Part::Frame(frame) => frame_line(look, frame, functions, width),
            Part::Folded { frames, whose } => {
                let folded = stack::folded(frames, &whose);
                Line::styled(format!("{indent}{ellipsis} {folded}"), faint)
            }
        })
        .collect()
}

/// Where it is; of the standard library without where that is installed.
fn place(frame: &Frame) -> String {
    let place = frame.short_place();
    match (frame.origin(), place.find("/library/")) {
        (Origin::Std, Some(at)) => place[at + 1..].to_owned(),
        _ => place,
    }
}

/// The function, and its place beside it.
fn frame_line(look: &Look, frame: &Frame, functions: u16, width: u16) -> Line<'static> {
    let ellipsis = look.theme.glyphs().ellipsis;
    let faint = look.theme.style(Role::Faint);
    let style = match frame.origin() {
        Origin::User => Style::new().add_modifier(Modifier::BOLD),
        Origin::Library => Style::new(),
        Origin::Tokio | Origin::Std | Origin::Agent => faint,
    };
    let function = frame.short_function();
    let function = text::clean(&function);
    let function = text::fit(&function, functions, Elide::End, ellipsis);
    let gap = functions.saturating_sub(text::width(&function)) + GAP;
    let room = width.saturating_sub(INDENT + functions + GAP + 1);
    let place = place(frame);
    let place = text::clean(&place);
    let place = text::fit(&place, room, Elide::Start, ellipsis).into_owned();
    Line::from(vec![
        Span::raw(" ".repeat(usize::from(INDENT))),
        Span::styled(function.into_owned(), style),
        Span::raw(" ".repeat(usize::from(gap))),
        Span::styled(place, faint),
    ])
}
