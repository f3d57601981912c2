//! Redirects are answers; whoever follows one gives the key away.

use http::header::LOCATION;

use crate::conformance::exchange::Exchange;
use crate::conformance::held::{Held, ensure};
use crate::conformance::server::{Server, answer};
use crate::conformance::trial::Trial;

const REDIRECTS: [&str; 5] = [
    "301 Moved Permanently",
    "302 Found",
    "303 See Other",
    "307 Temporary Redirect",
    "308 Permanent Redirect",
];

pub(in crate::conformance) fn upload(trial: &Trial<'_>) -> Held {
    each(trial, |server| trial.file_upload(server, 300))
}

pub(in crate::conformance) fn status(trial: &Trial<'_>) -> Held {
    each(trial, |server| trial.status(server))
}

pub(in crate::conformance) fn download(trial: &Trial<'_>) -> Held {
    each(trial, |server| Ok(trial.download(server, "/results/cup.png", 1_000)?.0))
}

pub(in crate::conformance) fn without_location(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("302 Found", "", "gone"))?;
    let ended = trial.run(trial.status(&server)?);
    let response = ended.response()?;
    ensure!(response.status() == 302, "the answer became a {}", response.status());
    Ok(())
}

/// Each redirect to another host, and to another path of the same one.
fn each(
    trial: &Trial<'_>,
    exchange: impl Fn(&Server) -> Result<Exchange, crate::conformance::held::Miss>,
) -> Held {
    let elsewhere = trial.serve(|connection| {
        if connection.request().is_some() {
            connection.send(answer("200 OK", "", "stolen"));
        }
    })?;
    for status in REDIRECTS {
        for stranger in [Some(format!("{}/elsewhere", elsewhere.url())), None] {
            let away = stranger.clone();
            let server = trial.serve(move |connection| {
                let here = format!("{}/elsewhere", connection.path());
                let moved = format!("Location: {}\r\n", away.as_ref().unwrap_or(&here));
                while connection.request().is_some()
                    && connection.send(answer(status, &moved, "moved"))
                {}
            })?;
            let target = stranger.unwrap_or_else(|| format!("{}/elsewhere", server.path()));
            let ended = trial.run(exchange(&server)?);
            let response = ended.response()?;
            let location = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
            ensure!(
                status.starts_with(response.status().as_str()) && location == Some(&*target),
                "{status} to {target} became {} to {location:?}",
                response.status()
            );
            let requests = server.requests().len();
            ensure!(requests == 1, "{status} to {target} was followed");
        }
    }
    let strangers = elsewhere.requests().len();
    ensure!(strangers == 0, "another host was visited {strangers} times");
    Ok(())
}
