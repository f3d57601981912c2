//! `demo`: the whole way of one photo, on this machine alone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{Config, Origin, Simulator};
use removit_tokio::proto::{
    Accepted, ApiKey, Endpoint, JobStatus, Mode, Observer, OutputFormat, Params,
};
use removit_tokio::simulator::SimulatorServer;
use removit_tokio::{Client, Destination, Photo, Saved};

use crate::cli::DemoArgs;
use crate::exit::Exit;
use crate::output;
use crate::refused::Refused;
use crate::signals::Signals;
use crate::simulate::summary;

const PHOTO: &[u8] = include_bytes!("../../../assets/rocket.jpg");
const NAME: &str = "rocket.jpg";

pub(crate) async fn demo(args: &DemoArgs, signals: &mut Signals) -> Result<Exit, Refused> {
    match signals.unless_asked(run(args)).await {
        Some(end) => end.map(|()| Exit::Done),
        None => Ok(Exit::Interrupted),
    }
}

async fn run(args: &DemoArgs) -> Result<(), Refused> {
    let folder = folder(args).map_err(Refused::local)?;
    let local = |error: std::io::Error| Refused::local(error.to_string());
    let told = |error: removit_tokio::Error| {
        let message = error.to_string();
        Refused { exit: Exit::from(&error), message }
    };

    let config = Config::default().with(|config| {
        config.queued_for = Duration::from_millis(500);
        config.pending_for = Duration::from_millis(3000);
    });
    let server = SimulatorServer::start(Simulator::new(config)).map_err(local)?;
    let url = server.base_url();
    output::say(&format!("simulator  {url} plays the vendor: no key, no credits, no network"));

    let key = ApiKey::new("demo-key").map_err(|error| Refused::usage(error.to_string()))?;
    let endpoint = Endpoint::new(&url, key).map_err(|error| Refused::usage(error.to_string()))?;
    let client = Client::new(endpoint)
        .map_err(|error| Refused { exit: Exit::NotSent, message: error.to_string() })?
        .observer(Arc::new(Narrator { started: Instant::now() }));

    let photo = Photo::from_bytes(NAME, PHOTO)?
        .mode(Mode::Params(Params::set("demo")))
        // The simulator gives a photo back where its own format is asked for.
        .format(OutputFormat::Jpg);
    output::say(&format!("upload     {NAME}, {} bytes, as multipart/form-data", PHOTO.len()));
    let job = client.upload(&photo).await.map_err(told)?;
    let finished = job.wait().await.map_err(told)?;
    let saved =
        client.download(&finished, &Destination::folder(&folder, "rocket")).await.map_err(told)?;
    report(&saved, &server);
    Ok(())
}

fn report(saved: &[Saved], server: &SimulatorServer) {
    for saved in saved {
        output::say(&format!("saved      {} ({} bytes)", saved.path.display(), saved.len));
    }
    let account = server.account();
    summary(&account);
    let leaked = account.key_seen_at(Origin::Results);
    let words = if leaked { "ALSO at the host of the results" } else { "at the API alone" };
    output::say(&format!("key        seen {words}"));
    output::say("note       no image was processed: each result is the uploaded photo, unchanged");
    // The one line for a script: where the results are.
    if let Some(folder) = saved.first().and_then(|saved| saved.path.parent()) {
        output::result(&folder.display().to_string());
    }
}

fn folder(args: &DemoArgs) -> Result<PathBuf, String> {
    match &args.out_dir {
        Some(folder) => Ok(folder.clone()),
        None => tempfile::Builder::new()
            .prefix("removit-demo-")
            .tempdir()
            .map(tempfile::TempDir::keep)
            .map_err(|error| format!("no folder for temporary files: {error}")),
    }
}

/// Tells what happens, with the time since the start.
struct Narrator {
    started: Instant,
}

impl Narrator {
    fn say(&self, line: &str) {
        output::say(&format!("{:>6.1} s   {line}", self.started.elapsed().as_secs_f64()));
    }
}

impl Observer for Narrator {
    fn accepted(&self, accepted: &Accepted) {
        self.say(&format!("accepted: job {}, one credit", accepted.job_id()));
    }

    fn status(&self, status: &JobStatus) {
        let step = status.step().unwrap_or_default();
        self.say(&format!("{step}, {} %", status.progress().unwrap_or_default()));
    }
}
