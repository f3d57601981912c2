//! From a photo to its results in one call.

use super::*;

scenario! {
    fn a_photo_becomes_files_in_one_call() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let saved = go!(client(&server).process_into(&photo(), &into)).unwrap();
        assert_eq!(saved.len(), 1);
        assert_eq!(fs::read(&saved[0].path).unwrap(), PHOTO);
        assert_eq!((server.account().credits_spent, only_job(&server).downloads), (1, 1));
    }
}

scenario! {
    fn the_only_result_has_the_name_that_was_chosen() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chosen.jpg");
        let into = Destination::file(&path);
        let saved = go!(client(&server).process_into(&photo(), &into)).unwrap();
        assert_eq!((saved[0].path.as_path(), names_in(folder.path()).len()), (path.as_path(), 1));
    }
}

scenario! {
    fn a_url_that_has_expired_is_asked_for_anew_and_paid_for_once() {
        let status = http::StatusCode::FORBIDDEN;
        let expired = Fault::Answer(Canned::Bare { status, retry_after: None });
        let server = with_fault(Kind::Result, When::First(2), expired);
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let saved = go!(client(&server).process_into(&photo(), &into)).unwrap();
        assert_eq!(fs::read(&saved[0].path).unwrap(), PHOTO);
        let account = server.account();
        assert_eq!((account.credits_spent, account.requests(Kind::Result)), (1, 3));
    }
}

scenario! {
    fn a_result_that_breaks_off_is_gone_on_with() {
        let cut = Fault::CutBody { after: PHOTO.len() / 4 };
        let server = with_fault(Kind::Result, When::First(2), cut);
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let saved = go!(client(&server).process_into(&photo(), &into)).unwrap();
        assert_eq!(fs::read(&saved[0].path).unwrap(), PHOTO);
        assert_eq!(server.account().parts_asked, 2);
    }
}

scenario! {
    fn nothing_is_sent_where_there_is_no_place_for_the_results() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "no folder").unwrap();
        let into = Destination::folder(&file, "cup");
        let error = go!(client(&server).process_into(&photo(), &into)).unwrap_err();
        assert!(matches!(error, Error::NoPlace(_)), "{error:?}");
        assert_eq!(server.account().requests(Kind::Upload), 0);
    }
}

scenario! {
    fn a_result_that_fails_leaves_no_half_file_and_names_its_job() {
        let scenario = Scenario::by_name("never-an-image").unwrap();
        let server = start(scenario.apply(Config::instant()));
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let error = go!(client(&server).process_into(&photo(), &into)).unwrap_err();
        let Error::Download { job_id, failed, .. } = &error else { panic!("{error:?}") };
        assert_eq!(job_id.as_str(), only_job(&server).id);
        assert!(matches!(failed[0].1, SaveError::Fetch(_)), "{failed:?}");
        assert_eq!(names_in(folder.path()), Vec::<String>::new());
    }
}
