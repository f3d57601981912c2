//! A photo to its files with `removit-blocking`.

use removit_blocking::proto::Endpoint;
use removit_blocking::{Client, Destination, Photo};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(Endpoint::from_env()?)?;
    let photo = Photo::from_path("cup.jpg")?;
    for saved in client.process_into(&photo, &Destination::folder("out", "cup"))? {
        println!("{}", saved.path.display());
    }
    Ok(())
}
