//! A photo to its files with `removit-tokio`.

use removit_tokio::proto::Endpoint;
use removit_tokio::{Client, Destination, Photo};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(Endpoint::from_env()?)?;
    let photo = Photo::from_path("cup.jpg").await?;
    for saved in client.process_into(&photo, &Destination::folder("out", "cup")).await? {
        println!("{}", saved.path.display());
    }
    Ok(())
}
