//! Placing: each check refuses what it names and nothing else does.

use super::fixtures::*;
use crate::order::{
    Charge, ChargeKind, ExternalReference, LineSku, OrderDraft, OrderEvent, OrderRejection,
    OrderState, OrderStatus, Payment, PaymentEntry, PaymentKind, PaymentReference, TaxMode,
};
use crate::value::{AttributeKey, AttributeValue, Money, Note, Tag, UnitPrice, limits};

fn refusal(draft: &OrderDraft) -> OrderRejection {
    place_event(draft, &known(draft)).expect_err("refused")
}

fn field_of(draft: &OrderDraft) -> (&'static str, String) {
    let refusal = refusal(draft);
    let code = refusal.code();
    match refusal {
        OrderRejection::MixedCurrencies { field, .. }
        | OrderRejection::NegativeAmount { field, .. }
        | OrderRejection::PositiveAmount { field, .. }
        | OrderRejection::DiscountTooLarge { field, .. }
        | OrderRejection::Amount { field, .. }
        | OrderRejection::TooMany { field, .. } => (code, field),
        other => panic!("{other:?}"),
    }
}

fn charge(kind: ChargeKind, amount: Money, tax: Money) -> Charge {
    Charge {
        kind,
        title: None,
        amount,
        tax,
    }
}

/// A draft that uses every field that carries money.
fn full() -> OrderDraft {
    let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
    draft.lines[0].discount = eur("1.00");
    draft.lines[0].tax = eur("3.80");
    draft.charges = vec![
        charge(ChargeKind::Shipping, eur("4.00"), eur("0.76")),
        charge(ChargeKind::Fee, eur("-0.50"), eur("-0.10")),
        charge(ChargeKind::Tip, eur("2.00"), eur("0")),
        charge(ChargeKind::Duty, eur("1.00"), eur("0")),
        charge(ChargeKind::GiftCard, eur("-5.00"), eur("0")),
    ];
    draft.discount = eur("2.00");
    draft.payment.authorised = eur("20.00");
    draft.payment.captured = eur("10.00");
    draft.payment.refunded = eur("1.00");
    draft
}

#[test]
fn a_draft_becomes_a_pending_order_with_every_unit_open() {
    let desk = Desk::of(&full());
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Pending, OrderStatus::Pending)
    );
    assert_eq!(desk.waiting(1), [2, 0, 0, 0]);
    assert_eq!(desk.waiting(2), [1, 0, 0, 0]);
    assert_eq!(desk.order.version.get(), 1);
    let head = &desk.order.head;
    assert_eq!(
        (head.placed_at, head.state_since, head.fulfillments_made),
        (at(0), at(0), 0)
    );
    assert!(head.hold.is_none() && head.cancellation.is_none() && head.stage.is_none());
    assert_eq!(head.lines[0].sku, LineSku::Known(sku("SKU-1")));
    assert_eq!(head.payment.captured, eur("10.00"));
}

#[test]
fn the_parts_add_up_to_the_total() {
    let totals = Desk::of(&full()).order.head.totals;
    assert_eq!(totals.lines, eur("25.00"));
    assert_eq!(totals.discounts, eur("3.00"));
    assert_eq!(totals.tax, eur("4.46"));
    // 25 - 3 + 4 - 0.50 + 2 + 1 - 5 + 4.46
    assert_eq!(totals.total, eur("27.96"));
    assert!(totals.is_conserved(TaxMode::Exclusive));
}

#[test]
fn tax_inside_the_prices_is_not_added() {
    let mut draft = full();
    draft.tax_mode = TaxMode::Inclusive;
    let totals = Desk::of(&draft).order.head.totals;
    assert_eq!((totals.tax, totals.total), (eur("4.46"), eur("23.50")));
    assert!(totals.is_conserved(TaxMode::Inclusive));
}

#[test]
fn a_tax_stated_for_the_whole_order_replaces_the_sum_of_the_parts() {
    let mut draft = full();
    draft.order_tax = Some(eur("4.47"));
    let totals = Desk::of(&draft).order.head.totals;
    assert_eq!((totals.tax, totals.total), (eur("4.47"), eur("27.97")));
}

#[test]
fn a_stated_total_that_differs_is_told_and_not_refused() {
    let mut draft = full();
    draft.stated_total = Some(eur("27.97"));
    let totals = Desk::of(&draft).order.head.totals;
    assert_eq!(totals.difference(), Ok(eur("0.01")));
    assert_eq!(totals.due(), eur("27.97"));
}

#[test]
fn lines_are_stored_by_number_whatever_order_they_came_in() {
    let mut draft = draft(&[(1, "1.00"), (2, "2.00"), (3, "3.00")]);
    draft.lines.reverse();
    let desk = Desk::of(&draft);
    let ids: Vec<u32> = desk
        .order
        .head
        .lines
        .iter()
        .map(|line| line.id.get())
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(desk.waiting(3), [3, 0, 0, 0]);
}

#[test]
fn a_line_without_an_answer_of_the_catalogue_is_unknown() {
    let draft = draft(&[(1, "1.00"), (1, "1.00")]);
    let placed = place_event(&draft, &known(&draft)[..1]).unwrap();
    let OrderEvent::Placed { head } = placed else {
        panic!("not placed")
    };
    assert_eq!(head.0.lines[0].sku, LineSku::Known(sku("SKU-1")));
    assert_eq!(
        head.0.lines[1].sku,
        LineSku::Unknown(Some(external("SKU-2")))
    );
}

#[test]
fn an_order_without_lines_is_refused() {
    assert_eq!(refusal(&draft(&[])), OrderRejection::EmptyOrder);
}

#[test]
fn more_than_the_limit_is_refused_and_the_limit_is_not() {
    let check = |fill: &dyn Fn(&mut OrderDraft, usize), field: &str, max: usize| {
        let mut draft = draft(&[(1, "1.00")]);
        fill(&mut draft, max);
        assert!(
            place_event(&draft, &[]).is_ok(),
            "{field}: the limit itself"
        );
        fill(&mut draft, max + 1);
        let expected = OrderRejection::TooMany {
            field: field.to_owned(),
            found: max + 1,
            max,
        };
        assert_eq!(refusal(&draft), expected);
    };
    let line_count = |draft: &mut OrderDraft, count: usize| {
        while draft.lines.len() < count {
            draft.push_line("X", 1, "0.01").unwrap();
        }
    };
    check(&line_count, "lines", limits::LINES_PER_ORDER_MAX);
    let charges = |draft: &mut OrderDraft, count: usize| {
        draft.charges = vec![charge(ChargeKind::Fee, eur("0.01"), eur("0")); count];
    };
    check(&charges, "charges", limits::CHARGES_PER_ORDER_MAX);
    let references = |draft: &mut OrderDraft, count: usize| {
        draft.external = (0..count)
            .map(|kind| reference(&format!("kind-{kind}"), "7"))
            .collect();
    };
    check(&references, "external", limits::EXTERNAL_REFERENCES_MAX);
    let tags = |draft: &mut OrderDraft, count: usize| {
        draft.tags = (0..count)
            .map(|tag| Tag::parse(&format!("tag-{tag}")).unwrap())
            .collect();
    };
    check(&tags, "tags", limits::TAGS_MAX);
    let attributes = |draft: &mut OrderDraft, count: usize| {
        draft.attributes = (0..count)
            .map(|key| {
                let key = AttributeKey::parse(&format!("erp.key-{key}")).unwrap();
                (key, AttributeValue::parse("x").unwrap())
            })
            .collect();
    };
    check(&attributes, "attributes", limits::ATTRIBUTES_MAX);
    let notes = |draft: &mut OrderDraft, count: usize| {
        draft.notes = vec![Note::parse("ring twice").unwrap(); count];
    };
    check(&notes, "notes", limits::NOTES_MAX);
    let paid = |draft: &mut OrderDraft, count: usize| {
        draft.payment.references = (0..count)
            .map(|id| external(&format!("pay-{id}")))
            .collect();
    };
    check(&paid, "payment.references", limits::PAYMENT_REFERENCES_MAX);
}

#[test]
fn nothing_is_recorded_of_an_order_that_is_not_there_yet() {
    let check = |spoil: &dyn Fn(&mut Payment), field: &str| {
        let mut draft = full();
        spoil(&mut draft.payment);
        let expected = OrderRejection::TooMany {
            field: field.to_owned(),
            found: 1,
            max: 0,
        };
        assert_eq!(refusal(&draft), expected);
    };
    let recorded = PaymentReference {
        id: external("pi-1"),
        entry: PaymentEntry::Captured {
            amount: eur("900.00"),
        },
    };
    check(
        &|payment| payment.recorded.push(recorded.clone()),
        "payment.recorded",
    );
    let sum = (PaymentKind::Captured, eur("900.00"));
    check(
        &|payment| payment.covered_sums.extend([sum]),
        "payment.covered_sums",
    );
    check(
        &|payment| payment.covered = Some(std::collections::BTreeSet::new()),
        "payment.covered",
    );
}

fn reference(kind: &str, id: &str) -> ExternalReference {
    ExternalReference {
        kind: external(kind),
        id: external(id),
    }
}

#[test]
fn a_line_number_occurs_once() {
    let mut draft = draft(&[(1, "1.00"), (1, "1.00")]);
    draft.lines[1].id = line(1);
    assert_eq!(
        refusal(&draft),
        OrderRejection::DuplicateLine { line: line(1) }
    );
}

#[test]
fn a_kind_of_reference_occurs_once_and_one_id_under_two_kinds_is_fine() {
    let mut draft = draft(&[(1, "1.00")]);
    draft.external = vec![reference("order", "727"), reference("number", "727")];
    assert!(place_event(&draft, &[]).is_ok());
    draft.external.push(reference("order", "728"));
    assert_eq!(
        refusal(&draft),
        OrderRejection::DuplicateReference {
            id: external("728")
        }
    );
}

#[test]
fn every_amount_is_in_the_currency_of_the_order() {
    let check = |spoil: &dyn Fn(&mut OrderDraft), field: &str| {
        let mut draft = full();
        spoil(&mut draft);
        assert_eq!(field_of(&draft), ("mixed_currencies", field.to_owned()));
    };
    let dollars = UnitPrice::parse("5", usd("0").currency()).unwrap();
    check(
        &|draft| draft.lines[1].unit_price = dollars,
        "lines[1].unit_price",
    );
    check(
        &|draft| draft.lines[1].discount = usd("1"),
        "lines[1].discount",
    );
    check(&|draft| draft.lines[0].tax = usd("1"), "lines[0].tax");
    check(
        &|draft| draft.charges[2].amount = usd("1"),
        "charges[2].amount",
    );
    check(&|draft| draft.charges[2].tax = usd("1"), "charges[2].tax");
    check(&|draft| draft.discount = usd("1"), "discount");
    check(&|draft| draft.order_tax = Some(usd("1")), "order_tax");
    check(&|draft| draft.stated_total = Some(usd("1")), "stated_total");
    check(
        &|draft| draft.payment.currency = usd("1").currency(),
        "payment.currency",
    );
    check(
        &|draft| draft.payment.authorised = usd("1"),
        "payment.authorised",
    );
    check(
        &|draft| draft.payment.captured = usd("1"),
        "payment.captured",
    );
    check(
        &|draft| draft.payment.refunded = usd("1"),
        "payment.refunded",
    );
}

#[test]
fn amounts_that_cannot_be_negative_are_not() {
    let check = |spoil: &dyn Fn(&mut OrderDraft), field: &str| {
        let mut draft = full();
        spoil(&mut draft);
        assert_eq!(field_of(&draft), ("negative_amount", field.to_owned()));
    };
    check(
        &|draft| draft.lines[1].discount = eur("-0.01"),
        "lines[1].discount",
    );
    check(&|draft| draft.lines[1].tax = eur("-0.01"), "lines[1].tax");
    for (at, _) in [(0, "shipping"), (2, "tip"), (3, "duty")] {
        check(
            &|draft| draft.charges[at].amount = eur("-0.01"),
            &format!("charges[{at}].amount"),
        );
        check(
            &|draft| draft.charges[at].tax = eur("-0.01"),
            &format!("charges[{at}].tax"),
        );
    }
    check(&|draft| draft.discount = eur("-0.01"), "discount");
    check(&|draft| draft.order_tax = Some(eur("-0.01")), "order_tax");
    check(
        &|draft| draft.payment.authorised = eur("-0.01"),
        "payment.authorised",
    );
    check(
        &|draft| draft.payment.captured = eur("-0.01"),
        "payment.captured",
    );
    check(
        &|draft| draft.payment.refunded = eur("-0.01"),
        "payment.refunded",
    );
}

#[test]
fn a_gift_card_lowers_the_total_or_is_refused() {
    let mut draft = full();
    draft.charges[4].amount = eur("0.01");
    assert_eq!(
        field_of(&draft),
        ("positive_amount", "charges[4].amount".to_owned())
    );
    draft.charges[4].amount = eur("0");
    assert!(place_event(&draft, &[]).is_ok());
}

#[test]
fn a_gift_card_above_the_order_is_refused_unless_the_source_states_a_total() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::GiftCard, eur("-20.00"), eur("0"))];
    assert!(place_event(&draft, &[]).is_ok(), "all of it");
    draft.charges[0].amount = eur("-20.01");
    let expected = OrderRejection::NegativeAmount {
        field: "total".to_owned(),
        found: eur("-0.01"),
    };
    assert_eq!(refusal(&draft), expected);
    draft.stated_total = Some(eur("-0.01"));
    assert_eq!(refusal(&draft), expected, "the source does not mend it");
    draft.stated_total = Some(eur("0"));
    let totals = Desk::of(&draft).order.head.totals;
    assert_eq!((totals.total, totals.due()), (eur("-0.01"), eur("0")));
}

#[test]
fn a_discount_is_at_most_what_it_lowers() {
    let mut draft = full();
    draft.lines[0].discount = eur("20.00");
    draft.discount = eur("5.00");
    assert!(place_event(&draft, &[]).is_ok(), "all of it");
    draft.discount = eur("5.01");
    assert_eq!(
        field_of(&draft),
        ("discount_too_large", "discount".to_owned())
    );
    draft.lines[0].discount = eur("20.01");
    assert_eq!(
        field_of(&draft),
        ("discount_too_large", "lines[0].discount".to_owned())
    );
}

#[test]
fn not_more_was_refunded_than_captured() {
    let mut draft = full();
    draft.payment.refunded = eur("10.00");
    assert!(place_event(&draft, &[]).is_ok(), "all of it");
    draft.payment.refunded = eur("10.01");
    let expected = OrderRejection::RefundTooLarge {
        asked: eur("10.01"),
        captured: eur("10.00"),
        refunded: eur("0"),
    };
    assert_eq!(refusal(&draft), expected);
}

#[test]
fn not_more_was_let_go_than_is_owed() {
    let refused = |draft: &OrderDraft, asked: &str, outstanding: &str| {
        let expected = OrderRejection::WaiverTooLarge {
            asked: eur(asked),
            outstanding: eur(outstanding),
        };
        assert_eq!(refusal(draft), expected);
    };
    let mut draft = draft(&[(2, "10.00")]);
    draft.payment.waived = eur("100.00");
    refused(&draft, "100.00", "20.00");
    draft.payment.waived = eur("20.00");
    assert_eq!(Desk::of(&draft).order.owed(), eur("0"), "all of it");
    draft.payment.captured = eur("20.00");
    assert!(place_event(&draft, &[]).is_ok(), "paid as well");

    draft.charges = vec![charge(ChargeKind::GiftCard, eur("-15.00"), eur("0"))];
    draft.payment.waived = eur("5.01");
    refused(&draft, "5.01", "5.00");
    draft.payment.credited = eur("3.00");
    draft.payment.waived = eur("8.00");
    assert_eq!(Desk::of(&draft).order.owed(), eur("0"));
    draft.payment.waived = eur("8.01");
    refused(&draft, "8.01", "8.00");
    draft.stated_total = Some(eur("-1.00"));
    draft.payment.waived = eur("2.01");
    refused(&draft, "2.01", "2.00");
}

#[test]
fn sums_out_of_range_are_refused() {
    let most = "10000000000000";
    let code = |draft: &OrderDraft| field_of(draft);
    assert_eq!(
        code(&draft(&[(2, most)])),
        ("amount", "lines[0].unit_price".to_owned())
    );
    assert_eq!(
        code(&draft(&[(1, most), (1, most)])),
        ("amount", "lines[1]".to_owned())
    );
    let mut taxed = draft(&[(1, most)]);
    taxed.lines[0].tax = eur("0.01");
    assert_eq!(code(&taxed), ("amount", "totals".to_owned()));
}

#[test]
fn checks_run_in_a_fixed_order() {
    let mut draft = full();
    draft.payment.refunded = eur("99");
    draft.discount = eur("99");
    draft.charges[0].amount = eur("-1");
    draft.stated_total = Some(usd("1"));
    draft.external = vec![reference("order", "1"), reference("order", "2")];
    draft.lines[1].id = line(1);
    draft.notes = vec![Note::parse("x").unwrap(); limits::NOTES_MAX + 1];
    let mut codes = Vec::new();
    codes.push(refusal(&draft).code());
    draft.notes.clear();
    codes.push(refusal(&draft).code());
    draft.lines[1].id = line(2);
    codes.push(refusal(&draft).code());
    draft.external.clear();
    codes.push(refusal(&draft).code());
    draft.stated_total = None;
    codes.push(refusal(&draft).code());
    draft.charges[0].amount = eur("1");
    codes.push(refusal(&draft).code());
    draft.discount = eur("1");
    codes.push(refusal(&draft).code());
    let expected = [
        "too_many",
        "duplicate_line",
        "duplicate_reference",
        "mixed_currencies",
        "negative_amount",
        "discount_too_large",
        "refund_too_large",
    ];
    assert_eq!(codes, expected);
}
