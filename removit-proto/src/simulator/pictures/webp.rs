//! WebP, the lossless kind: each channel has a code of one symbol, so that no
//! pixel takes a bit.

use super::{Colour, SIDE, len};

pub(super) fn encode([red, green, blue]: Colour) -> Vec<u8> {
    let side = u32::from(SIDE).saturating_sub(1);
    let mut bits = Bits::default();
    bits.push(0x2f, 8);
    bits.push(side, 14);
    bits.push(side, 14);
    // No transparency, version 0; no transform, no colour cache, one set of codes.
    bits.push(0, 1);
    bits.push(0, 3);
    bits.push(0, 3);
    for sample in [green, red, blue, u8::MAX] {
        // A simple code, of one symbol, in eight bits.
        bits.push(0b101, 3);
        bits.push(u32::from(sample), 8);
    }
    // No distance is ever used: a simple code of one symbol in one bit.
    bits.push(0b001, 3);
    bits.push(0, 1);
    let mut data = bits.bytes;
    let size = len(&data);
    if size % 2 == 1 {
        data.push(0);
    }

    let mut body = b"WEBPVP8L".to_vec();
    body.extend_from_slice(&size.to_le_bytes());
    body.extend_from_slice(&data);
    let mut file = b"RIFF".to_vec();
    file.extend_from_slice(&len(&body).to_le_bytes());
    file.extend_from_slice(&body);
    file
}

/// Bits from the lowest of each byte upwards.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for place in 0..count {
            if self.used % 8 == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                let bit = u8::from((value >> place) & 1 == 1);
                *last |= bit << (self.used % 8);
            }
            self.used = self.used.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_fill_each_byte_from_below() {
        let mut bits = Bits::default();
        bits.push(0b1, 1);
        bits.push(0b10, 2);
        bits.push(0x7f, 7);
        assert_eq!(bits.bytes, [0b1111_1101, 0b11]);
    }

    #[test]
    fn its_lengths_are_those_of_what_follows() {
        let file = encode([1, 2, 3]);
        let at = |place: usize| u32::from_le_bytes(file[place..][..4].try_into().unwrap()) as usize;
        assert_eq!(at(4), file.len() - 8);
        assert_eq!(at(16).next_multiple_of(2), file.len() - 20);
        assert_eq!(file.len() % 2, 0);
    }
}
