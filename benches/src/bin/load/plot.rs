//! Throughput and latency against the number of callers, as SVG.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Failure;
use crate::compare::Row;

const SIZE: (u32, u32) = (900, 900);

/// A line of a chart: its name, and values by callers.
type Lines = BTreeMap<String, Vec<(f64, f64)>>;

/// The file of a scenario: with several, its name stands before the ending.
pub(crate) fn file(base: &Path, scenario: &str, several: bool) -> PathBuf {
    if !several {
        return base.to_owned();
    }
    let stem = base.file_stem().unwrap_or_default().to_string_lossy();
    base.with_file_name(format!("{stem}-{scenario}.svg"))
}

/// Draws the rows of a scenario.
pub(crate) fn draw(rows: &[Row], title: &str, file: &Path) -> Result<(), Failure> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(told)?;
    let (above, below) = root.split_vertically(SIZE.1 / 2);
    let rates = lines(rows, |row| vec![("", row.orders_per_second)]);
    let latencies = lines(rows, |row| vec![(" p50", row.p50_ms), (" p99", row.p99_ms)]);
    chart(&above, &format!("{title}: orders per second"), &rates)?;
    chart(
        &below,
        &format!("{title}: latency of a call, ms"),
        &latencies,
    )?;
    root.present().map_err(told)?;
    Ok(())
}

/// The error of the drawing crate, which is not one that tasks may share.
fn told<E: std::fmt::Display>(why: E) -> Failure {
    format!("cannot draw: {why}").into()
}

fn lines(rows: &[Row], values: impl Fn(&Row) -> Vec<(&'static str, f64)>) -> Lines {
    let scenarios: BTreeSet<&str> = rows.iter().map(|row| row.scenario.as_str()).collect();
    let mut lines = Lines::new();
    for row in rows {
        let name = name(row, rows, scenarios.len() > 1);
        let callers = f64::from(u32::try_from(row.callers).unwrap_or(u32::MAX));
        for (what, value) in values(row)
            .into_iter()
            .filter(|(_, value)| value.is_finite())
        {
            let points = lines.entry(format!("{name}{what}")).or_default();
            points.push((callers, value));
        }
    }
    for line in lines.values_mut() {
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    lines
}

/// What the line of a row is called. What a ceiling does differs from one number of callers to the
/// next and is no part of it; where a side stands more than once at any number of them, it is what
/// tells its lines apart.
fn name(row: &Row, rows: &[Row], several: bool) -> String {
    let of_side = |other: &&Row| other.scenario == row.scenario && other.side == row.side;
    let callers = || rows.iter().filter(of_side).map(|other| other.callers);
    let once = callers().count() == callers().collect::<BTreeSet<_>>().len();
    let scenario = several.then_some(row.scenario.as_str());
    let how = (!once).then_some(row.how.as_str());
    let parts = [Some(row.side), scenario, how];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

fn chart(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    caption: &str,
    lines: &Lines,
) -> Result<(), Failure> {
    let points = || lines.values().flatten();
    let most = points().map(|point| point.1).fold(0.0, f64::max).max(0.001);
    let callers = points().map(|point| point.0).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(72)
        // Callers grow by factors, and so does the axis.
        .build_cartesian_2d((1.0..callers * 1.1).log_scale(), 0.0..most * 1.1)
        .map_err(told)?;
    chart
        .configure_mesh()
        .x_desc("callers")
        .x_label_formatter(&|callers| format!("{callers:.0}"))
        .draw()
        .map_err(told)?;
    for (number, (name, points)) in lines.iter().enumerate() {
        let color = Palette99::pick(number).to_rgba();
        chart
            .draw_series(LineSeries::new(
                points.iter().copied(),
                color.stroke_width(2),
            ))
            .map_err(told)?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        let dots = points
            .iter()
            .map(|point| Circle::new(*point, 3, color.filled()));
        chart.draw_series(dots).map_err(told)?;
    }
    chart
        .configure_series_labels()
        .border_style(BLACK)
        .background_style(WHITE)
        .position(SeriesLabelPosition::UpperLeft)
        .draw()
        .map_err(told)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(side: &'static str, callers: usize) -> Row {
        Row {
            scenario: "uniform".to_owned(),
            side,
            how: String::new(),
            callers,
            orders_per_second: 1_000.0,
            rates: Vec::new(),
            p50_ms: 1.0,
            p99_ms: 3.0,
            max_ms: 4.0,
            to_one: None,
            to_batch: None,
            to_bounded: None,
            to_batch50: None,
            errors: BTreeMap::new(),
        }
    }

    #[test]
    fn a_plot_is_svg_with_a_line_per_side() {
        let name = format!("oms-load-plot-{}.svg", std::process::id());
        let file = std::env::temp_dir().join(name);
        let rows = [
            row("library", 1),
            row("library", 64),
            row("one", 1),
            row("one", 64),
        ];
        draw(&rows, "uniform", &file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(text.starts_with("<svg"), "{text}");
        for shown in ["library p99", "one p50", "orders per second"] {
            assert!(text.contains(shown), "{shown}");
        }
    }

    #[test]
    fn each_line_is_of_one_thing() {
        let how = |side, callers, how: &str| Row {
            how: how.to_owned(),
            ..row(side, callers)
        };
        // Processes: one side twice, and once with a single caller. A ceiling: another way with
        // each number of callers.
        let rows = [
            how("library", 1, "1 processes"),
            how("library", 4, "1 processes"),
            how("library", 4, "2 processes"),
            how("one", 4, "WITH, 4 connections"),
            how("library", 8, "1 processes"),
            how("library", 8, "2 processes"),
            how("one", 8, "function, 8 connections"),
        ];
        let found = lines(&rows, |row| vec![("", row.orders_per_second)]);
        let names: Vec<&String> = found.keys().collect();
        assert_eq!(
            names,
            ["library, 1 processes", "library, 2 processes", "one"]
        );
        let points: Vec<usize> = found.values().map(Vec::len).collect();
        assert_eq!(points, [3, 2, 2], "{found:?}");
        let other = Row {
            scenario: "growth, 9 stored".to_owned(),
            ..row("one", 4)
        };
        let found = lines(&[row("one", 4), other], |row| vec![(" p50", row.p50_ms)]);
        let names: Vec<&String> = found.keys().collect();
        assert_eq!(names, ["one, growth, 9 stored p50", "one, uniform p50"]);
    }

    #[test]
    fn one_caller_alone_can_be_drawn() {
        let name = format!("oms-load-plot-one-{}.svg", std::process::id());
        let file = std::env::temp_dir().join(name);
        draw(&[row("library", 1)], "uniform", &file).unwrap();
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn each_scenario_has_its_own_file() {
        let base = Path::new("out/plot.svg");
        assert_eq!(file(base, "hot", false), base);
        assert_eq!(file(base, "hot", true), Path::new("out/plot-hot.svg"));
    }
}
