//! The core alone: the machines of one job, and answers that are there already.

use bytes::Bytes;
use http::{Response, StatusCode};
use removit_tokio::proto::{
    Action, ApiKey, Endpoint, FileName, ImageType, Instant, Machine, Outcome, PollPolicy, Poller,
    Seed, SourceFile, Upload, UploadPolicy, UploadRequest,
};

use crate::answers::{ACCEPTED, KEY, LOOKS, PHOTO_URL, status};

pub(crate) fn json(jobs: usize) {
    let endpoint = endpoint();
    for job in 0..jobs {
        run(&endpoint, job, UploadRequest::from_url(PHOTO_URL.parse().expect("a URL")));
    }
}

pub(crate) fn multipart(jobs: usize) {
    let endpoint = endpoint();
    for job in 0..jobs {
        let file = SourceFile::new(FileName::new("photo.png"), ImageType::Png, 1 << 20);
        run(&endpoint, job, UploadRequest::from_file(file.expect("a file that is not empty")));
    }
}

fn endpoint() -> Endpoint {
    Endpoint::production(ApiKey::new(KEY).expect("a key"))
}

fn run(endpoint: &Endpoint, job: usize, request: UploadRequest) {
    let seed = Seed::new(u128::try_from(job).unwrap_or_default());
    let mut now = Instant::ORIGIN;
    let mut upload = Upload::new(endpoint.clone(), request, UploadPolicy::default(), seed, now);
    let accepted = drive(&mut upload, &mut now, |_| answer(StatusCode::ACCEPTED, ACCEPTED));
    let accepted = accepted.expect("an accepted job");
    let mut poller = Poller::new(endpoint.clone(), &accepted, PollPolicy::default(), seed, now);
    let finished = drive(&mut poller, &mut now, |look| answer(StatusCode::OK, status(look)));
    assert_eq!(finished.expect("a finished job").results().len(), 1);
    assert_eq!(poller.polls(), u64::try_from(LOOKS).unwrap_or_default());
}

fn drive<M: Machine>(
    machine: &mut M,
    now: &mut Instant,
    answer: impl Fn(usize) -> Outcome,
) -> M::Output {
    let mut sent = 0;
    loop {
        match machine.next_action(*now) {
            Action::Send(attempt) => {
                machine.handle(*now, attempt.id, answer(sent));
                sent += 1;
            }
            Action::SleepUntil(wakeup) => *now = wakeup.at,
            Action::Done(output) => return output,
        }
    }
}

fn answer(status: StatusCode, body: &'static str) -> Outcome {
    let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
    *answer.status_mut() = status;
    Outcome::Response(answer)
}
