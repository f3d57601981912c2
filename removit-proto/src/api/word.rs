//! A short text of a server's. The words that the vendor documents take no memory of
//! their own, since a million jobs have the same ones.

use std::borrow::Cow;

/// A step or a mode of a job, in the server's own word.
pub(crate) type Word = Cow<'static, str>;

const DOCUMENTED: [&str; 8] =
    ["queued", "pending", "pending_compose", "done", "failed", "background", "clipping", "params"];

/// The text, without memory of its own where it is a documented word.
pub(crate) fn word(text: Cow<'_, str>) -> Word {
    let documented = DOCUMENTED.into_iter().find(|known| *known == text);
    documented.map_or_else(|| Cow::Owned(text.into_owned()), Cow::Borrowed)
}

/// A documented word's place among them.
pub(crate) fn place(word: &str) -> Option<usize> {
    DOCUMENTED.into_iter().position(|known| known == word)
}

/// The documented word of a place.
pub(crate) fn in_place(place: usize) -> Option<Word> {
    DOCUMENTED.get(place).copied().map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documented_word_is_borrowed_and_any_other_kept_as_it_is() {
        for text in DOCUMENTED {
            assert!(matches!(word(text.into()), Cow::Borrowed(known) if known == text));
            assert_eq!(place(text).and_then(in_place).as_deref(), Some(text));
        }
        for text in ["", "Done", "done ", "pending_", "pending_cutout"] {
            assert!(matches!(word(text.into()), Cow::Owned(kept) if kept == text));
        }
    }
}
