//! PSD: three channels of eight bits, one after the other, without layers.

use super::{Colour, SIDE};

pub(super) fn encode(colour: Colour) -> Vec<u8> {
    let mut file = b"8BPS\0\x01\0\0\0\0\0\0".to_vec();
    let channels = u16::try_from(colour.len()).unwrap_or_default();
    file.extend_from_slice(&channels.to_be_bytes());
    file.extend_from_slice(&u32::from(SIDE).to_be_bytes());
    file.extend_from_slice(&u32::from(SIDE).to_be_bytes());
    // Eight bits, red, green and blue.
    file.extend_from_slice(&[0, 8, 0, 3]);
    // No palette, no resources, no layers; then raw data.
    file.extend_from_slice(&[0; 12]);
    file.extend_from_slice(&[0; 2]);
    let area = usize::from(SIDE).saturating_mul(usize::from(SIDE));
    for sample in colour {
        file.extend(core::iter::repeat_n(sample, area));
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_every_pixel_of_each_channel() {
        let file = encode([1, 2, 3]);
        assert_eq!(file.len(), 26 + 12 + 2 + 3 * 256);
        assert_eq!(file[40 + 256], 2);
    }
}
