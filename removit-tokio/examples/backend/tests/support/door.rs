//! The vendor's door: every request that reaches it is counted with its time, whatever
//! becomes of it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};

/// How the requests begin that count for the budget: uploads, and looks at jobs.
const COUNTED: [&[u8]; 2] = [b"POST /api/v1/upload", b"GET /api/v1/status"];

#[derive(Clone)]
pub struct Door {
    pub url: String,
    times: Arc<Mutex<Vec<Instant>>>,
}

impl Door {
    /// Stands in front of a server of this machine.
    pub async fn in_front_of(url: &str) -> Self {
        let server: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let door = Self { url, times: Arc::default() };
        let counting = door.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let door = counting.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(server).await else { return };
                    let _nodelay = (client.set_nodelay(true), server.set_nodelay(true));
                    let (from_client, mut to_client) = client.into_split();
                    let (mut from_server, mut to_server) = server.into_split();
                    // Where one side ends, nothing of the other is waited for.
                    tokio::select! {
                        () = door.pass(from_client, &mut to_server) => {}
                        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
                    }
                });
            }
        });
        door
    }

    async fn pass(&self, mut from: OwnedReadHalf, to: &mut (impl AsyncWriteExt + Unpin)) {
        let longest = COUNTED.iter().map(|start| start.len()).max().unwrap();
        let mut seen = Vec::new();
        let mut chunk = vec![0; 16 * 1024];
        while let Ok(len @ 1..) = from.read(&mut chunk).await {
            // What began in the chunk before is in it, and too short to count twice.
            seen.drain(..seen.len().saturating_sub(longest - 1));
            let known = seen.len();
            seen.extend_from_slice(&chunk[..len]);
            let count = |start: &[u8]| {
                let places = seen.windows(start.len()).enumerate();
                places.filter(|(at, w)| *w == start && at + start.len() > known).count()
            };
            let count = COUNTED.iter().map(|start| count(start)).sum();
            self.times.lock().unwrap().extend(std::iter::repeat_n(Instant::now(), count));
            if to.write_all(&chunk[..len]).await.is_err() {
                return;
            }
        }
    }

    /// How many requests came, and how many of them within one second.
    pub fn most(&self) -> (usize, usize) {
        let times = self.times.lock().unwrap();
        let second = std::time::Duration::from_secs(1);
        let within = |first: &Instant| {
            times.partition_point(|at| *at < *first + second)
                - times.partition_point(|at| at < first)
        };
        (times.len(), times.iter().map(within).max().unwrap_or_default())
    }

    /// The longest time between two requests.
    pub fn longest_pause(&self) -> std::time::Duration {
        let times = self.times.lock().unwrap();
        times.windows(2).map(|two| two[1] - two[0]).max().unwrap_or_default()
    }
}
