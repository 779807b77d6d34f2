//! Orders as large as they may be: what a command writes does not grow with the order.

use super::fixtures::*;
use crate::order::{Assignment, CancelLine, OrderCommand, OrderEvent, Part};
use crate::value::limits;

const LINES: u32 = 1_000;
const HUBS: u32 = 10;

/// 1,000 lines of 3 units, each at one of 10 hubs.
fn large() -> Desk {
    let count = usize::try_from(LINES).unwrap();
    let mut desk = Desk::of(&draft(&vec![(3, "1.00"); count]));
    let assignments = (1..=LINES).map(|number| Assignment {
        hub: hub(&format!("hub-{}", number % HUBS)),
        line: line(number),
        quantity: quantity(3),
    });
    let command = OrderCommand::Allocate {
        assignments: assignments.collect(),
        expires_at: None,
    };
    let events = desk.run(&command);
    assert_eq!(events.len(), usize::try_from(HUBS).unwrap());
    desk.run(&OrderCommand::Approve);
    desk
}

fn json(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).unwrap().len()
}

#[test]
fn picking_one_line_of_a_thousand_writes_one_small_event_and_one_document() {
    let mut desk = large();
    let events = desk.run(&pick(1, &[(10, 1)]));
    let [event] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(event.parts(), [Part::Fulfillment(work(1))]);
    assert!(json(event) < 200, "{} bytes", json(event));
    let document = json(desk.fulfillment(1));
    assert!(document < 40_000, "{document} bytes");
    assert!(
        json(&desk.order.head) > 5 * document,
        "the head is what is not rewritten"
    );
}

#[test]
fn a_pick_list_of_a_whole_hub_is_one_event() {
    let mut desk = large();
    let events = desk.run(&pick(1, &[]));
    let [OrderEvent::Picked { lines, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(lines.len(), 100);
}

#[test]
fn cancelling_a_thousand_lines_is_one_cut_a_line() {
    let mut desk = large();
    let all: Vec<CancelLine> = (1..=LINES)
        .map(|number| CancelLine {
            line: line(number),
            quantity: quantity(3),
            fulfillment: None,
        })
        .collect();
    let by_lines = OrderCommand::CancelLines {
        reason: reason("buyer asked"),
        lines: all,
    };
    let mut other = desk.clone();
    let (events, others) = (desk.run(&cancel()), other.run(&by_lines));
    assert_eq!(events, others, "both ways say the same");
    let OrderEvent::LinesCancelled { cuts, .. } = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!((events.len(), cuts.len()), (2, 1_000));
    let ids: Vec<u32> = cuts.iter().map(|cut| cut.line.get()).collect();
    assert!(
        ids.is_sorted(),
        "the same cuts in the same order every time"
    );
    assert_eq!(desk.waiting(1_000), [0, 0, 0, 3]);
}

#[test]
fn a_whole_life_of_the_largest_order_stays_linear_in_events() {
    let max = limits::LINES_PER_ORDER_MAX;
    let mut desk = Desk::of(&draft(&vec![(1, "1.00"); max]));
    let count = u32::try_from(max).unwrap();
    let assignments: Vec<Assignment> = (1..=count)
        .map(|number| Assignment {
            hub: hub(&format!("hub-{}", number % 200)),
            line: line(number),
            quantity: quantity(1),
        })
        .collect();
    desk.run(&OrderCommand::Allocate {
        assignments,
        expires_at: None,
    });
    desk.run(&OrderCommand::Approve);
    for number in 1..=200 {
        desk.run(&pick(number, &[]));
        desk.run(&pack(number, &[]));
        desk.run(&ship(number, &[]));
    }
    for number in 1..=200 {
        desk.run(&deliver(number));
    }
    assert!(desk.state().is_terminal());
    // Placed, 200 allocations, approval, four events a hub, closed.
    assert_eq!(desk.events.len(), 1 + 200 + 1 + 4 * 200 + 1);
    for quantities in desk.order.quantities().values() {
        assert!(quantities.is_conserved());
    }
}
