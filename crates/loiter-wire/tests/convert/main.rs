//! What is sent arrives as it was, and nothing that arrives breaks the receiver.

mod anything;
#[path = "../../../loiter-model/tests/arbitrary/mod.rs"]
mod arbitrary;
mod refused;

use loiter_model::{
    Distribution, Target, Task, Thresholds,
    finding::RuleSettings,
    query::{Group, ResourceColumn, SiteColumn, TaskColumn, WaitColumn},
    update::{
        CaptureOutcome, EventBatch, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate,
        TaskDetail, TasksUpdate, WaitsUpdate,
    },
};
use loiter_wire::{BadMessage, BadQuery, Question, read_resource_query, read_rules, v1};
use proptest::{collection::vec, prelude::*, sample::select};
use prost::Message;

use crate::{
    anything::*,
    arbitrary::{query, thresholds},
};

/// Over the wire as bytes.
fn sent<M: Message + Default>(message: M) -> M {
    M::decode(&*message.encode_to_vec()).expect("what was encoded decodes")
}

/// Makes something of any bytes, or explains.
fn received<M: Message + Default, T: TryFrom<M, Error = BadMessage>>(bytes: &[u8]) {
    if let Ok(message) = M::decode(bytes)
        && let Err(error) = T::try_from(message)
    {
        assert!(error.to_string().contains('`'), "{error} names no field");
    }
}

fn receive_as_anything(bytes: &[u8]) {
    received::<v1::Task, Task>(bytes);
    received::<v1::TasksUpdate, TasksUpdate>(bytes);
    received::<v1::TasksUpdate, SitesUpdate>(bytes);
    received::<v1::TasksUpdate, WaitsUpdate>(bytes);
    received::<v1::TaskDetail, TaskDetail>(bytes);
    received::<v1::Distribution, Distribution>(bytes);
    received::<v1::Target, Target>(bytes);
    received::<v1::EventBatch, EventBatch>(bytes);
    received::<v1::FindingsUpdate, FindingsUpdate>(bytes);
    received::<v1::ResourcesUpdate, ResourcesUpdate>(bytes);
    received::<v1::ResourceDetail, ResourceDetail>(bytes);
    if let Ok(query) = v1::Query::decode(bytes) {
        let _ = read_resource_query(query.clone(), Thresholds::default());
        let _ = Question::read(query, Thresholds::default());
    }
    if let Ok(rules) = v1::FindingRules::decode(bytes) {
        let _ = read_rules(rules, &RuleSettings::default());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn updates_arrive_as_they_were(
        tasks in tasks_update(),
        sites in sites_update(),
        waits in waits_update(),
    ) {
        let message = sent(v1::TasksUpdate::from(tasks.clone()));
        prop_assert_eq!(TasksUpdate::try_from(message), Ok(tasks));
        let message = sent(v1::TasksUpdate::from(sites.clone()));
        prop_assert_eq!(SitesUpdate::try_from(message), Ok(sites));
        let message = sent(v1::TasksUpdate::from(waits.clone()));
        prop_assert_eq!(WaitsUpdate::try_from(message), Ok(waits));
    }

    #[test]
    fn an_outcome_arrives_as_it_was(counts in any::<[u64; 6]>()) {
        let [matched, captured, not_idle, not_watched, timed_out, over_limit] = counts;
        let outcome = CaptureOutcome {
            matched,
            captured,
            not_idle,
            not_watched,
            timed_out,
            over_limit,
        };
        let message = sent(v1::CaptureStacksReply::from(outcome));
        prop_assert_eq!(CaptureOutcome::from(message), outcome);
    }

    #[test]
    fn details_arrive_as_they_were(detail in detail()) {
        let message = sent(v1::TaskDetail::from(detail.clone()));
        prop_assert_eq!(TaskDetail::try_from(message), Ok(detail));
    }

    #[test]
    fn targets_arrive_as_they_were(target in target()) {
        let message = sent(v1::Target::from(target.clone()));
        prop_assert_eq!(Target::try_from(message), Ok(target));
    }

    #[test]
    fn events_arrive_as_they_were(batch in batch()) {
        let message = sent(v1::EventBatch::from(batch.clone()));
        prop_assert_eq!(EventBatch::try_from(message), Ok(batch));
    }

    #[test]
    fn findings_arrive_as_they_were(update in findings_update()) {
        let message = sent(v1::FindingsUpdate::from(update.clone()));
        prop_assert_eq!(FindingsUpdate::try_from(message), Ok(update));
    }

    #[test]
    fn resources_arrive_as_they_were(
        update in resources_update(),
        detail in resource_detail(),
        query in query::<ResourceColumn>(),
        own in thresholds(),
    ) {
        let message = sent(v1::ResourcesUpdate::from(update.clone()));
        prop_assert_eq!(ResourcesUpdate::try_from(message), Ok(update));
        let message = sent(v1::ResourceDetail::from(detail.clone()));
        prop_assert_eq!(ResourceDetail::try_from(message), Ok(detail));
        let message = sent(v1::Query::from(&query));
        match query.filter.check_for_resources() {
            Ok(()) => prop_assert_eq!(read_resource_query(message, own), Ok(query)),
            Err(refused) => {
                prop_assert_eq!(read_resource_query(message, own), Err(BadQuery::OfTasks(refused)));
            }
        }
    }

    #[test]
    fn rules_arrive_as_they_were_with_the_own_list_behind_theirs(rules in rules(), own in rules()) {
        let message = sent(v1::FindingRules::from(&rules));
        let mut expected = rules;
        expected.max_alive = expected.max_alive.or(own.max_alive);
        expected.max_alive_at_site = expected.max_alive_at_site.or(own.max_alive_at_site);
        expected.allow.extend_from_slice(&own.allow);
        prop_assert_eq!(read_rules(message, &own), Ok(expected));
        prop_assert_eq!(read_rules(v1::FindingRules::default(), &own), Ok(own));
    }

    #[test]
    fn queries_arrive_as_they_were(
        tasks in query::<TaskColumn>(),
        sites in query::<SiteColumn>(),
        waits in query::<WaitColumn>(),
        group in select(&Group::ALL[..]),
        own in thresholds(),
    ) {
        let message = sent(v1::Query::from(&tasks));
        prop_assert_eq!(Question::read(message, own), Ok(Question::Tasks(tasks)));
        let message = sent(v1::Query::from(&sites));
        prop_assert_eq!(Question::read(message, own), Ok(Question::Sites(sites)));
        let message = sent(v1::Query::from((group, &waits)));
        prop_assert_eq!(Question::read(message, own), Ok(Question::Waits(group, waits)));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_received(bytes in vec(any::<u8>(), 0..64)) {
        receive_as_anything(&bytes);
    }

    #[test]
    fn damaged_messages_are_received(
        tasks in tasks_update(),
        sites in sites_update(),
        waits in waits_update(),
        detail in detail(),
        batch in batch(),
        findings in findings_update(),
        rules in rules(),
        resources in resources_update(),
        resource in resource_detail(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for mut bytes in [
            v1::TasksUpdate::from(tasks).encode_to_vec(),
            v1::TasksUpdate::from(sites).encode_to_vec(),
            v1::TasksUpdate::from(waits).encode_to_vec(),
            v1::TaskDetail::from(detail).encode_to_vec(),
            v1::EventBatch::from(batch).encode_to_vec(),
            v1::FindingsUpdate::from(findings).encode_to_vec(),
            v1::FindingRules::from(&rules).encode_to_vec(),
            v1::ResourcesUpdate::from(resources).encode_to_vec(),
            v1::ResourceDetail::from(resource).encode_to_vec(),
        ] {
            for (at, byte) in &damage {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = *byte;
                }
            }
            receive_as_anything(&bytes);
        }
    }
}
