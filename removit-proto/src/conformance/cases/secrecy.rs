//! The API key is where it belongs, and nowhere else.

use crate::AuthScheme;
use crate::conformance::exchange::Exchange;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::key_hunt::{KEY, found_in};
use crate::conformance::server::answer;
use crate::conformance::trial::{ACCEPTED, SHORT, Trial};
use crate::transport::outcome::Outcome;

const SCHEMES: [AuthScheme; 2] = [AuthScheme::XApiKey, AuthScheme::Bearer];
/// More than all buffers between a client and a server that does not read.
const LARGE: usize = 24 << 20;

/// What a subject says of itself, and what it says of ends of every kind.
pub(in crate::conformance) fn in_no_text(trial: &Trial<'_>) -> Held {
    for scheme in SCHEMES {
        let trial = &trial.with_auth(scheme);
        answered(trial)?;
        broken_off(trial)?;
        never_sent(trial)?;
    }
    shown(trial)
}

/// After the exchanges: a transport in use may know the key.
fn shown(trial: &Trial<'_>) -> Held {
    if let Some(text) = trial.subject.shown() {
        let how = found_in(text);
        ensure!(how.is_none(), "the transport shows it, {}", how.unwrap_or_default());
    }
    Ok(())
}

fn answered(trial: &Trial<'_>) -> Held {
    let accepting = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    let refusing = trial.answering(answer("401 Unauthorized", "", "{}"))?;
    let moved = trial.answering(answer("302 Found", "Location: /elsewhere\r\n", ""))?;
    let large = trial.answering(answer("200 OK", "", vec![b'x'; 2 << 20]))?;
    for exchange in [
        trial.json_upload(&accepting)?,
        trial.json_upload(&refusing)?,
        trial.status(&moved)?,
        trial.status(&large)?,
    ] {
        is_silent(trial, exchange)?;
    }
    if trial.subject.stores {
        let (exchange, _file) = trial.download(&large, "/results/cup.png", 1_000)?;
        is_silent(trial, exchange)?;
    }
    Ok(())
}

fn broken_off(trial: &Trial<'_>) -> Held {
    let closing = trial.serve(|connection| drop(connection.request()))?;
    let resetting = trial.serve(|connection| drop(connection.request_left_unread()))?;
    let babbling = trial.serve(|connection| {
        drop(connection.request());
        connection.send(format!("HTTP/9.9 {KEY}\r\n"));
    })?;
    let stopping = trial.serve(|connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf");
    })?;
    let miscounting = trial.serve(|connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
    })?;
    let silent = trial.silent()?;
    for exchange in [
        trial.json_upload(&closing)?,
        trial.json_upload(&resetting)?,
        trial.status(&babbling)?,
        trial.json_upload(&stopping)?,
        trial.status(&miscounting)?,
        trial.status(&silent)?.within(SHORT),
        trial.json_upload(&silent)?.within(SHORT),
    ] {
        is_silent(trial, exchange)?;
    }
    Ok(())
}

fn never_sent(trial: &Trial<'_>) -> Held {
    let accepting = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    let mut short = trial.file_upload(&accepting, 5_000)?;
    short.photo = short.photo.slice(..100);
    let hanging_up = trial.serve(|connection| drop(connection.head()))?;
    let port = trial.closed_port()?;
    for exchange in [short, trial.file_upload(&hanging_up, LARGE)?, trial.refused_upload(&port)?] {
        is_silent(trial, exchange)?;
    }
    Ok(())
}

/// Neither what a log shows of the outcome nor what its error says to people has the key.
fn is_silent(trial: &Trial<'_>, exchange: Exchange) -> Held {
    let outcome = trial.run(exchange).outcome;
    let mut texts = vec![format!("{outcome:?}"), format!("{outcome:#?}")];
    match &outcome {
        Outcome::Failed(failure) => texts.push(failure.to_string()),
        Outcome::Response(answer) | Outcome::Partial(answer) => {
            // Its `Debug` may hide what is in it.
            let values = answer.headers().values();
            texts.extend(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into()));
            texts.push(String::from_utf8_lossy(answer.body()).into());
        }
        _ => {}
    }
    for text in texts {
        if let Some(how) = found_in(&text) {
            let text = text.replace(KEY, "***");
            return Err(Miss::Failed(format!("it is in an outcome, {how}: {text}")));
        }
    }
    Ok(())
}

/// Whichever header the key was in before.
pub(in crate::conformance) fn at_no_other_host(trial: &Trial<'_>) -> Held {
    for scheme in SCHEMES {
        let trial = &trial.with_auth(scheme);
        let api = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
        let results = trial.answering(answer("200 OK", "", "picture"))?;
        trial.run(trial.json_upload(&api)?).accepted()?;
        let (exchange, _file) = trial.download(&results, "/results/cup.png", 1_000)?;
        drop(trial.run(exchange));
        let requests = results.requests();
        let [request] = requests.as_slice() else {
            return Err(Miss::Failed(format!("{} requests arrived", requests.len())));
        };
        for (name, value) in &request.headers {
            let told = found_in(value).or_else(|| found_in(name));
            ensure!(told.is_none(), "the host of results saw it in {name}, {told:?}");
        }
        let told = found_in(&request.line);
        ensure!(told.is_none(), "the host of results saw it in the URL, {told:?}");
        let told = found_in(&request.body);
        ensure!(told.is_none(), "the host of results saw it in a body, {told:?}");
    }
    Ok(())
}
