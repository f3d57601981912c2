//! What a power cut leaves of a catalogue, cut at every step; and what a killed process
//! leaves to the next, whose power is cut in its turn. And what others do at the same time.

mod cuts;
mod folders;
mod lock;
mod recorder;
mod surviving;
mod vendor;
