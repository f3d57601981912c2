//! How a job ends where the script has it so.
//!
//! Only says what is wanted: what follows for the job is the job's own.

/// How a job ends, and how its results are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It is done, as the contract says.
    #[default]
    Done,
    /// It fails for good (contract, rule 1).
    Failed {
        /// What `state` says then.
        state: String,
        /// What `status` says then.
        status: String,
    },
    /// It stays at 99 %.
    NeverEnds,
    /// It is done, and names no result.
    NoResult,
    /// `final_url` where `delivery_mode` is `url`, and the other way round.
    OtherDelivery,
    /// `final_url` and `final_urls`.
    BothDeliveries,
    /// Its variations have these names.
    Names(Vec<String>),
    /// Its results have these addresses.
    Addresses(Vec<String>),
    /// Its results' files have these names before their endings, which stand in
    /// their addresses as they are, whatever no address may hold.
    Files(Vec<String>),
}
