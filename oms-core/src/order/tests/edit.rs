//! Editing lines: quantities, claims on stock, money.

use super::fixtures::*;
use crate::order::{
    Charge, ChargeKind, ChargesChange, CommandKind, EditLine, FulfillmentLines,
    FulfillmentStatus as F, HoldReason, LineChange, LineSku, OrderCommand, OrderEvent,
    OrderRejection, OrderState, OrderStatus, PaymentState, TaxMode, fold, preview_edit,
};
use crate::value::{Currency, Money, Rate, Title, UnitPrice, limits};

fn refusal(desk: &Desk, changes: Vec<EditLine>) -> OrderRejection {
    let refusal = desk.refusal(&edit(changes.clone()));
    assert_eq!(
        preview_edit(&desk.order, &changes),
        Err(refusal.clone()),
        "preview and decision"
    );
    refusal
}

#[test]
fn lines_are_added_changed_and_removed() {
    let mut desk = Desk::new(&[(2, "10.00"), (1, "5.00"), (1, "1.00")]);
    let before = desk.order.clone();
    let events = desk.run(&edit(vec![
        add(4, 3, "2.00"),
        change_quantity(1, 5),
        remove(3),
        change(2),
    ]));
    let [
        OrderEvent::LinesEdited {
            changes,
            charges: None,
            withdrawn,
            old_totals,
            new_totals,
            ..
        },
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    let pairs: Vec<_> = changes
        .iter()
        .map(|LineChange { old, new }| {
            (
                old.as_ref().map(|l| (l.id.get(), l.ordered.get())),
                new.as_ref().map(|l| l.ordered.get()),
            )
        })
        .collect();
    let expected = [
        (Some((1, 2)), Some(5)),
        (Some((3, 1)), None),
        (None, Some(3)),
    ];
    assert_eq!(pairs, expected, "line 2 stays as it is and is not told");
    assert_eq!((withdrawn.len(), *old_totals), (0, before.head.totals));
    assert_eq!(
        (new_totals.total, desk.order.head.totals),
        (eur("61.00"), *new_totals)
    );
    let ids: Vec<u32> = desk
        .order
        .head
        .lines
        .iter()
        .map(|line| line.id.get())
        .collect();
    assert_eq!(ids, [1, 2, 4]);
    assert_eq!(desk.waiting(1), [5, 0, 0, 0]);
    assert_eq!(desk.waiting(4), [3, 0, 0, 0]);
    assert_eq!(desk.order.head.lines[2].sku, LineSku::Known(sku("SKU-4")));
}

#[test]
fn an_edit_that_says_what_is_so_changes_nothing() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&allocate(&[("A", 1, 2)]));
    for same in [change(1), change_quantity(1, 2), change_price(1, "10")] {
        assert_eq!(desk.run(&edit(vec![same.clone()])), []);
        let preview = preview_edit(&desk.order, &[same]).unwrap();
        assert_eq!((preview.new, preview.difference), (preview.old, eur("0")));
        assert_eq!(preview.withdrawn, []);
    }
}

#[test]
fn moved_units_leave_their_fulfillments_whole() {
    let mut desk = Desk::new(&[(2, "1.00"), (2, "1.00"), (1, "1.00")]);
    desk.run(&backorder(&[(1, 1)]));
    desk.run(&allocate(&[("A", 2, 2), ("B", 3, 1)]));
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.run(&backorder(&[(1, 1)]));
    let events = desk.run(&edit(vec![change_quantity(2, 3)]));
    let OrderEvent::LinesEdited {
        withdrawn, lost, ..
    } = &events[0]
    else {
        panic!("{events:?}")
    };
    assert_eq!(withdrawn, &[work(1)], "the others hold nothing of line 2");
    let told = FulfillmentLines {
        fulfillment: work(1),
        lines: some(&[(2, 2)]),
    };
    assert_eq!(lost, &[told]);
    assert_eq!(desk.waiting(2), [3, 0, 0, 0]);
    assert_eq!(desk.waiting(1), [0, 1, 1, 0]);
    assert_eq!(desk.waiting(3), [0, 0, 1, 0]);
    assert_eq!(desk.fulfillment(1).status, F::Cancelled);
    assert_eq!(desk.fulfillment(2).status, F::Approved);
}

#[test]
fn a_withdrawn_fulfillment_also_gives_back_the_lines_that_did_not_change() {
    let mut desk = Desk::new(&[(2, "1.00"), (2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 2), ("A", 2, 1)]));
    let another = EditLine::Change {
        line: line(1),
        sku: Some(LineSku::Known(sku("SKU-9"))),
        quantity: None,
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    desk.run(&edit(vec![another, change_price(2, "3.00")]));
    assert_eq!(desk.waiting(1), [2, 0, 0, 0]);
    assert_eq!(desk.waiting(2), [2, 0, 0, 0]);
    assert_eq!(desk.order.head.lines[0].sku, LineSku::Known(sku("SKU-9")));
    assert_eq!(desk.order.head.lines[1].unit_price, price("3.00"));
    desk.run(&allocate(&[("B", 1, 2)]));
    assert_eq!(
        desk.fulfillment(2).lines[0].sku,
        sku("SKU-9"),
        "the claim is on the new SKU"
    );
}

/// The line's words and what the channel calls it, by an edit of nothing else but the SKU.
fn labelled(number: u32, article: Option<&str>, words: Option<&str>, item: &str) -> EditLine {
    EditLine::Change {
        line: line(number),
        sku: article.map(|text| LineSku::Known(sku(text))),
        quantity: None,
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: words.map(|text| Title::parse(text).unwrap()),
        channel_item: Some(external(item)),
    }
}

#[test]
fn a_line_that_an_edit_adds_is_known_to_the_channel() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    let mut gift = add(2, 1, "0.50");
    if let EditLine::Add {
        title,
        channel_item,
        ..
    } = &mut gift
    {
        *title = Title::parse("A cup").ok();
        *channel_item = Some(external("X"));
    }
    desk.run(&edit(vec![gift]));
    let line_2 = desk.order.head.lines[1].clone();
    assert_eq!(line_2.title, Title::parse("A cup").ok());
    assert_eq!(line_2.channel_item, Some(external("X")));
    // Said later, it moves neither units nor money.
    desk.run(&allocate(&[("A", 1, 2), ("A", 2, 1)]));
    let totals = desk.order.head.totals;
    desk.run(&edit(vec![labelled(1, None, Some("Tea"), "T")]));
    let line_1 = desk.order.head.lines[0].clone();
    assert_eq!(line_1.title, Title::parse("Tea").ok());
    assert_eq!(line_1.channel_item, Some(external("T")));
    assert_eq!(desk.waiting(1), [0, 0, 2, 0]);
    assert_eq!(desk.order.head.totals, totals);
}

#[test]
fn the_words_for_one_article_do_not_stay_with_another() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&edit(vec![labelled(1, None, Some("Tea"), "T")]));
    desk.run(&edit(vec![change_quantity(1, 3)]));
    assert_eq!(desk.order.head.lines[0].title, Title::parse("Tea").ok());
    desk.run(&edit(vec![labelled(1, Some("SKU-9"), None, "T")]));
    assert_eq!(desk.order.head.lines[0].title, None);
    assert_eq!(desk.order.head.lines[0].channel_item, Some(external("T")));
    desk.run(&edit(vec![labelled(1, Some("SKU-8"), Some("Mug"), "T")]));
    assert_eq!(desk.order.head.lines[0].title, Title::parse("Mug").ok());
    // What nobody could identify, its words are about.
    let mut unnamed = Desk::unnamed(&draft(&[(1, "1.00")]));
    unnamed.run(&edit(vec![labelled(1, None, Some("Pot"), "P")]));
    unnamed.run(&edit(vec![name(1, "SKU-7")]));
    assert_eq!(unnamed.order.head.lines[0].title, Title::parse("Pot").ok());
}

#[test]
fn an_edit_is_written_without_what_it_does_not_say() {
    let written = serde_json::to_value(add(2, 1, "1.00")).unwrap();
    let fields = written["add"].as_object().unwrap();
    for unsaid in ["title", "channel_item", "tax_rate"] {
        assert!(!fields.contains_key(unsaid), "{unsaid}");
    }
    let read: EditLine = serde_json::from_value(written).unwrap();
    assert_eq!(read, add(2, 1, "1.00"));
}

#[test]
fn a_price_moves_no_units() {
    let mut desk = Desk::new(&[(2, "1.00"), (2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1), ("A", 2, 2)]));
    desk.run(&backorder(&[(1, 1)]));
    desk.run(&edit(vec![change_price(1, "2.00")]));
    assert_eq!(desk.waiting(1), [0, 1, 1, 0]);
    assert_eq!(desk.fulfillment(1).status, F::Approved);
    assert_eq!(desk.order.head.totals.total, eur("6.00"));
}

#[test]
fn cancelled_units_stay_cancelled() {
    let mut desk = Desk::new(&[(5, "1.00"), (1, "1.00")]);
    desk.run(&cancel_lines(&[(1, 2)]));
    let expected = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(4),
        found: units(3),
        bucket: "not cancelled".to_owned(),
    };
    assert_eq!(refusal(&desk, vec![change_quantity(1, 1)]), expected);
    desk.run(&edit(vec![change_quantity(1, 2)]));
    assert_eq!(desk.waiting(1), [0, 0, 0, 2]);
    desk.run(&edit(vec![change_quantity(1, 3)]));
    assert_eq!(desk.waiting(1), [1, 0, 0, 2]);
}

#[test]
fn something_to_deliver_is_left() {
    let mut desk = Desk::new(&[(2, "1.00"), (1, "1.00")]);
    assert_eq!(
        refusal(&desk, vec![remove(1), remove(2)]),
        OrderRejection::EmptyOrder
    );
    desk.run(&cancel_lines(&[(1, 1)]));
    let nothing_left = vec![remove(2), change_quantity(1, 1)];
    assert_eq!(refusal(&desk, nothing_left), OrderRejection::EmptyOrder);
    desk.run(&edit(vec![remove(1), remove(2), add(3, 1, "1.00")]));
}

#[test]
fn an_edit_waits_for_nobody_once_work_has_begun() {
    let changes = vec![change_quantity(1, 3)];
    let not_allowed = |status| OrderRejection::UpdateNotAllowed { status };
    let mut desk = Desk::approved();
    assert!(
        desk.ask(&edit(changes.clone())).is_ok(),
        "approved, nothing picked"
    );
    desk.run(&hold(HoldReason::Review));
    assert!(
        desk.ask(&edit(changes.clone())).is_ok(),
        "held, nothing picked"
    );
    desk.run(&OrderCommand::release_all());
    desk.run(&pick(1, &[(1, 1)]));
    assert_eq!(
        refusal(&desk, changes.clone()),
        not_allowed(OrderStatus::Picking)
    );
    desk.run(&hold(HoldReason::Review));
    assert_eq!(
        refusal(&desk, changes.clone()),
        not_allowed(OrderStatus::OnHold)
    );
    let shipped = Desk::shipped();
    assert_eq!(
        refusal(&shipped, changes),
        not_allowed(OrderStatus::Shipped)
    );
}

/// Line 1 is known, line 2 is not; the first is picked.
fn begun_with_an_unknown_line() -> Desk {
    let mut desk = Desk::unnamed(&draft(&[(1, "10.00"), (3, "5.00")]));
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk
}

#[test]
fn a_line_that_nobody_could_identify_is_named_whatever_work_has_begun() {
    let mut desk = begun_with_an_unknown_line();
    desk.run(&backorder(&[(2, 1)]));
    let not_allowed = |status| OrderRejection::UpdateNotAllowed { status };
    let dearer = EditLine::Change {
        line: line(2),
        sku: Some(LineSku::Known(sku("SKU-2"))),
        quantity: None,
        unit_price: Some(price("6.00")),
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    for changes in [
        vec![dearer],
        vec![name(1, "SKU-2")],
        vec![name(2, "SKU-2"), change_quantity(1, 2)],
        vec![change(2)],
        vec![remove(2)],
    ] {
        assert_eq!(refusal(&desk, changes), not_allowed(OrderStatus::Picked));
    }
    let mut held = desk.clone();
    held.run(&hold(HoldReason::Review));
    held.run(&edit(vec![name(2, "SKU-2")]));
    let totals = desk.order.head.totals;
    super::allowed::check(&desk, &[edit(vec![name(2, "SKU-2")])]);
    let events = desk.run(&edit(vec![name(2, "SKU-2")]));
    assert!(
        matches!(&events[..], [OrderEvent::LinesEdited { withdrawn, .. }] if withdrawn.is_empty()),
        "{events:?}"
    );
    assert_eq!(desk.order.head.totals, totals);
    assert_eq!(desk.share(1, 1), [0, 1, 0, 0, 0, 0], "picked as before");
    assert_eq!(desk.waiting(2), [3, 0, 0, 0]);
    desk.run(&allocate(&[("B", 2, 3)]));
    assert_eq!(
        refusal(&desk, vec![name(2, "SKU-3")]),
        not_allowed(OrderStatus::Approved)
    );
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

/// Two lines of 10.00, of which only the first is known; it was sent.
fn sent_beside_an_unknown_line(paid: &str) -> Desk {
    let mut draft = draft(&[(1, "10.00"), (1, "10.00")]);
    draft.payment.captured = eur(paid);
    let mut desk = Desk::unnamed(&draft);
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.run(&OrderCommand::Approve);
    for command in [pick(1, &[]), pack(1, &[]), ship(1, &[])] {
        desk.run(&command);
    }
    desk
}

/// To collect and to refund: what the order says, before and after it, and what was previewed.
#[track_caller]
fn named_for(mut desk: Desk, to_collect: &str, to_refund: &str) {
    let expected = [eur(to_collect), eur(to_refund)];
    let told = |desk: &Desk| [desk.order.to_collect(), desk.order.to_give_back().money];
    assert_eq!(told(&desk), expected);
    let preview = preview_edit(&desk.order, &[name(2, "SKU-2")]).unwrap();
    assert_eq!([preview.to_collect, preview.to_refund], expected);
    assert_eq!(
        [preview.difference, preview.to_credit],
        [eur("0"), eur("0")]
    );
    desk.run(&edit(vec![name(2, "SKU-2")]));
    assert_eq!(told(&desk), expected);
}

#[test]
fn a_line_named_after_a_return_is_previewed_with_the_money_as_it_is() {
    for end in [&[deliver(1), send_back(1, &[])][..], &[fail(1)]] {
        let sent_back = |paid| {
            let mut desk = sent_beside_an_unknown_line(paid);
            for command in end {
                desk.run(command);
            }
            desk
        };
        named_for(sent_back("0"), "10.00", "0");
        named_for(sent_back("20.00"), "0", "10.00");
        let mut settled = sent_back("20.00");
        settled.run(&pay(refunded("10.00"), None));
        named_for(settled, "0", "0");
    }
}

#[test]
fn an_order_that_is_over_is_not_edited() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.run(&cancel());
    desk.illegal(&edit(vec![change_price(1, "2.00")]));
    let preview = preview_edit(&desk.order, &[change_price(1, "2.00")]);
    let expected = OrderRejection::UpdateNotAllowed {
        status: OrderStatus::Cancelled,
    };
    assert_eq!(preview, Err(expected));
}

#[test]
fn work_that_was_undone_does_not_count() {
    let mut desk = Desk::new(&[(1, "1.00"), (1, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&cancel_lines(&[(1, 1)]));
    desk.run(&edit(vec![change_price(2, "2.00")]));
    assert_eq!(desk.state(), OrderState::Open);
}

#[test]
fn an_edit_refuses_what_it_cannot_read() {
    let mut desk = Desk::new(&[(2, "1.00"), (1, "1.00")]);
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::EditLines,
    };
    assert_eq!(refusal(&desk, vec![]), nothing);
    let twice = |number| OrderRejection::DuplicateLine { line: line(number) };
    assert_eq!(refusal(&desk, vec![change(1), remove(1)]), twice(1));
    assert_eq!(
        refusal(&desk, vec![add(3, 1, "1"), add(3, 1, "1")]),
        twice(3)
    );
    assert_eq!(refusal(&desk, vec![add(1, 1, "1.00")]), twice(1));
    let unknown = OrderRejection::UnknownLine { line: line(9) };
    assert_eq!(refusal(&desk, vec![change(9)]), unknown);
    assert_eq!(refusal(&desk, vec![remove(9)]), unknown);
    desk.run(&edit(vec![remove(1)]));
    assert_eq!(refusal(&desk, vec![add(1, 1, "1.00")]), twice(1));
    assert_eq!(
        refusal(&desk, vec![change(1)]),
        OrderRejection::UnknownLine { line: line(1) }
    );
}

#[test]
fn an_order_has_a_limited_number_of_lines() {
    let max = limits::LINES_PER_ORDER_MAX;
    let mut desk = Desk::of(&draft(&vec![(1, "0.01"); max]));
    let next = u32::try_from(max).unwrap() + 1;
    let expected = OrderRejection::TooMany {
        field: "lines".to_owned(),
        found: max + 1,
        max,
    };
    assert_eq!(refusal(&desk, vec![add(next, 1, "1.00")]), expected);
    desk.run(&edit(vec![add(next, 1, "1.00"), remove(1)]));
    let all_but_one: Vec<EditLine> = (2..next).map(remove).collect();
    desk.run(&edit(all_but_one));
    desk.run(&edit(vec![add(next + 1, 1, "1.00")]));
    let expected = OrderRejection::TooMany {
        field: "removed_lines".to_owned(),
        found: max + 1,
        max,
    };
    assert_eq!(refusal(&desk, vec![remove(next)]), expected);
}

#[test]
fn amounts_of_an_edit_are_checked() {
    let mut draft = draft(&[(2, "10.00"), (1, "10.00")]);
    draft.discount = eur("5.00");
    let desk = Desk::of(&draft);
    let with = |discount, tax, unit_price| EditLine::Change {
        line: line(1),
        sku: None,
        quantity: None,
        unit_price,
        discount,
        tax,
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    let check = |wanted: EditLine, code: &str, name: &str| {
        let refusal = refusal(&desk, vec![change(2), wanted]);
        assert_eq!(refusal.code(), code);
        match refusal {
            OrderRejection::MixedCurrencies { field, .. }
            | OrderRejection::NegativeAmount { field, .. }
            | OrderRejection::Amount { field, .. }
            | OrderRejection::DiscountTooLarge { field, .. } => assert_eq!(field, name),
            other => panic!("{other:?}"),
        }
    };
    let dollars = UnitPrice::parse("1", Currency::parse("USD").unwrap()).unwrap();
    let (mixed, negative) = ("mixed_currencies", "negative_amount");
    check(
        with(None, None, Some(dollars)),
        mixed,
        "changes[1].unit_price",
    );
    check(
        with(Some(usd("1")), None, None),
        mixed,
        "changes[1].discount",
    );
    check(with(None, Some(usd("1")), None), mixed, "changes[1].tax");
    check(
        with(Some(eur("-1")), None, None),
        negative,
        "changes[1].discount",
    );
    check(
        with(None, Some(eur("-1")), None),
        negative,
        "changes[1].tax",
    );
    let large = "discount_too_large";
    check(
        with(Some(eur("20.01")), None, None),
        large,
        "changes[1].discount",
    );
    check(
        with(Some(eur("16")), None, Some(price("0.5"))),
        large,
        "changes[1].discount",
    );
    let most = price("9000000000000");
    check(
        with(None, None, Some(most)),
        "amount",
        "changes[1].unit_price",
    );
    let mut gift = add(3, 2, "1.00");
    if let EditLine::Add { discount, .. } = &mut gift {
        *discount = eur("2.01");
    }
    check(gift, large, "changes[1].discount");
    let free = with(Some(eur("20")), None, None);
    assert!(
        desk.ask(&edit(vec![free])).is_ok(),
        "a discount of all of a line"
    );
}

#[test]
fn the_discount_of_the_order_is_at_most_what_is_left() {
    let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
    draft.discount = eur("5.00");
    let desk = Desk::of(&draft);
    assert!(desk.ask(&edit(vec![remove(1)])).is_ok());
    let cheaper = vec![change_price(1, "1.00"), change_price(2, "2.99")];
    let expected = OrderRejection::DiscountTooLarge {
        field: "discount".to_owned(),
        discount: eur("5.00"),
        of: eur("4.99"),
    };
    assert_eq!(refusal(&desk, cheaper), expected);
}

#[test]
fn totals_out_of_range_are_refused() {
    let desk = Desk::new(&[(1, "6000000000000"), (1, "1.00")]);
    let refused = refusal(&desk, vec![change_price(2, "6000000000000")]);
    assert!(matches!(&refused, OrderRejection::Amount { field, .. } if field == "totals"));
}

/// A total of 105.00 stated for goods of 100.00, the first line of a SKU nobody knows; all paid.
fn with_a_fee_nobody_itemised() -> Desk {
    let mut draft = draft(&[(2, "40.00"), (1, "20.00")]);
    draft.stated_total = Some(eur("105.00"));
    draft.payment.captured = eur("105.00");
    let mut desk = Desk::of(&draft);
    let skus = [
        LineSku::Unknown(Some(external("T-1"))),
        LineSku::Known(sku("SKU-2")),
    ];
    desk.events = vec![place_event(&draft, &skus).unwrap()];
    desk.order = fold(&desk.events).unwrap();
    desk.run(&hold(HoldReason::UnknownSku));
    desk
}

#[test]
fn an_edit_that_changes_no_amount_leaves_what_is_owed() {
    let mut desk = with_a_fee_nobody_itemised();
    let known = EditLine::Change {
        line: line(1),
        sku: Some(LineSku::Known(sku("SKU-1"))),
        quantity: None,
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    let preview = preview_edit(&desk.order, std::slice::from_ref(&known)).unwrap();
    let money = [preview.difference, preview.to_refund, preview.to_collect];
    assert_eq!(money, [eur("0"); 3]);
    assert_eq!(preview.new, preview.old);
    desk.run(&edit(vec![known]));
    assert_eq!(desk.order.owed(), eur("105.00"));
    assert_eq!(desk.order.payment_state(), PaymentState::Paid);
}

#[test]
fn a_stated_total_moves_by_what_the_edit_adds_or_takes_away() {
    let mut desk = with_a_fee_nobody_itemised();
    let preview = preview_edit(&desk.order, &[change_quantity(1, 1)]).unwrap();
    assert_eq!(preview.new.stated, Some(eur("65.00")));
    let money = [preview.difference, preview.to_refund, preview.to_collect];
    assert_eq!(money, [eur("-40.00"), eur("40.00"), eur("0")]);
    desk.run(&edit(vec![change_quantity(1, 3)]));
    let totals = desk.order.head.totals;
    assert_eq!(
        (totals.stated, totals.due()),
        (Some(eur("145.00")), eur("145.00"))
    );
    assert_eq!(totals.difference(), Ok(eur("5.00")), "still told");
    let Some(OrderEvent::LinesEdited { old_totals, .. }) = desk.events.last() else {
        panic!("no edit")
    };
    assert_eq!(old_totals.stated, Some(eur("105.00")), "history keeps it");
}

#[test]
fn a_stated_total_does_not_fall_below_nothing() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.stated_total = Some(eur("8.00"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![change_quantity(1, 1)]));
    let totals = desk.order.head.totals;
    assert_eq!(
        (totals.stated, totals.total),
        (Some(eur("0")), eur("10.00"))
    );
    assert_eq!(desk.order.owed(), eur("0"));
}

#[test]
fn a_source_that_says_less_than_nothing_says_that_nothing_is_due() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.stated_total = Some(eur("-8.00"));
    let mut desk = Desk::of(&draft);
    let totals = desk.order.head.totals;
    assert_eq!(
        (totals.stated, totals.due()),
        (Some(eur("-8.00")), eur("0"))
    );
    let preview = preview_edit(&desk.order, &[change_quantity(1, 3)]).unwrap();
    assert_eq!(preview.difference, eur("10.00"), "what the edit adds");
    desk.run(&edit(vec![change_quantity(1, 3)]));
    assert_eq!(desk.order.owed(), eur("10.00"));
}

#[test]
fn a_tax_stated_for_the_whole_order_moves_with_the_line_taxes() {
    let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
    draft.lines[0].tax = eur("3.80");
    draft.lines[1].tax = eur("0.95");
    draft.order_tax = Some(eur("4.76"));
    draft.charges = vec![Charge {
        kind: ChargeKind::Shipping,
        title: None,
        amount: eur("3.00"),
        tax: eur("0"),
    }];
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![remove(1)]));
    let head = &desk.order.head;
    assert_eq!(
        (head.order_tax, head.totals.tax),
        (Some(eur("0.96")), eur("0.96")),
        "the cent that nothing states is that of the charge that states none"
    );
    assert_eq!(head.totals.total, eur("8.96"));
    assert!(head.totals.is_conserved(TaxMode::Exclusive));
}

#[test]
fn a_line_takes_no_more_tax_along_than_it_has_of_the_stated_one() {
    let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
    draft.lines[0].tax = eur("3.80");
    draft.order_tax = Some(eur("3.00"));
    let untaxed = EditLine::Change {
        line: line(1),
        sku: None,
        quantity: None,
        unit_price: None,
        discount: None,
        tax: Some(eur("0")),
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![untaxed]));
    let head = &desk.order.head;
    assert_eq!(head.order_tax, Some(eur("0")), "no more than its share");
    assert_eq!(desk.order.owed(), eur("25.00"));
    assert!(head.totals.is_conserved(TaxMode::Exclusive));
}

#[test]
fn a_tax_that_an_edit_states_takes_the_place_of_the_line_s_share() {
    // What the line stated before: nothing, a part of its share, the same as now, or all of it.
    for own in ["0", "3.00", "4.13", "8.25"] {
        let mut draft = draft(&[(2, "50.00")]);
        draft.lines[0].tax = eur(own);
        draft.order_tax = Some(eur("8.25"));
        let mut desk = Desk::of(&draft);
        let mut fewer = desk.clone();
        let mut alone = desk.clone();
        alone.run(&edit(vec![change_tax(1, "4.13")]));
        assert_eq!(alone.order.head.order_tax, Some(eur("4.13")), "{own}");
        desk.run(&edit(vec![discount("50.00"), change_tax(1, "4.13")]));
        fewer.run(&edit(vec![EditLine::Change {
            line: line(1),
            sku: None,
            quantity: Some(quantity(1)),
            unit_price: None,
            discount: None,
            tax: Some(eur("4.13")),
            tax_rate: None,
            title: None,
            channel_item: None,
        }]));
        for desk in [desk, fewer] {
            assert_eq!(desk.order.head.order_tax, Some(eur("4.13")), "{own}");
            assert_eq!(desk.order.owed(), eur("54.13"), "{own}");
            assert!(desk.order.head.totals.is_conserved(TaxMode::Exclusive));
        }
    }
    // The other line keeps its share, and charges their tax.
    let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
    draft.charges = vec![charge(ChargeKind::Shipping, "10.00", "0.83")];
    draft.order_tax = Some(eur("9.07"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![change_tax(1, "2.06")]));
    assert_eq!(desk.order.head.order_tax, Some(eur("7.01")));
}

#[test]
fn taxes_that_are_stated_one_by_one_are_those_stated_at_once() {
    for own in ["0", "3.00"] {
        let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
        for line in &mut draft.lines {
            line.tax = eur(own);
        }
        draft.order_tax = Some(eur("8.25"));
        let mut desk = Desk::of(&draft);
        let mut at_once = desk.clone();
        at_once.run(&edit(vec![change_tax(1, "2.06"), change_tax(2, "2.05")]));
        desk.run(&edit(vec![change_tax(1, "2.06")]));
        desk.run(&edit(vec![change_tax(2, "2.05")]));
        for desk in [&mut desk, &mut at_once] {
            assert_eq!(desk.order.head.order_tax, Some(eur("4.11")), "{own}");
            assert_eq!(desk.order.owed(), eur("104.11"));
            desk.run(&edit(vec![change_tax(1, "1.00")]));
            assert_eq!(desk.order.head.order_tax, Some(eur("3.05")));
        }
    }
}

#[test]
fn a_tax_that_an_edit_states_is_all_that_the_line_has_from_then_on() {
    // What the lines stated before, what the edit states, what is left, and without the line.
    for (own, states, left, without) in [
        ("3.00", "3.00", "7.12", "54.12"),
        ("0", "3.00", "7.12", "54.12"),
        ("0", "0", "4.12", "54.12"),
        ("3.00", "0", "4.12", "54.12"),
    ] {
        let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
        for line in &mut draft.lines {
            line.tax = eur(own);
        }
        draft.order_tax = Some(eur("8.25"));
        let mut desk = Desk::of(&draft);
        let events = desk.run(&edit(vec![change_tax(1, states)]));
        assert_eq!(desk.order.head.order_tax, Some(eur(left)), "{own} {states}");
        let json = serde_json::to_value(&events[0]).unwrap();
        assert_eq!(json["changes"][0]["old"].get("tax_stated"), None);
        assert_eq!(json["changes"][0]["new"]["tax_stated"], true);
        assert_eq!(
            serde_json::from_value::<OrderEvent>(json).unwrap(),
            events[0]
        );
        let again = desk.run(&edit(vec![change_tax(1, states)]));
        assert_eq!(again, [], "said again");
        let mut removed = desk.clone();
        desk.run(&cancel_lines(&[(1, 1)]));
        removed.run(&edit(vec![remove(1)]));
        for desk in [desk, removed] {
            assert_eq!(desk.order.owed(), eur(without), "{own} {states}");
        }
    }
    let mut untaxed = Desk::new(&[(1, "50.00")]);
    let none = untaxed.run(&edit(vec![change_tax(1, "0")]));
    assert_eq!(none, [], "there is no tax of the order to share out");
}

#[test]
fn a_tip_has_no_tax_that_nobody_states() {
    let mut draft = draft(&[(1, "20.00")]);
    draft.charges = vec![charge(ChargeKind::Tip, "4.00", "0")];
    draft.order_tax = Some(eur("1.90"));
    let mut desk = Desk::of(&draft);
    let mut at_once = desk.clone();
    let mut taxed = add(2, 1, "5.00");
    if let EditLine::Add { tax, .. } = &mut taxed {
        *tax = eur("0.48");
    }
    at_once.run(&edit(vec![remove(1), taxed.clone()]));
    desk.run(&edit(vec![taxed]));
    assert_eq!(desk.order.head.order_tax, Some(eur("2.38")));
    desk.run(&edit(vec![remove(1)]));
    for desk in [desk, at_once] {
        assert_eq!(desk.order.head.order_tax, Some(eur("0.48")));
        assert_eq!(desk.order.owed(), eur("9.48"));
    }
}

#[test]
fn a_line_that_is_added_has_no_part_of_the_tax_that_the_source_stated() {
    let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
    draft.order_tax = Some(eur("8.25"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![add(3, 1, "50.00")]));
    assert_eq!(desk.order.owed(), eur("158.25"));
    desk.run(&edit(vec![remove(3)]));
    assert_eq!(desk.order.head.order_tax, Some(eur("8.25")));
    assert_eq!(desk.order.owed(), eur("108.25"));
}

#[test]
fn a_rebate_on_tax_is_not_left_without_the_tax() {
    let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
    draft.lines[0].tax = eur("1.50");
    draft.charges = vec![charge(ChargeKind::Fee, "-1.00", "-0.50")];
    draft.order_tax = Some(eur("1.00"));
    let untaxed = EditLine::Change {
        line: line(1),
        sku: None,
        quantity: None,
        unit_price: None,
        discount: None,
        tax: Some(eur("0")),
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    let expected = OrderRejection::NegativeAmount {
        field: "order_tax".to_owned(),
        found: eur("-0.50"),
    };
    assert_eq!(refusal(&Desk::of(&draft), vec![untaxed]), expected);
}

#[test]
fn a_line_that_is_removed_takes_its_share_of_the_order_s_tax_as_a_cancelled_one_does() {
    let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
    draft.order_tax = Some(eur("8.25"));
    draft.payment.captured = eur("108.25");
    let mut whole = Desk::of(&draft);
    let mut desk = whole.clone();
    desk.run(&cancel_lines(&[(2, 1)]));
    assert_eq!(desk.order.owed(), eur("54.13"));
    desk.run(&pay(refunded("54.12"), None));
    for desk in [&mut desk, &mut whole] {
        desk.run(&edit(vec![remove(2)]));
        assert_eq!(desk.order.head.order_tax, Some(eur("4.13")));
        assert_eq!(desk.order.owed(), eur("54.13"));
        assert_eq!(desk.order.to_collect(), eur("0"));
    }
    assert_eq!(desk.order.to_give_back().money, eur("0"), "it went back");
    assert_eq!(whole.order.to_give_back().money, eur("54.12"));
}

#[test]
fn a_line_that_is_removed_takes_its_share_of_the_order_s_discount_as_a_cancelled_one_does() {
    let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
    draft.discount = eur("10.00");
    draft.payment.captured = eur("90.00");
    let mut whole = Desk::of(&draft);
    let mut desk = whole.clone();
    desk.run(&cancel_lines(&[(2, 1)]));
    assert_eq!(desk.order.owed(), eur("45.00"));
    desk.run(&pay(refunded("45.00"), None));
    let preview = preview_edit(&desk.order, &[remove(2)]).unwrap();
    assert_eq!(preview.to_refund, eur("0"));
    for desk in [&mut desk, &mut whole] {
        desk.run(&edit(vec![remove(2)]));
        assert_eq!(desk.order.head.discount, eur("5.00"));
        assert_eq!(desk.order.head.totals.total, eur("45.00"));
        assert_eq!(desk.order.owed(), eur("45.00"));
        assert_eq!(desk.order.to_collect(), eur("0"));
    }
    assert_eq!(desk.order.to_give_back().money, eur("0"), "it went back");
    assert_eq!(whole.order.to_give_back().money, eur("45.00"));
    // The rest of it stays with the line, whatever that costs.
    let dearer = [change_price(1, "60.00")];
    let preview = preview_edit(&whole.order, &dearer).unwrap();
    assert_eq!(preview.new.total, eur("55.00"));
}

#[test]
fn an_order_that_is_exempt_of_tax_may_lose_a_line() {
    let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
    draft.lines[0].tax = eur("4.12");
    draft.lines[1].tax = eur("4.13");
    draft.order_tax = Some(eur("0"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![remove(2)]));
    assert_eq!(desk.order.head.order_tax, Some(eur("0")));
    assert_eq!(desk.order.owed(), eur("50.00"));
}

#[test]
fn a_lower_quantity_takes_its_part_of_the_tax_that_no_line_states_as_cancelled_units_do() {
    for (own, left) in [("0", "54.12"), ("3.00", "55.62"), ("8.25", "58.25")] {
        let mut draft = draft(&[(2, "50.00")]);
        draft.lines[0].tax = eur(own);
        draft.order_tax = Some(eur("8.25"));
        let mut desk = Desk::of(&draft);
        desk.run(&edit(vec![change_quantity(1, 1)]));
        assert_eq!(desk.order.owed(), eur(left), "{own} are stated by the line");
        assert!(desk.order.head.totals.is_conserved(TaxMode::Exclusive));
    }
    // The other line keeps its share, and units that are cancelled already theirs.
    let mut draft = draft(&[(5, "10.00"), (1, "50.00")]);
    draft.order_tax = Some(eur("10.00"));
    let mut cancelled = Desk::of(&draft);
    cancelled.run(&cancel_lines(&[(1, 2)]));
    let mut edited = cancelled.clone();
    cancelled.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(cancelled.order.owed(), eur("77.00"));
    assert_eq!(edited.order.owed(), eur("88.00"));
    edited.run(&edit(vec![change_quantity(1, 4)]));
    assert_eq!(edited.order.owed(), eur("77.00"));
    let mut fewer = Desk::of(&draft);
    fewer.run(&edit(vec![change_quantity(1, 2)]));
    assert_eq!(fewer.order.owed(), eur("77.00"));
    fewer.run(&edit(vec![change_quantity(1, 3)]));
    assert_eq!(fewer.order.owed(), eur("87.00"), "nobody states more tax");
}

#[test]
fn an_order_that_is_exempt_of_tax_may_lose_a_charge() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.lines[0].tax = eur("3.80");
    draft.charges = vec![charge(ChargeKind::Shipping, "5.00", "0.95")];
    draft.order_tax = Some(eur("0"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![change_price(1, "9.00")]));
    assert_eq!(desk.order.head.order_tax, Some(eur("0")));
    desk.run(&edit(vec![charges(vec![])]));
    assert_eq!(desk.order.head.order_tax, Some(eur("0")));
    assert_eq!(desk.order.owed(), eur("18.00"));
    assert!(desk.order.head.totals.is_conserved(TaxMode::Exclusive));
}

#[test]
fn an_order_that_is_exempt_of_tax_stays_exempt_when_what_is_stated_moves() {
    // Of the tax that is stated: none, a part and all of it.
    for (of_order, half) in [("0", "0"), ("3.00", "1.50"), ("3.80", "1.90")] {
        let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
        draft.lines[0].tax = eur("3.80");
        draft.order_tax = Some(eur(of_order));
        let mut desk = Desk::of(&draft);
        for (tax, left) in [("1.90", half), ("3.80", of_order)] {
            desk.run(&edit(vec![change_tax(1, tax)]));
            assert_eq!(desk.order.head.order_tax, Some(eur(left)), "{tax}");
        }
    }
    for (of_order, twice) in [("0", "0"), ("0.50", "1.00"), ("0.95", "1.90")] {
        let mut draft = draft(&[(2, "10.00")]);
        let shipping = |tax: &str| vec![charge(ChargeKind::Shipping, "5.00", tax)];
        draft.charges = shipping("0.95");
        draft.order_tax = Some(eur(of_order));
        let mut desk = Desk::of(&draft);
        for (tax, left) in [("1.90", twice), ("0.95", of_order)] {
            desk.run(&edit(vec![charges(shipping(tax))]));
            assert_eq!(desk.order.head.order_tax, Some(eur(left)), "{tax}");
        }
    }
}

#[test]
fn a_rebate_on_tax_leaves_an_order_exempt() {
    let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
    draft.lines[0].tax = eur("3.80");
    draft.charges = vec![charge(ChargeKind::Fee, "-1.00", "-0.19")];
    draft.order_tax = Some(eur("0"));
    let mut cancelled = Desk::of(&draft);
    assert_eq!(cancelled.order.owed(), eur("24.00"));
    let mut removed = cancelled.clone();
    let mut free = cancelled.clone();
    cancelled.run(&cancel_lines(&[(1, 2)]));
    assert_eq!(cancelled.order.owed(), eur("4.00"), "no tax goes back");
    removed.run(&edit(vec![remove(1)]));
    assert_eq!(removed.order.owed(), eur("4.00"));
    free.run(&edit(vec![charges(vec![])]));
    assert_eq!(free.order.owed(), eur("25.00"));
    for desk in [removed, free] {
        assert_eq!(desk.order.head.order_tax, Some(eur("0")));
        assert!(desk.order.head.totals.is_conserved(TaxMode::Exclusive));
    }
}

#[test]
fn a_rebate_that_is_taxed_as_the_parts_say_makes_nothing_exempt() {
    // What the parts say, and a cent less as of a source that rounds the sum by itself.
    for (of_order, due, cancelled_owes, tax, whole_owes) in [
        ("7.60", "47.60", "17.85", "19.00", "119.00"),
        ("7.59", "47.59", "17.84", "18.98", "118.98"),
    ] {
        let mut draft = draft(&[(4, "25.00")]);
        draft.lines[0].tax = eur("19.00");
        draft.charges = vec![charge(ChargeKind::Fee, "-60.00", "-11.40")];
        draft.order_tax = Some(eur(of_order));
        let mut cancelled = Desk::of(&draft);
        assert_eq!(cancelled.order.owed(), eur(due));
        let mut whole = cancelled.clone();
        cancelled.run(&cancel_lines(&[(1, 1)]));
        assert_eq!(cancelled.order.owed(), eur(cancelled_owes));
        whole.run(&edit(vec![charges(vec![])]));
        assert_eq!(whole.order.head.order_tax, Some(eur(tax)));
        assert_eq!(whole.order.owed(), eur(whole_owes));
    }
}

/// Another discount of the order.
fn discount(amount: &str) -> EditLine {
    EditLine::Discount {
        discount: eur(amount),
    }
}

#[test]
fn the_discount_of_an_order_is_edited() {
    let mut draft = draft(&[(2, "10.00"), (1, "5.00")]);
    draft.lines[0].discount = eur("1.00");
    draft.discount = eur("2.00");
    draft.stated_total = Some(eur("23.00"));
    draft.payment.captured = eur("22.00");
    let mut desk = Desk::of(&draft);
    desk.run(&allocate(&[("A", 1, 2)]));
    assert_eq!(desk.run(&edit(vec![discount("2.00")])), [], "it is so");
    let preview = preview_edit(&desk.order, &[discount("5.00")]).unwrap();
    assert_eq!((preview.changes, preview.withdrawn), (vec![], vec![]));
    assert_eq!(preview.new.discounts, eur("6.00"));
    assert_eq!(preview.new.stated, Some(eur("20.00")));
    let money = [preview.difference, preview.to_refund, preview.to_collect];
    assert_eq!(money, [eur("-3.00"), eur("2.00"), eur("0")]);
    let events = desk.run(&edit(vec![discount("5.00")]));
    assert_eq!(events.len(), 1);
    assert_eq!(desk.order.head.discount, eur("5.00"));
    assert_eq!(desk.order.owed(), eur("20.00"));
    assert_eq!(desk.order.to_give_back().money, eur("2.00"));
    assert_eq!(desk.waiting(1), [0, 0, 2, 0], "no unit moves");
    assert!(desk.order.head.totals.is_conserved(TaxMode::Exclusive));
    // Said with a line that goes, it is all of it.
    desk.run(&edit(vec![remove(2), discount("4.00")]));
    assert_eq!(desk.order.head.discount, eur("4.00"));
    desk.run(&edit(vec![discount("0")]));
    assert_eq!(desk.order.head.discount, eur("0"));
    assert_eq!(
        desk.order.owed(),
        eur("20.00"),
        "19.00 and what the source knew"
    );
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
    let begun = Desk::shipped();
    assert_eq!(
        refusal(&begun, vec![discount("0")]).code(),
        "update_not_allowed"
    );
}

#[test]
fn units_that_are_cancelled_have_their_share_of_a_discount() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    desk.run(&cancel_lines(&[(1, 1)]));
    let preview = preview_edit(&desk.order, &[discount("5.00")]).unwrap();
    assert_eq!(preview.difference, eur("-2.50"));
    desk.run(&edit(vec![discount("5.00")]));
    assert_eq!(desk.order.owed(), eur("7.50"));
}

#[test]
fn a_discount_that_no_order_is_placed_with_is_refused() {
    let desk = Desk::new(&[(2, "10.00")]);
    let field = || "changes[0].discount".to_owned();
    let expected = OrderRejection::NegativeAmount {
        field: field(),
        found: eur("-0.01"),
    };
    assert_eq!(refusal(&desk, vec![discount("-0.01")]), expected);
    let dollars = EditLine::Discount { discount: usd("1") };
    let expected = OrderRejection::MixedCurrencies {
        field: field(),
        expected: currency(),
        found: usd("1").currency(),
    };
    assert_eq!(refusal(&desk, vec![dollars]), expected);
    let expected = OrderRejection::DiscountTooLarge {
        field: "discount".to_owned(),
        discount: eur("20.01"),
        of: eur("20.00"),
    };
    assert_eq!(refusal(&desk, vec![discount("20.01")]), expected);
    let expected = OrderRejection::TooMany {
        field: "changes.discount".to_owned(),
        found: 2,
        max: 1,
    };
    let twice = vec![discount("1.00"), discount("2.00")];
    assert_eq!(refusal(&desk, twice), expected);
}

#[test]
fn the_preview_says_what_the_buyer_gets_back_or_owes() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.payment.captured = eur("20.00");
    draft.payment.refunded = eur("1.00");
    let desk = Desk::of(&draft);
    let preview = |units: u32| preview_edit(&desk.order, &[change_quantity(1, units)]).unwrap();
    let fewer = preview(1);
    assert_eq!(
        (fewer.old.total, fewer.new.total),
        (eur("20.00"), eur("10.00"))
    );
    assert_eq!(fewer.difference, eur("-10.00"));
    assert_eq!((fewer.to_refund, fewer.to_collect), (eur("9.00"), eur("0")));
    let more = preview(3);
    assert_eq!(more.difference, eur("10.00"));
    assert_eq!((more.to_refund, more.to_collect), (eur("0"), eur("11.00")));
    let same = preview(2);
    assert_eq!((same.difference, same.to_collect), (eur("0"), eur("1.00")));
}

#[test]
fn the_preview_gives_back_no_more_than_was_paid() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![Charge {
        kind: ChargeKind::GiftCard,
        title: None,
        amount: eur("-15.00"),
        tax: eur("0"),
    }];
    draft.payment.captured = eur("5.00");
    let desk = Desk::of(&draft);
    let preview = preview_edit(&desk.order, &[change_quantity(1, 1)]).unwrap();
    assert_eq!(preview.new.total, eur("-5.00"));
    assert_eq!(preview.difference, eur("-5.00"), "from 5.00 to nothing");
    let money = (preview.to_refund, preview.to_collect);
    assert_eq!(money, (eur("5.00"), eur("0")));
    assert_eq!(preview.to_credit, eur("5.00"), "to the gift card");
}

fn charge(kind: ChargeKind, amount: &str, tax: &str) -> Charge {
    Charge {
        kind,
        title: None,
        amount: eur(amount),
        tax: eur(tax),
    }
}

fn charges(charges: Vec<Charge>) -> EditLine {
    EditLine::Charges { charges }
}

#[test]
fn shipping_by_another_service_is_an_edit() {
    let mut draft = draft(&[(2, "10.00")]);
    let standard = charge(ChargeKind::Shipping, "5.00", "0.95");
    draft.charges = vec![standard.clone()];
    draft.payment.captured = eur("25.95");
    let mut desk = Desk::of(&draft);
    desk.run(&allocate(&[("A", 1, 2)]));
    let express = charge(ChargeKind::Shipping, "12.00", "2.28");
    let change = charges(vec![express.clone()]);
    let preview = preview_edit(&desk.order, std::slice::from_ref(&change)).unwrap();
    assert_eq!((preview.changes, preview.withdrawn), (vec![], vec![]));
    let change_of_charges = ChargesChange {
        old: vec![standard],
        new: vec![express.clone()],
    };
    assert_eq!(preview.charges, Some(change_of_charges));
    let money = [preview.difference, preview.to_collect, preview.to_refund];
    assert_eq!(money, [eur("8.33"), eur("8.33"), eur("0")]);

    let events = desk.run(&edit(vec![change.clone()]));
    assert_eq!(events.len(), 1);
    let json = serde_json::to_string(&events[0]).unwrap();
    assert_eq!(
        serde_json::from_str::<OrderEvent>(&json).unwrap(),
        events[0]
    );
    let head = &desk.order.head;
    assert_eq!(head.charges, [express]);
    assert_eq!(head.totals.shipping, eur("12.00"));
    assert!(head.totals.is_conserved(TaxMode::Exclusive));
    assert_eq!(desk.order.owed(), eur("34.28"));
    assert_eq!(desk.order.to_collect(), eur("8.33"));
    assert_eq!(desk.waiting(1), [0, 0, 2, 0], "no unit moves");
    assert_eq!(desk.run(&edit(vec![change])), [], "the same again");
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn lines_and_charges_are_edited_at_once() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::Shipping, "5.00", "0")];
    let mut desk = Desk::of(&draft);
    let free = charges(vec![]);
    let events = desk.run(&edit(vec![free, change_quantity(1, 5)]));
    let [
        OrderEvent::LinesEdited {
            changes, charges, ..
        },
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((changes.len(), charges.is_some()), (1, true));
    assert_eq!(desk.order.head.charges, []);
    assert_eq!(desk.order.owed(), eur("50.00"));
    let events = desk.run(&edit(vec![change_quantity(1, 1)]));
    let json = serde_json::to_value(&events[0]).unwrap();
    assert_eq!(json.get("charges"), None, "as stored before");
}

#[test]
fn what_the_source_stated_moves_with_the_charges() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.lines[0].tax = eur("3.80");
    draft.charges = vec![charge(ChargeKind::Shipping, "5.00", "0.95")];
    draft.order_tax = Some(eur("4.76"));
    draft.stated_total = Some(eur("30.00"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![charges(vec![])]));
    let head = &desk.order.head;
    assert_eq!(head.order_tax, Some(eur("3.81")));
    assert_eq!(head.totals.total, eur("23.81"));
    assert_eq!(head.totals.stated, Some(eur("24.05")));
    assert!(head.totals.is_conserved(TaxMode::Exclusive));

    draft.lines[0].tax = eur("0");
    draft.order_tax = Some(eur("0.50"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![charges(vec![])]));
    let head = &desk.order.head;
    assert_eq!(head.order_tax, Some(eur("0")), "all there was");
    assert!(head.totals.is_conserved(TaxMode::Exclusive));
}

#[test]
fn charges_that_state_no_tax_take_their_share_along() {
    let shipping = |amount: &str, tax: &str| charge(ChargeKind::Shipping, amount, tax);
    for (charged, tax, owed) in [
        (vec![], "9.50", "109.50"),
        (vec![shipping("10.00", "0.95")], "10.45", "120.45"),
        (vec![shipping("20.00", "1.90")], "11.40", "131.40"),
        (vec![shipping("20.00", "0")], "10.45", "130.45"),
        (vec![shipping("4.00", "0")], "9.88", "113.88"),
    ] {
        let mut draft = draft(&[(1, "100.00")]);
        draft.lines[0].tax = eur("9.50");
        draft.charges = vec![shipping("10.00", "0")];
        draft.order_tax = Some(eur("10.45"));
        let mut desk = Desk::of(&draft);
        desk.run(&edit(vec![charges(charged)]));
        assert_eq!(desk.order.head.order_tax, Some(eur(tax)));
        assert_eq!(desk.order.owed(), eur(owed));
        assert!(desk.order.head.totals.is_conserved(TaxMode::Exclusive));
    }
}

#[test]
fn charges_that_are_put_up_and_put_back_cost_no_tax() {
    let shipping = |amount: &str| charges(vec![charge(ChargeKind::Shipping, amount, "0")]);
    let mut draft = draft(&[(1, "100.00")]);
    draft.lines[0].tax = eur("9.50");
    draft.charges = vec![charge(ChargeKind::Shipping, "10.00", "0")];
    draft.order_tax = Some(eur("10.45"));
    let mut desk = Desk::of(&draft);
    // Put up and put back twice, then down, where what went is gone, and up and down again.
    for (amount, least, tax) in [
        ("20.00", Some("10.00"), "10.45"),
        ("10.00", None, "10.45"),
        ("20.00", Some("10.00"), "10.45"),
        ("10.00", None, "10.45"),
        ("4.00", None, "9.88"),
        ("10.00", Some("4.00"), "9.88"),
        ("4.00", None, "9.88"),
    ] {
        desk.run(&edit(vec![shipping(amount)]));
        let head = &desk.order.head;
        assert_eq!(head.least_untaxed, least.map(eur), "{amount}");
        assert_eq!(head.order_tax, Some(eur(tax)), "{amount}");
    }
    assert_eq!(desk.order.owed(), eur("113.88"));
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
    desk.run(&edit(vec![charges(vec![])]));
    assert_eq!(desk.order.owed(), eur("109.50"), "all that was theirs");
}

#[test]
fn a_charge_that_comes_as_another_gets_its_tax_takes_none_over() {
    let mut draft = draft(&[(1, "100.00")]);
    draft.lines[0].tax = eur("9.50");
    draft.charges = vec![charge(ChargeKind::Shipping, "10.00", "0")];
    draft.order_tax = Some(eur("10.45"));
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![charges(vec![
        charge(ChargeKind::Shipping, "10.00", "0.95"),
        charge(ChargeKind::Fee, "10.00", "0"),
    ])]));
    let head = &desk.order.head;
    assert_eq!(head.order_tax, Some(eur("10.45")));
    assert_eq!(head.least_untaxed, Some(eur("0")));
    desk.run(&edit(vec![charges(vec![])]));
    assert_eq!(desk.order.owed(), eur("109.50"));
}

#[test]
fn a_charge_that_an_edit_adds_has_no_part_of_the_tax_that_the_source_stated() {
    let shipping = |tax: &str| charges(vec![charge(ChargeKind::Shipping, "10.00", tax)]);
    let mut draft = draft(&[(1, "50.00"), (1, "50.00")]);
    draft.lines[0].tax = eur("3.00");
    draft.order_tax = Some(eur("8.00"));
    let mut desk = Desk::of(&draft);
    for (changed, tax, owed) in [
        (shipping("0"), "8.00", "118.00"),
        (charges(vec![]), "8.00", "108.00"),
        (shipping("0"), "8.00", "118.00"),
        (shipping("1.00"), "9.00", "119.00"),
    ] {
        desk.run(&edit(vec![changed]));
        assert_eq!(desk.order.head.order_tax, Some(eur(tax)));
        assert_eq!(desk.order.owed(), eur(owed));
    }
}

#[test]
fn what_the_last_taxed_line_leaves_of_the_tax_is_that_of_charges_that_state_none() {
    let mut draft = draft(&[(1, "50.00")]);
    draft.lines[0].tax = eur("4.13");
    draft.charges = vec![charge(ChargeKind::Shipping, "10.00", "0")];
    draft.order_tax = Some(eur("4.95"));
    let mut untaxed = Desk::of(&draft);
    let mut replaced = untaxed.clone();
    untaxed.run(&edit(vec![change_tax(1, "0")]));
    replaced.run(&edit(vec![remove(1), add(2, 1, "50.00")]));
    for mut desk in [untaxed, replaced] {
        assert_eq!(desk.order.head.order_tax, Some(eur("0.82")));
        let mut free = desk.clone();
        free.run(&edit(vec![charges(vec![])]));
        assert_eq!(free.order.head.order_tax, Some(eur("0")));
        assert_eq!(free.order.owed(), eur("50.00"));
        let taxed = charge(ChargeKind::Shipping, "10.00", "0.82");
        desk.run(&edit(vec![charges(vec![taxed])]));
        assert_eq!(desk.order.head.order_tax, Some(eur("0.82")));
        assert_eq!(desk.order.owed(), eur("60.82"));
    }
}

#[test]
fn the_preview_knows_what_of_the_tax_is_that_of_charges_that_are_put_up() {
    let mut draft = draft(&[(1, "100.00"), (1, "10.00")]);
    draft.lines[0].tax = eur("9.50");
    draft.charges = vec![charge(ChargeKind::Shipping, "10.00", "0")];
    draft.order_tax = Some(eur("11.40"));
    let mut desk = Desk::of(&draft);
    desk.run(&cancel_lines(&[(2, 1)]));
    let dearer = charges(vec![charge(ChargeKind::Shipping, "30.00", "0")]);
    let preview = preview_edit(&desk.order, std::slice::from_ref(&dearer)).unwrap();
    assert_eq!(preview.to_collect, eur("140.45"), "151.40 without 10.95");
    desk.run(&edit(vec![dearer]));
    assert_eq!(desk.order.to_collect(), eur("140.45"));
}

#[test]
fn the_preview_leaves_to_the_lines_what_other_charges_leave_of_the_tax() {
    let mut draft = draft(&[(2, "50.00")]);
    draft.charges = vec![charge(ChargeKind::Shipping, "10.00", "0.83")];
    draft.order_tax = Some(eur("9.08"));
    let mut desk = Desk::of(&draft);
    desk.run(&cancel_lines(&[(1, 1)]));
    let dearer = charges(vec![charge(ChargeKind::Shipping, "20.00", "1.66")]);
    let preview = preview_edit(&desk.order, std::slice::from_ref(&dearer)).unwrap();
    assert_eq!(preview.to_collect, eur("75.78"), "54.12 and 21.66");
    desk.run(&edit(vec![dearer]));
    assert_eq!(desk.order.to_collect(), eur("75.78"));
}

#[test]
fn gift_cards_change_and_cover_what_went_back_to_them() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![charge(ChargeKind::GiftCard, "-15.00", "0")];
    draft.payment.captured = eur("5.00");
    let mut desk = Desk::of(&draft);
    desk.run(&pay(credited("3.00"), None));
    let card = |amount: &str| charges(vec![charge(ChargeKind::GiftCard, amount, "0")]);
    let expected = OrderRejection::CreditTooLarge {
        asked: eur("3.00"),
        covered: eur("2.00"),
        credited: eur("0"),
    };
    assert_eq!(refusal(&desk, vec![card("-2.00")]), expected);
    let preview = preview_edit(&desk.order, &[card("-10.00")]).unwrap();
    assert_eq!(preview.to_collect, eur("8.00"), "7.00 are by the card");
    desk.run(&edit(vec![card("-10.00")]));
    assert_eq!(desk.order.to_collect(), eur("8.00"));
    let preview = preview_edit(&desk.order, &[card("-25.00")]).unwrap();
    let back = (preview.to_refund, preview.to_credit);
    assert_eq!(back, (eur("5.00"), eur("2.00")));
    desk.run(&edit(vec![card("-25.00")]));
    let back = desk.order.to_give_back();
    assert_eq!((back.money, back.gift_cards), (eur("5.00"), eur("2.00")));
    assert_eq!(desk.order.owed(), eur("0"));
}

#[test]
fn charges_that_no_order_is_placed_with_are_refused() {
    let desk = Desk::new(&[(2, "10.00")]);
    let refused = |list: Vec<Charge>| refusal(&desk, vec![charges(list)]);
    let good = charge(ChargeKind::Tip, "1.00", "0");
    let field = |name: &str| format!("changes[0].charges[1].{name}");
    let bad = charge(ChargeKind::Shipping, "-0.01", "0");
    let expected = OrderRejection::NegativeAmount {
        field: field("amount"),
        found: eur("-0.01"),
    };
    assert_eq!(refused(vec![good.clone(), bad]), expected);
    let bad = charge(ChargeKind::Duty, "1.00", "-0.01");
    let expected = OrderRejection::NegativeAmount {
        field: field("tax"),
        found: eur("-0.01"),
    };
    assert_eq!(refused(vec![good.clone(), bad]), expected);
    let bad = charge(ChargeKind::GiftCard, "0.01", "0");
    let expected = OrderRejection::PositiveAmount {
        field: field("amount"),
        found: eur("0.01"),
    };
    assert_eq!(refused(vec![good.clone(), bad]), expected);
    let usd = Currency::parse("USD").unwrap();
    let mut bad = good.clone();
    bad.tax = Money::zero(usd);
    let expected = OrderRejection::MixedCurrencies {
        field: field("tax"),
        expected: currency(),
        found: usd,
    };
    assert_eq!(refused(vec![good.clone(), bad]), expected);
    let expected = OrderRejection::TooMany {
        field: "charges".to_owned(),
        found: limits::CHARGES_PER_ORDER_MAX + 1,
        max: limits::CHARGES_PER_ORDER_MAX,
    };
    let many = vec![good.clone(); limits::CHARGES_PER_ORDER_MAX + 1];
    assert_eq!(refused(many), expected);
    let twice = vec![charges(vec![good]), charges(vec![])];
    let expected = OrderRejection::TooMany {
        field: "changes.charges".to_owned(),
        found: 2,
        max: 1,
    };
    assert_eq!(refusal(&desk, twice), expected);
}

#[test]
fn a_line_keeps_the_rate_that_may_be_behind_its_tax_and_no_other() {
    let mut draft = draft(&[(2, "9.99")]);
    let rate = Rate::parse("0.19").ok();
    (draft.lines[0].tax, draft.lines[0].tax_rate) = (eur("3.80"), rate);
    let edited = |change| {
        let mut desk = Desk::of(&draft);
        desk.run(&edit(vec![change]));
        desk.order.head.lines[0].tax_rate
    };
    let three = EditLine::Change {
        line: line(1),
        sku: None,
        quantity: Some(quantity(3)),
        unit_price: None,
        discount: None,
        tax: Some(eur("5.69")),
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    for (change, expected) in [
        (change_price(1, "8.00"), rate),
        (three, rate),
        (change_tax(1, "3.79"), rate),
        (change_tax(1, "1.40"), None),
        // The buyer turned out to be exempt.
        (change_tax(1, "0"), None),
    ] {
        assert_eq!(edited(change.clone()), expected, "{change:?}");
    }
    // The source stated the tax for the whole order alone.
    (draft.lines[0].tax, draft.order_tax) = (eur("0"), Some(eur("3.80")));
    for (tax, expected) in [("3.80", rate), ("1.40", None), ("0", None)] {
        let mut desk = Desk::of(&draft);
        desk.run(&edit(vec![change_tax(1, tax)]));
        assert_eq!(desk.order.head.lines[0].tax_rate, expected, "{tax}");
    }
}

#[test]
fn a_tax_that_is_of_the_rate_takes_no_rate_away_whatever_stood_before() {
    use TaxMode::{Exclusive, Inclusive};
    // The order's own discount takes a part of the price that is taxed.
    for (mode, discount, rate, was, now, stays) in [
        (Exclusive, "0", "0.19", "3.50", "3.80", true),
        (Inclusive, "0", "0.19", "3.80", "3.19", true),
        (Inclusive, "0", "0.19", "3.50", "3.80", false),
        (Exclusive, "1.98", "0.19", "3.80", "3.42", true),
        (Exclusive, "1.98", "0.19", "3.80", "3.40", false),
        (Exclusive, "19.98", "0.19", "3.80", "0", false),
        (Exclusive, "0", "0", "0", "3.80", false),
    ] {
        let mut draft = draft(&[(2, "9.99")]);
        (draft.tax_mode, draft.discount) = (mode, eur(discount));
        let rate = Rate::parse(rate).ok();
        (draft.lines[0].tax, draft.lines[0].tax_rate) = (eur(was), rate);
        let mut desk = Desk::of(&draft);
        desk.run(&edit(vec![change_tax(1, now)]));
        let line = &desk.order.head.lines[0];
        assert_eq!(line.tax_rate, rate.filter(|_| stays), "{mode:?} {now}");
    }
}

#[test]
fn an_edit_names_the_rate_behind_the_tax_of_a_line() {
    let seven = Rate::parse("0.07").ok();
    let mut draft = draft(&[(1, "10.00")]);
    (draft.lines[0].tax, draft.lines[0].tax_rate) = (eur("1.90"), Rate::parse("0.19").ok());
    let with = |mut change: EditLine, named: Option<Rate>| {
        if let EditLine::Add { tax_rate, .. } | EditLine::Change { tax_rate, .. } = &mut change {
            *tax_rate = named;
        }
        change
    };
    let mut desk = Desk::of(&draft);
    desk.run(&edit(vec![
        with(change_tax(1, "0.70"), seven),
        with(add(2, 1, "2.00"), seven),
        add(3, 1, "2.00"),
    ]));
    let rates = |desk: &Desk| -> Vec<Option<Rate>> {
        let lines = desk.order.head.lines.iter();
        lines.map(|line| line.tax_rate).collect()
    };
    assert_eq!(rates(&desk), [seven, seven, None]);
    // The rate alone moves neither units nor money.
    let totals = desk.order.head.totals;
    desk.run(&edit(vec![with(change(3), seven)]));
    assert_eq!(rates(&desk), [seven, seven, seven]);
    assert_eq!(desk.order.head.totals, totals);
}
