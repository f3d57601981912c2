//! The program: see `removit-backend --help`, or try `--demo`.

use std::process::ExitCode;

use clap::Parser;
use removit_backend::app::Running;
use removit_backend::error::{Error, Result};
use removit_backend::settings::Settings;
use removit_backend::telemetry::Telemetry;
use removit_tokio::proto::simulator::{Config, Simulator};
use removit_tokio::simulator::SimulatorServer;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let settings = Settings::parse();
    // Ends after the runtime, and sends what is left then.
    let telemetry = match Telemetry::start() {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("removit-backend: {error}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let run = match runtime {
        Ok(runtime) => runtime.block_on(run(settings)),
        Err(error) => Err(error.into()),
    };
    telemetry.end();
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("removit-backend: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut settings: Settings) -> Result<()> {
    // Before anything is begun, so that no signal finds the default action.
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let demo = if settings.demo { Some(demo(&mut settings)?) } else { None };
    let started = tokio::select! {
        started = Running::start(settings) => started?,
        _ = term.recv() => return Ok(()),
        _ = int.recv() => return Ok(()),
    };
    if let Some(address) = started.address {
        println!("listening on http://{address}");
    }
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!(
        "ending: waiting for the answers to what was sent; a second signal leaves at once"
    );
    tokio::select! {
        () = started.stop() => {}
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    drop(demo);
    Ok(())
}

/// A vendor of its own, and a folder that goes with the process.
fn demo(settings: &mut Settings) -> Result<(SimulatorServer, tempfile::TempDir)> {
    if settings.database_url.is_some() || settings.base_url.is_some() {
        return Err(Error::setup("--demo brings its own database and vendor"));
    }
    let config = Config::default().with(|config| {
        config.queued_for = Duration::from_secs(2);
        config.pending_for = Duration::from_secs(4);
    });
    let server = SimulatorServer::start(Simulator::new(config))?;
    let folder = tempfile::Builder::new().prefix("removit-backend-").tempdir()?;
    settings.base_url = Some(server.base_url());
    settings.api_key = Some("demo".to_owned());
    settings.data = folder.path().to_owned();
    let secrets = folder.path().join("webhook-secrets");
    std::fs::write(&secrets, "the-secret-of-the-demo-01")?;
    settings.webhook_secrets_file.get_or_insert(secrets);
    println!(
        "demo: a simulated vendor; what is in {} goes when this ends",
        folder.path().display()
    );
    Ok((server, folder))
}
