//! Who may go to another thread, be shared by several, and be cloned: held at compile time.

use super::super::adapter::{
    Batch, BatchInput, BoxTransport, Client, Clock, DefaultTransport, Destination, Dispatcher,
    DispatcherBuilder, Done, Driver, Error, Fetched, Handle, Job, JournalFile, MemoryJournal,
    Photo, PhotoError, Processed, RequestBody, ResponseBody, SaveError, Saved, SetupError,
    Statuses, SubmitError, TransportOptions,
};

const fn moved<T: Send>() {}
const fn shared<T: Send + Sync>() {}
const fn cloned<T: Send + Sync + Clone>() {}
const fn shown<T: std::fmt::Debug>() {}

#[test]
fn everything_goes_to_other_threads_and_what_is_a_handle_is_shared_and_cloned() {
    cloned::<Client>();
    cloned::<Dispatcher>();
    cloned::<DefaultTransport>();
    cloned::<BoxTransport>();
    cloned::<MemoryJournal>();
    cloned::<Photo>();
    cloned::<Destination>();
    cloned::<Clock>();
    cloned::<TransportOptions>();
    shared::<Job>();
    shared::<JournalFile>();
    shared::<Driver<'_, DefaultTransport>>();
    shared::<Error>();
    shared::<PhotoError>();
    shared::<SaveError>();
    shared::<SetupError>();
    shared::<Saved>();
    shared::<Done>();
    shared::<Processed>();
    shared::<BatchInput>();
    shared::<RequestBody>();
    shared::<Fetched>();
    moved::<Batch<DefaultTransport>>();
    moved::<DispatcherBuilder<DefaultTransport>>();
    moved::<Handle>();
    moved::<Statuses>();
    moved::<SubmitError>();
    moved::<ResponseBody>();
}

#[test]
fn everything_can_be_shown() {
    shown::<Client>();
    shown::<Job>();
    shown::<Batch<DefaultTransport>>();
    shown::<Dispatcher>();
    shown::<DispatcherBuilder<DefaultTransport>>();
    shown::<Handle>();
    shown::<Statuses>();
    shown::<Driver<'_, DefaultTransport>>();
    shown::<BoxTransport>();
    shown::<RequestBody>();
    shown::<ResponseBody>();
    shown::<Fetched>();
    shown::<Photo>();
    shown::<Processed>();
    shown::<Error>();
}
