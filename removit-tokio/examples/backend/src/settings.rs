//! What the program is told when it starts, by arguments or by the environment.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// A whole integration of the Removit image API: routes, a page, a database,
/// and as many machines as there are.
#[derive(Clone, Debug, Parser)]
#[command(name = "removit-backend", version)]
pub struct Settings {
    /// Starts a vendor of its own on this machine, with a database and files in
    /// a temporary folder: no key, no network, nothing installed.
    #[arg(long)]
    pub demo: bool,

    /// Where to listen. Without tokens only on this machine.
    #[arg(long, env = "BACKEND_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// `postgres://…`, for any number of machines; without it a file `backend.sqlite`
    /// in the folder of the data, for one process.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// The folder for photos and results. Of several machines it is one shared folder, unless
    /// there is a store.
    #[arg(long, env = "BACKEND_DATA", default_value = "removit-data")]
    pub data: PathBuf,

    /// `s3://bucket/prefix`: photos and results lie there, and in the folder is only what is
    /// on its way. `AWS_REGION`, `AWS_ENDPOINT`, `AWS_ACCESS_KEY_ID` and so on say how to
    /// reach it. Needs a build with the feature `object-store`.
    #[arg(long, env = "BACKEND_STORE")]
    pub store: Option<String>,

    /// What this process does.
    #[arg(
        long,
        env = "BACKEND_ROLES",
        value_delimiter = ',',
        default_value = "web,upload,poll,fetch"
    )]
    pub roles: Vec<Role>,

    /// Who may call: lines of a name and a token. Callers do not see each other's photos;
    /// one named `operator` may also take up uploads again after a stop.
    #[arg(long, env = "BACKEND_TOKENS_FILE")]
    pub tokens_file: Option<PathBuf>,

    /// The key of the Removit API, in a file.
    #[arg(long, env = "REMOVIT_API_KEY_FILE")]
    pub api_key_file: Option<PathBuf>,

    /// The key of the Removit API.
    #[arg(long, env = "REMOVIT_API_KEY", hide_env_values = true, hide = true)]
    pub api_key: Option<String>,

    /// Another server that keeps to the API.
    #[arg(long, env = "REMOVIT_BASE_URL")]
    pub base_url: Option<String>,

    /// The most uploads and looks in a second, over all machines.
    #[arg(long, env = "BACKEND_REQUESTS_PER_SECOND", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub requests_per_second: u32,

    /// The most uploads of this process that are under way.
    #[arg(long, env = "BACKEND_UPLOADS_AT_ONCE", default_value_t = 4)]
    pub uploads_at_once: usize,

    /// The most photos of this process whose results are being fetched.
    #[arg(long, env = "BACKEND_FETCHES_AT_ONCE", default_value_t = 4)]
    pub fetches_at_once: usize,

    /// Connections to the database, beside that of the elected poller.
    #[arg(long, env = "BACKEND_POOL", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..))]
    pub pool: u32,

    /// The largest photo that is taken, in bytes.
    #[arg(long, env = "BACKEND_MAX_PHOTO", default_value_t = 50 * 1024 * 1024)]
    pub max_photo: u64,

    /// The secret that webhooks are signed with, in a file: one line, or two while it
    /// changes. Each at least 24 characters.
    #[arg(long, env = "BACKEND_WEBHOOK_SECRETS_FILE")]
    pub webhook_secrets_file: Option<PathBuf>,

    /// Lets webhooks go to this machine and to private networks: for tests.
    #[arg(long, hide = true)]
    pub private_webhooks: bool,

    /// How long a process that was told to end serves on, in milliseconds, while `/readyz`
    /// says 503: longer than whoever watches that looks away.
    #[arg(long, env = "BACKEND_SERVES_ON", default_value_t = 500)]
    pub serves_on: u64,

    /// How long a process that was told to end waits for the answers to its uploads, in
    /// seconds. What is not answered by then is ambiguous.
    #[arg(long, env = "BACKEND_DRAIN", default_value_t = 90)]
    pub drain: u64,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Role {
    /// Routes and the page.
    Web,
    /// Sends photos.
    Upload,
    /// Stands for election as the one that asks how jobs are.
    Poll,
    /// Fetches results, and sends webhooks.
    Fetch,
}

impl Settings {
    /// Whether this process has the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// How long to wait for uploads at the end.
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }

    /// How long to serve on at the end.
    pub const fn serves_on(&self) -> Duration {
        Duration::from_millis(self.serves_on)
    }

    /// Whether only this machine can reach it.
    pub const fn is_loopback(&self) -> bool {
        match self.listen.ip() {
            IpAddr::V4(ip) => ip.is_loopback(),
            IpAddr::V6(ip) => ip.is_loopback(),
        }
    }
}
