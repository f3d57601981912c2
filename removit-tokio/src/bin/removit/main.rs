//! The program `removit`: photos through the Removit API from a shell.
//!
//! Standard output carries results alone (paths, URLs, ids, JSON lines);
//! everything for people goes to standard error. Ctrl-C stops the waiting, never
//! the job.

// Their macros panic where nobody reads: `output` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod batch_args;
mod catalogue;
mod check;
mod check_args;
mod check_junit;
mod check_run;
mod cli;
mod completions;
mod config;
mod demo;
mod exit;
mod folders;
mod inputs;
mod json;
mod key;
mod ledger;
mod log;
mod man;
mod name_pattern;
mod offline_args;
mod output;
mod output_names;
mod photo_args;
mod process;
mod refused;
mod report;
mod resume;
mod roots;
mod settings;
mod setup;
mod shared_args;
mod shell;
mod signals;
mod simulate;
mod status;
mod submit;
mod wait;

use std::process::ExitCode;

use crate::cli::{Cli, Command, Shared};
use crate::exit::Exit;
use crate::refused::Refused;
use crate::settings::{Loaded, Parsed};
use crate::signals::Signals;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let (cli, loaded) = match settings::parse(&words) {
        Parsed::Do(cli, loaded) => (cli, loaded),
        Parsed::Said(code) => return code,
    };
    let log = log::begin(&cli.shared);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::say(&format!("removit: cannot start: {error}"));
            return Exit::LocalIo.into();
        }
    };
    let exit = runtime.block_on(run(&cli, loaded.as_deref()));
    log.end();
    // What still reads a terminal or a slow disk is not waited for.
    runtime.shutdown_background();
    output::exit(exit).into()
}

async fn run(cli: &Cli, loaded: Option<&Loaded>) -> Exit {
    let shared = &cli.shared;
    let mut signals = Signals::listen();
    let signals = &mut signals;
    let end = match &cli.command {
        Command::Process(args) => process::process(shared, args, signals).await,
        Command::Resume(args) => resume::resume(shared, args, signals).await,
        Command::Submit(args) => submit::submit(shared, args, signals).await,
        Command::Wait(args) => wait::wait(shared, args, signals).await,
        Command::Status(args) => status::status(shared, args, signals).await,
        Command::Report(args) => report::report(shared, args),
        Command::Config(_) => config::config(shared, loaded),
        Command::Completions(args) => Ok(completions::completions(args)),
        Command::Man(args) => man::man(args),
        Command::Check(args) => check::check(shared, args, signals).await,
        Command::Simulate(args) => simulate::simulate(args, signals).await,
        Command::Demo(args) => demo::demo(args, signals).await,
    };
    end.unwrap_or_else(|refused| told(shared, &refused))
}

/// What goes wrong with a run as a whole.
fn told(shared: &Shared, Refused { exit, message }: &Refused) -> Exit {
    output::say(&format!("removit: {message}"));
    if shared.json {
        json::print_error(message, *exit);
    }
    *exit
}
