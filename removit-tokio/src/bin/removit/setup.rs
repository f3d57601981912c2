//! From arguments and environment to a client, with errors that a person can act on.

use std::sync::Arc;

use removit_tokio::proto::{Endpoint, Observer, UploadOptions};
use removit_tokio::{Client, HyperTransport, Proxy, TlsRoots, TransportOptions};

use crate::cli::{Roots, Shared};
use crate::exit::Exit;
use crate::key::key;
use crate::photo_args::OptionArgs;
use crate::refused::Refused;
use crate::roots;

pub(crate) fn client(shared: &Shared, observer: Arc<dyn Observer>) -> Result<Client, Refused> {
    let (endpoint, transport) = way(shared)?;
    Ok(Client::with_transport(endpoint, transport).observer(observer))
}

/// Where the API is, and how it is reached.
pub(crate) fn way(shared: &Shared) -> Result<(Endpoint, HyperTransport), Refused> {
    let endpoint = Endpoint::new(&shared.base_url, key(shared)?)
        .map_err(|error| Refused::usage(format!("--base-url {}: {error}", shared.base_url)))?
        .with_auth(shared.auth.into());
    let options = transport(shared)?;
    let transport = HyperTransport::with_options(&options)
        .map_err(|error| Refused { exit: Exit::NotSent, message: error.to_string() })?;
    Ok((endpoint, transport))
}

fn transport(shared: &Shared) -> Result<TransportOptions, Refused> {
    let mut options = TransportOptions::default();
    options.roots = match shared.tls_roots {
        Roots::Platform => TlsRoots::Platform,
        Roots::Bundled => TlsRoots::Bundled,
    };
    for file in &shared.ca_cert {
        options.extra_roots.extend(roots::read(file)?);
    }
    options.proxy = match &shared.proxy {
        _ if shared.no_proxy => Proxy::Direct,
        Some(url) => Proxy::Url(url.clone()),
        None => Proxy::Environment,
    };
    options.connect_timeout = shared.connect_timeout;
    Ok(options)
}

/// The API that jobs belong to, as a journal names it.
pub(crate) fn api(shared: &Shared) -> String {
    shared.base_url.trim_end_matches('/').to_owned()
}

pub(crate) fn options(args: &OptionArgs) -> Result<UploadOptions, Refused> {
    let mut options = UploadOptions::default();
    options.mode = args.mode().map_err(Refused::usage)?;
    options.delivery = args.delivery.map(Into::into);
    options.format = args.format.map(Into::into);
    Ok(options)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn shared(words: &[&str]) -> Shared {
        Cli::try_parse_from([&["removit", "config"], words].concat()).unwrap().shared
    }

    #[test]
    fn the_way_to_servers_is_what_was_typed() {
        let of = |words: &[&str]| transport(&shared(words)).unwrap();
        let usual = of(&[]);
        assert!(matches!(usual.roots, TlsRoots::Platform) && usual.extra_roots.is_empty());
        assert!(matches!(usual.proxy, Proxy::Environment));
        assert_eq!(usual.connect_timeout.as_secs(), 10);
        let other = of(&["--tls-roots", "bundled", "--no-proxy", "--connect-timeout", "3s"]);
        assert!(matches!(other.roots, TlsRoots::Bundled));
        assert!(matches!(other.proxy, Proxy::Direct));
        assert_eq!(other.connect_timeout.as_secs(), 3);
        let proxy = of(&["--proxy", "http://proxy.example:1"]).proxy;
        assert!(matches!(proxy, Proxy::Url(url) if url == "http://proxy.example:1"));
        assert_eq!(api(&shared(&["--base-url", "https://a.example/"])), "https://a.example");
    }
}
