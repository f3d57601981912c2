//! A process that ends after any of its steps: the next one goes on, and nothing is paid
//! for twice.

use std::time::Duration;

use removit_proto::UploadError;
use removit_proto::catalogue::InputEnd;
use removit_proto::simulator::Config;

use super::shop::{Lasting, Shop};

const PHOTOS: [(u8, &str); 4] = [(1, "cup"), (2, "bowl"), (1, "cup again"), (3, "plate")];

fn shop_that_crashes_after(steps: usize) -> (Shop, bool) {
    let config = Config::instant().with(|config| config.pending_for = Duration::from_secs(5));
    let mut shop = Shop::over(Lasting::new(config), |policy| policy.uploads_at_once = 2);
    shop.add_photos(&PHOTOS);
    for _ in 0..steps {
        if !shop.step() {
            return (shop, true);
        }
    }
    // What is on its way arrives, and nobody is there for the answer.
    while shop.arriving() > 0 {
        shop.arrive();
    }
    (shop, false)
}

#[test]
fn after_any_step_the_next_run_goes_on_and_pays_for_nothing_twice() {
    for steps in 0.. {
        let (shop, is_whole) = shop_that_crashes_after(steps);
        if is_whole {
            assert!(steps > 30, "only {steps} steps were cut");
            return;
        }
        let mut shop = Shop::over(shop.lasting, |_| {});
        shop.add_photos(&PHOTOS);
        shop.run();
        for (index, (_, name)) in PHOTOS.into_iter().enumerate() {
            match &shop.ends[&index] {
                InputEnd::Done(done) => assert_eq!(done.files, [name], "after {steps}"),
                InputEnd::NotAccepted(UploadError::Ambiguous(_)) => {}
                end => panic!("after {steps} steps {name} ends as {end:?}"),
            }
        }
        assert!(shop.jobs() <= 3, "after {steps} steps {} jobs are paid for", shop.jobs());
    }
}
