//! The results: requests a job and mean delay, for each schedule beside the others.

use core::fmt;

use crate::jobs::Kind;
use crate::progress::Shape;
use crate::wait::Watched;

/// The means over all jobs of one simulation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) requests: f64,
    /// In seconds.
    pub(crate) delay: f64,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    pub(crate) cells: Vec<Cell>,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) jobs: u32,
    pub(crate) schedules: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

impl Cell {
    pub(crate) fn mean(watched: &[Watched]) -> Self {
        let count = watched.len() as f64;
        let requests: u64 = watched.iter().map(|one| one.requests).sum();
        let delay: f64 = watched.iter().map(|one| one.delay.as_secs_f64()).sum();
        Self { requests: requests as f64 / count, delay: delay / count }
    }
}

impl Table {
    pub(crate) const fn new(jobs: u32, schedules: Vec<&'static str>) -> Self {
        Self { jobs, schedules, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, kind: Kind, shape: Shape, cells: Vec<Cell>) {
        self.rows.push(Row { kind, shape, cells });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Requests a job / mean delay until its end is seen, in seconds; {} jobs each.",
            self.jobs
        )?;
        writeln!(f)?;
        writeln!(f, "| jobs | progress | {} |", self.schedules.join(" | "))?;
        writeln!(f, "|---|---|{}", "---|".repeat(self.schedules.len()))?;
        for row in &self.rows {
            write!(f, "| {} | {} |", row.kind.name(), row.shape.name())?;
            for cell in &row.cells {
                write!(f, " {cell} |")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} / {:.2}", self.requests, self.delay)
    }
}
