//! The keys of photos, as Python computes them, and what changes them.

use removit_blocking::proto::{Mode, OutputFormat, UploadOptions};
use removit_blocking::{Photo, PhotoError};
use serde_json::Value;

use super::records::Folder;

/// The photo with options set all at once.
fn with_options(mut photo: Photo, options: UploadOptions) -> Photo {
    if let Some(mode) = options.mode {
        photo = photo.mode(mode);
    }
    if let Some(delivery) = options.delivery {
        photo = photo.delivery(delivery);
    }
    match options.format {
        Some(format) => photo.format(format),
        None => photo,
    }
}

#[test]
fn keys_are_as_python_computes_them() {
    let rows = include_str!("../../../../removit-proto/tests/vectors/input-keys.json");
    let rows: Vec<Value> = serde_json::from_str(rows).unwrap();
    let folder = Folder::new();
    let path = folder.0.path().join("cup.png");
    for row in rows {
        let content = row["content"].as_str().unwrap();
        let bytes: Vec<u8> = content.chars().map(|c| u8::try_from(c).unwrap()).collect();
        std::fs::write(&path, &bytes).unwrap();
        let photos = match row["source"].as_str().unwrap() {
            "url" => vec![Photo::from_url(content).unwrap()],
            _ => vec![
                Photo::from_path(&path).unwrap(),
                Photo::from_bytes("other.png", bytes).unwrap(),
            ],
        };
        let options: UploadOptions = serde_json::from_value(row["options"].clone()).unwrap();
        for photo in photos {
            let key = with_options(photo, options.clone()).key().unwrap();
            assert_eq!(row["key"], key.to_string(), "{}", row["options"]);
        }
    }
}

#[test]
fn a_large_file_is_hashed_as_it_is_in_memory() {
    let folder = Folder::new();
    let path = folder.0.path().join("large.png");
    let mut bytes = vec![7; 300_001];
    bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    std::fs::write(&path, &bytes).unwrap();
    let in_memory = Photo::from_bytes("large.png", bytes.clone()).unwrap().key().unwrap();
    assert_eq!(Photo::from_path(&path).unwrap().key().unwrap(), in_memory);
    bytes[300_000] = 8;
    assert_ne!(Photo::from_bytes("large.png", bytes).unwrap().key().unwrap(), in_memory);
}

#[test]
fn a_copy_has_the_same_key_and_another_job_another() {
    let png = &b"\x89PNG\r\n\x1a\n and more"[..];
    let photo = |name| Photo::from_bytes(name, png).unwrap();
    let key = photo("cup.png").key().unwrap();
    assert_eq!(photo("copy of cup.png").key().unwrap(), key);
    assert_ne!(photo("cup.png").format(OutputFormat::Webp).key().unwrap(), key);
    assert_ne!(photo("cup.png").mode(Mode::Background).key().unwrap(), key);
}

#[test]
fn a_file_that_changed_since_it_was_opened_has_no_key() {
    let folder = Folder::new();
    let path = folder.0.path().join("cup.png");
    std::fs::write(&path, b"\x89PNG\r\n\x1a\n one").unwrap();
    let photo = Photo::from_path(&path).unwrap();
    std::fs::write(&path, b"\x89PNG\r\n\x1a\n three").unwrap();
    let error = photo.key().unwrap_err();
    assert!(matches!(error, PhotoError::File { .. }));
    assert!(error.to_string().contains("changed since the photo was opened"), "{error}");
}
