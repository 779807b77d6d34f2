//! Diagrams of the two machines, drawn from the edge tables themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::order::{CommandKind, FULFILLMENT_EDGES, FulfillmentStatus, ORDER_EDGES, OrderState};

/// Which machine to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Machine {
    /// The order's own states.
    Order,
    /// The work at one hub.
    Fulfillment,
}

/// The machine as a Mermaid state diagram; the same text every time.
///
/// Commands between the same two states share one arrow. Commands that leave a state alone are
/// listed in a note beside it.
///
/// ```
/// use oms_core::order::{Machine, mermaid};
/// assert!(mermaid(Machine::Order).contains("pending --> open: approve"));
/// ```
#[must_use]
pub fn mermaid(machine: Machine) -> String {
    let graph = Graph::of(machine);
    let mut text = String::from("stateDiagram-v2\n");
    line(
        &mut text,
        format_args!("    [*] --> {}: {}", graph.entry.0, graph.entry.1),
    );
    for ((from, to), commands) in &graph.arrows {
        let (from, to) = (graph.name(*from), graph.name(*to));
        line(
            &mut text,
            format_args!("    {from} --> {to}: {}", commands.join(", ")),
        );
    }
    for state in graph.terminal() {
        line(&mut text, format_args!("    {state} --> [*]"));
    }
    for (at, commands) in &graph.loops {
        let state = graph.name(*at);
        line(
            &mut text,
            format_args!(
                "    note right of {state}: stays on {}",
                commands.join(", ")
            ),
        );
    }
    text
}

/// The machine as a Graphviz digraph; the same text every time.
///
/// Commands between the same two states share one arrow. Commands that leave a state alone are
/// listed in its label; terminal states have a double border.
#[must_use]
pub fn dot(machine: Machine) -> String {
    let graph = Graph::of(machine);
    let mut text = format!("digraph {} {{\n", graph.title);
    text.push_str("    rankdir=LR;\n    node [shape=box, style=rounded];\n");
    line(&mut text, format_args!("    start [shape=point];"));
    let terminal: Vec<&str> = graph.terminal().collect();
    for (at, state) in graph.states.iter().enumerate() {
        let mut label = (*state).to_owned();
        if let Some(commands) = graph.loops.get(&at) {
            // Three commands a row keep the boxes narrow.
            for row in commands.chunks(3) {
                label.push_str("\\n");
                label.push_str(&row.join(", "));
            }
        }
        let borders = if terminal.contains(state) {
            ", peripheries=2"
        } else {
            ""
        };
        line(
            &mut text,
            format_args!("    {state} [label=\"{label}\"{borders}];"),
        );
    }
    line(
        &mut text,
        format_args!(
            "    start -> {} [label=\"{}\"];",
            graph.entry.0, graph.entry.1
        ),
    );
    for ((from, to), commands) in &graph.arrows {
        let (from, to) = (graph.name(*from), graph.name(*to));
        line(
            &mut text,
            format_args!("    {from} -> {to} [label=\"{}\"];", commands.join("\\n")),
        );
    }
    text.push_str("}\n");
    text
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{content}");
}

/// A machine's table, grouped for drawing.
struct Graph {
    title: &'static str,
    states: Vec<&'static str>,
    entry: (&'static str, &'static str),
    arrows: BTreeMap<(usize, usize), Vec<&'static str>>,
    loops: BTreeMap<usize, Vec<&'static str>>,
}

impl Graph {
    fn of(machine: Machine) -> Self {
        match machine {
            Machine::Order => Self::group(
                "order",
                OrderState::ALL.map(OrderState::as_str).to_vec(),
                (OrderState::Pending.as_str(), "place"),
                ORDER_EDGES
                    .iter()
                    .map(|edge| (edge.from.as_str(), edge.command, edge.to.as_str())),
            ),
            Machine::Fulfillment => Self::group(
                "fulfillment",
                FulfillmentStatus::ALL
                    .map(FulfillmentStatus::as_str)
                    .to_vec(),
                (
                    FulfillmentStatus::Approved.as_str(),
                    CommandKind::Allocate.as_str(),
                ),
                FULFILLMENT_EDGES
                    .iter()
                    .map(|edge| (edge.from.as_str(), edge.command, edge.to.as_str())),
            ),
        }
    }

    fn group(
        title: &'static str,
        states: Vec<&'static str>,
        entry: (&'static str, &'static str),
        edges: impl Iterator<Item = (&'static str, CommandKind, &'static str)>,
    ) -> Self {
        let place = |name: &str| {
            states
                .iter()
                .position(|state| *state == name)
                .unwrap_or_default()
        };
        let (mut arrows, mut loops) = (BTreeMap::new(), BTreeMap::new());
        let mut edges: Vec<(usize, usize, CommandKind)> = edges
            .map(|(from, command, to)| (place(from), place(to), command))
            .collect();
        edges.sort_unstable();
        for (from, to, command) in edges {
            let commands: &mut Vec<&'static str> = if from == to {
                loops.entry(from).or_default()
            } else {
                arrows.entry((from, to)).or_default()
            };
            commands.push(command.as_str());
        }
        Self {
            title,
            states,
            entry,
            arrows,
            loops,
        }
    }

    fn name(&self, at: usize) -> &'static str {
        self.states.get(at).copied().unwrap_or_default()
    }

    /// The states no arrow leaves.
    fn terminal(&self) -> impl Iterator<Item = &'static str> {
        let leaves = |at: usize| self.arrows.keys().any(|(from, _)| *from == at);
        self.states
            .iter()
            .enumerate()
            .filter(move |(at, _)| !leaves(*at))
            .map(|(_, name)| *name)
    }
}
