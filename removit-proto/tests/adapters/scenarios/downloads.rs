//! Results on disk: whole, where they belong, or not at all.

use super::*;

scenario! {
    fn a_redirected_download_arrives_without_the_key() {
        let redirect =
            Canned::Redirect { status: http::StatusCode::FOUND, to: Target::OtherPath };
        let server = with_fault(Kind::Result, When::First(1), Fault::Answer(redirect));
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let saved =
            go!(client.download(&finished, &Destination::folder(folder.path(), "a"))).unwrap();
        assert_eq!(fs::read(&saved[0].path).unwrap(), PHOTO);
        assert!(!server.account().key_seen_at(Origin::Results));
    }
}

scenario! {
    fn a_download_that_is_cut_short_leaves_no_file() {
        let server = with_fault(Kind::Result, When::Always, Fault::CutBody { after: 100 });
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.png");
        let error = go!(client.download(&finished, &Destination::file(&path))).unwrap_err();
        let Error::Download { job_id, failed, .. } = &error else { panic!("{error:?}") };
        assert_eq!(job_id.as_str(), only_job(&server).id);
        assert!(matches!(failed[0].1, SaveError::Fetch(DownloadError::Transport(_))), "{error:?}");
        assert_eq!(names_in(folder.path()), Vec::<String>::new(), "no half file, no left-over");
        assert_eq!(server.account().requests(Kind::Result), 3, "it was tried again");
    }
}

scenario! {
    fn a_download_is_tried_again_until_it_is_whole() {
        let server = with_fault(Kind::Result, When::First(2), Fault::CutBody { after: 100 });
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.jpg");
        go!(client.download(&finished, &Destination::file(&path))).unwrap();
        assert_eq!(fs::read(&path).unwrap(), PHOTO);
    }
}

scenario! {
    fn after_a_break_only_what_is_missing_is_fetched() {
        let half = PHOTO.len() / 2;
        let server = with_fault(Kind::Result, When::First(2), Fault::CutBody { after: half / 2 });
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.jpg");
        let saved = go!(client.download(&finished, &Destination::file(&path))).unwrap();
        assert_eq!(fs::read(&path).unwrap(), PHOTO);
        assert_eq!(saved[0].len, PHOTO.len() as u64);
        let account = server.account();
        assert_eq!((account.requests(Kind::Result), account.parts_asked), (3, 2));
    }
}

scenario! {
    fn a_result_that_was_made_again_meanwhile_is_fetched_from_its_start() {
        for name in ["broken-remade", "broken-no-range"] {
            let server = start(Scenario::by_name(name).unwrap().apply(Config::instant()));
            let client = client(&server);
            let finished = go!(client.process(&photo())).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("result.jpg");
            let saved = go!(client.download(&finished, &Destination::file(&path))).unwrap();
            let bytes = fs::read(&path).unwrap();
            assert_eq!(bytes.len() as u64, saved[0].len, "{name}");
            assert!(bytes.starts_with(b"\xff\xd8") && bytes.ends_with(b"\xff\xd9"), "{name}");
            assert_eq!(server.account().requests(Kind::Result), 2, "{name}");
        }
    }
}

scenario! {
    fn a_server_that_falls_silent_is_left_and_the_rest_fetched() {
        let stall = Fault::Stall { after: PHOTO.len() / 2 };
        let server = with_fault(Kind::Result, When::First(1), stall);
        let mut policy = DownloadPolicy::default();
        policy.silence = Duration::from_secs(2);
        let client = client(&server).download_policy(policy);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.jpg");
        go!(client.download(&finished, &Destination::file(&path))).unwrap();
        assert_eq!(fs::read(&path).unwrap(), PHOTO);
        assert_eq!(server.account().parts_asked, 1, "half of it was there");
    }
}

scenario! {
    fn an_existing_file_is_never_replaced_unasked() {
        let server = start(Config::instant());
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.jpg");
        fs::write(&path, "precious").unwrap();
        let error = go!(client.download(&finished, &Destination::file(&path))).unwrap_err();
        assert_eq!(error.job_id().unwrap().as_str(), only_job(&server).id);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        go!(client.download(&finished, &Destination::file(&path).overwrite(true))).unwrap();
        assert_eq!(fs::read(&path).unwrap(), PHOTO);
    }
}

scenario! {
    fn hostile_names_stay_in_the_folder() {
        let scenario = Scenario::by_name("hostile-names").unwrap();
        let server = start(scenario.apply(Config::instant()));
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("inner");
        let saved =
            go!(client.download(&finished, &Destination::folder(&folder, "cup"))).unwrap();
        assert_eq!(saved.len(), finished.results().len());
        assert_eq!(names_in(outer.path()), ["inner"]);
        assert_eq!(names_in(&folder).len(), saved.len(), "each has a file of its own");
    }
}

scenario! {
    fn hostile_urls_are_not_fetched() {
        let scenario = Scenario::by_name("hostile-urls").unwrap();
        let server = start(scenario.apply(Config::instant()));
        let client = client(&server);
        let finished = go!(client.process(&photo().delivery(Delivery::Url))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let error = go!(client.download(&finished, &into)).unwrap_err();
        let Error::Download { saved, failed, .. } = &error else { panic!("{error:?}") };
        assert!(saved.is_empty());
        assert!(failed.iter().all(|(_, e)| matches!(e, SaveError::UnsafeUrl(_))), "{failed:?}");
        assert_eq!(names_in(folder.path()), Vec::<String>::new());
    }
}

scenario! {
    fn what_is_no_image_is_never_saved_and_is_told_as_what_it_is() {
        for (scenario, fetched) in [
            ("html-result", true),
            ("json-result", true),
            ("accepted-result", true),
            ("empty-result", true),
            ("unasked-part", true),
            ("once-gzip-result", true),
            ("gzip-result", false),
            ("never-an-image", false),
        ] {
            let server = start(Scenario::by_name(scenario).unwrap().apply(Config::instant()));
            let client = client(&server);
            let finished = go!(client.process(&photo())).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = go!(client.download(&finished, &into));
            if fetched {
                let saved = end.unwrap_or_else(|error| panic!("{scenario}: {error:?}"));
                assert_eq!(saved[0].kind, ResultKind::Jpeg, "{scenario}");
                assert_eq!(fs::read(&saved[0].path).unwrap(), PHOTO, "{scenario}");
                continue;
            }
            let Err(Error::Download { job_id, failed, .. }) = &end else { panic!("{end:?}") };
            assert_eq!(job_id.as_str(), only_job(&server).id);
            let error = &failed[0].1;
            let told = matches!(error, SaveError::Fetch(DownloadError::NotAnImage { .. }));
            assert!(told, "{scenario}: {error:?}");
            assert_eq!(names_in(folder.path()), Vec::<String>::new(), "{scenario}");
        }
    }
}

scenario! {
    fn an_image_of_another_kind_is_saved_as_what_it_is_and_said_so() {
        let server = start(Scenario::by_name("other-format").unwrap().apply(Config::instant()));
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let chosen = Destination::file(folder.path().join("cup.jpg"));
        let saved = go!(client.download(&finished, &chosen)).unwrap();
        assert_eq!(names_in(folder.path()), ["cup.webp"]);
        let unexpected = saved[0].unexpected.unwrap();
        assert_eq!((unexpected.expected, unexpected.kind), (ResultKind::Jpeg, ResultKind::Webp));
    }
}
