//! The default transport: ureq over rustls.
//!
//! It never retries, follows nothing, decodes nothing and adds no header but
//! `Host`.

use std::fmt;
use std::io::ErrorKind;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::{Request, Response};
use removit_proto::{Reach, TransportFailure};
use ureq::config::{Config, ConfigBuilder};
use ureq::typestate::AgentScope;
use ureq::{Agent, SendBody, Timeout};

use crate::connect::{
    Resolver, UnusableProxy, barrier, not_in_time, refused_after_all, tls_config,
};
use crate::ureq::buffers::SpareBuffers;
use crate::ureq::connector::{NotConnected, ServerConnector, ServerResolver};
use crate::ureq::early_answer::{Cut, CutBody};
use crate::ureq::proxies::Proxies;
use crate::{RequestBody, ResponseBody, SetupError, Silence, Transport, TransportOptions};

/// How long an unused connection is kept: less than the five seconds after
/// which common servers close one.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// How much of a body is sent at once, at most and at least: the head goes the same way.
const MOST_SENT: usize = 128 * 1024;
const LEAST_SENT: usize = 16 * 1024;

/// How much of the API's answer is read at once: its head has to fit in.
const READ_AT_ONCE: usize = 64 * 1024;

/// Sends requests with ureq, by HTTP/1.1.
///
/// Cheap to clone; clones share their connections. An upload has a new connection
/// of its own, in both adapters: one that waited could be closed just as the
/// request goes out, and that would make a paid upload ambiguous. TLS sessions are
/// resumed, so that it costs little. An answer that comes before all
/// of an upload was sent is noticed, and the rest is not sent; where the server
/// neither reads on nor hangs up after such an answer, it is heard shortly before
/// the deadline.
#[derive(Clone)]
pub struct UreqTransport {
    agent: Agent,
    /// With connections of their own, for answers that may be long and must not be silent.
    downloads: Arc<OnceLock<(Silence, Agent)>>,
    connector: ServerConnector,
    proxies: Proxies,
}

impl UreqTransport {
    /// A transport with the default options.
    ///
    /// # Errors
    /// [`SetupError`] where there are no root certificates to trust.
    pub fn new() -> Result<Self, SetupError> {
        Self::with_options(&TransportOptions::default())
    }

    /// A transport with these options.
    ///
    /// ```
    /// use removit_blocking::{Proxy, TransportOptions, UreqTransport};
    ///
    /// let mut options = TransportOptions::default();
    /// options.proxy = Proxy::Direct;
    /// let transport = UreqTransport::with_options(&options)?;
    /// # Ok::<(), removit_blocking::SetupError>(())
    /// ```
    ///
    /// # Errors
    /// [`SetupError`] where a certificate or the proxy cannot be used.
    pub fn with_options(options: &TransportOptions) -> Result<Self, SetupError> {
        let connector = ServerConnector {
            tls: Arc::new(tls_config(options)?),
            resolver: options.resolver.clone(),
            within: options.connect_timeout,
            upload: None,
            silence: None,
            spare: SpareBuffers::default(),
        };
        let proxies = Proxies::new(&options.proxy)?;
        let looking = config().input_buffer_size(READ_AT_ONCE).output_buffer_size(LEAST_SENT);
        let agent = agent(looking.build(), connector.clone());
        Ok(Self { agent, downloads: Arc::default(), connector, proxies })
    }

    fn fetch(
        &self,
        request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ureq::Body>, TransportFailure> {
        let proxy = self.proxies.for_server(request.uri()).map_err(no_way)?;
        let agent = match request.extensions().get() {
            Some(silence) => self.agent_with(*silence),
            None => self.agent.clone(),
        };
        let request = agent.configure_request(request.map(|_| ())).proxy(proxy);
        let request = request.timeout_global(Some(until(deadline))).build();
        agent.run(request).map_err(|error| self.failure(error, Reach::MaybeSent))
    }

    /// Connections are kept for the first silence that is asked for: there is one to a
    /// client's policy.
    fn agent_with(&self, silence: Silence) -> Agent {
        let new = || {
            let connector = ServerConnector { silence: Some(silence.0), ..self.connector.clone() };
            agent(config().output_buffer_size(LEAST_SENT).build(), connector)
        };
        let (kept, agent) = self.downloads.get_or_init(|| (silence, new()));
        if *kept == silence { agent.clone() } else { new() }
    }

    fn upload(
        &self,
        request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ureq::Body>, TransportFailure> {
        let cut = Cut::default();
        let mut connector = self.connector.clone();
        connector.upload = Some((request.uri().clone(), cut.clone()));
        let proxy = self.proxies.for_server(request.uri()).map_err(no_way)?;
        let len = usize::try_from(request.body().len()).unwrap_or(MOST_SENT);
        let at_once = len.clamp(LEAST_SENT, MOST_SENT);
        let config = config().proxy(proxy).timeout_global(Some(until(deadline)));
        let config = config.input_buffer_size(READ_AT_ONCE).output_buffer_size(at_once);
        let agent = agent(config.build(), connector);
        let body = |body| SendBody::from_owned_reader(CutBody::new(body, cut.clone()));
        agent.run(request.map(body)).map_err(|error| {
            self.failure(error, if cut.is_made() { Reach::NotSent } else { Reach::MaybeSent })
        })
    }

    fn failure(&self, error: ureq::Error, reach: Reach) -> TransportFailure {
        match error {
            ureq::Error::Other(error) => match error.downcast::<NotConnected>() {
                Ok(error) => self.not_connected(&error.0),
                Err(error) => match refused_after_all(&*error) {
                    Some(advice) => unreachable(&*error, advice),
                    None => TransportFailure::broken(reach, TransportFailure::detail_of(&*error)),
                },
            },
            ureq::Error::Timeout(_) => {
                TransportFailure::timed_out(reach, "no answer by the deadline")
            }
            ureq::Error::Io(error) if error.kind() == ErrorKind::TimedOut => {
                TransportFailure::timed_out(reach, TransportFailure::detail_of(&error))
            }
            error => TransportFailure::broken(reach, TransportFailure::detail_of(&error)),
        }
    }

    fn not_connected(&self, error: &ureq::Error) -> TransportFailure {
        match error {
            ureq::Error::Timeout(Timeout::Connect) => {
                TransportFailure::connect(not_in_time(self.connector.within))
            }
            ureq::Error::Timeout(_) => {
                TransportFailure::timed_out(Reach::NotSent, "no connection by the deadline")
            }
            error => {
                let cause: &(dyn std::error::Error + 'static) = match error {
                    // ureq names neither as its source.
                    ureq::Error::Other(cause) => &**cause,
                    ureq::Error::Io(cause) => cause,
                    error => error,
                };
                match barrier(cause) {
                    Some(advice) => unreachable(error, advice),
                    None => TransportFailure::connect(TransportFailure::detail_of(error)),
                }
            }
        }
    }
}

impl Transport for UreqTransport {
    fn send(
        &self,
        request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let answer = if request.body().is_empty() {
            self.fetch(request, deadline)?
        } else {
            self.upload(request, deadline)?
        };
        Ok(answer.map(|body| ResponseBody::new(body.into_reader())))
    }
}

fn agent(config: Config, connector: ServerConnector) -> Agent {
    let resolver: Resolver = connector.resolver.clone();
    Agent::with_parts(config, connector, ServerResolver(resolver))
}

/// What all requests have in common: what ureq would do by itself is switched off.
fn config() -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent("")
        .accept("")
        .accept_encoding("")
        .proxy(None)
        .no_delay(true)
        .max_idle_age(KEPT_FOR)
}

fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

fn unreachable(error: &(dyn std::error::Error + 'static), advice: &str) -> TransportFailure {
    TransportFailure::unreachable(format!("{}; {advice}", TransportFailure::detail_of(error)))
}

fn no_way(error: UnusableProxy) -> TransportFailure {
    TransportFailure::unreachable(format!("{error}; {}", UnusableProxy::ADVICE))
}

impl fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqTransport").finish_non_exhaustive()
    }
}
