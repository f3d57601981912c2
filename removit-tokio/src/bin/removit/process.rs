//! `process`: photos to results, one or fifty thousand.

use std::path::{Path, PathBuf};

use removit_tokio::proto::OutputFormat;
use removit_tokio::proto::journal::Replay;
use removit_tokio::{Destination, JournalFile};

use crate::catalogue::book::refused;
use crate::catalogue::going_on::GoingOn;
use crate::catalogue::order::Order;
use crate::catalogue::running::Aim;
use crate::cli::{OutputArgs, ProcessArgs, Shared};
use crate::exit::Exit;
use crate::inputs::{Found, expand};
use crate::ledger::{Elsewhere, Ledger, results_of};
use crate::output_names::{KnownNames, OutputName, name_all};
use crate::photo_args::{Delivery, OptionArgs};
use crate::refused::Refused;
use crate::setup;
use crate::signals::Signals;

pub(crate) async fn process(
    shared: &Shared,
    args: &ProcessArgs,
    signals: &mut Signals,
) -> Result<Exit, Refused> {
    let output = &args.output;
    if output.is_stdout() {
        crate::output::takes_a_result(shared.json)?;
    }
    let mut found = expand(&args.inputs)?;
    let is_one = is_one(args, &found);
    if output.output.is_some() && !is_one {
        return Err(Refused::usage("-o names one file; use --out-dir and --name for many inputs"));
    }
    let options = setup::options(&for_output(&args.options, output)?)?;
    let folder = output.out_dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let journal = match &args.batch.journal {
        Some(path) => Some(path.clone()),
        None => (!is_one).then(|| folder.join("removit.journal")),
    };
    let ledger = Ledger::of(&setup::api(shared));
    let elsewhere = journal.as_deref().filter(|_| !is_one).map(|own| {
        let others = Elsewhere::new(ledger.as_ref().ok(), Some(own), true);
        (others.results(), others)
    });
    let known = match journal.as_deref().filter(|path| path.exists()) {
        Some(path) => JournalFile::read(path).map_err(|error| refused(&error))?.replay,
        None => Replay::default(),
    };
    if found.is_searched {
        let others = elsewhere.as_ref().map(|(results, _)| results.clone()).unwrap_or_default();
        found.leave_out(results_of(&known).into_iter().chain(others));
    }
    let aim = aim(output);
    let names = name_all(&found.inputs, &folder, &args.batch.name, &KnownNames::of(&known))?;
    let going_on = match (&journal, names.first()) {
        (Some(journal), _) => GoingOn::Resume { journal: journal.clone() },
        (None, name) => GoingOn::Wait { output: output.clone(), stem: stem(output, name) },
    };
    let inputs = found.inputs.into_iter().zip(names).map(|(input, name)| {
        let destination = destination(output, aim, name);
        (input.name, destination)
    });
    let mut order = Order {
        shared,
        inputs: inputs.collect(),
        wrong: found.wrong,
        left_out: found.left_out,
        options,
        journal,
        ledger,
        elsewhere: elsewhere.map(|(_, others)| others),
        again: args.again.again,
        pace: &args.batch.pace,
        timeout: args.time.timeout,
        aim,
        is_one,
        folder: shown_folder(output, &folder),
        going_on,
    };
    if is_one {
        order.timeout = Some(args.time.of_one());
    }
    if args.batch.dry_run {
        return order.rehearse(signals).await;
    }
    if !is_one {
        make_folders(&folder, order.journal.as_deref(), aim)?;
    }
    order.carry_out(signals).await
}

/// Whether one photo was named, and nothing that stands for others.
fn is_one(args: &ProcessArgs, found: &Found) -> bool {
    args.inputs.from.is_none() && !found.is_searched && found.inputs.len() + found.wrong.len() == 1
}

fn aim(output: &OutputArgs) -> Aim {
    match &output.output {
        _ if output.is_stdout() => Aim::StandardOutput,
        Some(_) => Aim::OneFile,
        None if output.no_download => Aim::Urls,
        None => Aim::Files,
    }
}

fn destination(output: &OutputArgs, aim: Aim, name: OutputName) -> Option<Destination> {
    let destination = match (aim, &output.output) {
        (Aim::OneFile, Some(file)) => Destination::file(file),
        (Aim::Files, _) => Destination::folder(name.folder, name.stem),
        _ => return None,
    };
    Some(destination.overwrite(output.overwrite))
}

/// Where the results are, as it was typed.
fn shown_folder(output: &OutputArgs, folder: &Path) -> PathBuf {
    let file = output.output.as_deref().and_then(Path::parent);
    file.unwrap_or(folder).to_path_buf()
}

/// What the results are called by the command that goes on.
fn stem(output: &OutputArgs, name: Option<&OutputName>) -> Option<String> {
    let file = output.output.as_ref().filter(|_| !output.is_stdout());
    match file.and_then(|file| file.file_stem()) {
        Some(stem) => Some(stem.to_string_lossy().into_owned()),
        None => name.map(|name| name.stem.clone()),
    }
}

/// `-o FILE` holds one result, so one is asked for; its ending is the format.
fn for_output(options: &OptionArgs, output: &OutputArgs) -> Result<OptionArgs, Refused> {
    let mut options = options.clone();
    let Some(file) = &output.output else { return Ok(options) };
    options.delivery = match options.delivery {
        Some(Delivery::Url) => {
            let message = "-o FILE holds one result; use --out-dir with --delivery url";
            return Err(Refused::usage(message));
        }
        _ => Some(Delivery::FinalUrl),
    };
    if output.is_stdout() {
        return Ok(options);
    }
    let Some(ending) = file.extension() else { return Ok(options) };
    let ending = ending.to_string_lossy();
    let Some(format) = crate::photo_args::Format::of_ending(&ending) else {
        return Err(Refused::usage(format!(
            "the API makes no .{} (but png, jpg, psd, tiff and webp); choose another ending for -o",
            crate::shell::printable(&ending)
        )));
    };
    let same = |one: OutputFormat, other: OutputFormat| {
        let plain = |format| match format {
            OutputFormat::Jpeg => OutputFormat::Jpg,
            format => format,
        };
        plain(one) == plain(other)
    };
    match options.format {
        Some(asked) if !same(asked.into(), format.into()) => Err(Refused::usage(format!(
            "-o {} and --format {} contradict each other",
            crate::shell::printable(&file.to_string_lossy()),
            OutputFormat::from(asked).as_str(),
        ))),
        Some(_) => Ok(options),
        None => {
            options.format = Some(format);
            Ok(options)
        }
    }
}

/// The folders of the results and of the journal.
fn make_folders(folder: &Path, journal: Option<&Path>, aim: Aim) -> Result<(), Refused> {
    let make = |folder: &Path| {
        std::fs::create_dir_all(folder)
            .map_err(|error| Refused::local(format!("{}: {error}", folder.display())))
    };
    if aim == Aim::Files || journal.is_some_and(|journal| journal.parent() == Some(folder)) {
        make(folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
