//! `submit`: a photo to its job's id, and no further.

use std::ffi::OsString;
use std::path::PathBuf;

use removit_tokio::PhotoError;

use crate::batch_args::PaceArgs;
use crate::catalogue::going_on::GoingOn;
use crate::catalogue::order::Order;
use crate::catalogue::running::Aim;
use crate::cli::{OutputArgs, Shared, SubmitArgs};
use crate::exit::Exit;
use crate::inputs::name::InputName;
use crate::inputs::{LeftOut, WrongInput};
use crate::ledger::Ledger;
use crate::refused::Refused;
use crate::setup;
use crate::signals::Signals;

pub(crate) async fn submit(
    shared: &Shared,
    args: &SubmitArgs,
    signals: &mut Signals,
) -> Result<Exit, Refused> {
    let (mut inputs, mut wrong) = (Vec::new(), Vec::new());
    match InputName::of(&args.photo.input) {
        Ok(name) => inputs.push((name, None)),
        Err(error) => {
            let refused = Refused::from(PhotoError::Url(error));
            wrong.push(WrongInput::new(&OsString::from(&args.photo.input), None, &refused));
        }
    }
    let order = Order {
        shared,
        inputs,
        wrong,
        left_out: LeftOut::default(),
        options: setup::options(&args.photo.options)?,
        journal: None,
        ledger: Ledger::of(&setup::api(shared)),
        elsewhere: None,
        again: args.again.again,
        pace: &PaceArgs::of_one(args.on_ambiguous),
        timeout: Some(args.time.of_one()),
        aim: Aim::Id,
        is_one: true,
        folder: PathBuf::new(),
        going_on: GoingOn::Wait { output: OutputArgs::default(), stem: None },
    };
    order.carry_out(signals).await
}
