//! Through `Client`, in paused time.

use std::sync::Arc;
use std::time::Duration;

use removit_tokio::Client;

use super::at_most::at_most;
use super::vendor::{API, Vendor, Wired, paused};
use super::way::{Way, check, endpoint};

#[test]
fn a_way_that_is_dropped_anywhere_leaves_nothing_and_can_be_resumed() {
    let mut dropped_in = Vec::new();
    for polls in 1.. {
        let runtime = paused();
        let completed = runtime.block_on(async {
            let (vendor, way) = (Vendor::new(), Way::new());
            let client = Client::with_transport(endpoint(API), Wired(Arc::clone(&vendor)))
                .observer(way.stored.clone());
            let end = at_most(polls, way.go(&client)).await;
            end.iter().for_each(|end| assert!(end.is_ok(), "{end:?}"));

            let seen = format!("{:?}", vendor.account());
            tokio::time::sleep(Duration::from_secs(3600)).await;
            let later = format!("{:?}", vendor.account());
            assert_eq!(later, seen, "something went on after poll {polls}");
            way.whole_files();

            let known = way.known();
            assert!(known.is_some() || !vendor.has_answered(), "the id came and is lost");
            check(&vendor.account(), known.as_ref());
            if let Some(known) = known.clone() {
                way.resume(&client, known).await;
            }
            check(&vendor.account(), known.as_ref());
            dropped_in.push(way.stage());
            end.is_some()
        });
        assert_eq!(runtime.metrics().num_alive_tasks(), 0, "a task is left after poll {polls}");
        if completed {
            break;
        }
    }
    for (stage, at_least) in [("upload", 3), ("wait", 9), ("download", 12)] {
        let points = dropped_in.iter().filter(|dropped| **dropped == stage).count();
        assert!(points >= at_least, "only {points} points in {stage}: {dropped_in:?}");
    }
}
