//! Finds the key in whatever a transport shows or sends, however it is written.

/// The key of every request of the kit.
pub(super) const KEY: &str = "sk-conformance-4f1d0c7e9b";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How the key stands in these bytes; `None` where it does not.
pub(super) fn found_in(bytes: impl AsRef<[u8]>) -> Option<&'static str> {
    let text = String::from_utf8_lossy(bytes.as_ref());
    let lower = text.to_ascii_lowercase();
    if lower.contains(&KEY.to_ascii_lowercase()) {
        return Some("as it is");
    }
    if lower.contains(&hex()) {
        return Some("in hexadecimal digits");
    }
    // Both alphabets of Base64, which differ in two letters.
    let others = in_base64().map(|written| written.replace('+', "-").replace('/', "_"));
    if in_base64().iter().chain(&others).any(|written| text.contains(written)) {
        return Some("in Base64");
    }
    // As Rust shows bytes: `[115, 107, 45, …]`.
    let listed: Vec<_> = KEY.bytes().map(|byte| byte.to_string()).collect();
    if !text.contains(listed.first()?) {
        return None;
    }
    let squeezed: String = text.split_whitespace().collect();
    squeezed.contains(&listed.join(",")).then_some("as a list of bytes")
}

fn hex() -> String {
    KEY.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The letters that every Base64 text with the key in it holds, by where the key begins
/// in a group of three: `user:key` has it anywhere.
fn in_base64() -> [String; 3] {
    [0, 1, 2].map(|before| {
        let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(KEY.bytes()).collect();
        let groups = bytes.chunks_exact(3).map(|group| {
            let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| ALPHABET.get(bits >> shift & 63).copied().unwrap_or(b'='))
        });
        let letters: Vec<u8> = groups.flatten().collect();
        // The first group holds what stands before the key, too.
        let own = letters.get(if before == 0 { 0 } else { 4 }..).unwrap_or_default();
        String::from_utf8_lossy(own).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_however_it_is_written() {
        let bytes = KEY.as_bytes();
        for (text, how) in [
            (format!("Bearer {KEY}"), "as it is"),
            (KEY.to_uppercase(), "as it is"),
            (hex().to_uppercase(), "in hexadecimal digits"),
            // The program `base64` of the key, of `:key`, of `me:key`, and of `user:key`.
            ("c2stY29uZm9ybWFuY2UtNGYxZDBjN2U5Yg==".to_owned(), "in Base64"),
            ("OnNrLWNvbmZvcm1hbmNlLTRmMWQwYzdlOWI=".to_owned(), "in Base64"),
            ("bWU6c2stY29uZm9ybWFuY2UtNGYxZDBjN2U5Yg".to_owned(), "in Base64"),
            ("dXNlcjpzay1jb25mb3JtYW5jZS00ZjFkMGM3ZTli".to_owned(), "in Base64"),
            (format!("{bytes:?}"), "as a list of bytes"),
            (format!("{bytes:#?}"), "as a list of bytes"),
        ] {
            assert_eq!(found_in(&text), Some(how), "{text}");
        }
    }

    #[test]
    fn other_texts_are_let_go() {
        for text in ["", "sk-conformance", "Sensitive", "c2stY29uZm9ybWFuY2U="] {
            assert_eq!(found_in(text), None, "{text}");
        }
    }
}
