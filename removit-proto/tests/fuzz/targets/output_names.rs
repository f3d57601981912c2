//! Variations to file names: each a path component on every system, plain but for the
//! user's own stem, and no two alike.

use std::collections::BTreeSet;

use removit_proto::OutputNames;

/// The names that Windows keeps, by the part before the first dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The first line is the stem; each further one a variation, with an ending
/// behind its last tab. An empty variation is the lone `final_url`.
pub fn body(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let mut names = OutputNames::new(lines.next().unwrap_or_default());
    let mut given = BTreeSet::new();
    for line in lines {
        let (variation, extension) = line.rsplit_once('\t').unwrap_or((line, "png"));
        let variation = (!variation.is_empty()).then_some(variation);
        let name = names.next(variation, extension);
        check(names.stem(), &name);
        assert!(given.insert(name.to_lowercase()), "{name} is given twice");
    }
}

fn check(stem: &str, name: &str) {
    let forbidden = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    assert!(!stem.contains(forbidden) && !stem.is_empty(), "{stem}");
    assert!(!stem.ends_with(['.', ' ']), "{stem}");
    let rest = name.strip_prefix(stem).unwrap();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    assert!(rest.starts_with('-') && rest.bytes().all(plain), "{name}");
    assert!((1..=255).contains(&name.len()), "{} bytes", name.len());
    assert!(!rest.ends_with('.') && !rest.contains(".."), "{name}");
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_port = matches!(
        stem.as_bytes(),
        [b'c', b'o', b'm', b'0'..=b'9'] | [b'l', b'p', b't', b'0'..=b'9']
    );
    assert!(!DEVICES.contains(&&*stem) && !is_port, "{name} is a device");
}
