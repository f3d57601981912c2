//! The settings of the program `removit`: each option typed, by the environment and by a
//! file, over real HTTP against the simulator.

mod file;
mod log;
mod network;
mod order;
mod shown;
mod table;
mod way;
