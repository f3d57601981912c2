//! `simulate`: the vendor's side on this machine, over real HTTP.

use removit_tokio::proto::simulator::{Account, Config, Scenario, Simulator};
use removit_tokio::simulator::SimulatorServer;

use crate::cli::SimulateArgs;
use crate::exit::Exit;
use crate::interrupt::interrupted;

pub(crate) async fn simulate(args: &SimulateArgs) -> Exit {
    if args.list_scenarios {
        for scenario in Scenario::ALL {
            println!("{:<20} {}", scenario.name(), scenario.about());
        }
        return Exit::Done;
    }
    let Some(scenario) = Scenario::by_name(&args.scenario) else {
        let name = &args.scenario;
        eprintln!("removit: no scenario is called {name}; see removit simulate --list-scenarios");
        return Exit::Usage;
    };
    let simulator = Simulator::new(scenario.apply(Config::default()));
    let server = match SimulatorServer::bind(simulator, args.listen) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("removit: cannot listen on {}: {error}", args.listen);
            return Exit::LocalIo;
        }
    };
    eprintln!("scenario   {}: {}", scenario.name(), scenario.about());
    eprintln!("API        {}", server.base_url());
    eprintln!("results    {}", server.results_url());
    eprintln!("account    {}/simulator/account", server.base_url());
    eprintln!(
        "try        REMOVIT_API_KEY=any removit process PHOTO --base-url {}",
        server.base_url()
    );
    eprintln!(
        "No image is processed: a result is a drawn picture of the format that was asked for,"
    );
    eprintln!("or the uploaded photo where it is of that format. Ctrl-C stops.");
    interrupted().await;
    summary(&server.stop());
    Exit::Done
}

/// What the vendor's books say.
pub(crate) fn summary(account: &Account) {
    let polls: usize = account.jobs.iter().map(|job| job.polls.len()).sum();
    let downloads: u64 = account.jobs.iter().map(|job| job.downloads).sum();
    eprintln!(
        "account    {} created, {} spent, {}, {}",
        count(account.jobs.len() as u64, "job"),
        count(account.credits_spent, "credit"),
        count(polls as u64, "poll"),
        count(downloads, "download"),
    );
}

fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
