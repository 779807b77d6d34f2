//! What is owed once units are cancelled.

use proptest::collection::vec;
use proptest::prelude::*;

use super::fixtures::*;
use crate::order::{
    Charge, ChargeKind, CommandKind, Condition, EditLine, Guard, LineSku, OrderCommand, OrderDraft,
    OrderRejection, PaymentEntry, PaymentState, TaxMode, fold, preview_edit,
};
use crate::value::{Money, StageId};

fn charge(kind: ChargeKind, amount: &str) -> Charge {
    Charge {
        kind,
        title: None,
        amount: eur(amount),
        tax: eur("0"),
    }
}

#[test]
fn cancelled_units_need_not_be_paid() {
    let mut desk = Desk::new(&[(2, "50.00")]);
    desk.workflow.guards = vec![Guard {
        name: StageId::parse("paid-first").unwrap(),
        command: CommandKind::Pick,
        condition: Condition::Paid,
    }];
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("50.00"));
    assert_eq!(desk.order.head.totals.due(), eur("100.00"), "as agreed");
    desk.run(&pay(captured("49.99"), None));
    assert_eq!(desk.order.payment_state(), PaymentState::PartlyPaid);
    assert_eq!(desk.refusal(&pick(1, &[])).code(), "guarded");
    desk.run(&pay(captured("0.01"), None));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    desk.run(&pick(1, &[]));
}

/// Two units paid, one of them delivered and the other allocated now; picking needs the money.
fn one_delivered_and_one_to_pick() -> Desk {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&pay(captured("20.00"), None));
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.run(&backorder(&[(1, 1)]));
    desk.run(&OrderCommand::Approve);
    for command in [pick(1, &[]), pack(1, &[]), ship(1, &[]), deliver(1)] {
        desk.run(&command);
    }
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.workflow.guards = vec![Guard {
        name: StageId::parse("paid-first").unwrap(),
        command: CommandKind::Pick,
        condition: Condition::Paid,
    }];
    desk
}

#[test]
fn what_went_back_for_units_that_came_back_is_not_asked_for_again() {
    let mut desk = one_delivered_and_one_to_pick();
    desk.run(&send_back(1, &[(1, 1)]));
    assert!(desk.ask(&pick(2, &[])).is_ok(), "nothing went back yet");
    desk.run(&pay(refunded("4.00"), None));
    assert!(desk.ask(&pick(2, &[])).is_ok(), "a part");
    desk.run(&pay(refunded("6.00"), None));
    assert!(desk.ask(&pick(2, &[])).is_ok(), "all of it");
    assert_eq!(desk.order.owed(), eur("20.00"));
    assert_eq!(desk.order.payment_state(), PaymentState::PartlyRefunded);
    assert!(Condition::PaidOrAuthorised.holds(&desk.order));
    desk.run(&pay(refunded("0.01"), None));
    assert_eq!(desk.refusal(&pick(2, &[])).code(), "guarded", "more");
}

#[test]
fn a_refund_for_units_that_did_not_come_back_is_still_to_be_paid() {
    let mut desk = one_delivered_and_one_to_pick();
    desk.run(&pay(refunded("10.00"), None));
    assert_eq!(desk.refusal(&pick(2, &[])).code(), "guarded");
    desk.run(&pay(captured("9.99"), None));
    assert_eq!(desk.refusal(&pick(2, &[])).code(), "guarded");
    desk.run(&pay(captured("0.01"), None));
    desk.run(&pick(2, &[]));
}

#[test]
fn returned_goods_do_not_stand_for_money_that_never_came() {
    let mut desk = one_delivered_and_one_to_pick();
    desk.run(&send_back(1, &[(1, 1)]));
    desk.order.head.payment.captured = eur("9.99");
    assert_eq!(desk.refusal(&pick(2, &[])).code(), "guarded");
    desk.order.head.payment.captured = eur("19.99");
    assert!(desk.ask(&pick(2, &[])).is_ok(), "the unit to pick is paid");
    gives_back(&desk, "9.99", "0");
    desk.run(&pay(refunded("10.00"), None));
    assert_eq!(desk.refusal(&pick(2, &[])).code(), "guarded");
}

#[test]
fn what_a_person_let_go_need_not_be_paid() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::Shipping, "5.00")];
    let mut desk = Desk::of(&draft);
    desk.workflow.guards = vec![Guard {
        name: StageId::parse("paid-first").unwrap(),
        command: CommandKind::Pick,
        condition: Condition::Paid,
    }];
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pay(captured("20.00"), None));
    assert_eq!(desk.refusal(&pick(1, &[])).code(), "guarded");
    let limit = Condition::TotalAtMost {
        amount: eur("20.00"),
    };
    assert!(!limit.holds(&desk.order));
    desk.run(&pay(waived("5.00"), Some("waiver-1")));
    assert_eq!(
        desk.run(&pay(waived("5.00"), Some("waiver-1"))),
        [],
        "a repeat"
    );
    assert_eq!(desk.order.owed(), eur("20.00"));
    assert_eq!(desk.order.head.totals.due(), eur("25.00"), "as agreed");
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    assert!(limit.holds(&desk.order));
    assert!(Condition::PaidOrAuthorised.holds(&desk.order));
    let preview = preview_edit(&desk.order, &[change_price(1, "9.00")]);
    assert_eq!(preview.unwrap().to_refund, eur("2.00"));
    desk.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("10.00"), "let go once and for all");
    desk.run(&pick(1, &[]));
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn a_waiver_by_mistake_is_taken_back() {
    let mut desk = Desk::new(&[(1, "50.00")]);
    desk.run(&pay(waived("25.00"), Some("waiver-1")));
    assert_eq!(desk.order.to_collect(), eur("25.00"));
    let expected = OrderRejection::NegativeAmount {
        field: "payment.waived".to_owned(),
        found: eur("-0.01"),
    };
    assert_eq!(desk.refusal(&pay(waived("-25.01"), None)), expected);
    let back = pay(waived("-22.50"), Some("waiver-1"));
    desk.run(&back);
    assert_eq!(desk.order.to_collect(), eur("47.50"));
    assert_eq!(desk.run(&back), [], "it is known");
    desk.run(&pay(captured("47.50"), None));
    assert!(Condition::Paid.holds(&desk.order));
    // Of what was waived as the order was placed, one of several names is no word for less of it.
    let mut draft = draft(&[(1, "50.00")]);
    draft.payment.waived = eur("5.00");
    draft.payment.references = ["w-1", "w-2"].map(external).into();
    let mut desk = Desk::of(&draft);
    desk.run(&pay(waived("-2.00"), Some("w-1")));
    assert_eq!(desk.order.to_collect(), eur("47.00"));
}

#[test]
fn not_more_is_let_go_than_is_still_to_be_paid() {
    let mut desk = one_delivered_and_one_to_pick();
    let refused = |desk: &Desk, asked: &str, outstanding: &str| {
        let expected = OrderRejection::WaiverTooLarge {
            asked: eur(asked),
            outstanding: eur(outstanding),
        };
        assert_eq!(desk.refusal(&pay(waived(asked), None)), expected);
    };
    refused(&desk, "0.01", "0");
    desk.run(&pay(refunded("3.00"), None));
    refused(&desk, "3.01", "3.00");
    // What went back for what came back is not to be paid again, so it cannot be let go either.
    desk.run(&send_back(1, &[(1, 1)]));
    refused(&desk, "0.01", "0");
    desk.run(&pay(refunded("9.00"), None));
    desk.run(&pay(waived("2.00"), None));
    desk.run(&pick(2, &[]));
}

#[test]
fn every_condition_on_money_asks_what_is_owed() {
    let holds = |desk: &Desk, condition: &Condition| condition.holds(&desk.order);
    let limit = Condition::TotalAtMost {
        amount: eur("50.00"),
    };
    let mut desk = Desk::new(&[(2, "50.00")]);
    desk.run(&pay(authorised("50.00"), None));
    for condition in [&limit, &Condition::PaidOrAuthorised] {
        assert!(!holds(&desk, condition), "{condition}");
    }
    desk.run(&cancel_lines(&[(1, 1)]));
    for condition in [&limit, &Condition::PaidOrAuthorised] {
        assert!(holds(&desk, condition), "{condition}");
    }
    assert!(!holds(&desk, &Condition::Paid));
}

#[test]
fn the_preview_counts_no_cancelled_unit_as_owed() {
    let mut desk = Desk::new(&[(2, "50.00"), (1, "10.00")]);
    desk.run(&pay(captured("110.00"), None));
    desk.run(&cancel_lines(&[(1, 1)]));
    let preview = preview_edit(&desk.order, &[change_price(2, "4.00")]).unwrap();
    assert_eq!(preview.difference, eur("-6.00"));
    let money = (preview.to_refund, preview.to_collect);
    assert_eq!(money, (eur("56.00"), eur("0")), "54.00 of 110.00 are owed");
}

#[test]
fn a_cancelled_line_takes_its_discounts_and_its_tax_along() {
    let mut draft = draft(&[(2, "50.00"), (1, "100.00")]);
    draft.lines[0].discount = eur("20.00");
    draft.lines[0].tax = eur("15.20");
    draft.discount = eur("18.00");
    draft.charges = vec![charge(ChargeKind::Shipping, "5.00")];
    let owed = |tax_mode, cancelled: &[(u32, u32)]| {
        let mut desk = Desk::of(&OrderDraft {
            tax_mode,
            ..draft.clone()
        });
        desk.run(&cancel_lines(cancelled));
        desk.order.owed()
    };
    // The discount of the order is 8.00 on the first line and 10.00 on the second.
    let (with, without) = (TaxMode::Exclusive, TaxMode::Inclusive);
    assert_eq!(owed(with, &[(1, 1)]), eur("138.60"));
    assert_eq!(owed(without, &[(1, 1)]), eur("131.00"));
    assert_eq!(owed(with, &[(1, 2)]), eur("95.00"));
    assert_eq!(owed(with, &[(2, 1)]), eur("92.20"));
}

/// What is owed once units of such lines, with a tax of each, are cancelled; of the whole order
/// the source states another tax.
fn owed_of_taxed(
    lines: &[(u32, &str, &str)],
    order_tax: &str,
    cancelled: &[&[(u32, u32)]],
) -> Vec<Money> {
    let pairs: Vec<_> = lines.iter().map(|(n, price, _)| (*n, *price)).collect();
    let mut draft = draft(&pairs);
    for (line, (_, _, tax)) in draft.lines.iter_mut().zip(lines) {
        line.tax = eur(tax);
    }
    draft.order_tax = Some(eur(order_tax));
    let owed = |draft: OrderDraft| {
        let mut desk = Desk::of(&draft);
        let step = |lines: &&[(u32, u32)]| {
            desk.run(&cancel_lines(lines));
            desk.order.owed()
        };
        cancelled.iter().map(step).collect::<Vec<_>>()
    };
    let mut inclusive = draft.clone();
    inclusive.tax_mode = TaxMode::Inclusive;
    let mut untaxed = inclusive.clone();
    untaxed.order_tax = None;
    assert_eq!(owed(inclusive), owed(untaxed), "it is in the prices");
    draft.tax_mode = TaxMode::Exclusive;
    owed(draft)
}

#[test]
fn a_tax_of_the_whole_order_goes_with_the_units() {
    let one = &[(1, 1)][..];
    let owed = owed_of_taxed(&[(2, "50.00", "0")], "8.25", &[one, one]);
    assert_eq!(owed, [eur("54.12"), eur("0")]);
    // By what the lines cost.
    let lines = [(1, "50.00", "0"), (2, "25.00", "0")];
    let owed = owed_of_taxed(&lines, "8.25", &[one, &[(2, 1)]]);
    assert_eq!(owed, [eur("54.12"), eur("27.06")]);
    // One cent more than the lines state.
    let lines = [(2, "10.00", "3.80"), (1, "5.00", "0.95")];
    assert_eq!(owed_of_taxed(&lines, "4.76", &[&[(2, 1)]]), [eur("23.81")]);
    // What no line states is that of the line that states none.
    let lines = [(1, "50.00", "2.06"), (1, "50.00", "0")];
    assert_eq!(owed_of_taxed(&lines, "6.18", &[one]), [eur("54.12")]);
    assert_eq!(owed_of_taxed(&lines, "6.18", &[&[(2, 1)]]), [eur("52.06")]);
}

#[test]
fn a_tax_of_the_whole_order_below_that_of_its_lines_counts() {
    let one = &[(1, 1)][..];
    let exempt = owed_of_taxed(&[(2, "50.00", "8.25")], "0", &[one, one]);
    assert_eq!(exempt, [eur("50.00"), eur("0")]);
    let lines = [(1, "10.00", "3.80"), (1, "10.00", "0.95")];
    assert_eq!(owed_of_taxed(&lines, "4.00", &[one]), [eur("10.80")]);
}

#[test]
fn units_that_came_back_give_back_their_share_of_the_order_s_tax() {
    let mut draft = draft(&[(2, "50.00")]);
    draft.tax_mode = TaxMode::Exclusive;
    draft.order_tax = Some(eur("8.25"));
    draft.payment.captured = eur("108.25");
    let mut desk = Desk::of(&draft);
    deliver_all(&mut desk);
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "54.13", "0");
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "108.25", "0");
}

#[test]
fn a_line_without_tax_does_not_take_that_of_a_charge_that_says_none() {
    let mut draft = draft(&[(1, "100.00"), (1, "1.00")]);
    draft.tax_mode = TaxMode::Exclusive;
    draft.lines[0].tax = eur("9.50");
    draft.charges = vec![charge(ChargeKind::Shipping, "50.00")];
    draft.order_tax = Some(eur("14.25"));
    let mut desk = Desk::of(&draft);
    assert_eq!(desk.order.owed(), eur("165.25"));
    desk.run(&cancel_lines(&[(2, 1)]));
    assert_eq!(desk.order.owed(), eur("164.16"), "1.00 and 0.09");
}

#[test]
fn the_tax_of_a_charge_stays_with_it() {
    let mut draft = draft(&[(2, "50.00")]);
    draft.tax_mode = TaxMode::Exclusive;
    draft.charges = vec![charge(ChargeKind::Shipping, "10.00")];
    draft.charges[0].tax = eur("0.83");
    draft.order_tax = Some(eur("9.08"));
    let mut desk = Desk::of(&draft);
    assert_eq!(desk.order.owed(), eur("119.08"));
    desk.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("64.95"), "54.12 and 10.83");
}

#[test]
fn the_preview_shares_out_the_tax_as_the_edit_does() {
    let mut draft = draft(&[(2, "50.00"), (1, "10.00")]);
    draft.tax_mode = TaxMode::Exclusive;
    draft.order_tax = Some(eur("8.25"));
    draft.payment.captured = eur("118.25");
    let mut desk = Desk::of(&draft);
    desk.run(&cancel_lines(&[(1, 1)]));
    let taxed = EditLine::Change {
        line: line(2),
        sku: None,
        quantity: None,
        unit_price: Some(price("20.00")),
        discount: None,
        tax: Some(eur("1.00")),
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    let preview = preview_edit(&desk.order, std::slice::from_ref(&taxed)).unwrap();
    desk.run(&edit(vec![taxed]));
    assert_eq!(desk.order.head.order_tax, Some(eur("8.50")));
    // Of 128.50 without a unit of 50.00 and half of 7.50: the other line states its own.
    assert_eq!(desk.order.owed(), eur("74.75"));
    gives_back(&desk, "43.50", "0");
    assert_eq!(preview.to_refund, eur("43.50"));
}

#[test]
fn charges_are_owed_until_nothing_is_left_to_deliver() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::Shipping, "5.00")];
    draft.stated_total = Some(eur("25.01"));
    let mut desk = Desk::of(&draft);
    desk.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("15.01"));
    let mut whole = desk.clone();
    whole.run(&cancel());
    desk.run(&cancel_lines(&[(1, 1)]));
    for desk in [desk, whole] {
        assert_eq!(desk.order.owed(), eur("0"));
        assert_eq!(desk.order.payment_state(), PaymentState::Paid, "of nothing");
    }
}

#[test]
fn less_than_nothing_is_never_owed() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::GiftCard, "-15.00")];
    let mut desk = Desk::of(&draft);
    assert_eq!(desk.order.owed(), eur("5.00"));
    desk.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("0"));
}

/// Two units of 10.00, 15.00 of it by a gift card and the rest in money.
fn by_card(shipping: &str) -> Desk {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![
        charge(ChargeKind::GiftCard, "-15.00"),
        charge(ChargeKind::Shipping, shipping),
    ];
    let mut desk = Desk::of(&draft);
    let amount = desk.order.owed();
    desk.run(&pay(PaymentEntry::Captured { amount }, None));
    desk
}

#[track_caller]
fn gives_back(desk: &Desk, money: &str, gift_cards: &str) {
    let back = desk.order.to_give_back();
    assert_eq!((back.money, back.gift_cards), (eur(money), eur(gift_cards)));
}

#[test]
fn a_cancelled_order_gives_money_and_gift_cards_back() {
    let mut desk = by_card("0");
    gives_back(&desk, "0", "0");
    desk.run(&cancel());
    gives_back(&desk, "5.00", "15.00");
    desk.run(&pay(refunded("5.00"), None));
    desk.run(&pay(credited("14.00"), Some("card-1")));
    desk.run(&pay(credited("14.00"), Some("card-1")));
    gives_back(&desk, "0", "1.00");
    let expected = OrderRejection::CreditTooLarge {
        asked: eur("1.01"),
        covered: eur("15.00"),
        credited: eur("14.00"),
    };
    assert_eq!(desk.refusal(&pay(credited("1.01"), None)), expected);
    desk.run(&pay(credited("1.00"), None));
    gives_back(&desk, "0", "0");
    assert_eq!(desk.order.owed(), eur("0"));
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn of_cancelled_units_the_money_goes_back_before_the_gift_card() {
    let mut desk = by_card("3.00");
    desk.run(&cancel_lines(&[(1, 1)]));
    gives_back(&desk, "8.00", "2.00");
    assert_eq!(desk.order.owed(), eur("0"));
    desk.run(&cancel_lines(&[(1, 1)]));
    gives_back(&desk, "8.00", "15.00");
}

#[test]
fn units_that_came_back_give_back_what_they_cost_and_no_charge() {
    let mut desk = by_card("3.00");
    deliver_all(&mut desk);
    gives_back(&desk, "0", "0");
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "8.00", "2.00");
    desk.run(&pay(refunded("8.00"), None));
    desk.run(&pay(credited("2.00"), None));
    gives_back(&desk, "0", "0");
    assert!(
        Condition::Paid.holds(&desk.order),
        "nothing is asked for again"
    );
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "0", "10.00");
}

/// Two units of 10.00, of which 5.00 are waived, by each mix of money and a gift card; with what
/// goes back for one of them.
fn let_off() -> Vec<(Desk, [&'static str; 2])> {
    let cases = [
        ("0", ["10.00", "0"]),
        ("-8.00", ["7.00", "3.00"]),
        ("-15.00", ["0", "10.00"]),
    ];
    let desk = |(card, back)| {
        let mut draft = draft(&[(2, "10.00")]);
        draft.charges = vec![charge(ChargeKind::GiftCard, card)];
        let mut desk = Desk::of(&draft);
        desk.run(&pay(waived("5.00"), None));
        let amount = desk.order.owed();
        if !amount.is_zero() {
            desk.run(&pay(PaymentEntry::Captured { amount }, None));
        }
        (desk, back)
    };
    cases.into_iter().map(desk).collect()
}

#[test]
fn what_was_let_go_is_worth_the_same_however_the_rest_was_paid() {
    for (desk, [money, card]) in let_off() {
        gives_back(&desk, "0", "0");
        let mut cancelled = desk.clone();
        cancelled.run(&cancel_lines(&[(1, 1)]));
        gives_back(&cancelled, money, card);

        let mut edited = desk.clone();
        let fewer = change_quantity(1, 1);
        let preview = preview_edit(&edited.order, std::slice::from_ref(&fewer)).unwrap();
        let back = (preview.to_refund, preview.to_credit);
        assert_eq!(back, (eur(money), eur(card)));
        edited.run(&edit(vec![fewer]));
        gives_back(&edited, money, card);

        let mut returned = desk;
        deliver_all(&mut returned);
        returned.run(&send_back(1, &[(1, 1)]));
        gives_back(&returned, money, card);
    }
}

fn deliver_all(desk: &mut Desk) {
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    for command in [pick(1, &[]), pack(1, &[]), ship(1, &[]), deliver(1)] {
        desk.run(&command);
    }
}

/// Two units of 10.00 that a gift card pays.
fn by_card_alone() -> Desk {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::GiftCard, "-20.00")];
    Desk::of(&draft)
}

#[test]
fn what_a_gift_card_got_for_units_that_came_back_is_not_owed() {
    let mut desk = by_card_alone();
    deliver_all(&mut desk);
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "0", "10.00");
    desk.run(&pay(credited("10.00"), None));
    gives_back(&desk, "0", "0");
    assert_eq!(desk.order.owed(), eur("0"));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    let limit = Condition::TotalAtMost {
        amount: eur("5.00"),
    };
    for condition in [&limit, &Condition::Paid, &Condition::PaidOrAuthorised] {
        assert!(condition.holds(&desk.order), "{condition}");
    }
    // More than came back is worth.
    desk.run(&pay(credited("1.00"), None));
    assert_eq!(desk.order.owed(), eur("1.00"));
    assert_eq!(desk.order.payment_state(), PaymentState::Unpaid);
    assert!(!Condition::Paid.holds(&desk.order));
}

#[test]
fn what_a_gift_card_got_without_need_for_it_is_owed_until_units_come_back() {
    let mut desk = by_card_alone();
    deliver_all(&mut desk);
    desk.run(&pay(credited("10.00"), None));
    assert_eq!(desk.order.owed(), eur("10.00"));
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("0"));

    let mut desk = by_card_alone();
    desk.run(&cancel_lines(&[(1, 1)]));
    desk.run(&pay(credited("15.00"), None));
    assert_eq!(desk.order.owed(), eur("5.00"), "10.00 of it had no use");
}

#[test]
fn units_that_came_back_are_given_back_as_store_credit_too() {
    let mut desk = by_card("0");
    deliver_all(&mut desk);
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "5.00", "5.00");
    desk.run(&pay(credited("10.00"), None));
    gives_back(&desk, "0", "0");
    assert_eq!(desk.order.owed(), eur("5.00"), "as before");
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    assert!(Condition::Paid.holds(&desk.order));
    desk.run(&pay(refunded("0.01"), None));
    assert!(!Condition::Paid.holds(&desk.order), "more than it is worth");
}

#[test]
fn a_gift_card_that_got_something_back_covers_less_of_what_is_added() {
    let mut desk = by_card("0");
    let preview = preview_edit(&desk.order, &[change_quantity(1, 1)]).unwrap();
    assert_eq!(
        (preview.to_refund, preview.to_credit),
        (eur("5.00"), eur("5.00"))
    );
    desk.run(&edit(vec![change_quantity(1, 1)]));
    let totals = desk.order.head.totals;
    assert_eq!((totals.total, totals.due()), (eur("-5.00"), eur("0")));
    gives_back(&desk, "5.00", "5.00");
    let again = |desk: &Desk| preview_edit(&desk.order, &[change_quantity(1, 2)]).unwrap();
    assert_eq!(
        again(&desk).difference,
        eur("5.00"),
        "the card still has the rest"
    );
    desk.run(&pay(refunded("5.00"), None));
    desk.run(&pay(credited("5.00"), None));
    gives_back(&desk, "0", "0");
    assert_eq!(again(&desk).to_collect, eur("10.00"));
    assert_eq!(again(&desk).to_credit, eur("0"));
    desk.run(&edit(vec![change_quantity(1, 2)]));
    assert_eq!(desk.order.owed(), eur("10.00"));
    assert_eq!(desk.order.to_collect(), eur("10.00"), "as previewed");
}

#[test]
fn a_stated_total_forgets_no_gift_card() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::GiftCard, "-15.00")];
    // The source asks for 2.00 that it does not itemise.
    draft.stated_total = Some(eur("7.00"));
    draft.payment.captured = eur("7.00");
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![change_quantity(1, 1)]));
    assert_eq!(desk.order.head.totals.due(), eur("0"));
    gives_back(&desk, "7.00", "3.00");
    desk.run(&edit(vec![change_quantity(1, 2)]));
    assert_eq!(desk.order.owed(), eur("7.00"));
    gives_back(&desk, "0", "0");
}

#[test]
fn what_was_paid_too_much_is_to_be_given_back() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&pay(captured("21.00"), None));
    gives_back(&desk, "1.00", "0");
    assert_eq!(
        desk.refusal(&pay(credited("0.01"), None)).code(),
        "credit_too_large",
        "there is no gift card"
    );
}

/// Two units of 50.00, paid and delivered, one of which came back.
fn one_came_back() -> Desk {
    let mut draft = draft(&[(2, "50.00")]);
    draft.payment.captured = eur("100.00");
    let mut desk = Desk::of(&draft);
    deliver_all(&mut desk);
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "50.00", "0");
    desk
}

#[test]
fn what_the_seller_keeps_of_a_return_is_not_to_be_given_back() {
    let mut desk = one_came_back();
    let expected = OrderRejection::RetentionTooLarge {
        asked: eur("50.01"),
        left: eur("50.00"),
    };
    assert_eq!(desk.refusal(&pay(retained("50.01"), None)), expected);
    desk.run(&pay(refunded("45.00"), None));
    gives_back(&desk, "5.00", "0");
    let keep = pay(retained("5.00"), Some("fee-1"));
    desk.run(&keep);
    assert_eq!(desk.run(&keep), [], "it is known");
    gives_back(&desk, "0", "0");
    assert_eq!(desk.order.to_collect(), eur("0"));
    assert!(Condition::Paid.holds(&desk.order));
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "50.00", "0");
    desk.run(&pay(refunded("50.00"), None));
    gives_back(&desk, "0", "0");
    assert_eq!(desk.order.to_collect(), eur("0"));
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

/// A channel tells of a refund at once, and the goods arrive days later.
#[test]
fn what_was_retained_stays_so_whether_the_refund_or_the_return_is_recorded_first() {
    let back = send_back(1, &[(1, 1)]);
    let money = pay(refunded("50.00"), Some("refund-2"));
    for refund_first in [true, false] {
        let mut desk = one_came_back();
        desk.run(&pay(refunded("45.00"), None));
        desk.run(&pay(retained("5.00"), None));
        let order = if refund_first {
            [&money, &back]
        } else {
            [&back, &money]
        };
        for command in order {
            desk.run(command);
        }
        assert_eq!(desk.order.head.payment.retained, eur("5.00"));
        gives_back(&desk, "0", "0");
        assert_eq!(desk.order.to_collect(), eur("0"));
    }
}

#[test]
fn a_fee_is_kept_of_what_gift_cards_are_to_get() {
    let mut desk = by_card_alone();
    deliver_all(&mut desk);
    desk.run(&send_back(1, &[(1, 2)]));
    gives_back(&desk, "0", "20.00");
    let expected = OrderRejection::RetentionTooLarge {
        asked: eur("20.01"),
        left: eur("20.00"),
    };
    assert_eq!(desk.refusal(&pay(retained("20.01"), None)), expected);
    desk.run(&pay(retained("5.00"), None));
    assert_eq!(desk.order.owed(), eur("0"), "the card paid it");
    gives_back(&desk, "0", "15.00");
    desk.run(&pay(credited("15.00"), None));
    gives_back(&desk, "0", "0");
    assert_eq!(desk.order.to_collect(), eur("0"));
    assert!(Condition::Paid.holds(&desk.order));
    desk.run(&pay(retained("-1.00"), None));
    gives_back(&desk, "0", "1.00");
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn a_fee_is_kept_of_the_money_before_the_gift_card() {
    // 15.00 by the card, 5.00 in money: one of two units of 10.00 comes back.
    for (fee, money, card) in [
        ("2.00", "3.00", "5.00"),
        ("5.00", "0", "5.00"),
        ("7.00", "0", "3.00"),
    ] {
        let mut first = by_card("0");
        deliver_all(&mut first);
        first.run(&send_back(1, &[(1, 1)]));
        gives_back(&first, "5.00", "5.00");
        let mut last = first.clone();
        first.run(&pay(retained(fee), None));
        gives_back(&first, money, card);
        if money != "0" {
            first.run(&pay(refunded(money), None));
            last.run(&pay(refunded(money), None));
        }
        first.run(&pay(credited(card), None));
        last.run(&pay(credited(card), None));
        last.run(&pay(retained(fee), None));
        for desk in [first, last] {
            gives_back(&desk, "0", "0");
            assert_eq!(desk.order.to_collect(), eur("0"), "{fee}");
            assert!(Condition::Paid.holds(&desk.order), "{fee}");
        }
    }
}

#[test]
fn what_the_seller_gives_up_is_retained_no_more() {
    let mut desk = one_came_back();
    desk.run(&pay(retained("5.00"), None));
    gives_back(&desk, "45.00", "0");
    desk.run(&pay(refunded("45.00"), None));
    let expected = OrderRejection::NegativeAmount {
        field: "payment.retained".to_owned(),
        found: eur("-0.01"),
    };
    assert_eq!(desk.refusal(&pay(retained("-5.01"), None)), expected);
    let given_up = pay(retained("-2.00"), Some("fee-1"));
    desk.run(&given_up);
    gives_back(&desk, "2.00", "0");
    desk.run(&pay(refunded("2.00"), None));
    // The refund may be first, too.
    desk.run(&pay(refunded("3.00"), None));
    assert_eq!(desk.order.to_collect(), eur("3.00"));
    desk.run(&pay(retained("-3.00"), None));
    assert_eq!(desk.order.head.payment.retained, eur("0"));
    assert_eq!(desk.run(&given_up), [], "it is known");
    assert_eq!(desk.order.to_collect(), eur("0"));
    gives_back(&desk, "0", "0");
    desk.run(&pay(refunded("1.00"), None));
    assert_eq!(desk.order.to_collect(), eur("1.00"));
    desk.run(&send_back(1, &[(1, 1)]));
    gives_back(&desk, "49.00", "0");
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn the_seller_may_keep_a_part_of_what_a_cancelled_order_was_paid() {
    let mut draft = draft(&[(2, "50.00")]);
    draft.payment.captured = eur("100.00");
    let mut placed = draft.clone();
    placed.payment.retained = eur("1.00");
    let refused = place_event(&placed, &[LineSku::Known(sku("SKU-1"))]).unwrap_err();
    assert_eq!(refused.code(), "retention_too_large");
    let mut desk = Desk::of(&draft);
    desk.run(&cancel());
    desk.run(&pay(retained("10.00"), None));
    assert_eq!(desk.order.owed(), eur("10.00"));
    gives_back(&desk, "90.00", "0");
    desk.run(&pay(refunded("90.00"), None));
    gives_back(&desk, "0", "0");
    assert_eq!(desk.order.to_collect(), eur("0"));
}

#[test]
fn an_edit_is_previewed_with_what_was_retained() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&pay(captured("21.00"), None));
    desk.run(&pay(retained("1.00"), None));
    let fewer = [change_quantity(1, 1)];
    let preview = preview_edit(&desk.order, &fewer).unwrap();
    assert_eq!(preview.to_refund, eur("10.00"));
    desk.run(&edit(fewer.to_vec()));
    gives_back(&desk, "10.00", "0");
    desk.run(&edit(vec![change_quantity(1, 3)]));
    assert_eq!(desk.order.to_collect(), eur("10.00"));
}

/// Two units of 10.00 delivered and nothing paid.
fn delivered_on_account(shipping: &str) -> Desk {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::Shipping, shipping)];
    let mut desk = Desk::of(&draft);
    deliver_all(&mut desk);
    desk
}

#[test]
fn who_pays_later_is_not_asked_for_what_came_back() {
    let mut desk = delivered_on_account("0");
    assert_eq!(desk.order.owed(), eur("20.00"));
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("10.00"));
    assert_eq!(desk.order.payment_state(), PaymentState::Unpaid);
    assert!(!Condition::Paid.holds(&desk.order));
    desk.run(&pay(captured("9.99"), None));
    assert_eq!(desk.order.payment_state(), PaymentState::PartlyPaid);
    assert!(!Condition::Paid.holds(&desk.order));
    desk.run(&pay(captured("0.01"), None));
    assert_eq!(desk.order.owed(), eur("10.00"));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    assert!(Condition::Paid.holds(&desk.order));
    gives_back(&desk, "0", "0");
    let refused = desk.refusal(&pay(waived("0.01"), None));
    assert_eq!(
        refused.code(),
        "waiver_too_large",
        "nothing is left to let go"
    );
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn who_sends_all_of_it_back_unpaid_owes_nothing() {
    let mut desk = delivered_on_account("5.00");
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("15.00"), "with the charge");
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("0"));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid, "of nothing");
    assert!(Condition::Paid.holds(&desk.order));
    // Who paid the charge at the door has paid what is owed.
    desk.run(&pay(captured("5.00"), None));
    assert_eq!(desk.order.owed(), eur("5.00"));
    gives_back(&desk, "0", "0");
}

#[test]
fn what_was_let_go_before_a_return_is_taken_off_once() {
    let mut desk = delivered_on_account("0");
    desk.run(&pay(waived("4.00"), None));
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("6.00"));
    desk.run(&pay(captured("6.00"), None));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    gives_back(&desk, "0", "0");
}

#[test]
fn units_that_came_back_are_owed_as_far_as_they_were_paid() {
    // Of 40.00, half comes back: what was paid, what is owed, what goes back.
    let cases = [
        ("15.00", "20.00", "0", PaymentState::PartlyPaid),
        ("20.00", "20.00", "0", PaymentState::Paid),
        ("25.00", "25.00", "5.00", PaymentState::Paid),
        ("40.00", "40.00", "20.00", PaymentState::Paid),
        ("41.00", "40.00", "21.00", PaymentState::Overpaid),
    ];
    for (paid, owed, back, state) in cases {
        let (mut first, mut last) = (Desk::delivered(), Desk::delivered());
        first.run(&pay(captured(paid), None));
        first.run(&send_back(1, &[(1, 2)]));
        last.run(&send_back(1, &[(1, 2)]));
        last.run(&pay(captured(paid), None));
        for mut desk in [first, last] {
            assert_eq!(desk.order.owed(), eur(owed), "{paid}");
            assert_eq!(desk.order.payment_state(), state, "{paid}");
            gives_back(&desk, back, "0");
            if state == PaymentState::PartlyPaid {
                assert!(!Condition::Paid.holds(&desk.order));
                continue;
            }
            assert!(Condition::Paid.holds(&desk.order), "{paid}");
            if back != "0" {
                desk.run(&pay(refunded(back), None));
                gives_back(&desk, "0", "0");
                assert!(Condition::Paid.holds(&desk.order), "{paid}");
                desk.run(&pay(refunded("0.01"), None));
                assert!(!Condition::Paid.holds(&desk.order), "{paid}");
            }
        }
    }
}

#[test]
fn a_promise_for_all_of_it_is_enough_for_what_was_kept() {
    let mut desk = delivered_on_account("0");
    desk.run(&pay(authorised("10.00"), None));
    assert!(!Condition::PaidOrAuthorised.holds(&desk.order));
    desk.run(&send_back(1, &[(1, 1)]));
    assert!(Condition::PaidOrAuthorised.holds(&desk.order));
    assert_eq!(desk.order.payment_state(), PaymentState::Authorised);
    desk.run(&pay(captured("10.00"), None));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
}

#[test]
fn a_gift_card_and_money_later_pay_for_what_was_kept() {
    // 15.00 of 20.00 by a gift card, the rest not paid.
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::GiftCard, "-15.00")];
    let mut desk = Desk::of(&draft);
    deliver_all(&mut desk);
    desk.run(&send_back(1, &[(1, 1)]));
    assert_eq!(desk.order.owed(), eur("0"));
    gives_back(&desk, "0", "5.00");
    desk.run(&pay(credited("5.00"), None));
    assert_eq!(desk.order.owed(), eur("0"));
    desk.run(&pay(credited("1.00"), None));
    assert_eq!(desk.order.owed(), eur("1.00"), "more than it was worth");
    desk.run(&pay(captured("1.00"), None));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    gives_back(&desk, "0", "0");
}

/// Orders of odd amounts: up to 4 lines of up to 7 units, discounts, taxes and a charge.
pub(super) fn odd() -> impl Strategy<Value = OrderDraft> {
    let line = (1_u32..8, 0_i64..1_000, 0_i64..=100, 0_i64..200);
    let order_tax = proptest::option::of(0_i64..600);
    let sums = (
        0_i64..=100,
        -300_i64..300,
        any::<bool>(),
        -99_i64..99,
        order_tax,
    );
    (vec(line, 1..5), sums).prop_map(|(lines, (percent, fee, exclusive, off, order_tax))| {
        let cents = |minor: i64| Money::from_minor(minor, currency()).unwrap();
        let texts: Vec<_> = lines
            .iter()
            .map(|(units, price, ..)| (*units, format!("{price}e-2")))
            .collect();
        let pairs: Vec<_> = texts.iter().map(|(n, text)| (*n, text.as_str())).collect();
        let mut draft = draft(&pairs);
        let mut net = 0;
        for (line, (units, price, part, tax)) in draft.lines.iter_mut().zip(&lines) {
            let gross = i64::from(*units) * price;
            line.discount = cents(gross * part / 300);
            line.tax = cents(*tax);
            net += gross - line.discount.minor();
        }
        draft.discount = cents(net * percent / 100);
        let due = net - draft.discount.minor();
        draft.charges = vec![Charge {
            kind: ChargeKind::Fee,
            title: None,
            amount: cents(fee.max(-due)),
            tax: cents(0),
        }];
        draft.order_tax = order_tax.map(cents);
        draft.tax_mode = [TaxMode::Inclusive, TaxMode::Exclusive][usize::from(exclusive)];
        if off > 0 {
            draft.stated_total = Some(cents((due + off - 50).max(0)));
        }
        draft
    })
}

/// What each line still costs, in cents: everything, a line's part of it, nothing.
fn owed_after(draft: &OrderDraft, steps: &[(u32, u32)]) -> Vec<i64> {
    let mut desk = Desk::of(draft);
    let mut owed = vec![desk.order.owed().minor()];
    for (line, units) in steps {
        if desk.ask(&cancel_lines(&[(*line, *units)])).is_ok() {
            desk.run(&cancel_lines(&[(*line, *units)]));
            owed.push(desk.order.owed().minor());
        }
    }
    owed
}

proptest! {
    #[test]
    fn owed_falls_from_what_is_due_to_nothing(
        draft in odd(),
        steps in vec((1_u32..5, 1_u32..4), 0..20),
    ) {
        let due = Desk::of(&draft).order.head.totals.due().minor();
        let mut owed = owed_after(&draft, &steps);
        prop_assert_eq!(owed[0], due);
        prop_assert!(owed.is_sorted_by(|before, after| before >= after), "{:?}", owed);
        prop_assert!(owed.iter().all(|owed| (0..=due).contains(owed)), "{:?}", owed);
        let all: Vec<_> = (1..5).flat_map(|line| [(line, 1); 7]).collect();
        owed = owed_after(&draft, &all);
        prop_assert_eq!(owed.last(), Some(&0));
    }

    #[test]
    fn the_steps_of_cancelling_do_not_matter(
        mut draft in odd(),
        parts in vec(1_u32..4, 1..7),
        other in 1_u32..5,
    ) {
        // A line that is not cancelled keeps the order alive.
        draft.push_line("LAST", 1, "0.05").unwrap();
        let other = other.min(u32::try_from(draft.lines.len()).unwrap() - 1);
        let line = &draft.lines[usize::try_from(other).unwrap() - 1];
        let units = line.quantity.get();
        let at_once = owed_after(&draft, &[(other, units)]);
        let mut steps: Vec<_> = parts.iter().map(|units| (other, *units)).collect();
        steps.extend([(other, 1); 7]);
        let in_steps = owed_after(&draft, &steps);
        prop_assert_eq!(in_steps.last(), at_once.last());
        // All units of a line are exactly what the line had added to the total.
        let mut without = draft.clone();
        without.stated_total = None;
        without.discount = eur("0");
        without.order_tax = None;
        let full = owed_after(&without, &[(other, units)]);
        let gross = line.unit_price.times(line.quantity).unwrap().minor();
        let tax = if draft.tax_mode == TaxMode::Exclusive { line.tax.minor() } else { 0 };
        let worth = gross - line.discount.minor() + tax;
        prop_assert_eq!(full[0] - full[1], worth.min(full[0]));
    }
}
