//! What a case works with: the subject, servers of its own, and what was played between them.

use core::time::Duration;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant as Moment;

use bytes::Bytes;

use super::closed_port::ClosedPort;
use super::connection::Connection;
use super::ended::Ended;
use super::exchange::Exchange;
use super::held::{Held, Miss};
use super::played::Played;
use super::server::Server;
use super::subject::{Cancel, Subject};
use crate::AuthScheme;

/// For exchanges that are not about time.
pub(super) const AMPLE: Duration = Duration::from_secs(8);
/// For exchanges that end at their deadline.
pub(super) const SHORT: Duration = Duration::from_secs(1);
/// How long a client has to read what came before a reset: as long as the last of these.
pub(super) const TIME_TO_LOOK: [Duration; 3] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(4)];

/// What the API says to an upload.
pub(super) const ACCEPTED: &str = r#"{"job_id":"019cdc54-2673","status":"queued"}"#;
/// What it says of a job.
pub(super) const PENDING: &str = r#"{"job_id":"a b&c","state":"pending","progress":33}"#;

pub(super) struct Trial<'a> {
    pub(super) subject: &'a Subject<'a>,
    /// How the key is sent.
    pub(super) auth: AuthScheme,
    case: &'static str,
    /// What makes paths that nobody guesses; drawn anew for each case.
    seed: RandomState,
    servers: AtomicU64,
    played: Arc<Played>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(subject: &'a Subject<'a>, case: &'static str) -> Self {
        Self {
            subject,
            auth: AuthScheme::XApiKey,
            case,
            seed: RandomState::new(),
            servers: AtomicU64::new(0),
            played: Arc::new(Played::new()),
        }
    }

    /// The same case with the key in another header.
    pub(super) fn with_auth(&self, auth: AuthScheme) -> Self {
        Self { auth, played: Arc::clone(&self.played), ..Self::new(self.subject, self.case) }
    }

    /// What was played so far.
    pub(super) fn played(&self) -> Vec<String> {
        self.played.lines()
    }

    pub(super) fn serve(
        &self,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Result<Server, Miss> {
        Server::start(self.path(), Arc::clone(&self.played), script)
            .map_err(|error| Miss::Failed(format!("no server: {error}")))
    }

    /// Plays it with each of these times until it holds.
    pub(super) fn given(
        &self,
        times: impl IntoIterator<Item = Duration>,
        play: impl Fn(Duration) -> Held,
    ) -> Held {
        let mut held = Ok(());
        for time in times {
            held = play(time);
            if held.is_ok() {
                break;
            }
        }
        held
    }

    /// Plays it with more and more time until it `arrived`: else it shows a busy machine alone.
    pub(super) fn once_it_arrives(
        &self,
        arrived: impl Fn(&Server) -> bool,
        serve: impl Fn(Duration) -> Result<Server, Miss>,
        play: impl Fn(&Server, Duration) -> Held,
    ) -> Held {
        let mut held = Ok(());
        for time in [SHORT, SHORT * 4, SHORT * 16] {
            let server = serve(time)?;
            held = play(&server, time);
            if arrived(&server) {
                break;
            }
        }
        held
    }

    /// A port that refuses connections for as long as it is held.
    pub(super) fn closed_port(&self) -> Result<ClosedPort, Miss> {
        ClosedPort::hold(self.path())
            .map_err(|error| Miss::Failed(format!("no closed port: {error}")))
    }

    /// A path for a server of this case alone.
    fn path(&self) -> String {
        let number = self.servers.fetch_add(1, Ordering::Relaxed);
        format!("/{}-{:016x}", self.case, self.seed.hash_one((self.case, number)))
    }

    /// A server that reads a request and says nothing.
    pub(super) fn silent(&self) -> Result<Server, Miss> {
        self.serve(|connection| {
            drop(connection.request());
            connection.until_hung_up();
        })
    }

    /// A server that gives the same answer to every request.
    pub(super) fn answering(&self, answer: impl Into<Bytes>) -> Result<Server, Miss> {
        let answer = answer.into();
        self.serve(
            move |connection| {
                while connection.request().is_some() && connection.send(&answer) {}
            },
        )
    }

    pub(super) fn run(&self, exchange: Exchange) -> Ended {
        self.begins(&exchange);
        let (given, began) = (exchange.time_left, Moment::now());
        let outcome = self.subject.exchange(exchange);
        let ended = Ended { outcome, given, took: began.elapsed() };
        self.played.add(format!("client: {}", ended.named()));
        ended
    }

    fn begins(&self, exchange: &Exchange) {
        let (method, given) = (exchange.attempt.request.method(), exchange.time_left);
        self.played.add(format!("client: a {method}, {given:?} given"));
    }

    /// Begins an exchange, and cancels it once `reached` returns.
    pub(super) fn cancelled(
        &self,
        exchange: Exchange,
        reached: impl FnOnce() -> bool + Send,
    ) -> Held {
        if !self.subject.cancels {
            return Err(Miss::Skipped("a blocking transport is not cancelled"));
        }
        self.begins(&exchange);
        let cancel = Cancel::default();
        let (outcome, reached) = thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let reached = reached();
                self.played.add("client: the exchange is dropped");
                cancel.make();
                reached
            });
            let outcome = self.subject.exchange_until(exchange, &cancel);
            (outcome, waiting.join().unwrap_or(false))
        });
        if reached { Ok(()) } else { Err(Miss::Failed(format!("it ended before: {outcome:?}"))) }
    }
}
