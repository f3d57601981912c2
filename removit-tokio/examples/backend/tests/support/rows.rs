//! Rows without what stands behind them in a whole run.

use removit_backend::db::decide::{From, Given};
use removit_tokio::proto::{ContentHash, InputKey, SourceUrl, UploadOptions};

/// A photo of which only its row is needed.
pub fn given(tenant: &str) -> Given {
    let url: SourceUrl = "https://shop.example/cup.jpg".parse().unwrap();
    Given {
        id: uuid::Uuid::now_v7().to_string(),
        tenant: tenant.to_owned(),
        name: "cup.jpg".to_owned(),
        source: From::Url(url),
        media: None,
        len: 0,
        options: UploadOptions::default(),
        key: InputKey::new(ContentHash::new([7; 32])),
        webhook: None,
        once: None,
    }
}
