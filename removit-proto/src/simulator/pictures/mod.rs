//! Real pictures of each format that can be asked for, made here: a square of
//! one colour, so that two photos have two results and any program can open them.
//!
//! Each encoder writes the plainest file of its format, uncompressed where the
//! format has that.

mod jpeg;
mod png;
mod psd;
mod tiff;
mod webp;

use crate::OutputFormat;

/// The width and the height.
const SIDE: u16 = 16;

/// Three samples of one pixel: red, green and blue, or the three of JPEG.
type Colour = [u8; 3];

/// A picture of this format whose colour depends on `seed` alone.
pub(super) fn draw(format: OutputFormat, seed: u64) -> Vec<u8> {
    let [r, g, b, ..] = seed.to_le_bytes();
    let colour = [r, g, b];
    match format {
        OutputFormat::Png => png::encode(colour),
        OutputFormat::Jpg | OutputFormat::Jpeg => jpeg::encode(colour),
        OutputFormat::Psd => psd::encode(colour),
        OutputFormat::Tiff => tiff::encode(colour),
        OutputFormat::Webp => webp::encode(colour),
    }
}

/// All pixels, row by row.
fn pixels(colour: Colour) -> Vec<u8> {
    colour.repeat(usize::from(SIDE).saturating_mul(usize::from(SIDE)))
}

/// A length as the four bytes that most formats write; nothing here is longer.
fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageType;

    const FORMATS: [(OutputFormat, ImageType); 6] = [
        (OutputFormat::Png, ImageType::Png),
        (OutputFormat::Jpg, ImageType::Jpeg),
        (OutputFormat::Jpeg, ImageType::Jpeg),
        (OutputFormat::Psd, ImageType::Psd),
        (OutputFormat::Tiff, ImageType::Tiff),
        (OutputFormat::Webp, ImageType::Webp),
    ];

    #[test]
    fn a_picture_is_of_the_format_that_was_asked_for() {
        for (format, kind) in FORMATS {
            let picture = draw(format, 0x0030_60c0);
            assert_eq!(ImageType::from_bytes(&picture), Some(kind), "{format:?}");
        }
    }

    #[test]
    fn two_seeds_are_two_pictures_and_one_seed_is_one() {
        for (format, _) in FORMATS {
            assert_ne!(draw(format, 1), draw(format, 2), "{format:?}");
            assert_eq!(draw(format, 1), draw(format, 1), "{format:?}");
        }
    }
}
