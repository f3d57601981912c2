//! A backend as a process, the vendor beside it, and a database of their own: SQLite in
//! the test's folder, or PostgreSQL where `PGHOST` names one (`pg_virtualenv` does).
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]

pub mod browser;
pub mod door;
pub mod pooler;
pub mod proxy;
pub mod rows;
#[cfg(feature = "object-store")]
pub mod s3;
pub mod sessions;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{Config, Simulator};
use removit_tokio::simulator::SimulatorServer;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Longer than anything takes on a busy machine.
pub const LONG: Duration = Duration::from_secs(300);

/// The vendor and what outlives processes.
pub struct World {
    pub vendor: SimulatorServer,
    pub folder: TempDir,
    pub database: Option<String>,
    pub client: Client,
    /// Where the vendor is, or what stands in front of it.
    pub base_url: String,
    /// What else is in a process's environment.
    pub env: Vec<(&'static str, String)>,
}

/// A backend process; killed when dropped.
pub struct Backend {
    child: Child,
    pub url: String,
    pub client: Client,
    pub token: Option<String>,
    pub log: PathBuf,
}

impl World {
    /// A vendor that works as told, and an empty database.
    pub async fn new(config: Config) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let vendor = SimulatorServer::start(Simulator::new(config)).unwrap();
        let base_url = vendor.base_url();
        let folder = tempfile::tempdir().unwrap();
        let client = client();
        Self { vendor, folder, database: database().await, client, base_url, env: Vec::new() }
    }

    /// The command that starts a backend here.
    pub fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_removit-backend"));
        command.env_clear().env("REMOVIT_API_KEY", "secret-key-of-the-vendor");
        command.env("BACKEND_LISTEN", "127.0.0.1:0");
        command.args(["--base-url", &self.base_url]);
        command.env("BACKEND_REQUESTS_PER_SECOND", "100");
        // All tests' processes share the hundred connections of one server.
        command.env("BACKEND_POOL", "4");
        if !more.contains(&"--data") {
            command.arg("--data").arg(self.data());
        }
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.args(more);
        command
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts a backend and waits until it listens.
    pub async fn start(&self, more: &[&str]) -> Backend {
        Backend::spawn(self.command(more), self.folder.path(), self.client.clone()).await
    }

    /// Starts a backend with another budget.
    pub async fn start_slow(&self, per_second: u32) -> Backend {
        self.start(&["--requests-per-second", &per_second.to_string()]).await
    }

    /// Stops the database's server as told, and starts it again; `false` where it is none of
    /// `pg_virtualenv`'s.
    pub async fn restart_database(mode: &str) -> bool {
        let (Ok(version), Some(_)) =
            (std::env::var("PGVERSION"), std::env::var_os("PG_CLUSTER_CONF_ROOT"))
        else {
            return false;
        };
        let mut restart = tokio::process::Command::new("pg_ctlcluster");
        restart.args(["--mode", mode, &version, "regress", "restart"]).current_dir("/");
        // The server inherits what it is started with, and outlives this.
        restart.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(restart.status().await.unwrap().success());
        true
    }

    /// On PostgreSQL, lets what dead processes were fetching be fetched at once.
    pub async fn end_leases(&self) {
        let Some(url) = &self.database else { return };
        let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        let end = "UPDATE photos SET lease_until = 0";
        sqlx::raw_sql(end).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// How many sessions have had a transaction open for a second without doing anything.
    pub async fn left_open(&self) -> i64 {
        let Some(url) = &self.database else { return 0 };
        let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        let open = "SELECT COUNT(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'
                    AND state_change < clock_timestamp() - interval '1 second'
                    AND datname = current_database()";
        let open = sqlx::query_scalar(open).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        open
    }

    /// How many jobs the vendor was paid for.
    pub fn paid(&self) -> usize {
        self.vendor.account().jobs.len()
    }
}

/// A PostgreSQL database of this test's own.
async fn database() -> Option<String> {
    std::env::var_os("PGHOST")?;
    let name = format!("t{}", uuid::Uuid::new_v4().simple());
    let options = PgConnectOptions::new();
    let mut connection = options.clone().connect().await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    Some(options.database(&name).to_url_lossy().into())
}

impl Backend {
    /// Starts the demo, which brings its vendor and its database.
    pub async fn demo(folder: &Path) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_removit-backend"));
        command
            .env_clear()
            .env("TMPDIR", folder)
            .env("BACKEND_LISTEN", "127.0.0.1:0")
            .arg("--demo");
        Self::spawn(command, folder, client()).await
    }

    pub async fn spawn(mut command: Command, folder: &Path, client: Client) -> Self {
        let log = folder.join(format!("{}.log", uuid::Uuid::new_v4()));
        let file = std::fs::File::create(&log).unwrap();
        let child = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let mut backend = Self { child, url: String::new(), client, token: None, log };
        let stdout = backend.child.stdout.take().unwrap();
        let mut lines =
            BufReader::new(tokio::process::ChildStdout::from_std(stdout).unwrap()).lines();
        let listening = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(url) = line.strip_prefix("listening on ") {
                    return Some(url.to_owned());
                }
            }
            None
        };
        let url = tokio::time::timeout(LONG, listening).await.unwrap();
        backend.url = url.unwrap_or_else(|| panic!("it did not start: {}", backend.said()));
        backend
    }

    /// What it wrote to its log.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.with_token(self.client.get(format!("{}{path}", self.url)))
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.with_token(self.client.post(format!("{}{path}", self.url)))
    }

    fn with_token(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Gives a photo, and returns its id.
    pub async fn give(&self, n: u32) -> String {
        let answer = self.post("/photos").multipart(form(n)).send().await.unwrap();
        id_of(answer).await
    }

    /// A photo as it is now.
    pub async fn photo(&self, id: &str) -> Value {
        let answer = self.get(&format!("/photos/{id}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    /// Waits until the photo is in this state.
    pub async fn until(&self, id: &str, state: &str) -> Value {
        let began = Instant::now();
        loop {
            let photo = self.photo(id).await;
            if photo["state"] == state {
                return photo;
            }
            assert!(began.elapsed() < LONG, "not {state}: {photo}\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// All events of a photo that has ended, as `kind` and `state`.
    pub async fn history(&self, id: &str) -> Vec<(String, String)> {
        let answer = self.get(&format!("/photos/{id}/events")).send().await.unwrap();
        let text = tokio::time::timeout(LONG, answer.text()).await.unwrap().unwrap();
        steps(&text)
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has had, in bytes.
    #[cfg(target_os = "linux")]
    pub fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < LONG, "it did not end: {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The steps in a stream of events.
pub fn steps(text: &str) -> Vec<(String, String)> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let step = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let words =
        |step: Value| Some((step["kind"].as_str()?.to_owned(), step["state"].as_str()?.to_owned()));
    step.filter_map(words).collect()
}

/// The same without intents that were withdrawn because their slot had passed: on a busy
/// machine there may be some.
pub fn without_withdrawn(mut all: Vec<(String, String)>) -> Vec<(String, String)> {
    while let Some(at) = all.windows(2).position(|two| {
        (two[0].0.as_str(), two[1].0.as_str()) == ("intent", "not_accepted")
            && two[1].1 == "waiting"
    }) {
        all.drain(at..at + 2);
    }
    all
}

/// A photo of its own: the start of a PNG, and the number.
pub fn photo(n: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
    png.extend_from_slice(&n.to_be_bytes());
    png
}

/// A form with this photo.
pub fn form(n: u32) -> Form {
    Form::new().part("file", Part::bytes(photo(n)).file_name("cup.png"))
}

/// The id in an answer that says that a photo was taken.
pub async fn id_of(answer: Response) -> String {
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["id"].as_str().unwrap().to_owned()
}

/// Checks that an answer is a problem with this status.
pub async fn problem(answer: Response, status: u16) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    body
}

/// A connection for each request: one that is kept may be closed by the server just as the
/// next request goes out, which is no fault of either.
fn client() -> Client {
    Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
}
