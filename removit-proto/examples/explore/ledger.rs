//! What a perfect observer knows, and the laws that it checks each step against.

use std::time::Duration;

use removit_proto::{AttemptId, GRACE, Instant, Schedule};

use crate::ends;
use crate::joined::{Ended, FETCHES, REDIRECTS, RESULT, START, Sent, Step, TIMEOUT, UPLOADS, What};
use crate::meaning::{OfFetch, OfPoll, OfUpload};

/// How long after its acceptance a job may be unknown (contract, rule 11).
const FRESH: Duration = Duration::from_secs(10);
/// The time of a last look.
const LAST_LOOK: Duration = Duration::from_secs(5);
/// Longer than any pause of the policies at work here.
const ANY_PAUSE: Duration = Duration::from_secs(10);
/// The default policies' time for further uploads and fetches.
const UPLOADS_WITHIN: Duration = Duration::from_secs(300);
const FETCHES_WITHIN: Duration = Duration::from_secs(7200);
/// No wake-up is further ahead: the longest attempt is a fetch's.
const LONGEST_SLEEP: Duration = Duration::from_secs(3700);

/// The attempt under way, as the observer saw it leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) id: AttemptId,
    pub(crate) deadline: Instant,
    what: What,
    /// From when on nobody waits for its outcome.
    lost_at: Instant,
}

/// An attempt that is over: whatever more comes of it must change nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over {
    pub(crate) id: AttemptId,
    /// How it ended; `None` where nobody heard of it again.
    pub(crate) how: Option<ends::End>,
}

/// What the last end demands of the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    Accepted,
    End(Ended),
    /// A redirect is followed at once.
    Fetch(&'static str),
}

/// The truth so far.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    resends: bool,
    /// When the upload began.
    started: Instant,
    /// The upload's attempts that came to nothing, and whether in doubt.
    given_up: Vec<(AttemptId, bool)>,
    /// Whether an earlier attempt was accepted while a further one is under way.
    is_early: bool,
    /// Whether a poll outlasted the time of the last look.
    overran: bool,
    pub(crate) flight: Option<Flight>,
    pub(crate) over: Option<Over>,
    due: Due,
    /// How an upload or a fetch ends where nothing more is tried.
    at_last: Ended,
    /// Where the server asked to be left alone until.
    asked: Option<Instant>,
    uploads: u32,
    /// Uploads that ended without an answer that settles whether there is a job.
    unknown: u32,
    /// When the wait or the download began.
    began: Instant,
    accepted_at: Option<Instant>,
    last_poll: Option<Instant>,
    last_looks: u32,
    /// Whether a job is watched by now.
    is_watching: bool,
    /// When the last look left, where the end of the wait was slept through.
    slept_to: Instant,
    fetches: u32,
    redirects: u32,
    end: Option<Ended>,
    pub(crate) wakeup: Instant,
}

impl Ledger {
    /// Of a machine that begins at the start; `fresh` where it watches a job
    /// that was accepted just then.
    pub(crate) fn new(resends: bool, fresh: bool) -> Self {
        Self {
            resends,
            started: START,
            given_up: Vec::new(),
            is_early: false,
            overran: false,
            flight: None,
            over: None,
            due: Due::Nothing,
            at_last: Ended::NotSent,
            asked: None,
            uploads: 0,
            unknown: 0,
            began: START,
            accepted_at: fresh.then_some(START),
            last_poll: None,
            last_looks: 0,
            is_watching: false,
            slept_to: Instant::ORIGIN,
            fetches: 0,
            redirects: 0,
            end: None,
            wakeup: START,
        }
    }

    /// A new process begins with the id or the URL alone.
    pub(crate) fn anew(&mut self, now: Instant) {
        *self = Self { began: now, wakeup: now, ..Self::new(self.resends, false) };
    }

    /// Another clock, which shows so much less.
    pub(crate) fn move_back(&mut self, by: Duration) {
        let back = |at: Instant| Instant::from_origin(at.since_origin().saturating_sub(by));
        if let Some(flight) = &mut self.flight {
            (flight.deadline, flight.lost_at) = (back(flight.deadline), back(flight.lost_at));
        }
        self.asked = self.asked.map(back);
        self.accepted_at = self.accepted_at.map(back);
        self.last_poll = self.last_poll.map(back);
        (self.started, self.began) = (back(self.started), back(self.began));
        (self.wakeup, self.slept_to) = (back(self.wakeup), back(self.slept_to));
    }

    /// The oldest attempt of an upload that came to nothing is accepted after all.
    pub(crate) fn late_acceptance(&mut self) -> Option<AttemptId> {
        if self.given_up.is_empty() {
            return None;
        }
        let (id, was_in_doubt) = self.given_up.remove(0);
        self.unknown -= u32::from(was_in_doubt);
        if self.flight.is_some() {
            self.is_early = true;
        } else {
            // Whatever it had come to.
            (self.end, self.due) = (None, Due::Accepted);
            self.asked = None;
        }
        Some(id)
    }

    /// The attempt under way ends.
    pub(crate) fn ended(&mut self, now: Instant, how: ends::End) {
        let Some(flight) = self.flight.take() else { return };
        self.over = Some(Over { id: flight.id, how: Some(how) });
        self.asked = how.asks_for().map(|pause| now + pause);
        self.due = match flight.what {
            What::Upload => self.upload_ended(flight.id, how.of_upload()),
            What::Poll => self.poll_ended(now, how.of_poll()),
            What::Fetch => self.fetch_ended(how.of_fetch()),
        };
    }

    /// Time has moved: an attempt is lost the grace after its deadline (law 4).
    pub(crate) fn time_is(&mut self, now: Instant) {
        let Some(flight) = self.flight.filter(|flight| now >= flight.lost_at) else { return };
        self.flight = None;
        self.over = Some(Over { id: flight.id, how: None });
        self.asked = None;
        self.due = match flight.what {
            What::Upload => self.upload_ended(flight.id, OfUpload::Ambiguous),
            What::Poll => self.poll_ended(now, OfPoll::GoesOn),
            What::Fetch => self.fetch_ended(OfFetch::Later),
        };
    }

    fn upload_ended(&mut self, id: AttemptId, meaning: OfUpload) -> Due {
        self.unknown += u32::from(meaning == OfUpload::Ambiguous);
        if meaning != OfUpload::Accepted {
            self.given_up.push((id, meaning == OfUpload::Ambiguous));
        }
        if std::mem::take(&mut self.is_early) {
            // Its poller is another machine.
            self.asked = None;
            return Due::Accepted;
        }
        let end = match meaning {
            OfUpload::Accepted => return Due::Accepted,
            OfUpload::Rejected | OfUpload::RejectedForNow => Ended::Rejected,
            OfUpload::NotSent | OfUpload::NotSentForGood | OfUpload::Ambiguous => Ended::NotSent,
        };
        self.at_last =
            if self.unknown > 0 { Ended::Ambiguous { attempts: self.unknown } } else { end };
        let for_good = match meaning {
            OfUpload::Rejected | OfUpload::NotSentForGood => true,
            OfUpload::Ambiguous => !self.resends,
            _ => false,
        };
        let is_over = for_good || self.uploads >= UPLOADS;
        if is_over { Due::End(self.at_last) } else { Due::Nothing }
    }

    fn poll_ended(&mut self, now: Instant, meaning: OfPoll) -> Due {
        let next = self.last_poll.map_or(now, |sent| (sent + Schedule::DEFAULT_FLOOR).max(now));
        self.overran = next >= self.wait_ends() + LAST_LOOK;
        let sent = self.last_poll.unwrap_or(self.began);
        let is_fresh = self.accepted_at.is_some_and(|accepted| sent - accepted <= FRESH);
        match meaning {
            OfPoll::Finished => Due::End(Ended::Finished),
            OfPoll::Failed => Due::End(Ended::JobFailed),
            OfPoll::NoResult => Due::End(Ended::NoResult),
            OfPoll::Refused => Due::End(Ended::PollRefused),
            OfPoll::Unreachable => Due::End(Ended::Unreachable),
            OfPoll::NotFound if !is_fresh => Due::End(Ended::PollRefused),
            OfPoll::NotFound | OfPoll::GoesOn if self.last_looks > 0 || self.overran => {
                Due::End(Ended::TimedOut)
            }
            OfPoll::NotFound | OfPoll::GoesOn => Due::Nothing,
        }
    }

    fn fetch_ended(&mut self, meaning: OfFetch) -> Due {
        self.at_last = Ended::Undelivered;
        match meaning {
            OfFetch::Delivered => Due::End(Ended::Delivered),
            OfFetch::Never => Due::End(Ended::Undeliverable),
            OfFetch::Redirected(_) if self.redirects >= REDIRECTS => Due::End(Ended::Undeliverable),
            OfFetch::Redirected(to) => {
                self.redirects += 1;
                Due::Fetch(to)
            }
            OfFetch::Later => {
                self.redirects = 0;
                if self.fetches >= FETCHES { Due::End(Ended::Undelivered) } else { Due::Nothing }
            }
        }
    }

    /// Checks what the machine does now.
    pub(crate) fn check(&mut self, now: Instant, step: &Step) {
        let due = std::mem::replace(&mut self.due, Due::Nothing);
        match due {
            Due::Nothing => {}
            Due::Accepted => assert!(matches!(step, Step::Accepted { .. }), "an id is kept"),
            Due::End(end) => assert!(
                matches!(step, Step::Ended(ended) if *ended == end),
                "the contract ends it as {end:?}, the machine says {step:?}"
            ),
            Due::Fetch(url) => assert!(
                matches!(step, Step::Send(sent) if sent.to == url),
                "a redirect to {url} is followed at once, the machine says {step:?}"
            ),
        }
        match step {
            Step::Send(sent) => self.check_send(now, sent),
            Step::Sleep(wakeup) => {
                assert!(self.end.is_none(), "law 1: the end is for ever");
                assert!(wakeup.at > now, "law 2: a wake-up lies ahead");
                assert!(wakeup.at - now <= LONGEST_SLEEP, "asleep for {:?}", wakeup.at - now);
                if let Some(flight) = self.flight {
                    assert_eq!(wakeup.at, flight.lost_at, "law 4: the deadline and a grace");
                }
                if self.is_watching {
                    let end = self.wait_ends().max(self.slept_to) + GRACE;
                    assert!(wakeup.at <= end, "law 6: over at most the grace later");
                }
                self.wakeup = wakeup.at;
            }
            Step::Accepted { earlier_ambiguous } => {
                assert_eq!(*earlier_ambiguous, self.unknown, "law 5: every doubt is told");
                self.began = now;
                self.accepted_at = Some(now);
                self.over = None;
                self.is_watching = true;
                self.given_up.clear();
            }
            Step::Ended(end) => self.check_end(now, *end, matches!(due, Due::End(_))),
        }
    }

    fn check_send(&mut self, now: Instant, sent: &Sent) {
        assert!(self.end.is_none(), "law 1: nothing is sent after the end");
        assert!(self.flight.is_none(), "law 1: one attempt at a time");
        assert!(sent.deadline > now, "law 2: a deadline lies ahead");
        assert!(self.over.is_none_or(|over| over.id < sent.id), "law 3: a name is used once");
        match sent.what {
            What::Upload => {
                assert!(self.resends || self.unknown == 0, "law 5: sent again in doubt");
                self.uploads += 1;
                assert!(self.uploads <= UPLOADS, "the policy allows three attempts");
                assert!(now <= self.started + UPLOADS_WITHIN, "no further attempt begins so late");
            }
            What::Poll => self.check_poll(now, sent),
            What::Fetch => self.check_fetch(sent),
        }
        assert_eq!(sent.has_key, sent.what != What::Fetch, "the key goes to the API alone");
        let left_alone = self.asked.take().is_none_or(|until| now >= until);
        let may_hurry = sent.what == What::Poll && now >= self.began + TIMEOUT;
        assert!(left_alone || may_hurry, "the server asked for more time");
        let is_last_look = sent.what == What::Poll && now >= self.wait_ends();
        let grace = if is_last_look { GRACE - LAST_LOOK } else { GRACE };
        let (id, deadline, what) = (sent.id, sent.deadline, sent.what);
        self.flight = Some(Flight { id, deadline, what, lost_at: deadline + grace });
        self.wakeup = deadline + grace;
    }

    fn wait_ends(&self) -> Instant {
        self.began + TIMEOUT
    }

    fn check_poll(&mut self, now: Instant, sent: &Sent) {
        let end = self.wait_ends();
        self.is_watching = true;
        if now >= end + LAST_LOOK {
            self.slept_to = now;
        }
        let latest = if now < end { end } else { end.max(self.slept_to) + LAST_LOOK };
        assert!(sent.deadline <= latest, "law 6: a poll ends with the wait");
        if let Some(last) = self.last_poll {
            assert!(now - last >= Schedule::DEFAULT_FLOOR, "law 6: under the floor");
        }
        self.last_poll = Some(now);
        if now >= self.began + TIMEOUT {
            self.last_looks += 1;
            assert_eq!(self.last_looks, 1, "law 6: one last look");
        }
    }

    fn check_fetch(&mut self, sent: &Sent) {
        if self.redirects == 0 {
            assert_eq!(sent.to, RESULT, "a retry begins at the result's own URL");
            self.fetches += 1;
            assert!(self.fetches <= FETCHES, "the policy allows two attempts");
        }
    }

    fn check_end(&mut self, now: Instant, end: Ended, was_due: bool) {
        assert!(self.flight.is_none(), "an end while an attempt is under way");
        if let Some(before) = self.end.replace(end) {
            return assert_eq!(before, end, "law 1: the end is for ever");
        }
        match end {
            Ended::Rejected | Ended::NotSent | Ended::Ambiguous { .. } => {
                assert_eq!(end, self.at_last, "law 5: every doubt is told, and no other");
                let late = now + ANY_PAUSE > self.started + UPLOADS_WITHIN;
                assert!(was_due || late, "given up too early");
            }
            Ended::Undelivered => {
                let late = now + ANY_PAUSE > self.began + FETCHES_WITHIN;
                assert!(self.fetches >= FETCHES || late, "given up too early");
            }
            Ended::TimedOut => {
                assert!(self.last_looks == 1 || self.overran, "law 6: a last look comes first");
            }
            _ => assert!(was_due, "{end:?} out of nothing"),
        }
    }

    pub(crate) fn end(&self) -> Option<Ended> {
        self.end
    }

    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some()
    }
}
