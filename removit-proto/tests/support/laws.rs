//! The laws of all machines, checked in each step of any order of inputs and
//! jumps in time. Where the steps come from is the caller's: random ones, or a
//! fuzzer's.

use std::fmt::Debug;
use std::time::Duration;

use http::Request;
use removit_proto::{
    Accepted, Action, AttemptId, Body, Instant, Machine, MachineKind, Outcome, Reach,
    TransportFailure,
};

use super::reading;

/// When the machines of these tests start.
pub const START: Instant = Instant::from_origin(Duration::from_secs(1_000_000));

/// One input to a machine, or something that happens around it.
#[derive(Clone, Debug)]
pub enum Step {
    Look,
    /// Time passes by so many milliseconds, or jumps back.
    Pass(i64),
    /// To the wake-up, and a little before or after it.
    Wake(i64),
    /// An outcome for the newest attempt, or for the one so many before it.
    Answer(Outcome, usize),
    StoreAndRebuild,
}

/// What was sent, when, and what came of it.
#[derive(Debug, Default)]
pub struct Trace {
    pub sent: Vec<Sent>,
}

#[derive(Debug)]
pub struct Sent {
    pub at: Instant,
    pub id: AttemptId,
    pub request: Request<Body>,
    /// Whether it is known not to have been processed.
    pub unprocessed: bool,
    /// Whether its job's id came, in time or late.
    pub accepted: bool,
    is_over: bool,
}

impl Trace {
    /// Law 5: all attempts but the last are known not to have been processed.
    #[track_caller]
    pub fn assert_sent_at_most_once(&self) {
        let earlier = self.sent.len().saturating_sub(1);
        assert!(self.sent[..earlier].iter().all(|sent| sent.unprocessed), "law 5: {self:?}");
    }

    /// Law 6, also where the clock went back in between.
    #[track_caller]
    pub fn assert_floor(&self, floor: Duration, deadline: Instant) {
        for pair in self.sent.windows(2) {
            assert!(pair[1].at - pair[0].at >= floor, "law 6: the floor: {self:?}");
        }
        let late = self.sent.iter().filter(|sent| sent.at >= deadline).count();
        assert!(late <= 1, "law 6: one last look: {self:?}");
    }
}

/// Some ways in which a machine from a store may go on: from the beginning, the
/// middle and the end of time.
pub fn continuations() -> Vec<(Instant, Vec<Step>)> {
    let answers = [
        super::answer(500, ""),
        super::with_header(super::answer(429, ""), "retry-after", "3"),
        super::pending(),
        super::done(),
        Outcome::Failed(TransportFailure::connect("refused")),
        Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset")),
    ];
    let mut steps = vec![Step::Look, Step::Pass(1)];
    for answer in answers {
        steps.push(Step::Answer(answer.clone(), 0));
        steps.push(Step::Answer(answer, 1));
        steps.extend([Step::StoreAndRebuild, Step::Wake(0), Step::Pass(-1), Step::Wake(1)]);
    }
    steps.extend([Step::Pass(i64::MAX), Step::Wake(0), Step::Pass(i64::MIN), Step::Look]);
    let starts = [Instant::ORIGIN, START, Instant::FAR_FUTURE];
    starts.map(|start| (start, steps.clone())).into()
}

/// Takes a machine through the steps and checks the laws that all share.
pub fn check_laws<M>(
    mut machine: M,
    steps: &[Step],
    start: Instant,
    rebuild: impl Fn(&M, Instant) -> M,
) -> (M, Trace, Instant)
where
    M: Machine + Debug,
    M::Output: Debug,
{
    let mut now = start;
    let mut trace = Trace::default();
    let mut wakeup = now;
    let mut end: Option<String> = None;
    let mut must_accept = false;
    for step in steps {
        match step {
            Step::Look => {}
            Step::Pass(millis) => now = shifted(now, *millis),
            Step::Wake(millis) => now = shifted(wakeup.max(now), *millis),
            Step::Answer(outcome, back) => {
                let Some(index) = trace.sent.len().checked_sub(1 + back) else { continue };
                let before = format!("{machine:?}");
                machine.handle(now, trace.sent[index].id, outcome.clone());
                let ignored = before == format!("{machine:?}");
                let sent = &mut trace.sent[index];
                let accepts = accepts(sent.id, outcome);
                let in_time = *back == 0 && !sent.is_over;
                assert!(ignored || in_time || accepts, "law 3: an old attempt is ignored");
                sent.accepted |= accepts;
                if !ignored && in_time {
                    sent.unprocessed = was_not_processed(outcome);
                    sent.is_over = true;
                }
                // An acceptance is never too late: another end follows, of an accepted job.
                must_accept |= accepts && end.take().is_some();
            }
            Step::StoreAndRebuild => machine = rebuild(&machine, now),
        }
        let action = machine.next_action(now);
        if let Some(end) = &end {
            assert_eq!(*end, format!("{action:?}"), "law 1: Done repeats for ever");
        }
        match action {
            Action::Send(attempt) => {
                assert!(attempt.deadline > now, "law 2: a deadline lies ahead");
                let (id, deadline) = (attempt.id, attempt.deadline);
                assert!(trace.sent.iter().all(|sent| sent.id != id), "an id names one attempt");
                let request = attempt.request;
                trace.sent.push(Sent {
                    at: now,
                    id,
                    request,
                    unprocessed: false,
                    accepted: false,
                    is_over: false,
                });
                wakeup = deadline;
            }
            Action::SleepUntil(sleep) => {
                assert!(sleep.at > now, "law 2: a wake-up lies ahead");
                wakeup = sleep.at;
            }
            Action::Done(output) => {
                let told = format!("{:?}", Action::Done(output));
                let is_accepted =
                    ["Done(Ok", "Done(Err(Poll"].iter().any(|end| told.starts_with(end));
                assert!(!must_accept || is_accepted, "rule 19: {told}");
                end = Some(told);
            }
        }
        let settled = format!("{machine:?}");
        let again = machine.next_action(now);
        assert!(!matches!(again, Action::Send(_)), "law 1: Send is handed out once");
        assert_eq!(settled, format!("{machine:?}"), "law 1: a further call changes nothing");
    }
    (machine, trace, now)
}

/// Lets time pass until the machine is done; law 4 says that it gets there.
pub fn finish<M: Machine>(machine: &mut M, mut now: Instant) -> M::Output {
    for _ in 0..10_000 {
        match machine.next_action(now) {
            Action::Send(attempt) => now = attempt.deadline,
            Action::SleepUntil(wakeup) => now = wakeup.at,
            Action::Done(output) => return output,
        }
    }
    panic!("law 4: never done");
}

/// Whether an outcome of this attempt says that there is a job.
pub fn accepts(id: AttemptId, outcome: &Outcome) -> bool {
    let (Outcome::Response(answer) | Outcome::Partial(answer)) = outcome else { return false };
    id.kind() == MachineKind::Upload && Accepted::decode(answer).is_some()
}

fn was_not_processed(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failed(failure) => failure.is_not_sent(),
        Outcome::Response(answer) | Outcome::Partial(answer) => {
            let has_retry_after = answer.headers().contains_key("retry-after");
            reading::says_no_job(answer.status().as_u16(), answer.body(), has_retry_after)
        }
        _ => false,
    }
}

pub fn shifted(now: Instant, millis: i64) -> Instant {
    let by = Duration::from_millis(millis.unsigned_abs());
    if millis >= 0 { now + by } else { Instant::from_origin(now.since_origin().saturating_sub(by)) }
}
