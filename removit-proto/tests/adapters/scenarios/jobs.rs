//! Waiting for a job, asking about it, and coming back to it.

use super::*;

scenario! {
    fn a_failed_job_ends_with_its_id_and_body() {
        let fate = Fate::Failed { state: "failed".to_owned(), status: "failed_compose".to_owned() };
        let server = with_fault(Kind::Upload, When::Always, Fault::Fate(fate));
        let error = go!(client(&server).process(&photo())).unwrap_err();
        assert_eq!(error.job_id().unwrap().as_str(), only_job(&server).id);
        let Error::Poll(PollError::Failed(status)) = error else { panic!("{error:?}") };
        assert_eq!(status.step(), Some("failed_compose"));
        assert!(status.body().contains("failed_compose"));
    }
}

scenario! {
    fn at_the_deadline_the_wait_ends_with_the_id_and_the_job_can_be_resumed() {
        let server = never_done();
        let hasty = client_with(&server.base_url(), |_, poll| {
            poll.timeout = Duration::from_millis(100);
        });
        let error = go!(hasty.process(&photo())).unwrap_err();
        let Error::Poll(PollError::TimedOut { job_id, .. }) = &error else { panic!("{error:?}") };
        mend(&server);
        let finished = go!(client(&server).resume(job_id.clone()).wait()).unwrap();
        assert_eq!(finished.job_id(), job_id);
        only_job(&server);
    }
}

scenario! {
    fn one_look_tells_how_a_job_is() {
        let server = start(Config::default());
        let client = client(&server);
        let job = go!(client.upload(&photo())).unwrap();
        let status = go!(client.status(job.id())).unwrap();
        assert_eq!(status.state(), &State::Pending);
        assert_eq!(only_job(&server).polls.len(), 1);
        let unknown: JobId = "unknown".parse().unwrap();
        let error = go!(client.status(&unknown)).unwrap_err();
        assert!(matches!(error, Error::Poll(PollError::Refused { .. })), "{error:?}");
    }
}

scenario! {
    fn a_404_just_after_the_acceptance_is_waited_out() {
        let server = with_fault(Kind::Status, When::First(3), Fault::Answer(Canned::NotFound));
        go!(client(&server).process(&photo())).unwrap();
        assert_eq!(only_job(&server).polls.len(), 4);
    }
}
