//! Who calls, and from which page.
//!
//! Callers have tokens and see their own photos: another's are not found. Without tokens
//! the program serves this machine alone, and then it matters which page a browser is on:
//! a name that an attacker points at this machine, and a form on a page of theirs, are
//! refused.

use std::collections::HashMap;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::app::{App, read};
use crate::error::{Error, Result};
use crate::settings::{Role, Settings};

/// The shortest token that is taken.
const SHORTEST: usize = 16;

/// Who may call.
#[derive(Clone, Debug)]
pub struct Callers {
    /// By the digest of their token; `None` where nobody needs one.
    names: Option<HashMap<[u8; 32], String>>,
}

/// The caller of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name beside the token.
    pub name: String,
    /// Whether it may take up uploads again after a stop.
    pub is_operator: bool,
}

impl Callers {
    /// Reads the file of tokens. Without one, only this machine may call.
    pub fn read(settings: &Settings) -> Result<Self> {
        let Some(file) = &settings.tokens_file else {
            if settings.has(Role::Web) && !settings.is_loopback() {
                return Err(Error::setup(
                    "without --tokens-file it listens on this machine only: 127.0.0.1 or ::1",
                ));
            }
            return Ok(Self { names: None });
        };
        let mut names = HashMap::new();
        for (n, line) in read(file)?.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what| Error::setup(format!("{}, line {}: {what}", file.display(), n + 1));
            let (name, token) =
                line.split_once(char::is_whitespace).ok_or_else(|| wrong("a name and a token"))?;
            let token = token.trim();
            if token.len() < SHORTEST {
                return Err(wrong("a token has 16 characters or more"));
            }
            if names.insert(Sha256::digest(token).into(), name.to_owned()).is_some() {
                return Err(wrong("the token is another caller's too"));
            }
        }
        if names.is_empty() {
            return Err(Error::setup(format!("{}: no tokens in it", file.display())));
        }
        Ok(Self { names: Some(names) })
    }

    /// Looked up by a digest: how long it takes says nothing about a token.
    fn find(&self, headers: &HeaderMap) -> Option<Caller> {
        let Some(names) = &self.names else {
            return Some(Caller { name: "local".to_owned(), is_operator: true });
        };
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(token.trim()).into();
        let name = names.get(&digest)?;
        Some(Caller { name: name.clone(), is_operator: name == "operator" })
    }
}

/// Lets callers with a token pass, and says who it is.
pub async fn callers_only(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match app.callers.find(request.headers()) {
        Some(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        None => Problem::unauthorized().into_response(),
    }
}

/// Without tokens, a browser's own page is what tells a person from an attacker.
pub async fn own_pages_only(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.callers.names.is_none() {
        let host = host(&request).unwrap_or_default().to_owned();
        if !is_this_machine(&host) {
            let detail = "call it by 127.0.0.1 or localhost, or give it tokens";
            return Problem::forbidden(detail).into_response();
        }
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        if changes && !is_own_page(request.headers(), &host) {
            return Problem::forbidden("another site's page may not do that").into_response();
        }
    }
    next.run(request).await
}

fn host(request: &Request) -> Option<&str> {
    match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST)?.to_str().ok(),
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.split_once(']').is_some_and(|(ip, _)| ip == "::1"),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Browsers say where a request comes from; programs that are no browsers say nothing.
fn is_own_page(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    text("origin").is_none_or(|origin| origin.strip_prefix("http://") == Some(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_own_names_alone() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["", "evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "127.0.0.1.evil"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_site_changes_nothing() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect()
        };
        let own =
            |pairs: &[(&'static str, &'static str)]| is_own_page(&headers(pairs), "localhost:8080");
        assert!(own(&[]));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8080")]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(!own(&[("origin", "http://evil.example")]));
        assert!(!own(&[("origin", "null")]));
        assert!(!own(&[("origin", "http://localhost:9090")]));
    }
}
