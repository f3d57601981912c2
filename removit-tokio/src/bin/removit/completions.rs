//! `completions`: a shell's own script, made of the very arguments that are parsed.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::offline_args::CompletionsArgs;
use crate::output;

pub(crate) fn completions(args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "removit", &mut script);
    output::text(&script);
    Exit::Done
}
