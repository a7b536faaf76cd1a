//! Queries. Unlike other messages a query holds what a person has written, so its errors are
//! for that person.

use loiter_model::{
    Thresholds,
    query::{
        Column, FilterError, Group, NotOfResources, Query, ResourceColumn, ResourceQuery,
        SiteColumn, SiteQuery, Sort, TaskColumn, TaskQuery, WaitColumn, WaitQuery, Window,
    },
};

use crate::v1;

/// What a client asks: a query with rows of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// A row a task.
    Tasks(TaskQuery),
    /// A row a site.
    Sites(SiteQuery),
    /// A row for the tasks that wait alike.
    Waits(Group, WaitQuery),
}

/// Why a query cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    /// The filter does not parse.
    #[error("in the filter: {0}")]
    Filter(#[from] FilterError),
    /// The filter of a resource query speaks of tasks.
    #[error("in the filter: {0}")]
    OfTasks(#[from] NotOfResources),
    /// There is no such column.
    #[error("there is no column `{name}` to sort by; there are {}", columns.join(", "))]
    Column {
        /// What was asked for.
        name: String,
        /// The names of the columns there are.
        columns: Vec<&'static str>,
    },
    /// Rows cannot be grouped so.
    #[error(
        "this agent does not know group {0}; it knows 0 (by task), 1 (by site), 2 (by wait) and 3 (by stack)"
    )]
    Group(i32),
}

/// Reads a client's query for resources. `own` are the limits for a query that has none.
///
/// # Errors
/// [`BadQuery`] for a filter that does not parse or has a term that can hold of no resource, and
/// for a column that is not known.
pub fn read_resource_query(query: v1::Query, own: Thresholds) -> Result<ResourceQuery, BadQuery> {
    let query: ResourceQuery = read(query, ResourceColumn::Waiters, own)?;
    query.filter.check_for_resources()?;
    Ok(query)
}

impl Question {
    /// Reads a client's query. `own` are the limits for a query that has none.
    ///
    /// # Errors
    /// [`BadQuery`] for a filter that does not parse, and for a column or group that is not
    /// known.
    pub fn read(query: v1::Query, own: Thresholds) -> Result<Self, BadQuery> {
        match v1::Group::try_from(query.group) {
            Ok(v1::Group::None) => Ok(Self::Tasks(read(query, TaskColumn::Idle, own)?)),
            Ok(v1::Group::Site) => Ok(Self::Sites(read(query, SiteColumn::Alive, own)?)),
            Ok(v1::Group::Wait) => Ok(Self::waits(Group::Wait, query, own)?),
            Ok(v1::Group::Stack) => Ok(Self::waits(Group::Stack, query, own)?),
            Err(_) => Err(BadQuery::Group(query.group)),
        }
    }

    fn waits(group: Group, query: v1::Query, own: Thresholds) -> Result<Self, BadQuery> {
        Ok(Self::Waits(group, read(query, WaitColumn::Count, own)?))
    }
}

fn read<C: Column>(query: v1::Query, usual: C, own: Thresholds) -> Result<Query<C>, BadQuery> {
    let sort = if query.sort.is_empty() {
        Sort {
            column: usual,
            descending: true,
        }
    } else {
        Sort {
            column: column(query.sort)?,
            descending: query.descending,
        }
    };
    Ok(Query {
        filter: query.filter.parse()?,
        sort,
        window: Window {
            offset: query.offset,
            limit: query.limit,
        },
        thresholds: query.thresholds.map_or(own, Thresholds::from),
    })
}

fn column<C: Column>(name: String) -> Result<C, BadQuery> {
    C::from_name(&name).ok_or_else(|| BadQuery::Column {
        name,
        columns: C::ALL.iter().map(|column| column.name()).collect(),
    })
}

impl From<&TaskQuery> for v1::Query {
    fn from(query: &TaskQuery) -> Self {
        wire_query(query, v1::Group::None)
    }
}

impl From<&SiteQuery> for v1::Query {
    fn from(query: &SiteQuery) -> Self {
        wire_query(query, v1::Group::Site)
    }
}

/// Its group means nothing.
impl From<&ResourceQuery> for v1::Query {
    fn from(query: &ResourceQuery) -> Self {
        wire_query(query, v1::Group::None)
    }
}

impl From<(Group, &WaitQuery)> for v1::Query {
    fn from((group, query): (Group, &WaitQuery)) -> Self {
        let group = match group {
            Group::Wait => v1::Group::Wait,
            Group::Stack => v1::Group::Stack,
        };
        wire_query(query, group)
    }
}

fn wire_query<C: Column>(query: &Query<C>, group: v1::Group) -> v1::Query {
    v1::Query {
        filter: query.filter.to_string(),
        sort: query.sort.column.name().to_owned(),
        descending: query.sort.descending,
        offset: query.window.offset,
        limit: query.window.limit,
        thresholds: Some(query.thresholds.into()),
        group: group.into(),
    }
}
