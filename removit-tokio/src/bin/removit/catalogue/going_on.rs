//! The command that goes on, printed wherever something is left behind.

use std::path::PathBuf;
use std::time::Duration;

use removit_tokio::proto::JobId;

use crate::cli::{Auth, DEFAULT_BASE_URL, OutputArgs, Roots, Shared};
use crate::shell::quoted;

/// How a run is gone on with.
pub(crate) enum GoingOn {
    /// One job, with the results' name and place.
    Wait { output: OutputArgs, stem: Option<String> },
    /// All that a journal knows.
    Resume { journal: PathBuf },
}

impl GoingOn {
    /// For one job; `None` where the journal has it. What failed as a destination is
    /// not proposed again.
    pub(crate) fn of_job(
        &self,
        job_id: &JobId,
        shared: &Shared,
        is_place_bad: bool,
    ) -> Option<String> {
        let Self::Wait { output, stem } = self else { return None };
        let mut words = vec!["removit".to_owned(), "wait".to_owned()];
        let is_option = job_id.as_str().starts_with('-');
        if !is_option {
            words.push(quoted(job_id.as_str()));
        }
        words.extend(server(shared));
        match (&output.output, &output.out_dir) {
            (Some(file), _) if !is_place_bad => {
                words.extend(["-o".to_owned(), quoted(&file.to_string_lossy())]);
            }
            (_, Some(dir)) if !is_place_bad => {
                words.extend(["--out-dir".to_owned(), quoted(&dir.to_string_lossy())]);
            }
            // The current folder is the one that failed.
            (None, None) if is_place_bad => {
                words.extend(["--out-dir".to_owned(), "ANOTHER_FOLDER".to_owned()]);
            }
            _ => {}
        }
        let flags = [(output.no_download, "--no-download"), (output.overwrite, "--overwrite")];
        words.extend(flags.iter().filter(|(set, _)| *set).map(|(_, flag)| (*flag).to_owned()));
        let has_file = output.output.is_some() && !is_place_bad;
        if let Some(stem) = stem.as_ref().filter(|_| !has_file && !output.no_download) {
            words.push(format!("--name={}", quoted(stem)));
        }
        if is_option {
            words.extend(["--".to_owned(), quoted(job_id.as_str())]);
        }
        Some(words.join(" "))
    }

    /// For all that is left.
    pub(crate) fn of_all(&self, shared: &Shared) -> Option<String> {
        let Self::Resume { journal } = self else { return None };
        let journal = quoted(&journal.to_string_lossy());
        let mut words = vec!["removit".to_owned(), "resume".to_owned(), journal];
        words.extend(server(shared));
        Some(words.join(" "))
    }

    /// Where more is told.
    pub(crate) fn report(&self) -> Option<String> {
        let Self::Resume { journal } = self else { return None };
        Some(format!("removit report {}", quoted(&journal.to_string_lossy())))
    }
}

/// The options for the server that still matter. What the settings' file says it says
/// again.
fn server(shared: &Shared) -> Vec<String> {
    let mut words = Vec::new();
    let mut option = |name: &str, value: &str| {
        if !shared.from_file.contains(name) {
            words.extend([format!("--{name}"), quoted(value)]);
        }
    };
    if shared.base_url != DEFAULT_BASE_URL {
        option("base-url", &shared.base_url);
    }
    if shared.auth == Auth::Bearer {
        option("auth", "bearer");
    }
    if let Some(file) = crate::key::file(shared) {
        option("api-key-file", &file.to_string_lossy());
    }
    if shared.tls_roots == Roots::Bundled {
        option("tls-roots", "bundled");
    }
    for file in &shared.ca_cert {
        option("ca-cert", &file.to_string_lossy());
    }
    if let Some(url) = &shared.proxy {
        option("proxy", &with_placeholder(url));
    }
    if shared.connect_timeout != Duration::from_secs(10) {
        option("connect-timeout", &humantime::format_duration(shared.connect_timeout).to_string());
    }
    if let Some(path) = &shared.config {
        option("config", &path.to_string_lossy());
    }
    if let Some(profile) = &shared.profile {
        option("profile", profile);
    }
    if shared.no_proxy && !shared.from_file.contains("no-proxy") {
        words.push("--no-proxy".to_owned());
    }
    words
}

/// A proxy's URL without a password, which does not belong on a terminal.
fn with_placeholder(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://USER:PASSWORD@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn shared(words: &[&str]) -> Shared {
        let words = [&["removit", "status", "x"], words].concat();
        crate::cli::Cli::parse_from(words).shared
    }

    fn waits(output: OutputArgs, id: &str, is_place_bad: bool) -> String {
        let going_on = GoingOn::Wait { output, stem: Some("blue cup".to_owned()) };
        let id = id.parse().unwrap();
        going_on
            .of_job(&id, &shared(&["--base-url", "https://api.removit.eu"]), is_place_bad)
            .unwrap()
    }

    #[test]
    fn the_results_keep_their_name_and_their_place() {
        let output = OutputArgs { out_dir: Some("a b".into()), ..OutputArgs::default() };
        assert_eq!(
            waits(output, "j-1", false),
            "removit wait j-1 --out-dir 'a b' --name='blue cup'"
        );
        let output = OutputArgs { output: Some("x.png".into()), ..OutputArgs::default() };
        assert_eq!(waits(output, "j-1", false), "removit wait j-1 -o x.png");
        let output = OutputArgs { no_download: true, ..OutputArgs::default() };
        assert_eq!(waits(output, "j-1", false), "removit wait j-1 --no-download");
    }

    #[test]
    fn a_place_that_failed_is_not_proposed_again() {
        let output = OutputArgs { output: Some("x.png".into()), ..OutputArgs::default() };
        assert_eq!(waits(output, "j-1", true), "removit wait j-1 --name='blue cup'");
        let output =
            OutputArgs { out_dir: Some("out".into()), overwrite: true, ..OutputArgs::default() };
        assert_eq!(waits(output, "j-1", true), "removit wait j-1 --overwrite --name='blue cup'");
        let here = waits(OutputArgs::default(), "j-1", true);
        assert_eq!(here, "removit wait j-1 --out-dir ANOTHER_FOLDER --name='blue cup'");
    }

    #[test]
    fn an_id_that_looks_like_an_option_is_none() {
        let command = waits(OutputArgs::default(), "-rf", false);
        assert_eq!(command, "removit wait --name='blue cup' -- -rf");
        let words = ["removit", "wait", "--name=blue cup", "--", "-rf"];
        assert!(crate::cli::Cli::try_parse_from(words).is_ok());
    }

    /// The options of a command that goes on by a journal.
    fn repeated(shared: &Shared) -> String {
        let command = GoingOn::Resume { journal: "j".into() }.of_all(shared).unwrap();
        command.strip_prefix("removit resume j").unwrap().trim_start().to_owned()
    }

    #[test]
    fn each_option_of_the_way_is_repeated_unless_the_settings_say_it_again() {
        for words in [
            "--base-url https://api.example",
            "--auth bearer",
            "--api-key-file key",
            "--tls-roots bundled",
            "--ca-cert a --ca-cert b",
            "--proxy http://proxy.example:1",
            "--connect-timeout 3s",
            "--config settings",
            "--profile shop",
            "--no-proxy",
        ] {
            let mut shared = shared(&words.split(' ').collect::<Vec<_>>());
            assert_eq!(repeated(&shared), words);
            let name = words.split(' ').next().unwrap().trim_start_matches('-');
            shared.from_file.insert(name.to_owned());
            assert_eq!(repeated(&shared), "", "{name}");
        }
        assert_eq!(repeated(&shared(&["--connect-timeout", "10s"])), "");
    }

    #[test]
    fn a_proxys_password_is_not_repeated() {
        let proxy = shared(&["--proxy", "http://me:p@ss@proxy.example:1"]);
        assert_eq!(repeated(&proxy), "--proxy http://USER:PASSWORD@proxy.example:1");
    }

    #[test]
    fn only_a_journal_goes_on_with_all_and_is_reported() {
        let journal = GoingOn::Resume { journal: "a b".into() };
        assert_eq!(journal.report().as_deref(), Some("removit report 'a b'"));
        assert_eq!(journal.of_job(&"j".parse().unwrap(), &shared(&[]), false), None);
        let wait = GoingOn::Wait { output: OutputArgs::default(), stem: None };
        assert_eq!((wait.report(), wait.of_all(&shared(&[]))), (None, None));
    }

    #[test]
    fn what_the_server_needs_is_in_the_command() {
        let journal = "out/removit.journal".into();
        let shared = shared(&["--auth", "bearer", "--api-key-file", "my key"]);
        let command = GoingOn::Resume { journal }.of_all(&shared).unwrap();
        assert_eq!(
            command,
            "removit resume out/removit.journal --auth bearer --api-key-file 'my key'"
        );
    }
}
