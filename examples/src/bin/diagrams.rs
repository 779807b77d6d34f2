//! The two state machines, drawn from the tables that the code itself follows.
//!
//! `diagrams` prints Mermaid, for documents; `diagrams --dot` prints DOT, for Graphviz.
#![allow(clippy::print_stdout)]

use clap::Parser;
use oms_core::order::{Machine, dot, mermaid};

/// Prints the state machines of orders and of the work at one hub.
#[derive(Debug, Parser)]
struct Args {
    /// Print DOT for Graphviz instead of Mermaid
    #[arg(long)]
    dot: bool,
}

fn main() {
    let draw = if Args::parse().dot { dot } else { mermaid };
    for machine in [Machine::Order, Machine::Fulfillment] {
        println!("{}", draw(machine));
    }
}
