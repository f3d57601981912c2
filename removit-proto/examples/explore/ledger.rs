//! What a perfect observer knows, and the laws that it checks each step against.

use removit_proto::{AttemptId, Instant, Schedule};

use crate::inputs;
use crate::joined::{End, START, Step, TIMEOUT};

/// The attempt under way, as the observer saw it leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) id: AttemptId,
    deadline: Instant,
    is_upload: bool,
}

/// The truth so far.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    resends: bool,
    pub(crate) flight: Option<Flight>,
    /// The attempt before: a late answer to it must change nothing.
    pub(crate) over: Option<AttemptId>,
    uploads: u32,
    /// Uploads that ended without an answer that settles whether there is a job.
    unknown: u32,
    last_poll: Option<Instant>,
    wait_ends: Instant,
    last_looks: u32,
    end: Option<End>,
    pub(crate) wakeup: Instant,
}

impl Ledger {
    pub(crate) fn new(resends: bool) -> Self {
        Self {
            resends,
            flight: None,
            over: None,
            uploads: 0,
            unknown: 0,
            last_poll: None,
            wait_ends: START + TIMEOUT,
            last_looks: 0,
            end: None,
            wakeup: START,
        }
    }

    /// The attempt under way ends.
    pub(crate) fn ended(&mut self, how: inputs::End) {
        let Some(flight) = self.flight.take() else { return };
        self.over = Some(flight.id);
        if flight.is_upload && !how.makes_no_job() && !how.brings_an_id() {
            self.unknown += 1;
        }
    }

    /// Time has moved: an attempt whose deadline has passed is lost (law 4).
    pub(crate) fn time_is(&mut self, now: Instant) {
        if let Some(flight) = self.flight.filter(|flight| now >= flight.deadline) {
            self.flight = None;
            self.over = Some(flight.id);
            self.unknown += u32::from(flight.is_upload);
        }
    }

    /// Checks what the machine does now.
    pub(crate) fn check(&mut self, now: Instant, step: &Step) {
        match step {
            Step::Send { id, deadline, is_upload } => {
                assert!(self.end.is_none(), "law 1: nothing is sent after the end");
                assert!(self.flight.is_none(), "law 1: one attempt at a time");
                assert!(*deadline > now, "law 2: a deadline lies ahead");
                if *is_upload {
                    self.check_upload();
                } else {
                    self.check_poll(now);
                }
                self.flight = Some(Flight { id: *id, deadline: *deadline, is_upload: *is_upload });
                self.wakeup = *deadline;
            }
            Step::Sleep(wakeup) => {
                assert!(self.end.is_none(), "law 1: the end is for ever");
                assert!(wakeup.at > now, "law 2: a wake-up lies ahead");
                self.wakeup = wakeup.at;
            }
            Step::Accepted { earlier_ambiguous } => {
                assert_eq!(*earlier_ambiguous, self.unknown, "law 5: every doubt is told");
                self.wait_ends = now + TIMEOUT;
                self.over = None;
            }
            Step::Ended(end) => self.check_end(end),
        }
    }

    fn check_upload(&mut self) {
        assert!(self.resends || self.unknown == 0, "law 5: sent again in doubt");
        self.uploads += 1;
        assert!(self.uploads <= 3, "the policy allows three attempts");
    }

    fn check_poll(&mut self, now: Instant) {
        if let Some(last) = self.last_poll {
            assert!(now - last >= Schedule::DEFAULT_FLOOR, "law 6: under the floor");
        }
        self.last_poll = Some(now);
        if now >= self.wait_ends {
            self.last_looks += 1;
            assert_eq!(self.last_looks, 1, "law 6: one last look");
        }
    }

    fn check_end(&mut self, end: &End) {
        match end {
            End::Rejected | End::NotSent => assert_eq!(self.unknown, 0, "law 5: a doubt is hidden"),
            End::Ambiguous { attempts } => {
                assert_eq!(*attempts, self.unknown, "law 5: every doubt is told");
                assert!(*attempts > 0, "ambiguous without a doubt");
            }
            End::OfJob(id) => assert_eq!(id, "job-1", "law 7: the id is there"),
        }
        match &self.end {
            Some(before) => assert_eq!(before, end, "law 1: the end is for ever"),
            None => self.end = Some(end.clone()),
        }
        assert!(self.flight.is_none(), "an end while an attempt is under way");
    }

    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some()
    }
}
