//! What can be typed with every command: the key, the way to the server, what is told.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use removit_blocking::connect::ProxyChoice;
use removit_tokio::Proxy;
use removit_tokio::proto::{self, ApiKey, Endpoint};

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Shared {
    /// Read the API key from this file instead of REMOVIT_API_KEY
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,

    /// Where the API is
    #[arg(long, global = true, value_name = "URL", value_parser = base_url)]
    #[arg(default_value = DEFAULT_BASE_URL)]
    pub(crate) base_url: String,

    /// Which header carries the key
    #[arg(long, global = true, value_enum, default_value_t = Auth::XApiKey)]
    pub(crate) auth: Auth,

    /// Whose root certificates to trust
    #[arg(long, global = true, value_enum, default_value_t = Roots::Platform)]
    pub(crate) tls_roots: Roots,

    /// Trust the certificates in this file too, PEM or DER; give it once for each
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_cert: Vec<PathBuf>,

    /// Reach servers through this proxy: http, https or socks5
    /// [default: HTTPS_PROXY, ALL_PROXY and NO_PROXY]
    #[arg(long, global = true, value_name = "URL", value_parser = proxy_url)]
    pub(crate) proxy: Option<String>,

    /// Reach servers without a proxy, whatever the environment says
    #[arg(long, global = true, conflicts_with = "proxy")]
    pub(crate) no_proxy: bool,

    /// How long making a connection may take
    #[arg(long, global = true, value_name = "TIME", value_parser = some_time)]
    #[arg(default_value = "10s")]
    pub(crate) connect_timeout: Duration,

    /// Print one JSON object a line on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// With --json: also a line for each look at a job
    #[arg(long, global = true, requires = "json")]
    pub(crate) json_status: bool,

    /// Say nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Log each attempt on standard error; twice, also its beginning and the waits
    ///
    /// Neither the key nor the URL of a photo or result is in the log. As a setting
    /// it is a number: 1 or 2.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Log to the end of this file instead, as with -v where that is not given
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,

    /// Read settings from this file
    /// [default: $XDG_CONFIG_HOME/removit/config.toml or ~/.config/removit/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Of the settings' profiles, take this one
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// The options whose values the settings' file gives.
    #[arg(skip)]
    pub(crate) from_file: BTreeSet<String>,
}

/// The vendor's own.
pub(crate) const DEFAULT_BASE_URL: &str = "https://api.removit.eu";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Auth {
    XApiKey,
    Bearer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Roots {
    /// The operating system's
    Platform,
    /// Mozilla's, compiled in
    Bundled,
}

impl From<Auth> for proto::AuthScheme {
    fn from(auth: Auth) -> Self {
        match auth {
            Auth::XApiKey => Self::XApiKey,
            Auth::Bearer => Self::Bearer,
        }
    }
}

/// In one writing, whichever was typed: journals and ledgers know an API by it.
fn base_url(text: &str) -> Result<String, String> {
    let any = ApiKey::new("any").map_err(|error| error.to_string())?;
    let endpoint = Endpoint::new(text, any).map_err(|error| error.to_string())?;
    Ok(endpoint.base_url().to_owned())
}

fn proxy_url(text: &str) -> Result<String, String> {
    let url = text.to_owned();
    let tried = ProxyChoice::of(&Proxy::Url(url.clone()));
    tried.map(|_| url).map_err(|error| error.to_string())
}

fn some_time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("no time at all is not enough".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_not_enough_to_connect_in() {
        assert_eq!(some_time("3s"), Ok(Duration::from_secs(3)));
        assert!(some_time("0s").unwrap_err().contains("no time at all"));
        assert!(some_time("soon").is_err());
    }

    #[test]
    fn a_base_url_has_one_writing() {
        for text in ["https://API.removit.eu:443/", "https://api.removit.eu/api/v1/upload"] {
            assert_eq!(base_url(text).as_deref(), Ok(DEFAULT_BASE_URL), "{text}");
        }
        assert!(base_url("http://example.com").unwrap_err().contains("https"));
    }
}
