//! The scan of resources against the plainest way to the same answer, and what filters say of
//! a resource.

mod arbitrary;

use arbitrary::{labels, resources, sort, thresholds, window};
use loiter_model::{
    Attribute, AttributeValue, Nanos, Resource, ResourceSeq, SiteId, TaskSeq, Thresholds,
    query::{Filter, ResourceAnswer, ResourceColumn, ResourceQuery, ResourceScan, Sort, Window},
};
use proptest::{prelude::*, sample::select};

fn query(filter: &str) -> ResourceQuery {
    ResourceQuery {
        filter: filter.parse().expect("a filter"),
        sort: Sort::by(ResourceColumn::Seq),
        window: Window {
            offset: 0,
            limit: 100,
        },
        thresholds: Thresholds::default(),
    }
}

fn scan(resources: &[Resource], query: &ResourceQuery) -> ResourceAnswer {
    let labels = labels();
    let mut scan = ResourceScan::new(query, &labels);
    for resource in resources {
        scan.visit(resource);
    }
    scan.finish()
}

fn numbers(answer: &ResourceAnswer) -> Vec<u64> {
    let resources = answer.resources.iter();
    resources.map(|resource| resource.seq.get()).collect()
}

/// A lock in the pool, the semaphore inside of it, and a timer of a library.
fn some() -> [Resource; 3] {
    let seq = |seq| ResourceSeq::new(seq).expect("above zero");
    let attribute = |name: &str, value| Attribute {
        name: name.into(),
        value,
        unit: None,
    };
    let lock = Resource {
        seq: seq(1),
        parent: None,
        kind: "Sync".into(),
        concrete_type: "Mutex".into(),
        site: SiteId(0),
        is_internal: false,
        created_at: Nanos::ZERO,
        total: Nanos::from_secs(60),
        has_ended: false,
        attributes: vec![attribute("locked", AttributeValue::Flag(true))],
        holders: TaskSeq::new(7).into_iter().collect(),
        waiters: Vec::new(),
    };
    let inside = Resource {
        seq: seq(2),
        parent: Some(seq(1)),
        concrete_type: "Semaphore".into(),
        site: SiteId(u32::MAX - 1),
        is_internal: true,
        attributes: vec![attribute("permits", AttributeValue::Number(0))],
        holders: Vec::new(),
        ..lock.clone()
    };
    let timer = Resource {
        seq: seq(3),
        parent: None,
        kind: "timer".into(),
        concrete_type: "Sleep".into(),
        site: SiteId(1),
        is_internal: false,
        total: Nanos::from_secs(1),
        attributes: Vec::new(),
        ..inside.clone()
    };
    [lock, inside, timer]
}

#[test]
fn terms_that_say_something_of_a_resource() {
    for (filter, expected) in [
        ("", &[1, 2, 3][..]),
        ("mutex", &[1]),
        ("SYNC", &[1, 2]),
        ("-sync", &[3]),
        ("locked=true", &[1]),
        ("internal", &[2]),
        ("public", &[1, 3]),
        ("pool.rs", &[1]),
        ("site:pool.rs:88", &[1]),
        ("site:hyper,pool", &[1, 3]),
        ("-site:pool", &[2, 3]),
        ("seq:2,3", &[2, 3]),
        ("parent:1", &[2]),
        ("-parent:1", &[1, 3]),
        ("total>10s", &[1, 2]),
        ("mutex total>10s", &[1]),
    ] {
        // `locked=true` is a term of a field for tasks.
        let quoted = format!("\"{filter}\"");
        let filter = match filter {
            "locked=true" => &quoted,
            _ => filter,
        };
        let query = query(filter);
        assert_eq!(query.filter.check_for_resources(), Ok(()), "{filter}");
        assert_eq!(numbers(&scan(&some(), &query)), expected, "{filter}");
    }
}

#[test]
fn other_terms_hold_of_no_resource_and_that_is_said() {
    for filter in [
        "idle>1s",
        "name:worker",
        "state:running,idle",
        "blocked",
        "polls:0",
        "named",
        "wait:mutex",
    ] {
        let query = query(&format!("mutex {filter}"));
        let refused = query.filter.check_for_resources().expect_err("of tasks");
        assert_eq!(refused.term, filter);
        assert!(refused.to_string().contains("`site:`"), "{refused}");
        assert_eq!(scan(&some(), &query).matched, 0, "{filter}");
    }
    let all = query_all();
    assert_eq!(scan(&some(), &all).matched, 3);
}

/// What no resource is, is not true of any.
fn query_all() -> ResourceQuery {
    query("-idle>1s")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_window_of_what_matches_sorted(
        resources in resources(40),
        filter in select(vec!["", "mutex", "-mutex", "total>1s", "permits", "site:pool internal"]),
        sort in sort::<ResourceColumn>(),
        window in window(),
        thresholds in thresholds(),
    ) {
        let labels = labels();
        let filter: Filter = filter.parse().expect("a filter");
        // The filter is tested above: here it is asked of one resource at a time.
        let matches = |resource: &&Resource| {
            let query = ResourceQuery {
                filter: filter.clone(),
                ..query("")
            };
            scan(std::slice::from_ref(*resource), &query).matched == 1
        };
        let mut rows: Vec<_> = resources.iter().filter(matches).cloned().collect();
        rows.sort_by(|a, b| {
            let key = |resource| sort.column.key(resource, &labels);
            key(a).compare(&key(b), sort.descending).then(a.seq.cmp(&b.seq))
        });
        let query = ResourceQuery { filter: filter.clone(), sort, window, thresholds };
        let answer = scan(&resources, &query);
        let count = rows.len() as u64;
        prop_assert_eq!(answer.matched, count);
        let offset = window.start(count);
        prop_assert_eq!(answer.offset, offset);
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let expected: Vec<_> = rows.into_iter().skip(offset as usize).take(limit).collect();
        prop_assert_eq!(answer.resources, expected);
    }
}

#[test]
fn a_small_window_of_many_keeps_few() {
    let [lock, ..] = some();
    let mut query = query("");
    query.sort = Sort {
        column: ResourceColumn::Total,
        descending: true,
    };
    query.window = Window {
        offset: 2,
        limit: 3,
    };
    let many: Vec<_> = (1..=10_000)
        .map(|number| Resource {
            seq: ResourceSeq::new(number).expect("above zero"),
            total: Nanos(number * 7919 % 10_007),
            ..lock.clone()
        })
        .collect();
    let answer = scan(&many, &query);
    assert_eq!((answer.matched, answer.offset), (10_000, 2));
    let totals: Vec<_> = answer.resources.iter().map(|one| one.total.0).collect();
    let mut sorted: Vec<_> = many.iter().map(|one| one.total.0).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(totals, sorted[2..5]);
}
