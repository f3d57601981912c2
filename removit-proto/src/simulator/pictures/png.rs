//! PNG: eight bits of red, green and blue, in one block that is not compressed.

use super::{Colour, SIDE, len, pixels};
use crate::api::checksum::crc32;

pub(super) fn encode(colour: Colour) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend_from_slice(&u32::from(SIDE).to_be_bytes());
    head.extend_from_slice(&u32::from(SIDE).to_be_bytes());
    // Eight bits, true colour; the one compression, filter and order there are.
    head.extend_from_slice(&[8, 2, 0, 0, 0]);

    let row = usize::from(SIDE).saturating_mul(colour.len());
    // Each row begins with its filter: none.
    let rows: Vec<u8> = pixels(colour).chunks(row).flat_map(|row| [&[0], row].concat()).collect();

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &head);
    chunk(&mut file, *b"IDAT", &stored(&rows));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let named = [&name, data].concat();
    file.extend_from_slice(&len(data).to_be_bytes());
    file.extend_from_slice(&named);
    file.extend_from_slice(&crc32(&named).to_be_bytes());
}

/// A zlib stream of one stored block (RFC 1950 and 1951).
fn stored(data: &[u8]) -> Vec<u8> {
    let count = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend_from_slice(&count.to_le_bytes());
    stream.extend_from_slice(&(!count).to_le_bytes());
    stream.extend_from_slice(data);
    stream.extend_from_slice(&adler32(data).to_be_bytes());
    stream
}

fn adler32(data: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = low.wrapping_add(u32::from(*byte)) % BASE;
        (low, high.wrapping_add(low) % BASE)
    });
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_chunks_are_whole_and_in_order() {
        let file = encode([1, 2, 3]);
        let mut rest = &file[8..];
        let mut names = Vec::new();
        while let Some((size, after)) = rest.split_first_chunk::<4>() {
            let size = u32::from_be_bytes(*size) as usize;
            let (named, after) = after.split_at(4 + size);
            let (sum, after) = after.split_first_chunk::<4>().unwrap();
            assert_eq!(u32::from_be_bytes(*sum), crc32(named));
            names.push(named[..4].to_vec());
            rest = after;
        }
        assert_eq!(names, [b"IHDR", b"IDAT", b"IEND"]);
    }

    #[test]
    fn the_checksum_is_that_of_the_format() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
