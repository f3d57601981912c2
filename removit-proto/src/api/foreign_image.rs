//! Photos of kinds that the API does not take, called by their names.
//!
//! A camera's raw file is a TIFF by its first bytes, and what is in front of it is a
//! thumbnail: sent as a TIFF it would be paid for and come to nothing.

use core::fmt;

/// An image that is certainly of no kind that the API takes.
///
/// ```
/// use removit_proto::ForeignImage;
///
/// assert_eq!(ForeignImage::from_name("IMG_0815.CR2"), Some(ForeignImage::CanonRaw));
/// assert_eq!(ForeignImage::from_name("scan.tiff"), None);
/// let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
/// assert_eq!(ForeignImage::from_bytes(heic), Some(ForeignImage::Heic));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForeignImage {
    /// Canon's CR2, CR3 and CRW.
    CanonRaw,
    /// Nikon's NEF and NRW.
    NikonRaw,
    /// Sony's ARW, SR2 and SRF.
    SonyRaw,
    /// Adobe's DNG, of any maker.
    Dng,
    /// Another maker's.
    OtherRaw,
    /// HEIC and HEIF, as phones take photos.
    Heic,
}

/// Where a TIFF's first directory says what a file is.
mod tag {
    pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(super) const MAKE: u16 = 271;
    pub(super) const DNG_VERSION: u16 = 50706;
}

impl ForeignImage {
    /// What it is called in a message: `camera raw (Canon)`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CanonRaw => "camera raw (Canon)",
            Self::NikonRaw => "camera raw (Nikon)",
            Self::SonyRaw => "camera raw (Sony)",
            Self::Dng => "camera raw (DNG)",
            Self::OtherRaw => "camera raw",
            Self::Heic => "HEIC",
        }
    }

    /// The kind that a file's name promises.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "cr2" | "cr3" | "crw" => Self::CanonRaw,
            "nef" | "nrw" => Self::NikonRaw,
            "arw" | "sr2" | "srf" => Self::SonyRaw,
            "dng" => Self::Dng,
            "3fr" | "dcr" | "erf" | "fff" | "iiq" | "k25" | "kdc" | "mef" | "mos" | "mrw"
            | "orf" | "pef" | "raf" | "raw" | "rw2" | "rwl" | "srw" | "x3f" => Self::OtherRaw,
            "heic" | "heif" | "hif" => Self::Heic,
            _ => return None,
        })
    }

    /// The kind that a file's first bytes show.
    #[must_use]
    pub fn from_bytes(head: &[u8]) -> Option<Self> {
        match head {
            [_, _, _, _, _, _, _, _, b'C', b'R', 2, ..] => Some(Self::CanonRaw),
            [b'I', b'I', 26, 0, 0, 0, b'H', b'E', b'A', b'P', ..] => Some(Self::CanonRaw),
            [b'I', b'I', 0x55, 0, ..]
            | [b'I', b'I', b'R', b'O' | b'S', ..]
            | [b'M', b'M', b'O', b'R', ..]
            | [0, b'M', b'R', b'M', ..]
            | [b'F', b'O', b'V', b'b', ..] => Some(Self::OtherRaw),
            _ if head.starts_with(b"FUJIFILMCCD-RAW") => Some(Self::OtherRaw),
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
                b"crx " => Some(Self::CanonRaw),
                b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
                    Some(Self::Heic)
                }
                _ => None,
            },
            _ => Tiff::new(head)?.raw(),
        }
    }
}

impl fmt::Display for ForeignImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The beginning of a TIFF, as far as it is there.
struct Tiff<'a> {
    head: &'a [u8],
    is_big: bool,
}

impl<'a> Tiff<'a> {
    fn new(head: &'a [u8]) -> Option<Self> {
        match head {
            [b'I', b'I', 42, 0, ..] => Some(Self { head, is_big: false }),
            [b'M', b'M', 0, 42, ..] => Some(Self { head, is_big: true }),
            _ => None,
        }
    }

    /// A file of Nikon's or Sony's own software may be an image like any other; a raw
    /// one has a small picture first.
    fn raw(&self) -> Option<ForeignImage> {
        if self.field(tag::DNG_VERSION).is_some() {
            return Some(ForeignImage::Dng);
        }
        let is_small_first =
            self.field(tag::NEW_SUBFILE_TYPE).is_some_and(|(_, kind)| kind & 1 == 1);
        let (count, at) = self.field(tag::MAKE).filter(|_| is_small_first)?;
        let at = usize::try_from(at).ok()?;
        let make = self.head.get(at..)?;
        let make = make.get(..usize::try_from(count).ok()?.min(make.len()))?;
        Some(match make {
            [b'N' | b'n', b'I' | b'i', b'K' | b'k', ..] => ForeignImage::NikonRaw,
            [b'S' | b's', b'O' | b'o', b'N' | b'n', ..] => ForeignImage::SonyRaw,
            [b'C' | b'c', b'A' | b'a', b'N' | b'n', ..] => ForeignImage::CanonRaw,
            _ => ForeignImage::OtherRaw,
        })
    }

    /// How many values a field of the first directory has, and its value or offset.
    fn field(&self, wanted: u16) -> Option<(u32, u32)> {
        let directory = usize::try_from(self.long(4)?).ok()?;
        let count = usize::from(self.short(directory)?);
        let entry = |n: usize| directory.checked_add(2)?.checked_add(n.checked_mul(12)?);
        (0..count).map_while(entry).find_map(|at| {
            let is_wanted = self.short(at)? == wanted;
            is_wanted.then_some((self.long(at.checked_add(4)?)?, self.long(at.checked_add(8)?)?))
        })
    }

    fn short(&self, at: usize) -> Option<u16> {
        let bytes: [u8; 2] = self.head.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes: [u8; 4] = self.head.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TIFF whose first directory has these fields: tag, count, value.
    fn tiff(fields: &[(u16, u32, u32)], rest: &[u8]) -> Vec<u8> {
        let mut head = b"II*\0\x08\0\0\0".to_vec();
        head.extend(u16::try_from(fields.len()).unwrap().to_le_bytes());
        for (tag, count, value) in fields {
            head.extend(tag.to_le_bytes());
            head.extend(2_u16.to_le_bytes());
            head.extend(count.to_le_bytes());
            head.extend(value.to_le_bytes());
        }
        head.extend(rest);
        head
    }

    #[test]
    fn a_raw_file_is_known_by_its_bytes_whatever_it_is_called() {
        let make = |name: &[u8]| tiff(&[(254, 1, 1), (271, 5, 8 + 2 + 24)], name);
        for (head, kind) in [
            (&b"II*\0\x10\0\0\0CR\x02\0"[..], ForeignImage::CanonRaw),
            (&tiff(&[(50706, 4, 1)], b""), ForeignImage::Dng),
            (&make(b"NIKON CORPORATION"), ForeignImage::NikonRaw),
            (&make(b"SONY\0"), ForeignImage::SonyRaw),
            (&make(b"PENTAX"), ForeignImage::OtherRaw),
            (b"IIU\0\x08\0\0\0", ForeignImage::OtherRaw),
            (b"FUJIFILMCCD-RAW 0201", ForeignImage::OtherRaw),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", ForeignImage::CanonRaw),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", ForeignImage::Heic),
        ] {
            assert_eq!(ForeignImage::from_bytes(head), Some(kind), "{head:?}");
        }
    }

    #[test]
    fn a_tiff_that_a_camera_makers_software_wrote_is_a_tiff() {
        let whole = tiff(&[(254, 1, 0), (271, 6, 34)], b"NIKON CORPORATION");
        for head in [&whole[..], b"II*\0\x08\0\0\0", b"MM\0*\xff\xff\xff\xff", b"II*\0", b""] {
            assert_eq!(ForeignImage::from_bytes(head), None, "{head:?}");
        }
    }

    #[test]
    fn a_directory_that_lies_about_its_length_is_no_trouble() {
        let mut head = tiff(&[], b"");
        head.splice(8..10, [0xff, 0xff]);
        assert_eq!(ForeignImage::from_bytes(&head), None);
    }

    #[test]
    fn a_photo_is_told_by_its_ending_and_called_by_its_kind() {
        use ForeignImage::{CanonRaw, Dng, Heic, NikonRaw, OtherRaw, SonyRaw};
        for (endings, kind, name) in [
            ("cr2 cr3 crw", CanonRaw, "camera raw (Canon)"),
            ("nef nrw", NikonRaw, "camera raw (Nikon)"),
            ("arw sr2 srf", SonyRaw, "camera raw (Sony)"),
            ("dng", Dng, "camera raw (DNG)"),
            ("3fr dcr erf fff iiq k25 kdc mef mos mrw", OtherRaw, "camera raw"),
            ("orf pef raf raw rw2 rwl srw x3f", OtherRaw, "camera raw"),
            ("heic heif hif", Heic, "HEIC"),
        ] {
            assert_eq!((kind.name(), kind.to_string().as_str()), (name, name));
            for ending in endings.split(' ') {
                for file in [format!("a.{ending}"), format!("b.png.{}", ending.to_uppercase())] {
                    assert_eq!(ForeignImage::from_name(&file), Some(kind), "{file}");
                }
            }
        }
        for file in ["cup.png", "cup.tif", "dng", "cup.cr2.jpg", "cup.", ""] {
            assert_eq!(ForeignImage::from_name(file), None, "{file}");
        }
    }

    #[test]
    fn a_makers_own_first_bytes_are_known() {
        use ForeignImage::{CanonRaw, Heic, OtherRaw};
        for (head, kind) in [
            (&b"II\x1a\0\0\0HEAPCCDR"[..], Some(CanonRaw)),
            (b"IIRO\x08\0\0\0", Some(OtherRaw)),
            (b"IIRS\x08\0\0\0", Some(OtherRaw)),
            (b"MMOR\0\0\0\x08", Some(OtherRaw)),
            (b"\0MRM\0\0\0\0", Some(OtherRaw)),
            (b"FOVb\0\0\x02\0", Some(OtherRaw)),
            (b"\0\0\0\x18ftypheix", Some(Heic)),
            (b"\0\0\0\x18ftypmsf1", Some(Heic)),
            (b"\0\0\0\x18ftypavif", None),
            (b"\0\0\0\x18ftyp", None),
            (&tiff(&[(254, 1, 1), (271, 5, 34)], b"CANON\0"), Some(CanonRaw)),
            (&tiff(&[(254, 1, 3), (271, 5, 34)], b"canon\0"), Some(CanonRaw)),
            // The maker's name is beyond what is there of the file.
            (&tiff(&[(254, 1, 1), (271, 5, 36)], b"x"), None),
        ] {
            assert_eq!(ForeignImage::from_bytes(head), kind, "{}", head.escape_ascii());
        }
    }
}
