//! Whole answers of every kind come through as they are.

use http::header::{CONTENT_ENCODING, DATE, RETRY_AFTER};

use crate::conformance::ended::Ended;
use crate::conformance::held::{Held, ensure};
use crate::conformance::server::answer;
use crate::conformance::trial::{ACCEPTED, Trial};

pub(in crate::conformance) fn refusals(trial: &Trial<'_>) -> Held {
    for (status, body) in [
        ("400 Bad Request", r#"{"error":"malformed_json"}"#),
        ("401 Unauthorized", r#"{"error":"unauthorized","message":"API key invalid"}"#),
        ("402 Payment Required", r#"{"error":"insufficient_credits"}"#),
        ("403 Forbidden", "<html>no</html>"),
        ("404 Not Found", r#"{"error":"not_found"}"#),
        ("413 Content Too Large", ""),
        ("422 Unprocessable Content", r#"{"error":"validation","details":{"file":["empty"]}}"#),
        ("429 Too Many Requests", r#"{"error":"rate_limited"}"#),
    ] {
        comes_through(trial, status, body)?;
    }
    Ok(())
}

pub(in crate::conformance) fn server_errors(trial: &Trial<'_>) -> Held {
    for status in [
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
        "599 Whatever",
    ] {
        comes_through(trial, status, r#"{"error":"maintenance"}"#)?;
        comes_through(trial, status, "")?;
    }
    Ok(())
}

fn comes_through(trial: &Trial<'_>, status: &str, body: &str) -> Held {
    let server = trial.answering(answer(status, "Content-Type: application/json\r\n", body))?;
    for exchange in [trial.json_upload(&server)?, trial.status(&server)?] {
        let ended = trial.run(exchange);
        let response = ended.response()?;
        ensure!(
            status.starts_with(response.status().as_str()),
            "{status} became {}",
            response.status()
        );
        ensure!(response.body() == body, "the body of {status} was lost: {:?}", response.body());
    }
    Ok(())
}

pub(in crate::conformance) fn headers(trial: &Trial<'_>) -> Held {
    let date = "Sun, 22 Nov 2026 10:00:00 GMT";
    let lines = format!("RETRY-AFTER: 7\r\ndate:{date}\r\nX-Latin: caf\u{e9}\r\n");
    let server = trial.answering(answer("503 Service Unavailable", &lines, "{}"))?;
    let ended = trial.run(trial.status(&server)?);
    let headers = ended.response()?.headers();
    ensure!(
        headers.get(RETRY_AFTER).is_some_and(|value| value == "7")
            && headers.get(DATE).is_some_and(|value| value == date),
        "Retry-After or Date was lost: {headers:?}"
    );
    Ok(())
}

pub(in crate::conformance) fn chunked(trial: &Trial<'_>) -> Held {
    let (first, rest) = ACCEPTED.split_at(9);
    let body =
        format!("9;note=x\r\n{first}\r\n{:X}\r\n{rest}\r\n0\r\nX-Sum: 1\r\n\r\n", rest.len());
    let head = "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n";
    let server = trial.answering(format!("{head}{body}"))?;
    is_the_202(&trial.run(trial.json_upload(&server)?))
}

pub(in crate::conformance) fn until_close(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        connection.send(format!("HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n{ACCEPTED}"));
        connection.finish();
        connection.until_hung_up();
    })?;
    is_the_202(&trial.run(trial.json_upload(&server)?))
}

pub(in crate::conformance) fn interim(trial: &Trial<'_>) -> Held {
    let server = trial.answering(
        [
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_vec(),
            answer("202 Accepted", "", ACCEPTED),
        ]
        .concat(),
    )?;
    is_the_202(&trial.run(trial.json_upload(&server)?))
}

pub(in crate::conformance) fn no_content(trial: &Trial<'_>) -> Held {
    let server = trial.answering("HTTP/1.1 204 No Content\r\n\r\n")?;
    let ended = trial.run(trial.status(&server)?);
    let response = ended.response()?;
    ensure!(
        response.status() == 204 && response.body().is_empty(),
        "204 without a body became {response:?}"
    );
    Ok(())
}

/// A body that says it is compressed, though nobody asked for that.
pub(in crate::conformance) fn encoded(trial: &Trial<'_>) -> Held {
    // `gzip` of nothing: a decoder makes no byte of these twenty.
    let gzip: &[u8] = &[31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let server = trial.answering(answer("200 OK", "Content-Encoding: gzip\r\n", gzip))?;
    let ended = trial.run(trial.status(&server)?);
    let response = ended.response()?;
    ensure!(
        response.body() == gzip && response.headers().contains_key(CONTENT_ENCODING),
        "{} bytes were made of {}",
        response.body().len(),
        gzip.len()
    );
    Ok(())
}

fn is_the_202(ended: &Ended) -> Held {
    let response = ended.response()?;
    ensure!(
        response.status() == 202 && response.body() == ACCEPTED,
        "the 202 became {} with {:?}",
        response.status(),
        response.body()
    );
    Ok(())
}
