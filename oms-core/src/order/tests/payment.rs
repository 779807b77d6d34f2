//! What is recorded about money.

use super::fixtures::*;
use crate::order::{
    CommandKind, Condition, OrderCommand, OrderRejection, Payment, PaymentEntry, PaymentMethod,
    PaymentState,
};
use crate::value::{Name, limits};

#[test]
fn sums_grow_by_what_is_recorded() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&pay(authorised("20.00"), None));
    desk.run(&pay(captured("15.00"), None));
    desk.run(&pay(captured("5.00"), None));
    desk.run(&pay(refunded("3.00"), None));
    let payment = &desk.order.head.payment;
    let sums = (payment.authorised, payment.captured, payment.refunded);
    assert_eq!(sums, (eur("20.00"), eur("20.00"), eur("3.00")));
    assert_eq!(payment.state(eur("20.00")), PaymentState::PartlyRefunded);
}

#[test]
fn the_method_is_kept_when_it_is_told() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let method = PaymentMethod(Name::parse("invoice").unwrap());
    desk.run(&OrderCommand::RecordPayment {
        entry: captured("1.00"),
        method: Some(method.clone()),
        reference: None,
    });
    desk.run(&pay(refunded("1.00"), None));
    assert_eq!(desk.order.head.payment.method, Some(method));
}

#[test]
fn a_repeated_message_changes_nothing() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&pay(captured("5.00"), Some("ch-1")));
    assert_eq!(desk.run(&pay(captured("5.00"), Some("ch-1"))), []);
    assert_eq!(desk.order.head.payment.captured, eur("5.00"));
    desk.run(&pay(captured("5.00"), Some("ch-2")));
    desk.run(&pay(captured("5.00"), None));
    assert_eq!(desk.order.head.payment.captured, eur("15.00"));
}

#[test]
fn one_reference_for_a_promise_and_its_capture_is_no_repeat() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&pay(authorised("20.00"), Some("pi-1")));
    assert_eq!(
        desk.names(&pay(captured("20.00"), Some("pi-1"))),
        ["order.payment_recorded"]
    );
    assert_eq!(
        desk.names(&pay(refunded("4.00"), Some("pi-1"))),
        ["order.payment_recorded"]
    );
    assert_eq!(desk.run(&pay(captured("20.00"), Some("pi-1"))), []);
}

#[test]
fn what_the_source_had_counted_is_not_counted_again() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.payment.captured = eur("20.00");
    draft.payment.references = vec![external("tx-1")];
    let mut desk = Desk::of(&draft);
    assert_eq!(desk.run(&pay(captured("20.00"), Some("tx-1"))), []);
    assert_eq!(desk.order.head.payment.captured, eur("20.00"));
}

#[test]
fn a_promise_known_at_placement_is_captured_under_its_name() {
    let mut draft = draft(&[(1, "13.75")]);
    draft.payment.authorised = eur("13.75");
    draft.payment.references = vec![external("pi-1")];
    let mut desk = Desk::of(&draft);
    assert_eq!(desk.run(&pay(authorised("13.75"), Some("pi-1"))), []);
    // What comes later without a name is none of what the reference stands for.
    desk.run(&pay(captured("3.75"), None));
    desk.run(&pay(captured("10.00"), Some("pi-1")));
    assert_eq!(desk.order.head.payment.captured, eur("13.75"));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
    assert_eq!(desk.run(&pay(captured("10.00"), Some("pi-1"))), [], "again");
    assert_eq!(desk.run(&pay(authorised("13.75"), Some("pi-1"))), []);
    desk.run(&pay(refunded("13.75"), Some("pi-1")));
    assert_eq!(desk.order.payment_state(), PaymentState::Refunded);
}

#[test]
fn another_amount_under_the_name_of_the_placement_is_news() {
    let mut draft = draft(&[(1, "100.00")]);
    draft.payment.captured = eur("40.00");
    draft.payment.refunded = eur("10.00");
    draft.payment.references = vec![external("pi-1")];
    let mut desk = Desk::of(&draft);
    let sums = |desk: &Desk| {
        let payment = &desk.order.head.payment;
        (payment.captured, payment.refunded)
    };
    for entry in [captured("40.00"), refunded("10.00")] {
        assert_eq!(desk.run(&pay(entry, Some("pi-1"))), [], "a repeat");
    }
    for entry in [captured("60.00"), refunded("30.00")] {
        desk.run(&pay(entry.clone(), Some("pi-1")));
        assert_eq!(sums(&desk).0, eur("100.00"));
        assert_eq!(desk.run(&pay(entry, Some("pi-1"))), [], "a repeat");
    }
    assert_eq!(sums(&desk), (eur("100.00"), eur("40.00")));
    for entry in [captured("40.00"), refunded("10.00")] {
        assert_eq!(desk.run(&pay(entry, Some("pi-1"))), [], "still");
    }
}

#[test]
fn each_of_several_names_of_the_placement_stands_for_parts_of_the_sum() {
    let mut draft = draft(&[(1, "100.00")]);
    draft.payment.authorised = eur("60.00");
    draft.payment.captured = eur("50.00");
    draft.payment.refunded = eur("10.00");
    draft.payment.references = ["pi-1", "pi-2", "re-1"].map(external).into();
    let mut desk = Desk::of(&draft);
    for name in ["pi-1", "pi-2", "re-1"] {
        for entry in [captured("30.00"), captured("50.00"), refunded("10.00")] {
            assert_eq!(desk.run(&pay(entry, Some(name))), [], "{name}");
        }
        assert_eq!(desk.run(&pay(authorised("100.00"), Some(name))), []);
    }
    desk.run(&pay(captured("50.01"), Some("pi-1")));
    desk.run(&pay(refunded("10.01"), Some("re-1")));
    let payment = &desk.order.head.payment;
    assert_eq!(
        (payment.captured, payment.refunded),
        (eur("100.01"), eur("20.01"))
    );
    let again = pay(captured("50.00"), Some("pi-2"));
    assert_eq!(desk.run(&again), [], "as before");
}

#[test]
fn what_a_reference_stands_for_is_stored() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.payment.captured = eur("20.00");
    draft.payment.references = vec![external("tx-1")];
    let mut desk = Desk::of(&draft);
    assert_eq!(desk.order.head.payment.covered, None);
    desk.run(&pay(refunded("5.00"), Some("tx-1")));
    desk.run(&pay(refunded("6.00"), Some("tx-1")));
    let json = serde_json::to_value(&desk.order.head.payment).unwrap();
    assert_eq!(json["covered"], serde_json::json!(["captured"]));
    let sums = serde_json::json!({ "captured": "20.00 EUR" });
    assert_eq!(json["covered_sums"], sums);
    let read: Payment = serde_json::from_value(json).unwrap();
    assert_eq!(read, desk.order.head.payment);
    assert!(read.knows(&external("tx-1"), &captured("20.00")));
    assert!(!read.knows(&external("tx-1"), &refunded("7.00")));
    assert!(!read.knows(&external("tx-1"), &captured("19.00")));
    let mut old = read;
    old.covered_sums.clear();
    assert!(old.knows(&external("tx-1"), &captured("19.00")), "the kind");
    assert!(!old.knows(&external("tx-1"), &refunded("7.00")));
    let mut other = Desk::new(&[(2, "10.00")]);
    other.run(&pay(captured("5.00"), Some("tx-1")));
    assert_eq!(
        other.order.head.payment.covered, None,
        "nothing to stand for"
    );
}

#[test]
fn equal_entries_under_one_name_are_one() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    for name in ["pi-1", "pi-1", "pi-1/2"] {
        desk.run(&pay(captured("10.00"), Some(name)));
    }
    assert_eq!(desk.order.head.payment.captured, eur("20.00"));
}

#[test]
fn not_more_is_refunded_than_captured() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&pay(captured("10.00"), None));
    desk.run(&pay(refunded("4.00"), None));
    let expected = OrderRejection::RefundTooLarge {
        asked: eur("6.01"),
        captured: eur("10.00"),
        refunded: eur("4.00"),
    };
    assert_eq!(desk.refusal(&pay(refunded("6.01"), None)), expected);
    desk.run(&pay(refunded("6.00"), None));
    assert_eq!(
        desk.order.head.payment.state(eur("20.00")),
        PaymentState::Refunded
    );
}

#[test]
fn a_promise_is_taken_back() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    let promised = Condition::PaidOrAuthorised;
    desk.run(&pay(authorised("20.00"), Some("pi-1")));
    assert!(promised.holds(&desk.order));
    desk.run(&pay(voided("5.00"), Some("pi-1")));
    assert_eq!(desk.run(&pay(voided("5.00"), Some("pi-1"))), [], "again");
    assert_eq!(desk.order.head.payment.authorised, eur("15.00"));
    assert!(!promised.holds(&desk.order));
    assert_eq!(desk.order.payment_state(), PaymentState::PartlyPaid);
    let expected = OrderRejection::VoidTooLarge {
        asked: eur("15.01"),
        authorised: eur("15.00"),
    };
    assert_eq!(desk.refusal(&pay(voided("15.01"), None)), expected);
    desk.run(&cancel());
    desk.run(&pay(voided("15.00"), None));
    let payment = &desk.order.head.payment;
    assert_eq!(payment.authorised, eur("0"));
    assert_eq!(payment.state(eur("20.00")), PaymentState::Unpaid);
}

/// Whether 100.00 are paid or promised after these entries under their names, and what is told.
fn covered(entries: &[(PaymentEntry, Option<&str>)]) -> (bool, PaymentState) {
    let mut desk = Desk::new(&[(1, "100.00")]);
    for (entry, name) in entries {
        desk.run(&pay(entry.clone(), *name));
    }
    let holds = Condition::PaidOrAuthorised.holds(&desk.order);
    (holds, desk.order.payment_state())
}

#[test]
fn store_credit_and_a_promise_beside_it_cover_an_order() {
    let (all, part) = (
        (true, PaymentState::Authorised),
        (false, PaymentState::PartlyPaid),
    );
    let credit = || (captured("40.00"), Some("credit"));
    let card = || (authorised("60.00"), Some("card"));
    assert_eq!(covered(&[credit(), card()]), all);
    assert_eq!(covered(&[card(), credit()]), all);
    let drawn = (captured("25.00"), Some("card"));
    assert_eq!(covered(&[credit(), card(), drawn]), all);
    let gone = (voided("0.01"), Some("card"));
    assert_eq!(covered(&[credit(), card(), gone]), part);
    let less = (captured("39.99"), Some("credit"));
    assert_eq!(covered(&[less, card()]), part);
    let back = (refunded("40.00"), Some("credit"));
    let (holds, state) = covered(&[credit(), card(), back]);
    assert_eq!((holds, state), (false, PaymentState::Refunded));
}

#[test]
fn a_capture_that_may_draw_on_a_promise_adds_nothing_to_it() {
    let part = (false, PaymentState::PartlyPaid);
    for (promise, capture) in [
        (Some("card"), Some("card")),
        (Some("card"), None),
        (None, Some("credit")),
        (None, None),
    ] {
        let entries = [(authorised("60.00"), promise), (captured("40.00"), capture)];
        assert_eq!(covered(&entries), part, "{promise:?} {capture:?}");
    }
    let mut draft = draft(&[(1, "100.00")]);
    draft.payment.authorised = eur("60.00");
    draft.payment.references = vec![external("step-1")];
    let mut desk = Desk::of(&draft);
    desk.run(&pay(captured("40.00"), Some("step-2")));
    assert!(!Condition::PaidOrAuthorised.holds(&desk.order));
    assert_eq!(desk.order.payment_state(), PaymentState::PartlyPaid);
}

#[test]
fn a_promise_recorded_later_is_beside_what_was_paid_at_placement() {
    let all = (true, PaymentState::Authorised);
    let part = (false, PaymentState::PartlyPaid);
    let covered = |placed: &[&str], entries: &[(PaymentEntry, Option<&str>)]| {
        let mut draft = draft(&[(1, "100.00")]);
        draft.payment.captured = eur("40.00");
        draft.payment.references = placed.iter().map(|id| external(id)).collect();
        let mut desk = Desk::of(&draft);
        for (entry, name) in entries {
            desk.run(&pay(entry.clone(), *name));
        }
        let holds = Condition::PaidOrAuthorised.holds(&desk.order);
        (holds, desk.order.payment_state())
    };
    let promised = |name| (authorised("60.00"), name);
    let card = || promised(Some("card"));
    assert_eq!(covered(&["credit"], &[card()]), all);
    assert_eq!(covered(&["credit", "gift"], &[card()]), all);
    let drawn = (captured("25.00"), Some("card"));
    assert_eq!(covered(&["credit"], &[card(), drawn]), all);
    let unnamed = (captured("25.00"), None);
    assert_eq!(covered(&["credit"], &[card(), unnamed]), all);
    let gone = (voided("0.01"), Some("card"));
    assert_eq!(covered(&["credit"], &[card(), gone]), part);
    // It may have been taken of the promise, whoever gave that no name or the same.
    assert_eq!(covered(&["card"], &[card()]), part);
    assert_eq!(covered(&["credit", "card"], &[card()]), part);
    assert_eq!(covered(&["credit"], &[promised(None)]), part);
    assert_eq!(covered(&[], &[card()]), part);
}

#[test]
fn a_promise_known_at_placement_is_taken_back_under_its_name() {
    let mut draft = draft(&[(1, "13.75")]);
    draft.payment.authorised = eur("13.75");
    draft.payment.references = vec![external("pi-1")];
    let mut desk = Desk::of(&draft);
    desk.run(&pay(voided("13.75"), Some("pi-1")));
    assert_eq!(desk.order.payment_state(), PaymentState::Unpaid);
}

#[test]
fn an_amount_is_positive_and_in_the_currency_of_the_order() {
    let desk = Desk::new(&[(2, "10.00")]);
    let mixed = OrderRejection::MixedCurrencies {
        field: "amount".to_owned(),
        expected: currency(),
        found: usd("1").currency(),
    };
    let dollars = PaymentEntry::Captured {
        amount: usd("1.00"),
    };
    assert_eq!(desk.refusal(&pay(dollars, None)), mixed);
    let negative = OrderRejection::NegativeAmount {
        field: "amount".to_owned(),
        found: eur("-0.01"),
    };
    assert_eq!(desk.refusal(&pay(captured("-0.01"), None)), negative);
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::RecordPayment,
    };
    assert_eq!(desk.refusal(&pay(captured("0"), None)), nothing);
}

#[test]
fn sums_stay_in_range() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    let most = "10000000000000";
    for entry in [authorised(most), captured(most), refunded(most)] {
        desk.run(&pay(entry.clone(), None));
        let again = desk.refusal(&pay(entry, None));
        assert!(matches!(&again, OrderRejection::Amount { field, .. } if field == "amount"));
    }
}

#[test]
fn references_are_limited() {
    let max = limits::PAYMENT_REFERENCES_MAX;
    let mut draft = draft(&[(2, "10.00")]);
    draft.payment.references = (1..max).map(|id| external(&format!("tx-{id}"))).collect();
    let mut desk = Desk::of(&draft);
    desk.run(&pay(captured("1.00"), Some("one")));
    let expected = OrderRejection::TooMany {
        field: "payment.references".to_owned(),
        found: max + 1,
        max,
    };
    assert_eq!(desk.refusal(&pay(captured("1.00"), Some("two"))), expected);
    assert_eq!(
        desk.run(&pay(captured("1.00"), Some("one"))),
        [],
        "a repeat is still harmless"
    );
    desk.run(&pay(captured("1.00"), None));
}

#[test]
fn money_is_recorded_after_the_end_too() {
    let mut desk = Desk::new(&[(1, "5.00")]);
    desk.run(&pay(captured("5.00"), None));
    desk.run(&cancel());
    desk.run(&pay(refunded("5.00"), Some("re-1")));
    assert_eq!(desk.order.head.payment.refunded, eur("5.00"));
    Desk::delivered().run(&pay(captured("40.00"), None));
}

#[test]
fn the_payment_state_is_a_function_of_the_sums() {
    let state = |authorised: &str, captured: &str, refunded: &str| {
        let mut draft = draft(&[(1, "10.00")]);
        draft.payment.authorised = eur(authorised);
        draft.payment.captured = eur(captured);
        draft.payment.refunded = eur(refunded);
        draft.payment.state(eur("10.00"))
    };
    assert_eq!(state("0", "0", "0"), PaymentState::Unpaid);
    assert_eq!(state("9.99", "0", "0"), PaymentState::PartlyPaid);
    assert_eq!(state("10", "0", "0"), PaymentState::Authorised);
    assert_eq!(state("0", "9.99", "0"), PaymentState::PartlyPaid);
    assert_eq!(state("10", "9.99", "0"), PaymentState::Authorised);
    assert_eq!(state("10", "10", "0"), PaymentState::Paid);
    assert_eq!(state("0", "10.01", "0"), PaymentState::Overpaid);
    assert_eq!(state("10", "10", "9.99"), PaymentState::PartlyRefunded);
    assert_eq!(state("10", "10", "10"), PaymentState::Refunded);
}
