//! What events mean for stock.

use super::fixtures::*;
use crate::order::{ClaimChange, OrderCommand, claim_changes, evolve};
use crate::reservation::ReservationDelta as R;

/// Runs a command and tells what it does to stock.
fn stock(desk: &mut Desk, command: &OrderCommand) -> Vec<(u32, String, String, R)> {
    let mut order = desk.order.clone();
    let mut all = Vec::new();
    for event in desk.run(command) {
        for ClaimChange {
            line,
            hub,
            sku,
            delta,
        } in claim_changes(&order, &event)
        {
            all.push((line.get(), hub.to_string(), sku.to_string(), delta));
        }
        evolve(&mut order, &event);
    }
    assert_eq!(order, desk.order);
    all
}

fn of(line: u32, hub: &str, delta: R) -> (u32, String, String, R) {
    (line, hub.to_owned(), format!("SKU-{line}"), delta)
}

#[test]
fn firm_claims_are_reserved_consumed_and_released() {
    let mut desk = Desk::new(&[(5, "1.00")]);
    let reserve = |units| R::Reserve {
        quantity: quantity(units),
        expires_at: None,
    };
    let allocated = stock(&mut desk, &allocate(&[("B", 1, 2), ("A", 1, 3)]));
    assert_eq!(allocated, [of(1, "A", reserve(3)), of(1, "B", reserve(2))]);
    assert_eq!(stock(&mut desk, &OrderCommand::Approve), []);
    assert_eq!(stock(&mut desk, &pick(1, &[])), []);
    assert_eq!(stock(&mut desk, &pack(1, &[(1, 2)])), []);
    let sent = of(
        1,
        "A",
        R::Consume {
            quantity: quantity(1),
        },
    );
    assert_eq!(stock(&mut desk, &ship(1, &[(1, 1)])), [sent]);
    assert_eq!(stock(&mut desk, &deliver(1)), []);
    assert_eq!(stock(&mut desk, &send_back(1, &[])), []);
    let release = |units| R::Release {
        quantity: quantity(units),
        tentative: false,
    };
    let rest = stock(&mut desk, &cancel_rest());
    assert_eq!(rest, [of(1, "A", release(2)), of(1, "B", release(2))]);
}

#[test]
fn tentative_claims_are_confirmed_expired_and_released_as_such() {
    let mut desk = Desk::new(&[(2, "1.00"), (1, "1.00")]);
    let until = |units| R::Reserve {
        quantity: quantity(units),
        expires_at: Some(at(60)),
    };
    let allocated = stock(&mut desk, &allocate_until(&[("A", 1, 1), ("A", 2, 1)], 60));
    assert_eq!(allocated, [of(1, "A", until(1)), of(2, "A", until(1))]);
    let release = R::Release {
        quantity: quantity(1),
        tentative: true,
    };
    assert_eq!(
        stock(&mut desk.clone(), &cancel_lines(&[(2, 1)])),
        [of(2, "A", release)]
    );
    let expire_one = R::Expire {
        quantity: quantity(1),
    };
    let expired = stock(&mut desk.clone(), &expire(&[1]));
    assert_eq!(expired, [of(1, "A", expire_one), of(2, "A", expire_one)]);
    let confirm = R::Confirm {
        quantity: quantity(1),
    };
    let confirmed = stock(&mut desk, &OrderCommand::Approve);
    assert_eq!(confirmed, [of(1, "A", confirm), of(2, "A", confirm)]);
}

#[test]
fn an_edit_releases_what_it_withdraws_and_nothing_else() {
    let mut desk = Desk::new(&[(2, "1.00"), (1, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1), ("A", 2, 1)]));
    desk.run(&allocate(&[("B", 1, 1)]));
    let release = |units| R::Release {
        quantity: quantity(units),
        tentative: false,
    };
    assert_eq!(
        stock(&mut desk.clone(), &edit(vec![change_price(1, "9.00")])),
        []
    );
    let moved = stock(&mut desk, &edit(vec![change_quantity(2, 2)]));
    assert_eq!(moved, [of(1, "A", release(1)), of(2, "A", release(1))]);
}

#[test]
fn units_that_wait_claim_nothing() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    assert_eq!(stock(&mut desk, &backorder(&[(1, 1)])), []);
    assert_eq!(stock(&mut desk, &cancel()), []);
}
