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
