//! A vendor that keeps the contract.

use removit_proto::contract::{Conclusion, Ended};

use crate::against::{check, policy, scenario, strict};

#[test]
fn a_vendor_that_keeps_the_contract_is_clean_and_is_charged_nothing() {
    let run = check(strict(), policy(0));
    assert_eq!(run.report.broken(), [""; 0], "{}", run.report);
    assert_eq!(run.report.conclusion(), Conclusion::Kept);
    assert_eq!(run.report.ended, Ended::Complete);
    assert_eq!(run.vendor.account().credits_spent, 0);
    assert_eq!(run.report.credits, 0);
}

#[test]
fn real_jobs_are_followed_to_their_results() {
    let run = check(scenario("happy"), policy(18));
    println!("{}", run.report);
    assert_eq!(run.report.broken(), [""; 0], "{}", run.report);
    assert_eq!(run.vendor.account().credits_spent, 18);
}
