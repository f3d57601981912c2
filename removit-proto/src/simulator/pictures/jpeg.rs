//! JPEG: baseline, three components, every block flat.

use super::{Colour, SIDE};

/// Codes for the number of bits of a difference: the standard's own for
/// luminance, as lengths and as the symbols in their order.
const DC_LENGTHS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_SYMBOLS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/// The same codes, as bits and their number, up to the largest that comes here.
const DC_CODES: [(u16, u8); 9] = [
    (0b00, 2),
    (0b010, 3),
    (0b011, 3),
    (0b100, 3),
    (0b101, 3),
    (0b110, 3),
    (0b1110, 4),
    (0b11110, 5),
    (0b11_1110, 6),
];
/// One code of one bit: the end of the block.
const AC_LENGTHS: [u8; 16] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The samples are luminance and the two of chrominance.
pub(super) fn encode(colour: Colour) -> Vec<u8> {
    let [high, low] = SIDE.to_be_bytes();
    let mut file = vec![0xff, 0xd8];
    segment(&mut file, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    // A divisor of eight makes a flat block's number its sample, less 128.
    segment(&mut file, 0xdb, &[&[0], [8_u8; 64].as_slice()].concat());
    segment(&mut file, 0xc0, &[8, high, low, high, low, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    segment(&mut file, 0xc4, &[&[0x00], DC_LENGTHS.as_slice(), &DC_SYMBOLS].concat());
    segment(&mut file, 0xc4, &[&[0x10], AC_LENGTHS.as_slice(), &[0]].concat());
    segment(&mut file, 0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);

    let mut bits = Bits::default();
    let blocks = SIDE.div_ceil(8).saturating_mul(SIDE.div_ceil(8));
    for block in 0..blocks {
        for sample in colour {
            // Each block is told as its difference to the one before.
            let difference = if block == 0 { i16::from(sample).saturating_sub(128) } else { 0 };
            bits.difference(difference);
            bits.push(0, 1);
        }
    }
    file.extend_from_slice(&bits.finish());
    file.extend_from_slice(&[0xff, 0xd9]);
    file
}

fn segment(file: &mut Vec<u8>, marker: u8, data: &[u8]) {
    let len = u16::try_from(data.len()).unwrap_or_default().saturating_add(2);
    file.extend_from_slice(&[0xff, marker]);
    file.extend_from_slice(&len.to_be_bytes());
    file.extend_from_slice(data);
}

/// Bits from the highest of each byte downwards, with a zero after each 0xff.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    byte: u8,
    used: u8,
}

impl Bits {
    fn difference(&mut self, difference: i16) {
        let size = u16::BITS.saturating_sub(difference.unsigned_abs().leading_zeros());
        let code = usize::try_from(size).ok().and_then(|size| DC_CODES.get(size));
        if let Some((code, count)) = code {
            self.push(*code, *count);
        }
        // A negative one is written as one less, in as many bits.
        let bits = if difference < 0 { difference.wrapping_sub(1) } else { difference };
        let [high, low] = bits.to_be_bytes();
        self.push(u16::from_be_bytes([high, low]), u8::try_from(size).unwrap_or_default());
    }

    fn push(&mut self, value: u16, count: u8) {
        for place in (0..count).rev() {
            self.byte = (self.byte << 1) | u8::from((value >> place) & 1 == 1);
            self.used = self.used.saturating_add(1);
            if self.used == 8 {
                self.bytes.push(self.byte);
                if self.byte == 0xff {
                    self.bytes.push(0);
                }
                (self.byte, self.used) = (0, 0);
            }
        }
    }

    /// The last byte is filled up with ones.
    fn finish(mut self) -> Vec<u8> {
        while self.used != 0 {
            self.push(1, 1);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_its_size_and_its_bits() {
        for (difference, bits, used) in [
            (0, 0b0000_0000, 2),
            (1, 0b0101_0000, 4),
            (-1, 0b0100_0000, 4),
            (5, 0b1001_0100, 6),
            (-5, 0b1000_1000, 6),
        ] {
            let mut written = Bits::default();
            written.difference(difference);
            assert_eq!(written.used, used, "{difference}");
            assert_eq!(written.byte << (8 - used), bits, "{difference}");
        }
    }

    #[test]
    fn no_marker_stands_in_the_data() {
        let mut bits = Bits::default();
        bits.push(0xffff, 16);
        assert_eq!(bits.finish(), [0xff, 0, 0xff, 0]);
        for sample in 0..=255 {
            let file = encode([sample, 255, 0]);
            let data = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap() + 14;
            let data = &file[data..file.len() - 2];
            assert!(data.windows(2).all(|pair| pair[0] != 0xff || pair[1] == 0), "{sample}");
            assert_ne!(data.last(), Some(&0xff));
        }
    }
}
