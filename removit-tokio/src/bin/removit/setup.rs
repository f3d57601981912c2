//! From arguments and environment to a client, with errors that a person can act on.

use std::sync::Arc;
use std::time::Duration;

use removit_tokio::proto::{ApiKey, Endpoint, Observer, PollPolicy, UploadOptions, UploadPolicy};
use removit_tokio::{Client, HyperTransport, Photo, PhotoError, TlsRoots, TransportOptions};

use crate::cli::{Roots, Shared};
use crate::exit::Exit;
use crate::photo_args::{OptionArgs, PhotoArgs};

/// Why nothing was even tried.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }
}

pub(crate) fn client(
    shared: &Shared,
    timeout: Option<Duration>,
    observer: Arc<dyn Observer>,
) -> Result<Client, Refused> {
    let endpoint = Endpoint::new(&shared.base_url, key(shared)?)
        .map_err(|error| Refused::usage(format!("--base-url {}: {error}", shared.base_url)))?
        .with_auth(shared.auth.into());
    let mut options = TransportOptions::default();
    options.roots = match shared.tls_roots {
        Roots::Platform => TlsRoots::Platform,
        Roots::Bundled => TlsRoots::Bundled,
    };
    let transport = HyperTransport::with_options(&options)
        .map_err(|error| Refused { exit: Exit::NotSent, message: error.to_string() })?;
    let mut client = Client::with_transport(endpoint, transport).observer(observer);
    if let Some(timeout) = timeout {
        let mut upload = UploadPolicy::default();
        upload.retry.within = timeout;
        let mut poll = PollPolicy::default();
        poll.timeout = timeout;
        client = client.upload_policy(upload).poll_policy(poll);
    }
    Ok(client)
}

fn key(shared: &Shared) -> Result<ApiKey, Refused> {
    let text = match &shared.api_key_file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| Refused {
            exit: Exit::LocalIo,
            message: format!("--api-key-file {}: {error}", path.display()),
        })?,
        None => std::env::var("REMOVIT_API_KEY").map_err(|_| {
            Refused::usage(
                "no API key: set REMOVIT_API_KEY, or name a file with --api-key-file \
                 (a simulated API takes any key; `removit demo` needs none)",
            )
        })?,
    };
    ApiKey::new(text.trim()).map_err(|error| Refused::usage(error.to_string()))
}

/// The photo with its options. Anything with `://` is a URL.
pub(crate) async fn photo(args: &PhotoArgs) -> Result<Photo, Refused> {
    let options = options(&args.options)?;
    let photo = if args.input.contains("://") {
        Photo::from_url(&args.input)
    } else {
        Photo::from_path(&args.input).await
    };
    Ok(photo.map_err(|error| refused(&error))?.with_options(options))
}

/// A photo that cannot be sent.
pub(crate) fn refused(error: &PhotoError) -> Refused {
    let exit = match error {
        PhotoError::File { .. } => Exit::LocalIo,
        _ => Exit::Usage,
    };
    Refused { exit, message: error.to_string() }
}

pub(crate) fn options(args: &OptionArgs) -> Result<UploadOptions, Refused> {
    let mut options = UploadOptions::default();
    options.mode = args.mode().map_err(Refused::usage)?;
    options.delivery = args.delivery.map(Into::into);
    options.format = args.format.map(Into::into);
    Ok(options)
}
