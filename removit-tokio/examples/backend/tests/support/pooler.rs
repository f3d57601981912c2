//! A pooler that hands the server's connections from one client to another between
//! transactions: `pgbouncer`, where it is installed.

use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::net::TcpStream;

pub struct Pooler {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// Stands between the backend and the database, and changes the URL to that; `None`
    /// where there is no `pgbouncer`.
    pub async fn in_front_of(url: &mut String) -> Option<Self> {
        let options = PgConnectOptions::from_str(url).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let password = std::env::var("PGPASSWORD").unwrap_or_default();
        let settings = format!(
            "[databases]\n* = host={} port={} user={} password={password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             pool_mode = transaction\nauth_type = any\n\
             ignore_startup_parameters = extra_float_digits\n",
            options.get_host(),
            options.get_port(),
            options.get_username(),
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new("pgbouncer");
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // It does not run as root: to this user it changes once it has read its settings.
        if std::env::var("USER").map_or(true, |user| user == "root") {
            command.args(["-u", "postgres"]);
        }
        let child = match command.spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            child => child.unwrap(),
        };
        let pooler = Self { child, _folder: folder };
        let began = std::time::Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(began.elapsed() < super::LONG);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let through = options.host("127.0.0.1").port(port).ssl_mode(PgSslMode::Disable);
        *url = through.to_url_lossy().into();
        Some(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
