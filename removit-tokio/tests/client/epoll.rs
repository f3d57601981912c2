//! The core in an event loop of one's own: the example, against the simulator.

use std::path::Path;

use removit_tokio::proto::simulator::{Config, Simulator};
use removit_tokio::proto::{ApiKey, Endpoint};
use removit_tokio::simulator::SimulatorServer;

#[expect(dead_code, reason = "its `main` takes arguments")]
#[path = "../../examples/epoll/main.rs"]
mod example;

const PHOTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../removit-proto/tests/photos");

#[test]
fn a_catalogue_over_an_epoll_loop_is_paid_for_once_in_two_runs() {
    let vendor = SimulatorServer::start(Simulator::new(Config::instant())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("a copy.png");
    std::fs::copy(Path::new(PHOTOS).join("coffee.png"), &copy).unwrap();
    for run in ["first", "second"] {
        let key = ApiKey::new("any").unwrap();
        let endpoint = Endpoint::new(&vendor.base_url(), key).unwrap();
        let mut shop = example::Shop::open(endpoint, folder.path()).unwrap();
        for photo in ["coffee-small.jpg", "rocket.jpg", "coffee.png"] {
            shop.add(Path::new(PHOTOS).join(photo)).unwrap();
        }
        shop.add(copy.clone()).unwrap();
        assert_eq!(shop.run().unwrap(), 4, "{run} run");
    }
    let account = vendor.stop();
    assert_eq!(account.credits_spent, 3, "each photo is paid for once");
    assert_eq!(account.jobs.iter().map(|job| job.downloads).sum::<u64>(), 3);
    let images = std::fs::read_dir(folder.path()).unwrap();
    let is_result =
        |name: &str| !name.starts_with('.') && name != "journal" && name != "a copy.png";
    let names = images.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| is_result(name)).count(), 4);
}
