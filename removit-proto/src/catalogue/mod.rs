//! What an input of a catalogue is to get, and under which names. No file is touched here.

pub(crate) mod output_name;
