//! Puts a profile's message together.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use flate2::{Compression, write::GzEncoder};
use loiter_model::Nanos;
use prost::Message;

use crate::{
    TaskProfile,
    frames::{Call, calls},
    proto::{Function, Label, Line, Location, Profile, Sample, ValueType},
};

impl TaskProfile {
    /// The profile as `go tool pprof` reads it: pprof's protobuf message in gzip. `taken` is
    /// since the Unix epoch.
    ///
    /// Each sample has two values: `goroutine` in `count`, so that whatever looks for
    /// goroutines finds the tasks, and `idle` in `nanoseconds`.
    #[must_use]
    pub fn to_pprof(&self, taken: Nanos) -> Vec<u8> {
        let message = self.message(taken).encode_to_vec();
        compress(&message).expect("a vector takes whatever is written to it")
    }

    fn message(&self, taken: Nanos) -> Profile {
        let mut tables = Tables::default();
        // The first string has to be empty.
        tables.text("");
        let count = tables.value_type("goroutine", "count");
        let idle = tables.value_type("idle", "nanoseconds");
        let default_sample_type = count.kind;
        let samples = self.groups().into_iter().map(|group| {
            let calls = calls(group);
            Sample {
                location_id: calls
                    .into_iter()
                    .map(|call| tables.location(call))
                    .collect(),
                value: vec![signed(group.count), signed(group.idle.0)],
                label: group
                    .labels()
                    .into_iter()
                    .map(|(key, text)| Label {
                        key: tables.text(key),
                        str: tables.text(&text),
                    })
                    .collect(),
            }
        });
        let sample = samples.collect();
        Profile {
            sample_type: vec![count.clone(), idle],
            sample,
            location: tables.locations,
            function: tables.functions,
            string_table: tables.texts,
            time_nanos: signed(taken.0),
            period_type: Some(count),
            period: 1,
            comment: Vec::new(),
            default_sample_type,
        }
    }
}

/// Beyond 292 years, that.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// What a profile refers to by number, each once.
#[derive(Default)]
struct Tables {
    texts: Vec<String>,
    text_numbers: HashMap<String, i64>,
    functions: Vec<Function>,
    function_numbers: HashMap<(i64, i64), u64>,
    locations: Vec<Location>,
    location_numbers: HashMap<Call, u64>,
}

impl Tables {
    fn text(&mut self, text: &str) -> i64 {
        if let Some(&number) = self.text_numbers.get(text) {
            return number;
        }
        let number = self.texts.len() as i64;
        self.texts.push(text.to_owned());
        self.text_numbers.insert(text.to_owned(), number);
        number
    }

    fn value_type(&mut self, kind: &str, unit: &str) -> ValueType {
        ValueType {
            kind: self.text(kind),
            unit: self.text(unit),
        }
    }

    fn function(&mut self, name: &str, file: &str) -> u64 {
        let (name, filename) = (self.text(name), self.text(file));
        let functions = &mut self.functions;
        *self
            .function_numbers
            .entry((name, filename))
            .or_insert_with(|| {
                let id = functions.len() as u64 + 1;
                functions.push(Function {
                    id,
                    name,
                    system_name: name,
                    filename,
                });
                id
            })
    }

    fn location(&mut self, call: Call) -> u64 {
        if let Some(&number) = self.location_numbers.get(&call) {
            return number;
        }
        let line = Line {
            function_id: self.function(&call.function, &call.file),
            line: i64::from(call.line),
            column: i64::from(call.column),
        };
        let id = self.locations.len() as u64 + 1;
        let line = vec![line];
        self.locations.push(Location { id, line });
        self.location_numbers.insert(call, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::Subject;

    #[test]
    fn nothing_is_a_profile_too() {
        let bytes = TaskProfile::new(Subject::Tasks).to_pprof(Nanos::from_secs(7));
        let mut message = Vec::new();
        let read = GzDecoder::new(&*bytes).read_to_end(&mut message);
        read.expect("gzip");
        let profile = Profile::decode(&*message).expect("a profile");
        assert_eq!(profile.time_nanos, 7_000_000_000);
        assert_eq!(profile.string_table[0], "");
        let text = |number: i64| profile.string_table[number as usize].as_str();
        let types: Vec<_> = profile.sample_type.iter().collect();
        assert_eq!(
            (text(types[0].kind), text(types[0].unit)),
            ("goroutine", "count")
        );
        assert_eq!(
            (text(types[1].kind), text(types[1].unit)),
            ("idle", "nanoseconds")
        );
        assert_eq!(profile.sample, []);
    }
}
