//! Counts the instructions of the measured paths with valgrind's callgrind.
//!
//! Instructions, not seconds: two runs agree to a fraction of a percent however busy the machine
//! is. Each path is run twice, `FEW` and `MANY` times; the difference of the two totals divided by
//! the difference of the two counts is the cost of one run, free of start-up and set-up.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::env;
use std::process::{Command, ExitCode};

use benches::{Failure, paths};

const FEW: u64 = 100;
const MANY: u64 = 1_100;

const USAGE: &str = "\
instructions --count [PATH...]   counts the instructions of one run of each path, by valgrind
instructions PATH TIMES          runs a path so often; to see where the instructions go:
                                 valgrind --tool=callgrind --callgrind-out-file=OUT \\
                                     instructions PATH 1000
                                 callgrind_annotate --auto=no --inclusive=yes OUT
Paths:";

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--count"] => count(paths::names())?,
        ["--count", names @ ..] => count(names.iter().copied())?,
        [name, times] => {
            let mut path = paths::path(name)?;
            for _ in 0..times.parse::<u64>()? {
                (path.run)();
            }
        }
        [] | [_] | [_, _, _, ..] => {
            println!("{USAGE}");
            paths::names().for_each(|name| println!("    {name}"));
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn count<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    println!("{:<26}{:>22}", "path", "instructions per run");
    for name in names {
        let (few, many) = (collected(name, FEW)?, collected(name, MANY)?);
        println!("{name:<26}{:>22}", many.saturating_sub(few) / (MANY - FEW));
    }
    Ok(())
}

/// All instructions of a process that runs the path so often.
fn collected(name: &str, times: u64) -> Result<u64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([name, &times.to_string()])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name} under valgrind: {}\n{report}", output.status).into());
    }
    let total = report
        .lines()
        .filter_map(|line| line.split_once("Collected :"))
        .find_map(|(_, total)| total.trim().parse::<u64>().ok());
    total.ok_or_else(|| format!("valgrind reports no total:\n{report}").into())
}
