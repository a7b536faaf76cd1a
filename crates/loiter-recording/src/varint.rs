//! Numbers in as many bytes as they need.

use crate::Damage;

/// Appends a number: seven bits a byte, the lowest first.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a difference: one that is near zero is short, whatever its sign.
#[inline]
pub(crate) fn put_difference(out: &mut Vec<u8>, of: u64, to: u64) {
    let difference = of.wrapping_sub(to) as i64;
    put(out, ((difference << 1) ^ (difference >> 63)) as u64);
}

/// Reads numbers off the front of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    left: &'a [u8],
}

impl<'a> Column<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    /// Whether nothing is left.
    pub(crate) fn is_over(&self) -> bool {
        self.left.is_empty()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.left.split_first().ok_or(Damage::TOO_SHORT)?;
        self.left = rest;
        Ok(*first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.left.split_at_checked(count).ok_or(Damage::TOO_SHORT)?;
        self.left = rest;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damage("a number of more than 64 bits"))
    }

    pub(crate) fn small(&mut self) -> Result<u32, Damage> {
        u32::try_from(self.number()?).map_err(|_| Damage("a number of more than 32 bits"))
    }

    /// The number that differs so from this one.
    #[inline]
    pub(crate) fn difference(&mut self, to: u64) -> Result<u64, Damage> {
        let folded = self.number()?;
        let difference = (folded >> 1) as i64 ^ -((folded & 1) as i64);
        Ok(to.wrapping_add(difference as u64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_too_long_or_too_short_is_no_number() {
        for bytes in [&[][..], &[0x80], &[0xff; 9], &[0xff; 10], &[0xff; 20]] {
            assert!(Column::new(bytes).number().is_err(), "{bytes:?}");
        }
        assert!(
            Column::new(&[0xff, 0xff, 0xff, 0xff, 0x7f])
                .small()
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_put(numbers: Vec<u64>, base: u64) {
            let mut bytes = Vec::new();
            for number in &numbers {
                put(&mut bytes, *number);
                put_difference(&mut bytes, *number, base);
            }
            let mut column = Column::new(&bytes);
            for number in numbers {
                prop_assert_eq!(column.number(), Ok(number));
                prop_assert_eq!(column.difference(base), Ok(number));
            }
            prop_assert!(column.is_over());
        }
    }
}
