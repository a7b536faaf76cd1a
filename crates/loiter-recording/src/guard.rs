//! What a message of a block may have in it: some bytes in a file are hundreds in memory.

use loiter_wire::v1;
use prost::{
    Message,
    encoding::{self, DecodeContext},
};

use crate::error::Problem;

/// Rows of a message at most: an empty row takes two bytes in a file and hundreds in memory.
pub(crate) const MOST_ROWS: usize = 1 << 15;
/// Bytes of a message at most.
pub(crate) const LONGEST_MESSAGE: usize = 4 << 20;
/// Calls in the stacks of a message at most: each takes a byte in a file and 40 in memory.
const MOST_FRAMES: usize = 1 << 20;

/// Messages with labels.
pub(crate) trait Labelled: Message + Default {
    fn labels(&self) -> Option<&v1::Labels>;
}

impl Labelled for v1::TasksUpdate {
    fn labels(&self) -> Option<&v1::Labels> {
        self.labels.as_ref()
    }
}

impl Labelled for v1::FindingsUpdate {
    fn labels(&self) -> Option<&v1::Labels> {
        self.labels.as_ref()
    }
}

impl Labelled for v1::ResourcesUpdate {
    fn labels(&self) -> Option<&v1::Labels> {
        self.labels.as_ref()
    }
}

/// Decodes a message that is not too large.
pub(crate) fn decode<M: Labelled>(body: &[u8]) -> Result<M, Problem> {
    ensure_few_fields(body)?;
    let message = M::decode(body)?;
    ensure_few_frames(message.labels())?;
    Ok(message)
}

/// Counts what a message has at its top level, the rows among it, before any of it is decoded.
fn ensure_few_fields(mut body: &[u8]) -> Result<(), Problem> {
    if body.len() > LONGEST_MESSAGE {
        let problem = format!("a message of more than {LONGEST_MESSAGE} bytes");
        return Err(Problem(problem));
    }
    let mut fields = 0;
    while !body.is_empty() {
        let (tag, kind) = encoding::decode_key(&mut body)?;
        encoding::skip_field(kind, tag, &mut body, DecodeContext::default())?;
        fields += 1;
        if fields > MOST_ROWS + 16 {
            return Err(Problem(format!("a message of more than {MOST_ROWS} rows")));
        }
    }
    Ok(())
}

pub(crate) fn ensure_few_frames(labels: Option<&v1::Labels>) -> Result<(), Problem> {
    let waits = labels.into_iter().flat_map(|labels| labels.waits.values());
    let frames = waits
        .flat_map(|wait| &wait.branches)
        .map(|branch| branch.frames.len() + 1);
    match frames.sum::<usize>() {
        0..=MOST_FRAMES => Ok(()),
        _ => Err(Problem(format!(
            "a message with stacks of more than {MOST_FRAMES} calls"
        ))),
    }
}
