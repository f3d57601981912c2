//! A request's body as segments whose total length is known before the first
//! byte is sent. The file's bytes are never here: the driver supplies them.

use core::fmt;

use bytes::Bytes;

/// A request's body: segments in order, with an exact total length.
///
/// A driver sends the segments one after the other under a `Content-Length` of
/// [`len`](Self::len), never chunked: that length is what proves that a broken
/// upload was not processed (contract, rule 3).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body {
    segments: Segments,
}

/// None and one take no memory of their own.
#[derive(Clone, Default, PartialEq, Eq)]
enum Segments {
    #[default]
    None,
    One(Segment),
    Several(Vec<Segment>),
}

/// A piece of a body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment {
    /// These bytes.
    Bytes(Bytes),
    /// The photo, exactly so many bytes. At most one segment of a body is this.
    File {
        /// The number of bytes; a source with more or fewer is an error.
        len: u64,
    },
}

impl Segment {
    /// How many bytes the segment puts on the wire.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::File { len } => *len,
        }
    }

    /// Whether the segment puts nothing on the wire.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Body {
    /// No body at all, as in a `GET`.
    #[must_use]
    pub const fn empty() -> Self {
        Self { segments: Segments::None }
    }

    pub(crate) fn new(segments: Vec<Segment>) -> Self {
        Self { segments: Segments::Several(segments) }
    }

    /// The segments in the order in which they are sent.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        match &self.segments {
            Segments::None => &[],
            Segments::One(segment) => core::slice::from_ref(segment),
            Segments::Several(segments) => segments,
        }
    }

    /// The total length in bytes: the value of `Content-Length`.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.segments().iter().map(Segment::len).fold(0, u64::saturating_add)
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How long the photo must be; `None` where none is sent.
    #[must_use]
    pub fn photo_len(&self) -> Option<u64> {
        self.segments().iter().find_map(|segment| match segment {
            Segment::File { len } => Some(*len),
            Segment::Bytes(_) => None,
        })
    }

    /// The body with a photo from memory in its place: bytes alone. A photo that is not
    /// as long as was promised is not put in: the body that stays asks for one as before.
    ///
    /// ```
    /// # use removit_proto::{ApiKey, Endpoint, FileName, ImageType, Segment, Seed, SourceFile, UploadRequest};
    /// # let source = SourceFile::new(FileName::new("cup.png"), ImageType::Png, 4)?;
    /// # let endpoint = Endpoint::production(ApiKey::new("my-key")?);
    /// # let request = UploadRequest::from_file(source).to_http(&endpoint, Seed::new(1));
    /// let body = request.into_body();
    /// assert_eq!(body.photo_len(), Some(4));
    /// let body = body.with_photo(bytes::Bytes::from_static(b"\x89PNG"));
    /// assert_eq!(body.photo_len(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_photo(mut self, photo: Bytes) -> Self {
        let promised = u64::try_from(photo.len()).unwrap_or(u64::MAX);
        if let Segments::Several(segments) = &mut self.segments {
            let place = segments.iter_mut().find(|s| **s == Segment::File { len: promised });
            if let Some(place) = place {
                *place = Segment::Bytes(photo);
            }
        }
        self
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { segments: Segments::One(Segment::Bytes(bytes)) }
    }
}

impl fmt::Debug for Segment {
    /// Lengths only: a source URL may carry a signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::File { len } => write!(f, "File({len})"),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.segments()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_what_puts_nothing_on_the_wire() {
        let nothing = Segment::File { len: 0 };
        assert!(nothing.is_empty() && !Segment::File { len: 1 }.is_empty());
        assert!(Body::empty().is_empty() && Body::new(vec![nothing]).is_empty());
        let body = Body::from(Bytes::from_static(b"x"));
        assert!(!body.is_empty());
        assert_eq!(body.len(), 1);
    }

    #[test]
    fn a_body_is_shown_by_its_lengths_alone() {
        let url = Segment::Bytes(Bytes::from_static(b"https://example.com/?signature=s3cret"));
        let body = Body::new(vec![url, Segment::File { len: 7 }]);
        assert_eq!(format!("{body:?}"), "[Bytes(37), File(7)]");
    }

    fn with_a_photo_of(len: u64) -> Body {
        let around = |bytes| Segment::Bytes(Bytes::from_static(bytes));
        Body::new(vec![around(b"<"), Segment::File { len }, around(b">")])
    }

    #[test]
    fn a_body_says_how_long_its_photo_must_be() {
        assert_eq!(with_a_photo_of(7).photo_len(), Some(7));
        assert_eq!(Body::from(Bytes::from_static(b"{}")).photo_len(), None);
        assert_eq!(Body::empty().photo_len(), None);
    }

    #[test]
    fn a_photo_is_put_in_its_place_where_it_is_as_long_as_was_promised() {
        let photo = Bytes::from_static(b"photo");
        let sent = with_a_photo_of(5).with_photo(photo.clone());
        assert_eq!(format!("{sent:?}"), "[Bytes(1), Bytes(5), Bytes(1)]");
        assert_eq!(sent.segments()[1], Segment::Bytes(photo.clone()));
        for other in [with_a_photo_of(4), with_a_photo_of(6), Body::empty(), Body::from(photo)] {
            assert!(other.clone().with_photo(Bytes::from_static(b"photo")) == other, "{other:?}");
        }
    }
}
