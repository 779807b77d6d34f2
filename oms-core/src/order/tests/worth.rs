//! What parts of an order are worth, and what is recorded about its money after the sale.

use proptest::collection::vec;
use proptest::prelude::*;

use super::fixtures::*;
use super::owed::odd;
use crate::order::{
    LineWorth, OrderCommand, OrderDraft, OrderRejection, PaymentEntry, PaymentState, TaxMode,
};
use crate::value::Money;

/// All of it paid, and packed at one hub.
fn packed(draft: &OrderDraft) -> Desk {
    let mut desk = Desk::of(draft);
    let amount = desk.order.to_collect();
    if !amount.is_zero() {
        desk.run(&pay(PaymentEntry::Captured { amount }, None));
    }
    let lines = desk.order.head.lines.iter();
    let parts: Vec<_> = lines
        .map(|line| ("A", line.id.get(), line.ordered.get()))
        .collect();
    desk.run(&allocate(&parts));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk
}

/// Three units of 5.00, less 5.00, with a tax of 1.00 on the whole order.
fn three(tax_mode: TaxMode) -> Desk {
    let mut draft = draft(&[(3, "5.00")]);
    draft.discount = eur("5.00");
    draft.order_tax = Some(eur("1.00"));
    draft.tax_mode = tax_mode;
    packed(&draft)
}

fn of_one(desk: &Desk) -> (Money, Money) {
    let worth = desk.order.worth_of(&some(&[(1, 1)])).unwrap();
    (worth[0].amount, worth[0].tax)
}

fn of_parcel(desk: &Desk, number: u32) -> Vec<LineWorth> {
    desk.order.worth_of_parcel(parcel(number)).unwrap()
}

fn sum(parts: &[LineWorth]) -> i64 {
    parts.iter().map(|part| part.amount.minor()).sum()
}

fn back(desk: &Desk) -> i64 {
    desk.order.to_give_back().money.minor()
}

#[test]
fn what_goes_is_worth_what_is_given_back_for_it_with_the_tax_in_it() {
    for (tax_mode, expected) in [
        (
            TaxMode::Exclusive,
            [("3.67", "0.33"), ("3.66", "0.34"), ("3.67", "0.33")],
        ),
        (
            TaxMode::Inclusive,
            [("3.33", "0.33"), ("3.34", "0.34"), ("3.33", "0.33")],
        ),
    ] {
        let mut desk = three(tax_mode);
        desk.run(&ship(1, &[]));
        desk.run(&deliver(1));
        for (amount, tax) in expected {
            let before = back(&desk);
            assert_eq!(of_one(&desk), (eur(amount), eur(tax)), "{tax_mode:?}");
            desk.run(&send_back(1, &[(1, 1)]));
            assert_eq!(back(&desk) - before, eur(amount).minor());
        }
    }
}

#[test]
fn a_parcel_is_worth_the_same_whatever_comes_later() {
    let mut desk = three(TaxMode::Exclusive);
    desk.run(&ship(1, &[(1, 1)]));
    desk.run(&ship(1, &[(1, 1)]));
    let both = [of_parcel(&desk, 1), of_parcel(&desk, 2)];
    let amounts = both.each_ref().map(|worth| (worth[0].amount, worth[0].tax));
    let expected = [(eur("3.67"), eur("0.33")), (eur("3.66"), eur("0.34"))];
    assert_eq!(amounts, expected);
    assert_eq!(both[0][0].quantity, quantity(1));
    desk.run(&deliver(1));
    desk.run(&send_back(1, &[(1, 1)]));
    desk.run(&cancel_lines(&[(1, 1)]));
    desk.run(&fail(2));
    assert_eq!([of_parcel(&desk, 1), of_parcel(&desk, 2)], both);
}

#[test]
fn only_units_that_are_left_are_worth_something() {
    let mut desk = three(TaxMode::Exclusive);
    desk.run(&cancel_lines(&[(1, 1)]));
    let refused = |lines: &[(u32, u32)]| desk.order.worth_of(&some(lines)).unwrap_err();
    let expected = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(3),
        found: units(2),
        bucket: "kept".to_owned(),
    };
    assert_eq!(refused(&[(1, 3)]), expected);
    assert_eq!(refused(&[(2, 1)]).code(), "unknown_line");
    assert_eq!(refused(&[(1, 1), (1, 1)]).code(), "duplicate_line");
    assert_eq!(desk.order.worth_of(&[]), Ok(Vec::new()));
    let unknown = desk.order.worth_of_parcel(parcel(1)).unwrap_err();
    assert_eq!(unknown.code(), "unknown_shipment");
}

#[test]
fn goodwill_is_not_taken_off_what_comes_back_later() {
    let mut desk = packed(&draft(&[(2, "50.00")]));
    desk.run(&ship(1, &[]));
    desk.run(&deliver(1));
    assert_eq!(
        desk.refusal(&pay(waived("10.00"), None)).code(),
        "waiver_too_large",
        "the refund is first"
    );
    desk.run(&pay(refunded("10.00"), None));
    assert_eq!(desk.order.to_collect(), eur("10.00"));
    desk.run(&pay(waived("10.00"), None));
    assert_eq!(desk.order.to_collect(), eur("0"));
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(back(&desk), 5_000);
    desk.run(&pay(refunded("50.00"), None));
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(back(&desk), 4_000, "what is left of the price");
}

#[test]
fn a_lost_parcel_that_is_replaced_gives_nothing_back_until_its_replacement_does() {
    let mut desk = packed(&draft(&[(2, "10.00")]));
    desk.run(&ship(1, &[]));
    desk.run(&fail(1));
    assert_eq!(back(&desk), 2_000);
    desk.run(&pay(retained("20.00"), None));
    assert_eq!((back(&desk), desk.order.to_collect()), (0, eur("0")));
    let replacement = packed(&draft(&[(2, "0.00")]));
    assert_eq!(replacement.order.payment_state(), PaymentState::Paid);
    desk.run(&pay(retained("-10.00"), None));
    assert_eq!(back(&desk), 1_000);
}

/// Orders of odd amounts without charges; the last line costs something.
fn odd_lines() -> impl Strategy<Value = OrderDraft> {
    odd().prop_map(|mut draft| {
        draft.push_line("LAST", 1, "0.05").unwrap();
        draft.charges.clear();
        draft.stated_total = None;
        draft
    })
}

proptest! {
    #[test]
    fn parts_of_an_order_add_up_to_it_whatever_the_steps(
        draft in odd_lines(),
        steps in vec((0_u8..3, 1_u32..6, 1_u32..4), 0..30),
    ) {
        let mut desk = packed(&draft);
        let placed = desk.order.clone();
        let due = placed.head.totals.due().minor();
        let (mut gone, mut sent) = (Vec::new(), Vec::new());
        for (kind, line, units) in steps {
            let part = [(line, units)];
            let command = match kind {
                0 => cancel_lines(&part),
                1 => send_back(1, &part),
                _ => ship(1, &part),
            };
            if desk.ask(&command).is_err() {
                continue;
            }
            if kind == 2 {
                desk.run(&command);
                let number = u32::try_from(sent.len() + 1).unwrap();
                desk.run(&deliver(number));
                sent.push(of_parcel(&desk, number));
                continue;
            }
            let worth = desk.order.worth_of(&some(&part)).unwrap();
            let before = back(&desk);
            desk.run(&command);
            prop_assert_eq!(back(&desk) - before, sum(&worth));
            gone.extend(worth);
        }
        if desk.ask(&ship(1, &[])).is_ok() {
            desk.run(&ship(1, &[]));
            let number = u32::try_from(sent.len() + 1).unwrap();
            sent.push(of_parcel(&desk, number));
        }
        let (mut kept, mut cancelled) = (Vec::new(), Vec::new());
        for (id, at) in desk.order.quantities() {
            let left = at.ordered.get() - at.cancelled.get() - at.returned.get();
            kept.push((id.get(), left));
            cancelled.push((id.get(), at.cancelled.get()));
        }
        for parts in [&mut kept, &mut cancelled] {
            parts.retain(|(_, units)| *units > 0);
        }
        // What went in steps, and what is left.
        gone.extend(desk.order.worth_of(&some(&kept)).unwrap());
        prop_assert_eq!(sum(&gone), due);
        // What was sent, and what was not.
        for (at, worth) in (1..).zip(&sent) {
            prop_assert_eq!(&of_parcel(&desk, at), worth);
        }
        let mut parcels = sent.concat();
        parcels.extend(placed.worth_of(&some(&cancelled)).unwrap());
        prop_assert_eq!(sum(&parcels), due);
        for parts in [gone, parcels] {
            for part in &parts {
                prop_assert!((0..=part.amount.minor()).contains(&part.tax.minor()), "{:?}", part);
            }
            if draft.tax_mode == TaxMode::Exclusive {
                let taxes: i64 = parts.iter().map(|part| part.tax.minor()).sum();
                prop_assert_eq!(taxes, placed.head.totals.tax.minor());
            }
        }
    }
}
