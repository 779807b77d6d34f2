//! Diagrams: golden texts, and every edge of the tables is in them.

use crate::order::{
    FULFILLMENT_EDGES, FulfillmentStatus, Machine, ORDER_EDGES, OrderState, dot, mermaid,
};

#[test]
fn the_diagrams_are_the_golden_ones() {
    let golden = [
        (mermaid(Machine::Order), include_str!("golden/order.mmd")),
        (
            mermaid(Machine::Fulfillment),
            include_str!("golden/fulfillment.mmd"),
        ),
        (dot(Machine::Order), include_str!("golden/order.dot")),
        (
            dot(Machine::Fulfillment),
            include_str!("golden/fulfillment.dot"),
        ),
    ];
    for (drawn, expected) in golden {
        assert_eq!(drawn, expected, "\n{drawn}");
    }
}

/// Whether a Mermaid text says that `command` leads from one state to another.
fn says(text: &str, from: &str, command: &str, to: &str) -> bool {
    let arrow = format!("    {from} --> {to}: ");
    let stays = format!("    note right of {from}: stays on ");
    let prefix = if from == to { stays } else { arrow };
    text.lines()
        .filter_map(|line| line.strip_prefix(&prefix))
        .flat_map(|commands| commands.split(", "))
        .any(|named| named == command)
}

#[test]
fn the_diagrams_say_what_the_tables_say_and_nothing_else() {
    let order = mermaid(Machine::Order);
    let work = mermaid(Machine::Fulfillment);
    for edge in ORDER_EDGES {
        let (from, to) = (edge.from.as_str(), edge.to.as_str());
        assert!(says(&order, from, edge.command.as_str(), to), "{edge:?}");
    }
    for edge in FULFILLMENT_EDGES {
        let (from, to) = (edge.from.as_str(), edge.to.as_str());
        assert!(says(&work, from, edge.command.as_str(), to), "{edge:?}");
    }
    let said = |text: &str| -> usize {
        let lines = text
            .lines()
            .filter(|line| !line.contains("[*]") && line.contains(": "));
        lines.map(|line| line.split(", ").count()).sum()
    };
    assert_eq!(said(&order), ORDER_EDGES.len());
    assert_eq!(said(&work), FULFILLMENT_EDGES.len());
}

#[test]
fn terminal_states_are_drawn_as_ends() {
    let order = mermaid(Machine::Order);
    for state in OrderState::ALL {
        assert_eq!(
            order.contains(&format!("    {state} --> [*]")),
            state.is_terminal(),
            "{state}"
        );
    }
    let work = mermaid(Machine::Fulfillment);
    for status in FulfillmentStatus::ALL {
        let end = work.contains(&format!("    {status} --> [*]"));
        assert_eq!(end, status.is_terminal(), "{status}");
    }
}
