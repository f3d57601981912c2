//! `man`: a manual page, made of the very arguments that are parsed.

use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::offline_args::ManArgs;
use crate::output;
use crate::refused::Refused;

pub(crate) fn man(args: &ManArgs) -> Result<Exit, Refused> {
    // Without pages for `help`, which would say the same as this.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let command = match &args.command {
        None => Some(&program),
        Some(name) => program.find_subcommand(name),
    };
    let Some(command) = command else {
        let names: Vec<_> = program.get_subcommands().map(clap::Command::get_name).collect();
        return Err(Refused::usage(format!(
            "man: there is no such command; there are {}",
            names.join(", ")
        )));
    };
    // A command has no version of its own.
    let source = concat!("removit ", env!("CARGO_PKG_VERSION"));
    let mut page = Vec::new();
    match Man::new(command.clone()).source(source).render(&mut page) {
        Ok(()) => {
            output::text(&page);
            Ok(Exit::Done)
        }
        Err(error) => Err(Refused::local(format!("cannot make the manual page: {error}"))),
    }
}
