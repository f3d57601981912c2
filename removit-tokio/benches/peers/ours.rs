//! Both adapters, as an application uses them: a client, a photo, its result. They may
//! look as often as they like, so that no row waits.

use std::path::Path;
use std::time::Duration;

use removit_tokio::proto::{ApiKey, Endpoint, PollPolicy, Schedule};

use crate::answers::{KEY, PHOTO_URL};

fn endpoint(base_url: &str) -> Endpoint {
    Endpoint::new(base_url, ApiKey::new(KEY).expect("a key")).expect("a loopback server")
}

fn without_waits() -> PollPolicy {
    let mut policy = PollPolicy::default();
    policy.schedule = Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
    policy
}

pub(crate) mod on_tokio {
    use super::{PHOTO_URL, Path, endpoint, without_waits};
    use removit_tokio::{Client, Photo};

    pub(crate) fn client(base_url: &str) -> Client {
        Client::new(endpoint(base_url)).expect("a client").poll_policy(without_waits())
    }

    pub(crate) async fn json(client: &Client) {
        let photo = Photo::from_url(PHOTO_URL).expect("a URL");
        client.process(&photo).await.expect("a finished job");
    }

    pub(crate) async fn multipart(client: &Client, photo: &Path) {
        let photo = Photo::from_path(photo).await.expect("a photo");
        client.process(&photo).await.expect("a finished job");
    }

    pub(crate) async fn upload(client: &Client, photo: &Path) {
        let photo = Photo::from_path(photo).await.expect("a photo");
        client.upload(&photo).await.expect("a job");
    }
}

pub(crate) mod blocking {
    use super::{PHOTO_URL, Path, endpoint, without_waits};
    use removit_blocking::{Client, Photo};

    pub(crate) fn client(base_url: &str) -> Client {
        Client::new(endpoint(base_url)).expect("a client").poll_policy(without_waits())
    }

    pub(crate) fn json(client: &Client) {
        let photo = Photo::from_url(PHOTO_URL).expect("a URL");
        client.process(&photo).expect("a finished job");
    }

    pub(crate) fn multipart(client: &Client, photo: &Path) {
        let photo = Photo::from_path(photo).expect("a photo");
        client.process(&photo).expect("a finished job");
    }

    pub(crate) fn upload(client: &Client, photo: &Path) {
        let photo = Photo::from_path(photo).expect("a photo");
        client.upload(&photo).expect("a job");
    }
}
