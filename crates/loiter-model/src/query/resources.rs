//! Answers a resource query in one pass.

use std::cmp::Ordering;

use super::{
    Filter, Labels, ResourceQuery, SortKey, TaskColumn, Window,
    filter::{Place, Test},
    text::{folded, site_texts},
};
use crate::{Resource, SiteId};

/// Rows are sorted out as soon as there are so many more than the window needs.
const LEAST_ROOM: usize = 1024;

/// Takes every resource once and keeps the window.
///
/// Of the filter, these terms can hold of a resource: a text, which is looked for in its type,
/// its kind, the place where it was made, its attributes and `public` or `internal`; `site:`;
/// and `seq:`, `parent:` and `total`, which speak of its number, the resource that it is a part
/// of and the time since its making. No other term holds of any resource:
/// [`Filter::check_for_resources`] says so to whoever wrote it.
///
/// Memory is O(`offset` + `limit`) rows, or O(rows that match) for the last rows.
pub struct ResourceScan<'a, L> {
    query: &'a ResourceQuery,
    labels: &'a L,
    tests: Vec<(bool, ResourceTest)>,
    keep: usize,
    matched: u64,
    rows: Vec<(SortKey, Resource)>,
}

/// What a [`ResourceScan`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceAnswer {
    /// Resources that the filter lets through.
    pub matched: u64,
    /// The row number of `resources[0]`.
    pub offset: u64,
    /// The window, sorted. An offset beyond the last row gives the last `limit` rows.
    pub resources: Vec<Resource>,
}

/// A term of a filter that says nothing of a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{term}` says nothing of a resource; write a part of its type, its attributes or its place, \
     or `site:`, `seq:`, `parent:` or `total>`"
)]
pub struct NotOfResources {
    /// The term.
    pub term: String,
}

/// What a term says of a resource.
enum ResourceTest {
    Number(Box<dyn Fn(&Resource) -> bool + Send>),
    /// Folded texts, and whether more than the site is looked at.
    Text(Box<dyn Fn(&str) -> bool + Send>, bool),
    Never,
}

impl<'a, L: Labels> ResourceScan<'a, L> {
    /// Starts a pass.
    #[must_use]
    pub fn new(query: &'a ResourceQuery, labels: &'a L) -> Self {
        let terms = query.filter.terms.iter();
        let Window { offset, limit } = query.window;
        Self {
            query,
            labels,
            tests: terms
                .map(|term| (term.negated, ResourceTest::of(&term.test)))
                .collect(),
            keep: usize::try_from(offset.saturating_add(limit)).unwrap_or(usize::MAX),
            matched: 0,
            rows: Vec::new(),
        }
    }

    /// Takes one resource.
    pub fn visit(&mut self, resource: &Resource) {
        let labels = self.labels;
        let matches =
            |(negated, test): &(bool, ResourceTest)| *negated != test.holds(resource, labels);
        if !self.tests.iter().all(matches) {
            return;
        }
        self.matched += 1;
        let key = self.query.sort.column.key(resource, labels);
        self.rows.push((key, resource.clone()));
        if self.rows.len() >= self.keep.saturating_mul(2).saturating_add(LEAST_ROOM) {
            self.sort();
            self.rows.truncate(self.keep);
        }
    }

    fn sort(&mut self) {
        let descending = self.query.sort.descending;
        self.rows.sort_unstable_by(|a, b| compare(a, b, descending));
    }

    /// Ends the pass.
    #[must_use]
    pub fn finish(mut self) -> ResourceAnswer {
        self.sort();
        // Rows beyond the window may have been dropped, but none before its end.
        let offset = self.query.window.start(self.matched);
        let clamped = |rows| usize::try_from(rows).unwrap_or(usize::MAX);
        let window = self.rows.into_iter().skip(clamped(offset));
        let window = window.take(clamped(self.query.window.limit));
        ResourceAnswer {
            matched: self.matched,
            offset,
            resources: window.map(|(_, resource)| resource).collect(),
        }
    }
}

fn compare(
    (a, left): &(SortKey, Resource),
    (b, right): &(SortKey, Resource),
    descending: bool,
) -> Ordering {
    a.compare(b, descending).then(left.seq.cmp(&right.seq))
}

impl ResourceTest {
    fn of(test: &Test) -> Self {
        match test {
            Test::Number(column, comparison, values) if is_number_of_resources(*column) => {
                let (column, comparison, values) = (*column, *comparison, values.clone());
                Self::Number(Box::new(move |resource| {
                    number(column, resource).is_some_and(|number| {
                        values.iter().any(|&value| comparison.holds(number, value))
                    })
                }))
            }
            Test::Text(place @ (Place::Anywhere | Place::Site), how, texts) => {
                let how = *how;
                let texts: Vec<_> = texts.iter().map(|text| folded(text)).collect();
                let is_found = move |place: &str| texts.iter().any(|text| how.finds(text, place));
                Self::Text(Box::new(is_found), *place == Place::Anywhere)
            }
            _ => Self::Never,
        }
    }

    fn holds(&self, resource: &Resource, labels: &impl Labels) -> bool {
        match self {
            Self::Number(holds) => holds(resource),
            Self::Text(is_found, anywhere) => {
                (*anywhere && is_found_in(resource, is_found))
                    || is_found_at(resource.site, labels, is_found)
            }
            Self::Never => false,
        }
    }
}

fn is_found_in(resource: &Resource, is_found: &dyn Fn(&str) -> bool) -> bool {
    let visibility = if resource.is_internal {
        "internal"
    } else {
        "public"
    };
    is_found(visibility)
        || is_found(&folded(&resource.concrete_type))
        || is_found(&folded(&resource.kind))
        || (resource.attributes.iter()).any(|attribute| is_found(&folded(&attribute.to_string())))
}

fn is_found_at(site: SiteId, labels: &impl Labels, is_found: &dyn Fn(&str) -> bool) -> bool {
    let site = labels.site(site);
    site.is_some_and(|site| site_texts(&site).iter().any(|place| is_found(place)))
}

const fn is_number_of_resources(column: TaskColumn) -> bool {
    matches!(
        column,
        TaskColumn::Seq | TaskColumn::Parent | TaskColumn::Total
    )
}

/// The words of the language that speak of a task's number, its parent and its age.
fn number(column: TaskColumn, resource: &Resource) -> Option<u64> {
    match column {
        TaskColumn::Seq => Some(resource.seq.get()),
        TaskColumn::Parent => resource.parent.map(|seq| seq.get()),
        TaskColumn::Total => Some(resource.total.0),
        _ => None,
    }
}

impl Filter {
    /// Whether every term can hold of a resource; see [`ResourceScan`].
    ///
    /// # Errors
    /// [`NotOfResources`] names the first term that cannot.
    pub fn check_for_resources(&self) -> Result<(), NotOfResources> {
        let says_nothing = |test: &Test| matches!(ResourceTest::of(test), ResourceTest::Never);
        match self.terms.iter().find(|term| says_nothing(&term.test)) {
            Some(term) => Err(NotOfResources {
                term: term.to_string(),
            }),
            None => Ok(()),
        }
    }
}
