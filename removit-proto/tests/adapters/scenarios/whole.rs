//! The whole way of a photo, in every mode and through every scenario.

use super::*;

scenario! {
    fn a_photo_goes_through_in_every_mode_and_delivery_by_file_and_by_url() {
        let server = start(Config::instant());
        let client = client(&server);
        let modes = [Mode::Background, Mode::Clipping, Mode::Params(Params::set("set"))];
        for mode in modes {
            for delivery in [Delivery::Url, Delivery::FinalUrl] {
                for photo in [photo(), by_url()] {
                    let photo =
                        photo.mode(mode.clone()).delivery(delivery).format(OutputFormat::Webp);
                    let finished = go!(client.process(&photo)).unwrap();
                    let folder = tempfile::tempdir().unwrap();
                    let into = Destination::folder(folder.path(), "coffee");
                    let saved = go!(client.download(&finished, &into)).unwrap();
                    assert_eq!(saved.len(), finished.results().len());
                    assert_eq!(names_in(folder.path()).len(), saved.len());
                    let account = server.account();
                    let job = account.jobs.last().unwrap();
                    assert_eq!(job.order.mode, mode.as_str());
                    assert_eq!(job.order.delivery_mode, delivery.as_str());
                    assert_eq!(job.order.output_format, "webp");
                    for saved in &saved {
                        let bytes = fs::read(&saved.path).unwrap();
                        assert_eq!(bytes.len() as u64, saved.len);
                        assert_eq!(&bytes, job.result(), "a WebP of the photo's colour");
                        if let Source::File(file) = &job.order.source {
                            assert_eq!(file.digest.value(), Digest::of(PHOTO));
                        }
                    }
                }
            }
        }
        assert_eq!(server.account().jobs.len(), 12);
        assert!(!server.account().key_seen_at(Origin::Results));
    }
}

scenario! {
    fn every_scenario_of_the_simulator_ends_without_loss_or_double() {
        for scenario in Scenario::ALL {
            // These take half a minute by design.
            if ["slow-queue", "slow-answers"].contains(&scenario.name()) {
                continue;
            }
            let server = start(scenario.apply(Config::instant()));
            let client = client_with(&server.base_url(), |upload, poll| {
                upload.attempt_timeout = Duration::from_secs(4);
                poll.timeout = Duration::from_secs(4);
            });
            let end = go!(client.process(&photo()));
            let account = server.account();
            match &end {
                Ok(finished) => assert_eq!(finished.job_id().as_str(), only_job(&server).id),
                Err(Error::Poll(_)) => assert_eq!(end.unwrap_err().job_id().unwrap(), &job_id(&server)),
                Err(Error::Upload(UploadError::Ambiguous(_))) => assert!(account.jobs.len() <= 1),
                Err(error) => assert!(account.jobs.is_empty(), "{}: {error}", scenario.name()),
            }
            assert!(!account.key_seen_at(Origin::Results), "{}", scenario.name());
        }
    }
}
