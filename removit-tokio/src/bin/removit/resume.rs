//! The command that goes on with a job, printed wherever one is left behind.

use removit_tokio::proto::JobId;

use crate::cli::{Auth, OutputArgs, Shared};
use crate::shell::quoted;

/// `removit wait JOB_ID` with the options that still matter.
pub(crate) fn command(job_id: &JobId, shared: &Shared, output: Option<&OutputArgs>) -> String {
    let mut words = vec!["removit".to_owned(), "wait".to_owned(), quoted(job_id.as_str())];
    if shared.base_url != "https://api.removit.eu" {
        words.extend(["--base-url".to_owned(), quoted(&shared.base_url)]);
    }
    if shared.auth == Auth::Bearer {
        words.extend(["--auth".to_owned(), "bearer".to_owned()]);
    }
    if let Some(file) = &shared.api_key_file {
        words.extend(["--api-key-file".to_owned(), quoted(&file.to_string_lossy())]);
    }
    if let Some(output) = output {
        if let Some(file) = &output.output {
            words.extend(["-o".to_owned(), quoted(&file.to_string_lossy())]);
        }
        if let Some(dir) = &output.out_dir {
            words.extend(["--out-dir".to_owned(), quoted(&dir.to_string_lossy())]);
        }
        for (set, flag) in
            [(output.no_download, "--no-download"), (output.overwrite, "--overwrite")]
        {
            if set {
                words.push(flag.to_owned());
            }
        }
    }
    words.join(" ")
}
