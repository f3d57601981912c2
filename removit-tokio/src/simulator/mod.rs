//! The simulator of the core on real sockets, for tests and demonstrations
//! without a key, credits or a network.
//!
//! The server runs on a thread of its own, so that blocking code can use it as
//! well as a tokio program. It decides nothing: what is answered, and when, is
//! [`removit_proto::simulator`]'s.

mod broken;
mod outgoing;
mod serve;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use removit_proto::simulator::{Account, Simulator};
use tokio::sync::{oneshot, watch};

use crate::lock::lock;

/// The simulator behind two HTTP/1.1 servers on loopback: one plays the API,
/// the other one, of another origin, serves the results.
///
/// Times are counted from the Unix epoch. The servers stop when this value is
/// dropped, whatever their connections are doing.
///
/// ```
/// use removit_proto::simulator::{Config, Simulator};
/// use removit_tokio::simulator::SimulatorServer;
///
/// let server = SimulatorServer::start(Simulator::new(Config::instant()))?;
/// assert!(server.base_url().starts_with("http://127.0.0.1:"));
/// assert_ne!(server.base_url(), server.results_url());
/// assert_eq!(server.account().jobs.len(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct SimulatorServer {
    simulator: Shared,
    base_url: String,
    results_url: String,
    /// Never sent to: the servers stop when it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The machine, as the connections and the test share it.
#[derive(Clone)]
struct Shared {
    machine: Arc<Mutex<Simulator>>,
    /// Changes when late answers are to go out at once.
    released: watch::Sender<()>,
}

impl Shared {
    /// A machine on which someone panicked is still the truth about the past.
    fn lock(&self) -> MutexGuard<'_, Simulator> {
        lock(&self.machine)
    }
}

impl SimulatorServer {
    /// Starts both servers on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// Whatever the operating system says against two sockets and a thread.
    pub fn start(simulator: Simulator) -> io::Result<Self> {
        Self::bind(simulator, SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
    }

    /// Starts the API's server at this address, and the one for results on a
    /// free port beside it.
    ///
    /// It is meant for loopback: everything is plain text, and a client that
    /// follows the contract fetches plain-text results from loopback alone.
    ///
    /// # Errors
    /// Whatever the operating system says against two sockets and a thread, such
    /// as an address in use.
    pub fn bind(mut simulator: Simulator, api: SocketAddr) -> io::Result<Self> {
        let api = TcpListener::bind(api)?;
        let results = TcpListener::bind(SocketAddr::new(api.local_addr()?.ip(), 0))?;
        let base_url = format!("http://{}", api.local_addr()?);
        let results_url = format!("http://{}", results.local_addr()?);
        simulator.set_bases(base_url.clone(), results_url.clone());
        let machine = Arc::new(Mutex::new(simulator));
        let simulator = Shared { machine, released: watch::Sender::new(()) };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (api, results) = {
            let _context = runtime.enter();
            (serve::listener(api)?, serve::listener(results)?)
        };
        let (stop, stopped) = oneshot::channel();
        let shared = simulator.clone();
        let thread = thread::Builder::new()
            .name("removit-simulator".to_owned())
            // The end of the closure drops the runtime, and every connection.
            .spawn(move || runtime.block_on(serve::until(stopped, shared, api, results)))?;
        Ok(Self { simulator, base_url, results_url, stop: Some(stop), thread: Some(thread) })
    }

    /// The API's base URL, such as `http://127.0.0.1:40001`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// The other origin, which serves results.
    #[must_use]
    pub fn results_url(&self) -> String {
        self.results_url.clone()
    }

    /// Everything that has happened so far, as a copy.
    #[must_use]
    pub fn account(&self) -> Account {
        self.simulator.lock().account().clone()
    }

    /// Looks at the simulator, or changes its script, between two requests.
    pub fn with_simulator<T>(&self, look: impl FnOnce(&mut Simulator) -> T) -> T {
        look(&mut self.simulator.lock())
    }

    /// Sends every answer now that a [`Delay`](removit_proto::simulator::Fault::Delay)
    /// holds back, to a request that the [`account`](Self::account) counts already. A
    /// test that has an answer come after something else, and not after a while, delays
    /// it for an hour and releases it then.
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use std::net::TcpStream;
    /// use std::time::Duration;
    ///
    /// use removit_proto::simulator::{Config, Fault, Kind, Rule, Simulator, When};
    /// use removit_tokio::simulator::SimulatorServer;
    ///
    /// let hour = Fault::Delay(Duration::from_secs(3600));
    /// let rule = Rule::new(Kind::Other, When::First(1), hour);
    /// let config = Config::instant().with(|config| config.script.push(rule));
    /// let server = SimulatorServer::start(Simulator::new(config))?;
    /// let mut client = TcpStream::connect(server.base_url().trim_start_matches("http://"))?;
    /// client.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")?;
    /// while server.account().requests(Kind::Other) == 0 {
    ///     std::thread::yield_now();
    /// }
    /// server.release();
    /// let mut answer = [0; 12];
    /// client.read_exact(&mut answer)?;
    /// assert_eq!(&answer, b"HTTP/1.1 404");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn release(&self) {
        self.simulator.released.send_replace(());
    }

    /// Stops both servers and closes their connections, and returns the final
    /// account. Dropping the server does the same.
    pub fn stop(mut self) -> Account {
        self.shut_down();
        self.account()
    }

    fn shut_down(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there was reported there; here is nothing to save.
            let _ended = thread.join();
        }
    }
}

impl Drop for SimulatorServer {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl fmt::Debug for SimulatorServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorServer")
            .field("base_url", &self.base_url)
            .field("results_url", &self.results_url)
            .finish_non_exhaustive()
    }
}
