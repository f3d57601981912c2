//! How much memory this process had at its peak. Linux only.

use std::error::Error;
use std::fs;

/// The most memory that this process ever had, in KiB, as `/proc` tells.
pub(crate) fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(number.parse()?)
}
