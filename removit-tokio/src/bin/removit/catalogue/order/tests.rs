use removit_tokio::BatchInput;
use removit_tokio::proto::{ContentHash, JobId};

use super::*;

fn job() -> JobId {
    "j-1".parse().unwrap()
}

fn item(next: Next, key: u8) -> Item {
    let key = Some(InputKey::new(ContentHash::new([key; 32])));
    let input = Ok(BatchInput::from(job()));
    Item { name: None, input, next, key, job_id: None, records: Vec::new() }
}

#[test]
fn no_more_are_sent_than_the_limit_and_copies_stay_with_theirs() {
    let held = |limit: Option<usize>| {
        let mut items = vec![
            item(Next::Send, 1),
            item(Next::Fetch, 2),
            item(Next::Send, 3),
            item(Next::Copy, 1),
            item(Next::Copy, 3),
        ];
        hold_back(&mut items, limit);
        items.iter().map(|item| item.next.word()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(held(None), "send fetch send copy copy");
    assert_eq!(held(Some(2)), "send fetch send copy copy");
    assert_eq!(held(Some(1)), "send fetch hold copy hold");
    assert_eq!(held(Some(0)), "hold fetch hold hold hold");
}

#[test]
fn a_place_that_takes_no_file_is_tried_only_where_files_are_sent_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let tried = |next: Next, aim: Aim, place: &Path| {
        let mut one = item(next, 1);
        one.input = one.input.map(|input| input.to(Destination::folder(place, "cup")));
        let mut items = [one];
        try_places(&mut items, aim);
        let [one] = items;
        (one.next, one.input.is_ok())
    };
    for aim in [Aim::Files, Aim::OneFile] {
        assert_eq!(tried(Next::Send, aim, &file), (Next::Refused, false));
        assert_eq!(tried(Next::Send, aim, folder.path()), (Next::Send, true));
        assert_eq!(tried(Next::Fetch, aim, &file), (Next::Fetch, true));
    }
    assert_eq!(tried(Next::Send, Aim::Urls, &file), (Next::Send, true));
}

#[test]
fn what_has_a_job_and_needs_none_is_known() {
    for (next, has_job, expected) in [
        (Next::Fetch, true, true),
        (Next::Nothing, true, true),
        (Next::Fetch, false, false),
        (Next::Failed, true, false),
    ] {
        let item = Item { job_id: has_job.then(job), ..item(next, 1) };
        assert_eq!(is_known(&item), expected, "{next:?} {has_job}");
    }
}

#[test]
fn urls_are_asked_for_only_of_one_photo() {
    for aim in [Aim::Files, Aim::OneFile, Aim::Id, Aim::Urls, Aim::StandardOutput] {
        let expected = matches!(aim, Aim::Urls | Aim::StandardOutput);
        assert_eq!((wants_urls(aim, true), wants_urls(aim, false)), (expected, false));
    }
}
