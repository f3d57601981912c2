//! The named scripts.

use super::*;
use crate::simulator::{Scenario, Wire};

fn run(name: &str) -> Simulator {
    let scenario = Scenario::by_name(name).unwrap();
    Simulator::new(scenario.apply(Config::instant()))
}

#[test]
fn names_are_unique_and_every_one_is_explained() {
    for (at, scenario) in Scenario::ALL.iter().enumerate() {
        let name = scenario.name();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
        assert!(scenario.about().ends_with('.') && scenario.about().len() < 80, "{name}");
        let twin = Scenario::ALL.iter().skip(at + 1).find(|other| other.name() == name);
        assert!(twin.is_none(), "{name}");
    }
    assert!(Scenario::by_name("Happy").is_none());
}

#[test]
fn every_scenario_answers_uploads_polls_and_downloads() {
    for scenario in Scenario::ALL {
        let mut simulator = run(scenario.name());
        let first = api(&mut simulator, at(0), file_upload(PNG));
        assert!(first.response.status().as_u16() >= 200, "{scenario:?}");
        let id = simulator.account().jobs.first().map(|job| job.id.clone());
        let id = id.unwrap_or_else(|| "none".to_owned());
        let id = crate::simulator::query::escaped(&id);
        let _any = api(&mut simulator, at(100), status(&id));
        let url = format!("https://cdn.example.com/results/{id}/clipping.png");
        let _any = download(&mut simulator, at(100), &url);
        let counted: Vec<_> = [Kind::Upload, Kind::Status, Kind::Result]
            .map(|kind| simulator.account().requests(kind))
            .into();
        assert_eq!(counted, [1, 1, 1], "{scenario:?}");
    }
}

#[test]
fn the_happy_one_ends_with_the_file() {
    let mut simulator = run("happy");
    let id = created(&mut simulator, at(0), file_upload(PNG));
    assert_eq!(told(&mut simulator, at(0), &id)["state"], "done");
    let url = format!("https://cdn.example.com/results/{id}/clipping.png");
    assert_eq!(download(&mut simulator, at(0), &url).response.body().as_ref(), PNG);
}

#[test]
fn the_refusing_ones_create_no_job() {
    for (name, code) in [
        ("key-refused", 401),
        ("no-credits", 402),
        ("validation", 422),
        ("rate-limited", 429),
        ("unavailable", 503),
        ("unavailable-until", 503),
        ("unavailable-bare", 503),
        ("html-error", 502),
        ("early-refusal", 401),
        ("redirect-upload", 307),
    ] {
        let mut simulator = run(name);
        let reply = api(&mut simulator, at(0), file_upload(PNG));
        assert_eq!(reply.response.status(), code, "{name}");
        assert!(simulator.account().jobs.is_empty(), "{name}");
    }
}

#[test]
fn the_losing_ones_differ_in_what_they_leave_behind() {
    for (name, jobs) in [("lost-answer", 1), ("lost-before-create", 0), ("hang-up", 0)] {
        let mut simulator = run(name);
        let reply = api(&mut simulator, at(0), file_upload(PNG));
        assert_eq!(reply.wire, Wire::DropBeforeAnswer, "{name}");
        assert_eq!(simulator.account().jobs.len(), jobs, "{name}");
        created(&mut simulator, at(0), file_upload(PNG));
    }
}

#[test]
fn a_cut_download_promises_more_than_it_sends() {
    let mut simulator = run("cut-download");
    let id = created(&mut simulator, at(0), file_upload(PNG));
    let url = format!("https://cdn.example.com/results/{id}/clipping.png");
    let reply = download(&mut simulator, at(0), &url);
    assert_eq!(reply.wire, Wire::CutBody { after: 20 });
    assert!(reply.response.body().len() > 20);
}
