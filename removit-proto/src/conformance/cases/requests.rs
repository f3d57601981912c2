//! The bytes of a request.

use crate::AuthScheme;
use crate::conformance::exchange::Exchange;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::log::Received;
use crate::conformance::server::{Server, answer};
use crate::conformance::trial::{ACCEPTED, PENDING, Trial};
use crate::transport::outcome::Outcome;

/// Some megabytes: more than every buffer on the way.
const LARGE: usize = 12 << 20;

pub(in crate::conformance) fn json_upload(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    arrives_as_built(trial, &server, trial.json_upload(&server)?)
}

pub(in crate::conformance) fn file_upload(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    arrives_as_built(trial, &server, trial.file_upload(&server, 5_000)?)
}

pub(in crate::conformance) fn large_upload(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    arrives_as_built(trial, &server, trial.file_upload(&server, LARGE)?)
}

pub(in crate::conformance) fn bearer_key(trial: &Trial<'_>) -> Held {
    let trial = &trial.with_auth(AuthScheme::Bearer);
    let server = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    let exchange = trial.file_upload(&server, 100)?;
    arrives_as_built(trial, &server, exchange)
}

pub(in crate::conformance) fn status(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("200 OK", "", PENDING))?;
    arrives_as_built(trial, &server, trial.status(&server)?)
}

pub(in crate::conformance) fn download(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("200 OK", "", "picture"))?;
    let path = "/results/a%2Fb%20c%7E/cup.png?sig=a%2Bb+c&x=%C3%A9";
    let (exchange, _file) = trial.download(&server, path, 1_000)?;
    arrives_as_built(trial, &server, exchange)
}

/// Clients that tidy paths, as browsers do, ask for another file.
pub(in crate::conformance) fn dotted_path(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("200 OK", "", "picture"))?;
    let path = "/results/./x/../cup.png";
    let (exchange, _file) = trial.download(&server, path, 1_000)?;
    arrives_as_built(trial, &server, exchange)
}

/// A driver that is given fewer bytes than the body promises must not fill up.
pub(in crate::conformance) fn short_photo(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("202 Accepted", "", ACCEPTED))?;
    let mut exchange = trial.file_upload(&server, 100_000)?;
    exchange.photo = exchange.photo.slice(..60_000);
    let ended = trial.run(exchange);
    ended.not_sent()?;
    let whole = server.whole_requests();
    ensure!(whole == 0, "a whole request arrived, with other bytes in the photo's place");
    Ok(())
}

fn arrives_as_built(trial: &Trial<'_>, server: &Server, exchange: Exchange) -> Held {
    let (body, port) = (exchange.wire_body(), server.port());
    let request = &exchange.attempt.request;
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let line = format!("{} {target} HTTP/1.1", request.method());
    let mut headers = vec![("host".to_owned(), format!("127.0.0.1:{port}"))];
    for (name, value) in request.headers() {
        headers.push((name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    }
    let ended = trial.run(exchange);
    let answered = matches!(ended.outcome, Outcome::Response(_) | Outcome::Stored { .. });
    ensure!(answered, "no whole answer but {:?}", ended.outcome);
    let requests = server.requests();
    let [received] = requests.as_slice() else {
        return Err(Miss::Failed(format!("{} requests arrived", requests.len())));
    };
    ensure!(received.line == line, "the request line was {:?}, not {line:?}", received.line);
    same_headers(received, &headers)?;
    ensure!(
        received.body == body,
        "the body was another one: {} bytes instead of {}",
        received.body.len(),
        body.len()
    );
    Ok(())
}

/// Headers that frame a body, say who asks, or ask for something else than the core
/// did. Whatever else a stack adds of itself does no harm.
const HARMFUL: [&str; 23] = [
    "authorization",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-http-method-override",
    "x-api-key",
    "accept-encoding",
    "accept",
];

/// The same names with the same values, in any order, and none beside them that does
/// harm.
fn same_headers(received: &Received, wanted: &[(String, String)]) -> Held {
    let mut left = received.headers.clone();
    let mut missing = Vec::new();
    for header in wanted {
        match left.iter().position(|came| came == header) {
            Some(at) => drop(left.swap_remove(at)),
            None => missing.push(header.0.as_str()),
        }
    }
    let is_core = |name: &str| wanted.iter().any(|(wanted, _)| wanted == name);
    let harmful: Vec<_> = left
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| HARMFUL.contains(name) || is_core(name))
        .collect();
    ensure!(
        missing.is_empty() && harmful.is_empty(),
        "other headers: added or changed [{}], left out or changed [{}]",
        harmful.join(", "),
        missing.join(", ")
    );
    Ok(())
}

/// What a stack adds of itself.
pub(in crate::conformance) fn added_headers(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("200 OK", "", PENDING))?;
    let exchange = trial.status(&server)?;
    let names: Vec<_> =
        exchange.attempt.request.headers().keys().map(ToString::to_string).collect();
    drop(trial.run(exchange));
    let requests = server.requests();
    let headers = requests.iter().flat_map(|request| &request.headers);
    let added: Vec<_> = headers
        .map(|(name, _)| name.as_str())
        .filter(|name| !names.iter().any(|core| core == name))
        .filter(|name| !HARMFUL.contains(name))
        .collect();
    ensure!(added.is_empty(), "added: {}", added.join(", "));
    Ok(())
}
