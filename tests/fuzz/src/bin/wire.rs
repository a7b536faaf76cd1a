//! Bytes as each message of loiter.v1: what an agent or a client may be sent by anybody. The
//! first byte says which message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loiter_model::{
    Target, Thresholds,
    finding::RuleSettings,
    update::{
        CaptureOutcome, EventBatch, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate,
        TaskDetail, TasksUpdate, WaitsUpdate,
    },
};
use loiter_wire::{Question, read_resource_query, read_rules, v1};
use prost::Message;

/// Reads a message and what it stands for, and writes that again.
fn read<M, T>(bytes: &[u8])
where
    M: Message + Default + From<T>,
    T: TryFrom<M>,
{
    let Ok(message) = M::decode(bytes) else {
        return;
    };
    if let Ok(value) = T::try_from(message) {
        let _ = M::from(value).encode_to_vec();
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    match which % 13 {
        0 => read::<v1::TasksUpdate, TasksUpdate>(bytes),
        1 => read::<v1::TasksUpdate, SitesUpdate>(bytes),
        2 => read::<v1::TasksUpdate, WaitsUpdate>(bytes),
        3 => read::<v1::TaskDetail, TaskDetail>(bytes),
        4 => read::<v1::FindingsUpdate, FindingsUpdate>(bytes),
        5 => read::<v1::EventBatch, EventBatch>(bytes),
        6 => read::<v1::Target, Target>(bytes),
        7 => {
            if let Ok(query) = v1::Query::decode(bytes) {
                let _ = Question::read(query, Thresholds::default());
            }
        }
        8 => read::<v1::ResourcesUpdate, ResourcesUpdate>(bytes),
        9 => read::<v1::ResourceDetail, ResourceDetail>(bytes),
        10 => read::<v1::CaptureStacksReply, CaptureOutcome>(bytes),
        11 => {
            if let Ok(query) = v1::Query::decode(bytes) {
                let _ = read_resource_query(query, Thresholds::default());
            }
        }
        _ => {
            if let Ok(rules) = v1::FindingRules::decode(bytes) {
                let _ = read_rules(rules, &RuleSettings::default());
            }
        }
    }
});
