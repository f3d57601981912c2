//! The program `removit`: photos through the Removit API from a shell.
//!
//! Standard output carries results alone (paths, URLs, ids, JSON lines);
//! everything for people goes to standard error. Ctrl-C stops the waiting, never
//! the job.

mod batch_args;
mod catalogue;
mod cli;
mod completions;
mod demo;
mod exit;
mod inputs;
mod interrupt;
mod man;
mod offline_args;
mod output_names;
mod photo_args;
mod process;
mod progress;
mod record;
mod report;
mod resume;
mod setup;
mod shell;
mod simulate;
mod status;
mod stdout;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("removit: cannot start: {error}");
            return Exit::LocalIo.into();
        }
    };
    runtime.block_on(run(cli)).into()
}

async fn run(cli: Cli) -> Exit {
    let shared = &cli.shared;
    match &cli.command {
        Command::Process(args) => process::process(shared, args).await,
        Command::Resume(args) => catalogue::resume(shared, args).await,
        Command::Submit(args) => process::submit(shared, args).await,
        Command::Wait(args) => process::wait(shared, args).await,
        Command::Status(args) => status::status(shared, args).await,
        Command::Report(args) => report::report(shared, args),
        Command::Completions(args) => completions::completions(args),
        Command::Man(args) => man::man(args),
        Command::Simulate(args) => simulate::simulate(args).await,
        Command::Demo(args) => demo::demo(args).await,
    }
}
