//! One row's work in a process of its own, which counts itself.

use std::alloc::System;
use std::fs;
use std::io;
use std::path::Path;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::{core_alone, ours, with_hyper, with_reqwest, with_ureq};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What a worker knows of itself at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Allocations, and memory that grew or shrank, of all jobs but the first.
    pub(crate) allocations: u64,
    /// Processor time of the whole process, in seconds.
    pub(crate) processor: f64,
    /// The most memory that the process held, in KiB.
    pub(crate) peak: u64,
}

/// Where a row's requests go, and the photo that it sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) photo: &'a Path,
}

/// Does the work of a row, once to warm up and then `jobs` times.
pub(crate) fn work(work: &str, who: &str, jobs: usize, place: Place<'_>) -> io::Result<Seen> {
    let Place { base_url, photo } = place;
    let allocations = match (work, who) {
        ("core-json", _) => counted(jobs, core_alone::json),
        ("core-multipart", _) => counted(jobs, core_alone::multipart),
        (work, "blocking") => {
            let client = ours::blocking::client(base_url);
            counted(jobs, |jobs| {
                (0..jobs).for_each(|_| match work {
                    "json" => ours::blocking::json(&client),
                    "multipart" => ours::blocking::multipart(&client, photo),
                    _ => ours::blocking::upload(&client, photo),
                });
            })
        }
        (work, "ureq" | "ureq-fresh") => {
            let (uploads, agent) = (with_ureq::agent(who == "ureq"), with_ureq::agent(true));
            let uploads = if who == "ureq" { &agent } else { &uploads };
            counted(jobs, |jobs| {
                (0..jobs).for_each(|_| match work {
                    "json" => with_ureq::json(uploads, &agent, base_url),
                    "multipart" => with_ureq::multipart(uploads, &agent, base_url, photo),
                    _ => drop(with_ureq::upload(uploads, base_url, photo)),
                });
            })
        }
        _ => on_tokio(work, who, jobs, place)?,
    };
    Ok(Seen { allocations, processor: processor()?, peak: peak()? })
}

fn on_tokio(work: &str, who: &str, jobs: usize, place: Place<'_>) -> io::Result<u64> {
    let Place { base_url, photo } = place;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Clients are made within the runtime that their connections live in.
    let _within = runtime.enter();
    Ok(match who {
        "tokio" => {
            let client = ours::on_tokio::client(base_url);
            counted(jobs, |jobs| {
                runtime.block_on(async {
                    for _ in 0..jobs {
                        match work {
                            "json" => ours::on_tokio::json(&client).await,
                            "multipart" => ours::on_tokio::multipart(&client, photo).await,
                            _ => ours::on_tokio::upload(&client, photo).await,
                        }
                    }
                });
            })
        }
        "reqwest" => {
            let client = reqwest::Client::new();
            counted(jobs, |jobs| {
                runtime.block_on(async {
                    for _ in 0..jobs {
                        with_reqwest::json(&client, base_url).await;
                    }
                });
            })
        }
        who => {
            let (kept, fresh) = (with_hyper::client(true), with_hyper::client(false));
            let uploads = if who.ends_with("fresh") { &fresh } else { &kept };
            let inline = who.starts_with("hyper-inline");
            counted(jobs, |jobs| {
                runtime.block_on(async {
                    for _ in 0..jobs {
                        match work {
                            "json" => with_hyper::json(uploads, &kept, base_url).await,
                            "multipart" => {
                                let client = &kept;
                                with_hyper::multipart(uploads, client, base_url, photo, inline)
                                    .await;
                            }
                            _ => drop(with_hyper::upload(uploads, base_url, photo, inline).await),
                        }
                    }
                });
            })
        }
    })
}

/// The allocations of some jobs, after a first one that may set up what is kept.
fn counted(jobs: usize, work: impl Fn(usize)) -> u64 {
    work(1);
    let region = Region::new(COUNTED);
    work(jobs);
    let change = region.change();
    u64::try_from(change.allocations + change.reallocations).unwrap_or(u64::MAX)
}

/// In ticks of a hundredth of a second.
fn processor() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    // Fields 14 and 15; the name is the second.
    let ticks = after_name.split_whitespace().skip(11).take(2);
    Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
}

fn peak() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default())
}
