//! TCP connections, to the first of a host's addresses that answers.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::Uri;
use hyper_util::rt::TokioIo;
use removit_blocking::Resolver;
use removit_blocking::connect::{NEXT_AFTER, in_turn};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tower_service::Service;

/// Connects to the host and port of a URL, whatever its scheme.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    pub(crate) resolver: Resolver,
}

impl Service<Uri> for Tcp {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<TcpStream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let resolver = self.resolver.clone();
        Box::pin(async move {
            let addresses = find(&resolver, &server).await?;
            let stream = first_to_answer(&in_turn(&addresses)).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}

/// A lookup that nobody waits for any more is left behind in its thread: not in one
/// of the runtime's, which would have to wait for it at its own end.
async fn find(resolver: &Resolver, server: &Uri) -> io::Result<Vec<SocketAddr>> {
    let host = server.host().ok_or(ErrorKind::InvalidInput)?;
    let port = server.port_u16().unwrap_or(match server.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => 1080,
    });
    let (found, finding) = oneshot::channel();
    resolver.find(host, port, move |addresses| drop(found.send(addresses)))?;
    let gone = |_| io::Error::new(ErrorKind::NotFound, "the resolver gave up");
    let addresses = finding.await.map_err(gone)??;
    if addresses.is_empty() {
        return Err(io::Error::new(ErrorKind::NotFound, "the host has no address"));
    }
    Ok(addresses)
}

/// The next address is tried as soon as one failed or made the others wait.
async fn first_to_answer(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    if let [only] = addresses {
        return TcpStream::connect(only).await;
    }
    let mut failed = ErrorKind::NotFound.into();
    let mut left = addresses.iter().copied().peekable();
    let mut under_way = FuturesUnordered::new();
    loop {
        if let Some(address) = left.next() {
            under_way.push(TcpStream::connect(address));
        } else if under_way.is_empty() {
            return Err(failed);
        }
        let pause = async {
            match left.peek() {
                Some(_) => tokio::time::sleep(NEXT_AFTER).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(opened) = under_way.next() => match opened {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            },
            () = pause => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_without_a_port_is_looked_for_at_that_of_its_scheme() {
        let resolver = Resolver::new(|_, port| Ok(vec![([127, 0, 0, 1], port).into()]));
        for (server, port) in [
            ("http://api.test", 80),
            ("https://api.test", 443),
            ("socks5://proxy.test", 1080),
            ("https://api.test:8443", 8443),
        ] {
            let found = find(&resolver, &server.parse().unwrap()).await.unwrap();
            assert_eq!(found, [([127, 0, 0, 1], port).into()], "{server}");
        }
    }
}
