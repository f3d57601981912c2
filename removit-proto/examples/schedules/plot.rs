//! The table as a picture: one panel for each kind of jobs, requests a job against
//! the mean delay; nearer to the corner is better.

use std::fmt::Write;

use crate::jobs::Kind;
use crate::table::{Cell, Table};

const COLOURS: [&str; 5] = ["#888888", "#d08000", "#0060c0", "#c02040", "#208040"];
const PANEL: (f64, f64) = (420.0, 300.0);
const MARGIN: (f64, f64) = (52.0, 44.0);
const LEGEND: f64 = 30.0;

/// An SVG without anything that it loads.
pub(crate) fn draw(table: &Table) -> String {
    let (width, height) = (PANEL.0 * 2.0, PANEL.1 * 2.0 + LEGEND);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>Requests a job against the mean delay until its end is seen</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (schedule, name) in table.schedules.iter().enumerate() {
        let (x, colour) = (MARGIN.0 + 150.0 * schedule as f64, colour(schedule));
        let _ = writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"15\" r=\"5\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"19\">{name}</text>",
            x + 10.0
        );
    }
    for (panel, kind) in Kind::ALL.into_iter().enumerate() {
        let at = ((panel % 2) as f64 * PANEL.0, (panel / 2) as f64 * PANEL.1 + LEGEND);
        let _ = writeln!(svg, "<g transform=\"translate({} {})\">", at.0, at.1);
        draw_panel(&mut svg, table, kind);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_panel(svg: &mut String, table: &Table, kind: Kind) {
    let rows: Vec<_> = table.rows.iter().filter(|row| row.kind == kind).collect();
    let cells = || rows.iter().flat_map(|row| &row.cells);
    let most = |of: fn(&Cell) -> f64| cells().map(of).fold(0.0, f64::max) * 1.1;
    let (requests, delay) = (most(|cell| cell.requests), most(|cell| cell.delay));
    let (left, bottom) = (MARGIN.0, PANEL.1 - MARGIN.1);
    let (wide, high) = (PANEL.0 - MARGIN.0 - 14.0, bottom - 22.0);
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"14\" font-weight=\"bold\">{}</text>\
         <path d=\"M{left} 22V{bottom}H{}\" fill=\"none\" stroke=\"black\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">requests a job</text>\
         <text transform=\"translate(12 {}) rotate(-90)\" text-anchor=\"middle\">delay, s</text>",
        kind.name(),
        left + wide,
        left + wide / 2.0,
        bottom + 34.0,
        22.0 + high / 2.0,
    );
    for tick in ticks(requests) {
        let x = left + tick / requests * wide;
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {bottom}v4\" stroke=\"black\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{tick}</text>",
            bottom + 16.0
        );
    }
    for tick in ticks(delay) {
        let y = bottom - tick / delay * high;
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {y:.1}h-4\" stroke=\"black\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
            left - 7.0,
            y + 4.0
        );
    }
    for row in &rows {
        for (schedule, cell) in row.cells.iter().enumerate() {
            let x = left + cell.requests / requests * wide;
            let y = bottom - cell.delay / delay * high;
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{}\" fill-opacity=\"0.7\">\
                 <title>{}, {}: {cell}</title></circle>",
                colour(schedule),
                table.schedules[schedule],
                row.shape.name(),
            );
        }
    }
}

fn colour(schedule: usize) -> &'static str {
    COLOURS[schedule % COLOURS.len()]
}

/// Round values up to `most`, some five of them.
fn ticks(most: f64) -> Vec<f64> {
    let steps = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0];
    let step = steps.into_iter().find(|step| most / step <= 6.0).unwrap_or(100.0);
    (0..=6).map(|n| f64::from(n) * step).filter(|tick| *tick <= most).collect()
}
