//! The API key is where it belongs, and nowhere else.

use crate::conformance::case::{Held, Miss, ensure};
use crate::conformance::server::answer;
use crate::conformance::trial::{ACCEPTED, KEY, SHORT, Trial};

/// What a subject says of itself, and what it says of failures of every kind.
pub(in crate::conformance) fn in_no_text(trial: &Trial<'_>) -> Held {
    if let Some(shown) = &trial.subject.shown {
        ensure!(!shown.contains(KEY), "the transport shows it");
    }
    let accepting = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    let closing = trial.serve(|connection| drop(connection.request()))?;
    let babbling = trial.serve(|connection| {
        drop(connection.request());
        connection.send(format!("HTTP/9.9 {KEY}\r\n"));
    })?;
    let silent = trial.serve(|connection| {
        drop(connection.request());
        connection.until_hung_up();
    })?;
    let gone = {
        let server = trial.serve(|_| ())?;
        trial.json_upload(&server)?
    };
    let mut short = trial.file_upload(&accepting, 5_000)?;
    short.photo = short.photo.slice(..100);
    for exchange in [
        trial.json_upload(&accepting)?,
        trial.json_upload(&closing)?,
        trial.status(&babbling)?,
        trial.status(&silent)?.within(SHORT),
        gone,
        short,
    ] {
        let text = format!("{:?}", trial.run(exchange).outcome);
        ensure!(!text.contains(KEY), "it is in an outcome: {}", text.replace(KEY, "***"));
    }
    Ok(())
}

pub(in crate::conformance) fn at_no_other_host(trial: &Trial<'_>) -> Held {
    let api = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    let results = trial.answering(answer("200 OK", "", "picture"))?;
    trial.run(trial.json_upload(&api)?).accepted()?;
    let (exchange, _file) = trial.download(&results, "/results/cup.png", 1_000)?;
    drop(trial.run(exchange));
    let requests = results.requests();
    let [request] = requests.as_slice() else {
        return Err(Miss::Failed(format!("{} requests arrived", requests.len())));
    };
    let told =
        request.headers.iter().find(|(name, value)| value.contains(KEY) || name.contains(KEY));
    ensure!(told.is_none(), "the host of results saw it in {:?}", told.map(|(name, _)| name));
    ensure!(!request.line.contains(KEY), "the host of results saw it in the URL");
    let in_body = request.body.windows(KEY.len()).any(|piece| piece == KEY.as_bytes());
    ensure!(!in_body, "the host of results saw it in a body");
    Ok(())
}
