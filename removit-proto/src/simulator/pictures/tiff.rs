//! TIFF: little-endian, one strip of red, green and blue, not compressed.

use super::{Colour, SIDE, len, pixels};

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// The fields of a baseline RGB image, in the order of their numbers.
const FIELDS: u16 = 12;

/// Where the pixels begin: what comes before has a length of its own.
const HEADER: u32 = 8;

pub(super) fn encode(colour: Colour) -> Vec<u8> {
    let pixels = pixels(colour);
    let directory = 2_u32.saturating_add(u32::from(FIELDS).saturating_mul(12)).saturating_add(4);
    let samples = HEADER.saturating_add(directory);
    let resolution = samples.saturating_add(6);
    let strip = resolution.saturating_add(8);
    let side = u32::from(SIDE);

    let mut file = b"II\x2a\0".to_vec();
    file.extend_from_slice(&HEADER.to_le_bytes());
    file.extend_from_slice(&FIELDS.to_le_bytes());
    for (number, kind, count, value) in [
        (256, LONG, 1, side),
        (257, LONG, 1, side),
        (258, SHORT, 3, samples),
        // Not compressed.
        (259, SHORT, 1, 1),
        // Red, green and blue.
        (262, SHORT, 1, 2),
        (273, LONG, 1, strip),
        (277, SHORT, 1, 3),
        (278, LONG, 1, side),
        (279, LONG, 1, len(&pixels)),
        (282, RATIONAL, 1, resolution),
        (283, RATIONAL, 1, resolution),
        // Dots an inch.
        (296, SHORT, 1, 2),
    ] {
        field(&mut file, number, kind, count, value);
    }
    // No other picture follows.
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&[8, 0, 8, 0, 8, 0]);
    file.extend_from_slice(&72_u32.to_le_bytes());
    file.extend_from_slice(&1_u32.to_le_bytes());
    file.extend_from_slice(&pixels);
    file
}

/// A value that fits stands in its field, first byte first, whatever its kind.
fn field(file: &mut Vec<u8>, number: u16, kind: u16, count: u32, value: u32) {
    file.extend_from_slice(&number.to_le_bytes());
    file.extend_from_slice(&kind.to_le_bytes());
    file.extend_from_slice(&count.to_le_bytes());
    file.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_strip_is_where_its_directory_says() {
        let file = encode([1, 2, 3]);
        let strip = file.chunks(1).count() - 768;
        let entry = |number: u16| {
            let at = file[10..].chunks(12).position(|f| f[..2] == number.to_le_bytes()).unwrap();
            let value = &file[10 + at * 12 + 8..][..4];
            u32::from_le_bytes(value.try_into().unwrap()) as usize
        };
        assert_eq!((entry(273), entry(279)), (strip, 768));
        assert_eq!(file[strip..strip + 3], [1, 2, 3]);
        assert_eq!(file[entry(258)..][..6], [8, 0, 8, 0, 8, 0]);
        assert_eq!(file[entry(282)..][..8], [72, 0, 0, 0, 1, 0, 0, 0]);
    }
}
