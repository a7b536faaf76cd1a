//! The filter that is applied, and the one that is being written.

use loiter_model::{
    Nanos, Site, Wait,
    finding::{Finding, FindingKind},
    query::{Filter, FilterError, Labels},
};
use tui_input::{Input, InputRequest};

/// Longer texts are refused by the language anyway.
const MOST_CHARS: usize = 4_096;

/// Which rows the user wants to see.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilterState {
    text: String,
    filter: Filter,
    /// Ended tasks too, whatever the filter says.
    with_ended: bool,
    /// How long ended tasks stay in the table of tasks anyway.
    retain_for: Option<Nanos>,
    editor: Option<Editor>,
}

/// The line in which a filter is written.
#[derive(Clone, Debug)]
pub(crate) struct Editor {
    input: Input,
    /// What the text means; until it means something, the last that did.
    filter: Filter,
    error: Option<FilterError>,
}

impl FilterState {
    /// Starts with this text; if it is no filter, with the editor open on it.
    pub(crate) fn new(text: &str) -> Self {
        let mut state = Self::default();
        match text.parse() {
            Ok(filter) => (state.text, state.filter) = (text.trim().to_owned(), filter),
            Err(_) => state.edit_text(text),
        }
        state
    }

    /// The same, with ended tasks in the table of tasks for this long.
    pub(crate) fn retaining(self, retain_for: Option<Nanos>) -> Self {
        Self { retain_for, ..self }
    }

    /// The applied filter, as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn with_ended(&self) -> bool {
        self.with_ended
    }

    pub(crate) fn editor(&self) -> Option<&Editor> {
        self.editor.as_ref()
    }

    pub(crate) fn editor_mut(&mut self) -> Option<&mut Editor> {
        self.editor.as_mut()
    }

    /// What to ask for: the filter as it is being written, so that one sees what it will do.
    pub(crate) fn effective(&self) -> Filter {
        let filter = self.of_resources();
        if !self.with_ended || filter.wants_ended() {
            return filter.clone();
        }
        widened(filter, "all")
    }

    /// What to ask for in the table of resources, where no ended tasks are meant.
    pub(crate) fn of_resources(&self) -> &Filter {
        match &self.editor {
            Some(editor) => &editor.filter,
            None => &self.filter,
        }
    }

    /// What to ask for in the table of tasks, where ended ones may stay for a while.
    pub(crate) fn of_tasks(&self) -> Filter {
        let filter = self.effective();
        match self.retention() {
            // Of tasks alive, no time since their end is longer than this.
            Some(time) if !filter.wants_ended() => {
                widened(&filter, &format!("all -ended-for>{}ns", time.0))
            }
            _ => filter,
        }
    }

    /// How long ended tasks stay in the table of tasks, unless all of them do.
    pub(crate) fn retention(&self) -> Option<Nanos> {
        self.retain_for.filter(|_| !self.with_ended)
    }

    pub(crate) fn toggle_ended(&mut self) {
        self.with_ended = !self.with_ended;
    }

    /// Opens the editor on the applied filter.
    pub(crate) fn edit(&mut self) {
        let text = self.text.clone();
        self.edit_text(&text);
    }

    fn edit_text(&mut self, text: &str) {
        let mut editor = Editor {
            input: Input::new(text.to_owned()),
            filter: self.filter.clone(),
            error: None,
        };
        editor.parse();
        self.editor = Some(editor);
    }

    /// Applies what was written and closes the editor, if it is a filter.
    pub(crate) fn apply(&mut self) -> bool {
        match self.editor.take() {
            Some(editor) if editor.error.is_some() => {
                self.editor = Some(editor);
                false
            }
            Some(editor) => {
                self.text = editor.input.value().trim().to_owned();
                self.filter = editor.filter;
                true
            }
            None => false,
        }
    }

    /// Closes the editor; the filter is what it was.
    pub(crate) fn cancel(&mut self) {
        self.editor = None;
    }

    /// Applies a text that is a filter by construction; any other changes nothing.
    pub(crate) fn set(&mut self, text: String) {
        if let Ok(filter) = text.parse() {
            (self.text, self.filter) = (text, filter);
        }
    }
}

impl Editor {
    pub(crate) fn text(&self) -> &str {
        self.input.value()
    }

    /// Cells before the cursor, with the first `scrolled` ones of them outside of `width`.
    pub(crate) fn cursor(&self, width: u16) -> (usize, usize) {
        let scrolled = self.input.visual_scroll(usize::from(width));
        (self.input.visual_cursor(), scrolled)
    }

    pub(crate) fn error(&self) -> Option<&FilterError> {
        self.error.as_ref()
    }

    /// Changes the text or moves in it.
    pub(crate) fn handle(&mut self, request: InputRequest) {
        self.input.handle(request);
        self.parse();
    }

    /// Inserts a text; what is no character of a line becomes a space.
    pub(crate) fn insert(&mut self, text: &str) {
        let room = MOST_CHARS.saturating_sub(self.input.value().chars().count());
        for c in text.trim_end_matches(['\r', '\n']).chars().take(room) {
            let c = if c.is_control() { ' ' } else { c };
            self.input.handle(InputRequest::InsertChar(c));
        }
        self.parse();
    }

    fn parse(&mut self) {
        match self.input.value().parse() {
            Ok(filter) => (self.filter, self.error) = (filter, None),
            Err(error) => self.error = Some(error),
        }
    }
}

/// The filter with more words; one at the language's limits has no room for them.
fn widened(filter: &Filter, words: &str) -> Filter {
    let widened = format!("{filter} {words}").parse();
    widened.unwrap_or_else(|_| filter.clone())
}

/// The filter that only the tasks of a site pass.
pub(crate) fn only_site(site: &Site) -> String {
    let mut text = format!("site={}", quoted(&site.to_string()));
    if !site.function.is_empty() {
        // One line of code may run several functions.
        text.push_str(&format!(" fn={}", quoted(&site.function)));
    }
    text
}

/// The filter that only the tasks pass that wait on this.
pub(crate) fn only_wait(wait: &Wait) -> String {
    format!("wait={}", quoted(&wait.to_string()))
}

/// The filter that the tasks of a finding pass: by their numbers, where all of them are known.
pub(crate) fn only_finding(finding: &Finding, labels: &impl Labels) -> String {
    if !finding.sample.is_empty() && finding.count <= finding.sample.len() as u64 {
        let numbers: Vec<String> = finding.sample.iter().map(ToString::to_string).collect();
        let text = format!("seq:{}", numbers.join(","));
        return match finding.kind {
            // It went on, and may have ended since.
            FindingKind::LostWakeup => format!("{text} all"),
            _ => text,
        };
    }
    let condition = match finding.kind {
        FindingKind::Hogging => Some("hogging".to_owned()),
        FindingKind::Starved => Some("starved".to_owned()),
        _ => None,
    };
    let site = finding.site.and_then(|id| labels.site(id));
    let wait = finding.wait.and_then(|id| labels.wait(id));
    let terms = [
        condition,
        site.map(|site| only_site(&site)),
        wait.map(|wait| only_wait(&wait)),
    ];
    terms.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_text(state: &mut FilterState, text: &str) {
        state.editor_mut().expect("the editor is open").insert(text);
    }

    #[test]
    fn what_is_written_holds_while_it_is_written_and_after_it_is_applied() {
        let mut state = FilterState::new("");
        state.edit();
        type_text(&mut state, "idle>30s");
        assert_eq!(state.effective().to_string(), "idle>30s");
        assert_eq!(state.text(), "");
        assert!(state.apply());
        assert_eq!(state.text(), "idle>30s");
        assert!(state.editor().is_none());
    }

    #[test]
    fn a_wrong_text_is_not_applied_and_the_last_right_one_holds() {
        let mut state = FilterState::new("blocked");
        state.edit();
        type_text(&mut state, " idle>");
        assert!(state.editor().and_then(Editor::error).is_some());
        assert_eq!(state.effective().to_string(), "blocked");
        assert!(!state.apply());
        state.cancel();
        assert_eq!(state.text(), "blocked");
    }

    #[test]
    fn a_wrong_text_at_the_start_opens_the_editor() {
        let state = FilterState::new("idel>3s");
        let editor = state.editor().expect("it is open");
        assert_eq!(editor.text(), "idel>3s");
        assert!(editor.error().is_some());
    }

    #[test]
    fn ended_tasks_are_asked_for_once() {
        let mut state = FilterState::new("site:pool");
        state.toggle_ended();
        assert_eq!(state.effective().to_string(), "site:pool all");
        state.set("panicked".to_owned());
        assert_eq!(state.effective().to_string(), "panicked");
    }

    #[test]
    fn ended_tasks_stay_for_a_while() {
        let six = Some(Nanos::from_secs(6));
        let mut state = FilterState::new("site:pool").retaining(six);
        let expected: Filter = "site:pool all -ended-for>6s".parse().expect("a filter");
        assert_eq!(state.of_tasks(), expected);
        assert!(state.of_tasks().wants_ended());
        assert_eq!(state.effective().to_string(), "site:pool");
        state.toggle_ended();
        assert_eq!(state.of_tasks().to_string(), "site:pool all");
        state.toggle_ended();
        state.set("panicked".to_owned());
        assert_eq!(state.of_tasks().to_string(), "panicked");
    }

    #[test]
    fn a_site_becomes_a_filter_whatever_its_name() {
        for file in ["src/pool.rs", "a \"b\" c.rs", "C:\\x, y.rs"] {
            let site = Site::new(file, 1, 2);
            let text = only_site(&site);
            assert!(text.parse::<Filter>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_pasted_text_becomes_one_line() {
        let mut state = FilterState::new("");
        state.edit();
        type_text(&mut state, "blocked\nkind:task\n");
        assert_eq!(state.editor().map(Editor::text), Some("blocked kind:task"));
    }
}
