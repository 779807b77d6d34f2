//! Placements on the memory store against a plain program that does the same work, in the same
//! run: rates, the ratio that the goal is about, and bytes per stored order.
//!
//! `cargo bench -p benches --bench memory -- --orders 20000 --repeats 7`; other arguments are left
//! to the other benches, and a filter that does not match `memory` skips this one.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::env;
use std::process::Command;
use std::time::Duration;

use benches::Failure;
use benches::memory::{Input, LARGE, Times, bytes, compare};

/// The ratio to reach.
const GOAL: f64 = 0.6;

/// Says that this process is to measure the bytes of one program.
const BYTES_OF: &str = "--bytes-of";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let number = |name: &str, default: u32| value(name).map_or(Ok(default), str::parse);
    let orders = number("--orders", 20_000)?.max(1);
    if let Some(program) = value(BYTES_OF) {
        let bytes = bytes(LARGE, orders.into(), program == "library")?;
        println!("{} {}", bytes.resident, bytes.bodies);
        return Ok(());
    }
    let filter = arguments.first().filter(|first| !first.starts_with('-'));
    if filter.is_some_and(|filter| !"memory".contains(filter.as_str())) {
        return Ok(());
    }
    let repeats = number("--repeats", 7)?.max(1);
    println!("{orders} orders of 3 lines, 10,000 SKUs x 5 hubs, {repeats} repeats in turns");
    println!("a handle that remembers, and sends each call to the store alone (coalescing off)\n");
    println!(
        "{:<26}{:>12}{:>12}{:>8}",
        "orders/s, median", "library", "bare", "ratio"
    );
    let mut reached = true;
    for (input, name) in [
        (Input::Text, "text to stored"),
        (Input::Read, "read to stored"),
    ] {
        reached &= rates(orders, repeats, input, name)? >= GOAL;
    }
    println!(
        "goal {GOAL}: {}\n",
        if reached { "reached" } else { "missed" }
    );
    println!(
        "{:<26}{:>12}{:>12}{:>8}",
        "bytes per order", "library", "bare", "ratio"
    );
    let (library, bare) = (bytes_of("library", orders)?, bytes_of("bare", orders)?);
    let names = ["of the process", "of JSON bodies"];
    for (name, (library, bare)) in names.into_iter().zip(library.into_iter().zip(bare)) {
        let ratio = f64::from(library) / f64::from(bare.max(1));
        println!("{name:<26}{library:>12}{bare:>12}{ratio:>8.2}");
    }
    Ok(())
}

/// Prints the medians and answers their ratio.
fn rates(orders: u32, repeats: u32, input: Input, name: &str) -> Result<f64, Failure> {
    let count = usize::try_from(orders)?;
    let times = (0..repeats)
        .map(|_| compare(LARGE, count, input))
        .collect::<Result<Vec<Times>, Failure>>()?;
    let rate = |time: Duration| f64::from(orders) / time.as_secs_f64();
    let library = median(times.iter().map(|times| rate(times.library)));
    let bare = median(times.iter().map(|times| rate(times.bare)));
    // Both of one repeat met the same machine, so their ratio is steadier than their rates.
    let ratio = times
        .iter()
        .map(|times| times.bare.as_secs_f64() / times.library.as_secs_f64());
    let ratio = median(ratio);
    println!("{name:<26}{library:>12.0}{bare:>12.0}{ratio:>8.2}");
    Ok(ratio)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Resident and body bytes of one program, measured in a process of its own.
fn bytes_of(program: &str, orders: u32) -> Result<[u32; 2], Failure> {
    let output = Command::new(env::current_exe()?)
        .args([BYTES_OF, program, "--orders", &orders.to_string()])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_ascii_whitespace().map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(resident), Some(bodies)) => Ok([resident?, bodies?]),
        (_, None) | (None, _) => Err(format!("no bytes of {program}: {}", output.status).into()),
    }
}
