//! What an observer learns of each attempt, and of which job and input it is.

use std::sync::{Arc, Mutex};

use removit_tokio::proto::{AttemptId, AttemptInfo, Observer, Outcome, Step};

use super::*;

/// Who was told what, in order: an attempt's step, its job and input, and how it ended.
#[derive(Default)]
struct Watch {
    began: Mutex<Vec<AttemptInfo>>,
    ended: Mutex<Vec<(AttemptInfo, String)>>,
    moved: Mutex<Vec<AttemptId>>,
}

impl Observer for Watch {
    fn began(&self, attempt: &AttemptInfo) {
        self.began.lock().unwrap().push(attempt.clone());
    }

    fn ended(&self, attempt: &AttemptInfo, outcome: &Outcome) {
        let end = match outcome {
            Outcome::Response(answer) => answer.status().as_str().to_owned(),
            Outcome::Stored { head, .. } => format!("stored {}", head.status().as_u16()),
            other => format!("{other:?}"),
        };
        self.ended.lock().unwrap().push((attempt.clone(), end));
    }

    fn sent(&self, attempt: &AttemptInfo, _: u64, _: u64) {
        self.moved.lock().unwrap().push(attempt.id);
    }

    fn received(&self, attempt: &AttemptInfo, _: u64, _: Option<u64>) {
        self.moved.lock().unwrap().push(attempt.id);
    }
}

scenario! {
    fn each_attempt_is_told_with_its_job_and_its_end() {
        let answer = Canned::RateLimited { retry_after: None };
        let server = with_fault(Kind::Upload, When::First(1), Fault::Answer(answer));
        let watch = Arc::new(Watch::default());
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let client = client(&server).observer(Arc::clone(&watch) as _);
        go!(client.process_into(&photo(), &into)).unwrap();
        let job = job_id(&server);
        let ended = watch.ended.lock().unwrap().clone();
        let told: Vec<_> = ended
            .iter()
            .map(|(info, end)| (info.step, info.job_id.clone(), info.resent, end.as_str()))
            .collect();
        assert_eq!(told, [
            (Step::Upload, None, 0, "429"),
            (Step::Upload, None, 1, "202"),
            (Step::Status, Some(job.clone()), 0, "200"),
            (Step::Result, Some(job), 0, "stored 200"),
        ]);
        let began: Vec<_> = ended.iter().map(|(info, _)| info.clone()).collect();
        assert_eq!(*watch.began.lock().unwrap(), began, "each began, in the same words");
        let moved = watch.moved.lock().unwrap().clone();
        for (info, _) in ended.iter().filter(|(info, _)| info.step != Step::Status) {
            assert!(moved.contains(&info.id), "{info:?}");
        }
    }
}

scenario! {
    fn in_a_batch_each_attempt_names_its_input() {
        let server = start(Config::instant());
        let watch = Arc::new(Watch::default());
        let client = client(&server).observer(Arc::clone(&watch) as _);
        let mut batch = client.batch([by_url(), photo()]);
        let mut jobs = Vec::new();
        for _ in 0..2 {
            let over = go!(batch.next()).unwrap();
            jobs.push((over.index, over.job_id.unwrap()));
        }
        assert!(go!(batch.next()).is_none());
        drop(batch);
        jobs.sort();
        for (index, job_id) in jobs {
            let ended = watch.ended.lock().unwrap().clone();
            let of_it: Vec<_> =
                ended.into_iter().filter(|(info, _)| info.input == Some(index)).collect();
            assert_eq!(of_it[0].0.step, Step::Upload);
            assert!(of_it.iter().skip(1).all(|(info, _)| info.job_id == Some(job_id.clone())));
            assert!(of_it.len() >= 2, "{of_it:?}");
        }
    }
}
