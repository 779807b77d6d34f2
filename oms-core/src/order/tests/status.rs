//! Derived statuses, checked against their definition for every small case.

use super::fixtures::*;
use crate::order::{
    Claim, Fulfillment, FulfillmentLine, FulfillmentStatus as F, OrderState, OrderStatus, status,
};
use crate::value::Units;

/// Every list of up to three fulfillment statuses.
fn up_to_three() -> Vec<Vec<F>> {
    let mut lists: Vec<Vec<F>> = vec![vec![]];
    let mut longest = lists.clone();
    for _ in 0..3 {
        longest = longest
            .iter()
            .flat_map(|list| F::ALL.map(|next| [list.as_slice(), &[next]].concat()))
            .collect();
        lists.extend(longest.iter().cloned());
    }
    lists
}

#[test]
fn the_status_of_an_open_order_is_its_least_advanced_fulfillment() {
    let lists = up_to_three();
    assert_eq!(lists.len(), 1 + 8 + 64 + 512);
    for list in lists {
        for all_returned in [false, true] {
            let of = |state| status(state, list.iter().copied(), all_returned);
            assert_eq!(of(OrderState::Pending), OrderStatus::Pending);
            assert_eq!(of(OrderState::OnHold), OrderStatus::OnHold);
            assert_eq!(of(OrderState::Cancelled), OrderStatus::Cancelled);
            let closed = if all_returned {
                OrderStatus::Returned
            } else {
                OrderStatus::Delivered
            };
            assert_eq!(of(OrderState::Closed), closed);
            let has = |wanted: F| list.contains(&wanted);
            let expected = if has(F::Approved) || list.iter().all(|one| *one == F::Cancelled) {
                OrderStatus::Approved
            } else if has(F::Picking) {
                OrderStatus::Picking
            } else if has(F::Picked) {
                OrderStatus::Picked
            } else if has(F::Packing) {
                OrderStatus::Packing
            } else if has(F::Packed) {
                OrderStatus::Packed
            } else {
                OrderStatus::Shipped
            };
            assert_eq!(of(OrderState::Open), expected, "{list:?}");
            assert_eq!(
                of(OrderState::Open).is_terminal(),
                OrderState::Open.is_terminal()
            );
        }
    }
}

#[test]
fn the_status_does_not_depend_on_the_order_of_fulfillments() {
    for list in up_to_three() {
        let mut reversed = list.clone();
        reversed.reverse();
        let of = |list: Vec<F>| status(OrderState::Open, list, false);
        assert_eq!(of(list), of(reversed));
    }
}

fn fulfillment(shares: &[[u32; 6]]) -> Fulfillment {
    let lines = shares
        .iter()
        .zip(1..)
        .map(
            |([reserved, picked, packed, shipped, delivered, returned], number)| FulfillmentLine {
                line: line(number),
                sku: sku("X"),
                reserved: units(*reserved),
                picked: units(*picked),
                packed: units(*packed),
                shipped: units(*shipped),
                delivered: units(*delivered),
                returned: units(*returned),
            },
        )
        .collect();
    Fulfillment {
        id: work(1),
        hub: hub("A"),
        status: F::Approved,
        status_since: None,
        claim: Claim::Confirmed,
        day: None,
        lines,
        shipments: vec![],
    }
}

/// The definition, over the sums of all lines.
fn defined([reserved, picked, packed, shipped, delivered, returned]: [u32; 6]) -> F {
    let arrived = delivered + returned;
    let beyond = packed + shipped + arrived;
    match (reserved, picked, packed, shipped) {
        (0, 0, 0, 0) if arrived == 0 => F::Cancelled,
        (0, 0, 0, 0) => F::Delivered,
        (0, 0, 0, _) => F::Shipped,
        (0, 0, _, _) => F::Packed,
        (0, _, _, _) if beyond == 0 => F::Picked,
        (0, _, _, _) => F::Packing,
        (_, 0, _, _) if beyond == 0 => F::Approved,
        _ => F::Picking,
    }
}

#[test]
fn the_status_of_a_fulfillment_is_a_function_of_where_its_units_are() {
    let share = |number: u32| -> [u32; 6] { std::array::from_fn(|bucket| (number >> bucket) & 1) };
    for first in 0..64 {
        for second in 0..64 {
            let shares = [share(first), share(second)];
            let sums = std::array::from_fn(|bucket| shares[0][bucket] + shares[1][bucket]);
            assert_eq!(
                fulfillment(&shares).derived_status(),
                defined(sums),
                "{shares:?}"
            );
        }
    }
    assert_eq!(fulfillment(&[]).derived_status(), F::Cancelled);
}

#[test]
fn names_read_back() {
    for status in OrderStatus::ALL {
        assert_eq!(OrderStatus::parse(status.as_str()), Some(status));
        let json = serde_json::to_string(&status).unwrap();
        assert_eq!(json, format!("\"{}\"", status.as_str()));
    }
    for state in OrderState::ALL {
        assert_eq!(
            serde_json::to_string(&state).unwrap(),
            format!("\"{state}\"")
        );
    }
    for status in F::ALL {
        assert_eq!(
            serde_json::to_string(&status).unwrap(),
            format!("\"{status}\"")
        );
    }
    assert_eq!(OrderStatus::parse("shiped"), None);
}

#[test]
fn a_share_knows_its_units() {
    let fulfillment = fulfillment(&[[1, 2, 3, 4, 5, 6]]);
    let share = fulfillment.line(line(1)).unwrap();
    assert_eq!((share.here(), share.total()), (units(6), units(21)));
    assert_eq!(fulfillment.line(line(2)), None);
    assert_eq!(Units::ZERO, units(0));
}
