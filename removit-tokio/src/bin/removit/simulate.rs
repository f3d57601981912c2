//! `simulate`: the vendor's side on this machine, over real HTTP.

use removit_tokio::proto::simulator::{Account, Config, Keys, Scenario, Simulator};
use removit_tokio::simulator::SimulatorServer;

use crate::cli::SimulateArgs;
use crate::exit::Exit;
use crate::output;
use crate::refused::Refused;
use crate::signals::Signals;

pub(crate) async fn simulate(args: &SimulateArgs, signals: &mut Signals) -> Result<Exit, Refused> {
    if args.list_scenarios {
        for scenario in Scenario::ALL {
            output::result(&format!("{:<20} {}", scenario.name(), scenario.about()));
        }
        return Ok(Exit::Done);
    }
    let Some(scenario) = Scenario::by_name(&args.scenario) else {
        let name = &args.scenario;
        return Err(Refused::usage(format!(
            "no scenario is called {name}; see removit simulate --list-scenarios"
        )));
    };
    let config = Config::default().with(|config| {
        if !args.accept_keys.is_empty() {
            let keys: Vec<_> = args.accept_keys.iter().map(String::as_str).collect();
            config.keys = Keys::only(&keys);
        }
    });
    let simulator = Simulator::new(scenario.apply(config));
    let server = SimulatorServer::bind(simulator, args.listen)
        .map_err(|error| Refused::local(format!("cannot listen on {}: {error}", args.listen)))?;
    let url = server.base_url();
    output::say(&format!("scenario   {}: {}", scenario.name(), scenario.about()));
    output::say(&format!("API        {url}"));
    output::say(&format!("results    {}", server.results_url()));
    output::say(&format!("account    {url}/simulator/account"));
    output::say(&format!("try        REMOVIT_API_KEY=any removit process PHOTO --base-url {url}"));
    output::say(
        "No image is processed: a result is a drawn picture of the format that was asked for,",
    );
    output::say("or the uploaded photo where it is of that format. Ctrl-C stops.");
    signals.next().await;
    summary(&server.stop());
    Ok(Exit::Done)
}

/// What the vendor's books say.
pub(crate) fn summary(account: &Account) {
    let polls: usize = account.jobs.iter().map(|job| job.polls.len()).sum();
    let downloads: u64 = account.jobs.iter().map(|job| job.downloads).sum();
    output::say(&format!(
        "account    {} created, {} spent, {}, {}",
        count(account.jobs.len() as u64, "job"),
        count(account.credits_spent, "credit"),
        count(polls as u64, "poll"),
        count(downloads, "download"),
    ));
}

fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_told_as_many() {
        let told = [0, 1, 2].map(|number| count(number, "poll"));
        assert_eq!(told, ["0 polls", "1 poll", "2 polls"]);
    }
}
