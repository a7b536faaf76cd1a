//! Tables by ids: a scan looks into them for every blocked task.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A table whose keys are made of ids.
pub(super) type Ids<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Several times faster than the standard library's, which is made for keys that somebody
/// chooses to do harm. Ids are counted up, here, by nobody else.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.write_u64(u64::from(id));
    }

    fn write_u64(&mut self, id: u64) {
        // Both halves of the product, so that every bit of the id reaches every bit of the hash.
        // The factor is 2^64 divided by the golden ratio.
        let product =
            u128::from(self.0.rotate_left(23) ^ id ^ 0x5851_f42d_4c95_7f2d) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}
