//! What an input needs, after each thing that can have happened to it.

use removit_proto::journal::{
    Input, Job, JobOutcome, Need, Opened, Question, Record, Replay, Stage, UploadOutcome,
};

use super::records::{
    accepted, ended, file, header, intent, job_id, key, not_accepted, planned, saved, status,
};

fn replay(records: &[Record]) -> Replay {
    let mut replay = Replay::default();
    records.iter().for_each(|record| replay.apply(record.clone()));
    replay
}

#[track_caller]
fn check(records: &[Record], need: Need<'_>, stage: Stage) {
    let replay = replay(records);
    let entry = replay.entry(&key(1)).unwrap();
    assert_eq!((entry.need(), entry.stage()), (need, stage));
    assert_eq!(replay.need(&key(1)), need);
    assert_eq!((replay.counts().at(stage), replay.counts().total()), (1, 1));
}

#[test]
fn an_unknown_or_planned_input_is_to_be_sent() {
    assert_eq!(replay(&[header()]).need(&key(1)), Need::Send);
    check(&[planned(1, "cup")], Need::Send, Stage::Planned);
}

#[test]
fn an_intent_without_outcome_is_ambiguous() {
    let records = [planned(1, "cup"), intent(1, 1)];
    check(&records, Need::Operator(Question::Ambiguous), Stage::Open);
    assert_eq!(replay(&records).counts().possible_jobs(), 1);
}

#[test]
fn an_ambiguous_upload_stays_so() {
    let mut end = not_accepted(1, 1, UploadOutcome::Ambiguous);
    let Record::NotAccepted(not_accepted) = &mut end else { unreachable!() };
    not_accepted.ambiguous_attempts = 3;
    let records = [intent(1, 1), end];
    check(&records, Need::Operator(Question::Ambiguous), Stage::Ambiguous);
    assert_eq!(replay(&records).counts().possible_jobs(), 3);
}

#[test]
fn an_ambiguous_upload_without_its_intent_is_one_all_the_same() {
    let end = not_accepted(1, 1, UploadOutcome::Ambiguous);
    check(&[end], Need::Operator(Question::Ambiguous), Stage::Ambiguous);
}

#[test]
fn an_upload_that_was_rejected_or_not_sent_may_be_sent_again() {
    for outcome in [UploadOutcome::Rejected, UploadOutcome::NotSent] {
        let records = [intent(1, 1), not_accepted(1, 1, outcome)];
        check(&records, Need::Send, Stage::NotAccepted);
        assert_eq!(replay(&records).next_attempt(&key(1)), 2);
    }
}

#[test]
fn an_outcome_settles_its_own_intent_alone() {
    let not_sent = |attempt| not_accepted(1, attempt, UploadOutcome::NotSent);
    let ambiguous = Need::Operator(Question::Ambiguous);
    check(&[intent(1, 1), intent(1, 2), not_sent(2)], ambiguous, Stage::Open);
    check(&[intent(1, 1), intent(1, 1), not_sent(1)], ambiguous, Stage::Ambiguous);
    check(&[not_sent(1), intent(1, 1)], ambiguous, Stage::Ambiguous);
    check(&[intent(1, 1), intent(1, 2), not_sent(2), not_sent(1)], Need::Send, Stage::NotAccepted);
}

#[test]
fn an_accepted_job_is_polled_until_its_end_is_known() {
    let (id, records) = (job_id("j"), [intent(1, 1), accepted(1, 1, "j")]);
    check(&records, Need::Poll(&id), Stage::Accepted);
    for outcome in [JobOutcome::TimedOut, JobOutcome::Refused] {
        let [intent, accepted] = records.clone();
        check(&[intent, accepted, ended(1, "j", outcome)], Need::Poll(&id), Stage::Accepted);
    }
}

#[test]
fn an_accepted_job_is_polled_whatever_its_intents_say() {
    let id = job_id("j");
    check(&[accepted(1, 1, "j")], Need::Poll(&id), Stage::Accepted);
    let records = [intent(1, 1), intent(1, 2), accepted(1, 2, "j")];
    check(&records, Need::Poll(&id), Stage::Accepted);
    assert_eq!(replay(&records).counts().possible_jobs(), 1);
}

#[test]
fn a_late_acceptance_of_an_ambiguous_upload_is_its_acceptance() {
    let id = job_id("j");
    let ambiguous = not_accepted(1, 1, UploadOutcome::Ambiguous);
    let records = [planned(1, "cup"), intent(1, 1), ambiguous.clone(), accepted(1, 1, "j")];
    check(&records, Need::Poll(&id), Stage::Accepted);
    let late = replay(&records);
    assert_eq!(late.counts().possible_jobs(), 0, "nothing is left to doubt");
    assert_eq!(late.entry(&key(1)).unwrap().not_accepted(), None);
    // And after another process had asked what becomes of it.
    let records = [intent(1, 1), ambiguous.clone(), header(), accepted(1, 1, "j")];
    check(&records, Need::Poll(&id), Stage::Accepted);
}

#[test]
fn a_late_acceptance_of_one_attempt_leaves_the_doubts_about_another() {
    let (first, second) = (job_id("a"), job_id("b"));
    let ambiguous = |attempt| not_accepted(1, attempt, UploadOutcome::Ambiguous);
    let mut records = vec![intent(1, 1), ambiguous(1), intent(1, 2), ambiguous(2)];
    records.push(accepted(1, 1, "a"));
    check(&records, Need::Poll(&first), Stage::Accepted);
    assert_eq!(replay(&records).counts().possible_jobs(), 1);
    // Both were accepted: two paid jobs, and the newest that did not fail counts.
    records.push(accepted(1, 2, "b"));
    check(&records, Need::Poll(&second), Stage::Accepted);
    let both = replay(&records);
    assert_eq!(both.counts().possible_jobs(), 0);
    let ids: Vec<_> = both.entry(&key(1)).unwrap().jobs().iter().map(Job::id).collect();
    assert_eq!(ids, [&first, &second]);
    records.push(ended(1, "b", JobOutcome::Failed));
    check(&records, Need::Poll(&first), Stage::Accepted);
}

#[test]
fn a_done_job_is_downloaded_until_each_result_is_saved() {
    let id = job_id("j");
    let mut records =
        vec![planned(1, "cup"), intent(1, 1), accepted(1, 1, "j"), ended(1, "j", JobOutcome::Done)];
    check(&records, Need::Download(&id), Stage::Done);
    records.push(saved(1, 0, "clipping"));
    check(&records, Need::Download(&id), Stage::Done);
    let replay = replay(&records);
    let unsaved: Vec<_> = replay.entry(&key(1)).unwrap().unsaved().collect();
    assert_eq!(unsaved, [(0, Some("shadowTop"))]);
    records.push(saved(1, 0, "shadowTop"));
    check(&records, Need::Nothing, Stage::Saved);
}

#[test]
fn a_copy_shares_the_job_and_has_a_place_of_its_own() {
    let mut records = vec![
        planned(1, "cup"),
        planned(1, "copy"),
        planned(1, "cup"),
        accepted(1, 1, "j"),
        ended(1, "j", JobOutcome::Done),
        saved(1, 0, "clipping"),
        saved(1, 0, "shadowTop"),
        saved(1, 1, "clipping"),
    ];
    let id = job_id("j");
    check(&records, Need::Download(&id), Stage::Done);
    let found = replay(&records);
    let entry = found.entry(&key(1)).unwrap();
    assert_eq!(entry.places().len(), 2);
    assert_eq!(entry.unsaved().collect::<Vec<_>>(), [(1, Some("shadowTop"))]);
    records.push(saved(1, 1, "shadowTop"));
    check(&records, Need::Nothing, Stage::Saved);
}

#[test]
fn a_done_job_needs_nothing_where_its_results_are_not_wanted() {
    let records = [accepted(1, 1, "j"), ended(1, "j", JobOutcome::Done)];
    check(&records, Need::Nothing, Stage::Saved);
}

#[test]
fn a_done_job_stays_done_whatever_a_later_look_says() {
    for outcome in [JobOutcome::Refused, JobOutcome::Failed, JobOutcome::TimedOut] {
        let records = [ended(1, "j", JobOutcome::Done), ended(1, "j", outcome)];
        check(&records, Need::Nothing, Stage::Saved);
    }
}

#[test]
fn a_failed_job_is_never_sent_again_unasked() {
    let id = job_id("j");
    let records = [intent(1, 1), accepted(1, 1, "j"), ended(1, "j", JobOutcome::Failed)];
    check(&records, Need::Operator(Question::Failed(&id)), Stage::Failed);
    let records = [accepted(1, 1, "j"), ended(1, "j", JobOutcome::NoResult)];
    check(&records, Need::Operator(Question::NoResult(&id)), Stage::Failed);
}

#[test]
fn a_job_that_an_operator_had_sent_again_counts_where_the_first_failed() {
    let id = job_id("second");
    let mut records = vec![
        intent(1, 1),
        accepted(1, 1, "first"),
        ended(1, "first", JobOutcome::Failed),
        intent(1, 2),
    ];
    check(&records, Need::Operator(Question::Ambiguous), Stage::Open);
    records.push(accepted(1, 2, "second"));
    check(&records, Need::Poll(&id), Stage::Accepted);
    records.push(ended(1, "first", JobOutcome::Done));
    check(&records, Need::Nothing, Stage::Saved);
}

#[test]
fn inputs_do_not_touch_each_other_and_keep_their_order() {
    let replay = replay(&[planned(2, "b"), planned(1, "a"), intent(2, 1), accepted(2, 1, "j")]);
    let keys: Vec<_> = replay.entries().iter().map(|entry| *entry.key()).collect();
    assert_eq!(keys, [key(2), key(1)]);
    assert_eq!(replay.need(&key(1)), Need::Send);
    assert_eq!(replay.need(&key(2)), Need::Poll(&job_id("j")));
    assert_eq!(replay.counts().total(), 2);
}

#[test]
fn an_entry_tells_what_its_records_said() {
    let ambiguous = not_accepted(1, 2, UploadOutcome::Ambiguous);
    let records = [
        planned(1, "cup"),
        intent(1, 1),
        intent(1, 2),
        ambiguous.clone(),
        accepted(1, 3, "j"),
        saved(1, 0, "clipping"),
    ];
    let replay = replay(&records);
    let entry = replay.entry(&key(1)).unwrap();
    let Record::Planned(planned) = &records[0] else { unreachable!() };
    assert_eq!(entry.options(), Some(&planned.options));
    let Record::NotAccepted(ambiguous) = &ambiguous else { unreachable!() };
    assert_eq!(entry.not_accepted(), Some(ambiguous));
    let jobs: Vec<_> = entry.jobs().iter().map(|job| job.id().as_str()).collect();
    assert_eq!(jobs, ["j"]);
    let Record::Saved(saved) = &records[5] else { unreachable!() };
    assert_eq!(entry.saved(), std::slice::from_ref(saved));
}

#[test]
fn an_outcome_counts_the_jobs_of_its_own_intent_alone() {
    let mut end = not_accepted(1, 2, UploadOutcome::Ambiguous);
    let Record::NotAccepted(not_accepted) = &mut end else { unreachable!() };
    not_accepted.ambiguous_attempts = 3;
    let records = [intent(1, 1), intent(1, 2), end];
    assert_eq!(replay(&records).counts().possible_jobs(), 1 + 3);
}

#[test]
fn a_job_tells_what_its_records_said() {
    for salvaged in [false, true] {
        let mut acceptance = accepted(1, 1, "j");
        let Record::Accepted(accepted) = &mut acceptance else { unreachable!() };
        accepted.salvaged = salvaged;
        accepted.earlier_ambiguous = 2;
        let at = accepted.at;
        let seen = status(1, "j", 40);
        let end = ended(1, "j", JobOutcome::TimedOut);
        let replay = replay(&[acceptance, Record::Status(seen.clone()), end.clone()]);
        let job = replay.entry(&key(1)).unwrap().job().unwrap();
        assert_eq!(
            (job.accepted_at(), job.is_salvaged(), job.earlier_ambiguous()),
            (at, salvaged, 2)
        );
        assert_eq!(job.latest(), Some(&seen));
        let Record::Ended(end) = &end else { unreachable!() };
        assert_eq!(job.ended(), Some(end));
    }
}

#[test]
fn a_place_tells_its_input_and_where_results_go() {
    let records = [planned(1, "cup")];
    let replay = replay(&records);
    let [place] = replay.entry(&key(1)).unwrap().places() else { panic!("one place") };
    let Record::Planned(planned) = &records[0] else { unreachable!() };
    assert_eq!(
        (place.input(), place.destination()),
        (&planned.input, planned.destination.as_ref())
    );
    assert!(place.destination().is_some());
    let names = [
        (Input::File(file("a b.jpg")), "a b.jpg"),
        (Input::Url("https://example.com/cup.jpg".parse().unwrap()), "https://example.com/cup.jpg"),
        (Input::Memory("two\nlines".to_owned()), "two\\nlines"),
    ];
    for (input, shown) in names {
        assert_eq!(input.to_string(), shown);
    }
}

#[test]
fn of_two_jobs_the_one_that_did_not_fail_counts() {
    for lost in [JobOutcome::Failed, JobOutcome::NoResult] {
        let records = [accepted(1, 1, "a"), accepted(1, 2, "b"), ended(1, "b", lost)];
        check(&records, Need::Poll(&job_id("a")), Stage::Accepted);
        let records = [accepted(1, 1, "a"), ended(1, "a", lost), accepted(1, 2, "b")];
        check(&records, Need::Poll(&job_id("b")), Stage::Accepted);
    }
    let refused = [accepted(1, 1, "a"), accepted(1, 2, "b"), ended(1, "b", JobOutcome::Refused)];
    check(&refused, Need::Poll(&job_id("b")), Stage::Accepted);
}

#[test]
fn only_what_stands_between_money_and_nothing_is_vital() {
    let vital = [header(), intent(1, 1), accepted(1, 1, "j")];
    assert!(vital.iter().all(Record::is_vital));
    let other = [
        planned(1, "cup"),
        not_accepted(1, 1, UploadOutcome::NotSent),
        Record::Status(status(1, "j", 1)),
        ended(1, "j", JobOutcome::Done),
        saved(1, 0, "clipping"),
    ];
    assert!(!other.iter().any(Record::is_vital));
}

#[test]
fn each_process_that_opened_the_journal_is_known() {
    let opened = |by: &str| Opened::new(super::records::at(1), by, Some(7));
    let records = [header(), Record::Opened(opened("one")), Record::Opened(opened("two"))];
    assert_eq!(replay(&records).openings(), [opened("one"), opened("two")]);
}
