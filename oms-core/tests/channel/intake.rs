//! What the payload of a channel asks of an order that is stored already.

use std::collections::BTreeSet;

use oms_core::channel::{
    Ambiguity, Arrival, CHANGED_AT, Choice, Inbound, ORDER_NUMBER, StatusPolicy, paid_reference,
    refund_reference,
};
use oms_core::order::{
    Assignment, CancelLine, CommandKind, Condition, HoldReason, Line, LineQuantity, Order,
    OrderCommand, OrderState, OrderStatus, PaymentEntry, PaymentState, ShipParcel, Tracking,
};
use oms_core::plan::ReserveMode;
use oms_core::service::{ChannelReader, IntakeReader, Reading};
use oms_core::testing::build;
use oms_core::value::limits::ATTRIBUTES_MAX;
use oms_core::value::{
    AttributeKey, AttributeValue, ExternalId, LineId, Money, Quantity, Reason, Timestamp,
};

use crate::shared::{after, channel, fixture, good, number, stored, with};

/// A shop's order by its word, changed at this minute past ten.
fn woo(status: &str, minute: u32) -> String {
    let mut text = with(
        &fixture("woocommerce.json"),
        "\"status\": \"processing\"",
        &format!("\"status\": \"{status}\""),
    );
    if status != "processing" {
        text = with(&text, "\"date_paid_gmt\"", "\"x\"");
    }
    let changed = format!("2026-11-01T10:{minute:02}:00");
    with(
        &text,
        "\"date_modified_gmt\": \"2026-11-01T10:05:00",
        &format!("\"date_modified_gmt\": \"{changed}"),
    )
}

/// The order as its first payload is placed.
fn placed(payload: &str) -> Order {
    let reading = ChannelReader::default().read(&channel(), payload).unwrap();
    let Reading::Place { place, .. } = reading else {
        panic!("{reading:?}");
    };
    stored(&place.draft)
}

fn follow(payload: &str, known: Order) -> (Order, Vec<CommandKind>) {
    let commands = ChannelReader::default().follow(&channel(), payload, &known);
    let kinds = commands.iter().map(OrderCommand::kind).collect();
    (commands.iter().fold(known, after), kinds)
}

#[test]
fn an_older_payload_that_comes_late_cancels_nothing() {
    let known = placed(&woo("pending", 0));
    let kept = known.head.attributes.get(CHANGED_AT).unwrap();
    assert!(kept.as_str().starts_with("2026-11-01T10:00:00"), "{kept}");
    // The shop's cancellation at 10:01 was tried again, and the payment of 10:05 overtook it.
    let (known, told) = follow(&woo("processing", 5), known);
    let paid = [CommandKind::SetAttribute, CommandKind::RecordPayment];
    assert_eq!(told, paid);
    let late = woo("cancelled", 1);
    assert_eq!(good(&late).arrival(&known), Arrival::Late);
    let (known, told) = follow(&late, known);
    assert_eq!((known.status(), told), (OrderStatus::Pending, vec![]));
    // The shop counts seconds: what it says in the same one is followed, and so is what is newer.
    let (_, told) = follow(&woo("cancelled", 5), known.clone());
    assert_eq!(told, [CommandKind::Cancel]);
    let (known, told) = follow(&woo("cancelled", 6), known);
    assert_eq!(told, [CommandKind::SetAttribute, CommandKind::Cancel]);
    assert_eq!(known.status(), OrderStatus::Cancelled);
}

#[test]
fn a_time_far_ahead_is_taken_for_the_moment_of_taking_in() {
    let at = |time: &str| Timestamp::parse_rfc3339(time).unwrap();
    let taken_in = at("2026-11-01T10:02:00Z");
    let bounded = |said: Option<Timestamp>| {
        let mut incoming = good(&woo("pending", 0));
        incoming.state.changed_at = said;
        incoming.bound_changed_at(taken_in);
        incoming.state.changed_at
    };
    let far = Some(at("2099-01-01T00:00:00Z"));
    assert_eq!(bounded(far), Some(taken_in));
    // A clock that is hours ahead, as by its time zone, still tells its messages apart.
    for near in ["2026-10-01T10:00:00Z", "2026-11-02T10:02:00Z"] {
        assert_eq!(bounded(Some(at(near))), Some(at(near)));
    }
    assert_eq!(bounded(None), None);
    // What is said after that is no late message.
    let mut wrong = good(&woo("pending", 0));
    wrong.state.changed_at = far;
    wrong.bound_changed_at(taken_in);
    wrong.keep_changed_at();
    let known = stored(&wrong.draft);
    assert_eq!(good(&woo("cancelled", 5)).arrival(&known), Arrival::New);
}

#[test]
fn room_for_the_time_is_not_made_of_the_orders_number() {
    let mut incoming = good(&woo("pending", 0));
    assert_eq!(number(&incoming), Some("56AQ"));
    let kept = &mut incoming.draft.attributes;
    kept.retain(|name, _| name.as_str() == ORDER_NUMBER);
    for n in kept.len()..ATTRIBUTES_MAX {
        let name = AttributeKey::parse(&format!("a{n:03}")).unwrap();
        kept.insert(name, AttributeValue::parse("x").unwrap());
    }
    incoming.keep_changed_at();
    assert_eq!(number(&incoming), Some("56AQ"));
    let kept = &incoming.draft.attributes;
    assert!(kept.contains_key(CHANGED_AT));
    assert_eq!(kept.len(), ATTRIBUTES_MAX);
}

#[test]
fn money_for_an_order_that_was_cancelled_is_recorded_and_told() {
    let (known, _) = follow(&woo("cancelled", 1), placed(&woo("pending", 0)));
    assert_eq!(known.status(), OrderStatus::Cancelled);
    let paid = woo("processing", 5);
    let (known, told) = follow(&paid, known);
    let expected = [
        CommandKind::AddNote,
        CommandKind::RecordPayment,
        CommandKind::SetAttribute,
    ];
    assert_eq!(told, expected);
    assert_eq!(known.status(), OrderStatus::Cancelled);
    assert_eq!(known.head.payment.captured.to_string(), "57.35 USD");
    let notes: Vec<_> = known.head.notes.iter().collect();
    assert!(notes.len() > placed(&paid).head.notes.len(), "{notes:?}");
    // Told again, it is known.
    let (_, told) = follow(&paid, known.clone());
    assert_eq!(told, []);
    // Nor is it once more that the order goes on there.
    let (_, told) = follow(&woo("processing", 7), known);
    assert_eq!(told, [CommandKind::SetAttribute]);
}

#[test]
fn an_order_that_its_channel_takes_back_from_the_bin_is_told_once() {
    let paid = woo("processing", 5);
    for follow in [follow, obey] {
        for word in ["cancelled", "trash"] {
            let (gone, _) = follow(&woo(word, 6), placed(&paid));
            assert_eq!(gone.status(), OrderStatus::Cancelled);
            // What overtook the cancellation, or is said in its second, is no news.
            for minute in [5, 6] {
                assert_eq!(follow(&woo("processing", minute), gone.clone()).1, []);
            }
            let (known, told) = follow(&woo("processing", 7), gone.clone());
            assert_eq!(told, [CommandKind::AddNote, CommandKind::SetAttribute]);
            let note = known.head.notes.last().unwrap().text.to_string();
            assert!(note.starts_with("alive again on the channel"), "{note}");
            let (_, told) = follow(&woo("processing", 8), known.clone());
            assert_eq!(told, [CommandKind::SetAttribute]);
            // The worker died in between; another does the rest, and asks no second time.
            let again = woo("processing", 7);
            let commands = ChannelReader::default().follow(&channel(), &again, &gone);
            let (rest, _) = follow(&again, after(gone, &commands[0]));
            assert_eq!(rest.head.notes, known.head.notes);
            assert_eq!(rest.head.attributes, known.head.attributes);
        }
        // A cancellation of our own, of which the shop has not heard.
        let (_, told) = follow(&woo("processing", 7), cancelled(&paid));
        assert_eq!(told, [CommandKind::SetAttribute]);
    }
}

#[test]
fn a_person_is_told_of_the_money_though_a_worker_died_between() {
    let (known, _) = follow(&woo("cancelled", 1), placed(&woo("pending", 0)));
    let paid = woo("processing", 5);
    let commands = ChannelReader::default().follow(&channel(), &paid, &known);
    let notes = |order: &Order| order.head.notes.len();
    for done in 0..=commands.len() {
        // The worker died when it had done so many of them; another does the rest.
        let tried = commands[..done].iter().fold(known.clone(), after);
        let (again, _) = follow(&paid, tried);
        assert_eq!(notes(&again), notes(&known) + 1, "{done}");
        assert_eq!(again.head.payment.captured.to_string(), "57.35 USD");
    }
}

/// An order of another shop, by its word on the payment.
fn shop(payment: &str) -> String {
    format!(
        r##"{{"id":1,"name":"#1","currency":"EUR","total_price":"8.50","taxes_included":true,
        {payment},"line_items":[{{"id":1,"sku":"TEA","quantity":1,"price":"8.50"}}]}}"##
    )
}

fn cancelled(payload: &str) -> Order {
    let reason = Reason::parse("not paid in time").unwrap();
    after(placed(payload), &OrderCommand::Cancel { reason })
}

#[test]
fn money_that_went_back_is_not_asked_for_again() {
    let back = r#""refunds": [{"id": 1, "total": "-20.00"}]"#;
    let part = with(&woo("processing", 5), r#""refunds": []"#, back);
    let (known, told) = follow(&part, cancelled(&woo("pending", 0)));
    let expected = [
        CommandKind::AddNote,
        CommandKind::RecordPayment,
        CommandKind::RecordPayment,
        CommandKind::SetAttribute,
    ];
    assert_eq!(told, expected);
    let payment = &known.head.payment;
    let sums = (payment.captured.to_string(), payment.refunded.to_string());
    assert_eq!(sums, ("57.35 USD".to_owned(), "20.00 USD".to_owned()));
    let note = known.head.notes.last().unwrap().text.to_string();
    assert!(note.starts_with("37.35 USD was paid"), "{note}");
    assert_eq!(follow(&part, known).1, []);
}

#[test]
fn a_part_of_the_money_for_a_cancelled_order_is_told_too() {
    let unpaid = shop(r#""financial_status":"pending","total_outstanding":"8.50""#);
    let part = shop(r#""financial_status":"partially_paid","total_outstanding":"5.50""#);
    let known = cancelled(&unpaid);
    assert_eq!(follow(&unpaid, known.clone()).1, []);
    let (known, told) = follow(&part, known);
    assert_eq!(told, [CommandKind::AddNote, CommandKind::RecordPayment]);
    assert_eq!(known.head.payment.captured.to_string(), "3.00 EUR");
}

/// The order, approved, with all that the catalogue knows at a hub.
pub(crate) fn approved(known: Order) -> Order {
    let lines = known.head.lines.iter();
    let lines = lines.filter(|line| line.sku.known().is_some());
    let share = |line: &Line| Assignment {
        hub: build::hub("north"),
        line: line.id,
        quantity: line.open.quantity().unwrap(),
    };
    let allocate = OrderCommand::Allocate {
        assignments: lines.map(share).collect(),
        expires_at: None,
    };
    [allocate, OrderCommand::Approve].iter().fold(known, after)
}

/// The order, sent in one parcel.
fn sent(known: Order) -> Order {
    let hub = build::fulfillment(1);
    let ship = OrderCommand::ship_all(hub, Tracking::default());
    let all = [
        OrderCommand::pick_all(hub),
        OrderCommand::pack_all(hub),
        ship,
    ];
    all.iter().fold(approved(known), after)
}

#[test]
fn money_that_comes_after_the_goods_is_recorded() {
    // Cash on delivery: to be sent, and paid at the door.
    let ordered = with(&woo("processing", 5), "\"date_paid_gmt\"", "\"x\"");
    let paid = with(
        &woo("processing", 9),
        "\"status\": \"processing\"",
        "\"status\": \"completed\"",
    );
    let known = placed(&ordered);
    assert!(known.head.payment.captured.is_zero());
    for known in [approved(known.clone()), sent(known)] {
        let status = known.status();
        let (known, told) = follow(&paid, known);
        let expected = [CommandKind::SetAttribute, CommandKind::RecordPayment];
        assert_eq!((known.status(), told), (status, expected.to_vec()));
        assert_eq!(known.head.payment.captured.to_string(), "57.35 USD");
        assert_eq!(follow(&paid, known).1, []);
    }
}

/// What was taken and given back, and what is still to be.
fn sums(order: &Order) -> [String; 3] {
    let payment = &order.head.payment;
    let owed = order.to_give_back().money;
    [payment.captured, payment.refunded, owed].map(|sum| sum.to_string())
}

#[test]
fn what_a_shop_gave_back_with_its_cancellation_is_not_owed() {
    let gone = r#""cancelled_at":"2026-11-20T10:00:00Z","financial_status":"refunded","refunds":[
        {"id":9,"transactions":[{"id":3,"kind":"refund","status":"success","amount":"8.50"}]}]"#;
    let (paid, gone) = (shop(r#""financial_status":"paid""#), shop(gone));
    let all = ["8.50 EUR", "8.50 EUR", "0.00 EUR"].map(str::to_owned);
    let (known, told) = follow(&gone, placed(&paid));
    // The money first: who hears of the cancellation may pay back what is owed then.
    assert_eq!(told, [CommandKind::RecordPayment, CommandKind::Cancel]);
    assert_eq!(
        (known.status(), sums(&known)),
        (OrderStatus::Cancelled, all.clone())
    );
    let (again, _) = follow(&gone, known.clone());
    assert_eq!(again.version, known.version);
    // Cancelled here before, by whomever, the sums are the same, and no person is asked.
    let (known, told) = follow(&gone, cancelled(&paid));
    assert!(!told.contains(&CommandKind::AddNote), "{told:?}");
    assert_eq!(sums(&known), all);
}

#[test]
fn what_a_host_captures_when_it_ships_is_recorded_once() {
    let authorised = shop(r#""financial_status":"authorized","total_outstanding":"8.50""#);
    let paid = shop(r#""financial_status":"paid""#);
    let known = sent(placed(&authorised));
    assert_eq!(sums(&known)[0], "0.00 EUR");
    let amount = Money::parse("8.50", known.head.totals.currency()).unwrap();
    let by_host = OrderCommand::RecordPayment {
        entry: PaymentEntry::Captured { amount },
        method: None,
        reference: paid_reference(&known, amount),
    };
    // The channel's word is first.
    let (told, kinds) = follow(&paid, known.clone());
    assert_eq!(kinds, [CommandKind::RecordPayment]);
    let all = ["8.50 EUR", "0.00 EUR", "0.00 EUR"].map(str::to_owned);
    assert_eq!(sums(&after(told, &by_host)), all);
    // The host is.
    let (known, kinds) = follow(&paid, after(known, &by_host));
    assert_eq!((kinds, sums(&known)), (vec![], all));
}

#[test]
fn what_a_shop_gave_back_later_is_recorded_once() {
    let back = r#""refunds": [{"id": 1, "total": "-20.00"}]"#;
    let part = with(&woo("processing", 6), r#""refunds": []"#, back);
    let known = sent(placed(&woo("processing", 5)));
    let (told, kinds) = follow(&part, known.clone());
    assert_eq!(
        kinds,
        [CommandKind::SetAttribute, CommandKind::RecordPayment]
    );
    assert_eq!(sums(&told)[1], "20.00 USD");
    assert_eq!(follow(&part, told.clone()).1, []);
    // A host that gave it back there, and records it under the name of the channel's sum.
    let amount = Money::parse("20.00", known.head.totals.currency()).unwrap();
    let by_hand = OrderCommand::RecordPayment {
        entry: PaymentEntry::Refunded { amount },
        method: None,
        reference: refund_reference(&known, amount),
    };
    assert_eq!(sums(&after(told, &by_hand))[1], "20.00 USD");
    let known = after(known, &by_hand);
    assert_eq!(follow(&part, known).1, [CommandKind::SetAttribute]);
}

#[test]
fn a_refund_that_failed_or_was_deleted_there_is_asked_about_once() {
    let back = |sums: &[&str], minute: u32| {
        let refund = |(at, sum): (usize, &&str)| format!(r#"{{"id": {at}, "total": "-{sum}"}}"#);
        let refunds: Vec<String> = (7..).zip(sums).map(refund).collect();
        woo_refunded(&refunds.join(","), minute)
    };
    let paid = placed(&woo("processing", 5));
    let (since, _) = follow(&back(&["20.00", "5.00"], 6), sent(paid.clone()));
    let from_the_start = sent(placed(&back(&["20.00", "5.00"], 6)));
    for known in [&since, &from_the_start] {
        assert_eq!(sums(known)[1], "25.00 USD");
        let (less, told) = follow(&back(&["20.00"], 7), known.clone());
        assert_eq!(told, [CommandKind::SetAttribute, CommandKind::AddNote]);
        let note = less.head.notes.last().unwrap().text.to_string();
        assert!(note.starts_with("20.00 USD went back"), "{note}");
        assert_eq!(sums(&less)[1], "25.00 USD");
        assert_eq!(follow(&back(&["20.00"], 7), less.clone()).1, []);
        // The other one, too; also of an order that is cancelled.
        let (_, told) = follow(&back(&[], 8), less);
        assert_eq!(told, [CommandKind::SetAttribute, CommandKind::AddNote]);
    }
    let gone = OrderCommand::Cancel {
        reason: Reason::parse("no stock").unwrap(),
    };
    let (gone, _) = follow(&back(&["20.00"], 6), after(paid.clone(), &gone));
    let (_, told) = follow(&back(&[], 7), gone);
    assert!(told.contains(&CommandKind::AddNote), "{told:?}");
    // What a host gave back past the channel, the channel need not know of.
    let amount = Money::parse("9.00", paid.head.totals.currency()).unwrap();
    let by_bank = OrderCommand::RecordPayment {
        entry: PaymentEntry::Refunded { amount },
        method: None,
        reference: Some(ExternalId::parse("bank-1").unwrap()),
    };
    let known = after(sent(paid), &by_bank);
    let (_, told) = follow(&back(&[], 7), known);
    assert_eq!(told, [CommandKind::SetAttribute]);
}

#[test]
fn a_refund_that_waits_there_is_not_asked_about_before_it_failed() {
    let back = |status: &str| {
        let refund = format!(
            r#"{{"id":9,"transactions":[{{"id":3,"kind":"refund","status":"{status}",
            "amount":"3.00"}}]}},{{"id":10,"transactions":[]}}"#
        );
        shop(&format!(
            r#""financial_status":"paid","refunds":[{refund}]"#
        ))
    };
    let paid = approved(placed(&shop(r#""financial_status":"paid""#)));
    let amount = Money::parse("3.00", paid.head.totals.currency()).unwrap();
    let by_host = OrderCommand::RecordPayment {
        entry: PaymentEntry::Refunded { amount },
        method: None,
        reference: refund_reference(&paid, amount),
    };
    let known = after(paid, &by_host);
    assert_eq!(follow(&back("pending"), known.clone()).1, []);
    let (known, told) = follow(&back("failure"), known);
    assert_eq!(told, [CommandKind::AddNote]);
    assert_eq!(follow(&back("failure"), known).1, []);
}

/// A shop's paid order with these refunds, changed at this minute past ten.
fn woo_refunded(refunds: &str, minute: u32) -> String {
    let refunds = format!("\"refunds\": [{refunds}]");
    with(&woo("processing", minute), "\"refunds\": []", &refunds)
}

#[test]
fn each_refund_for_nobody_knows_what_is_asked_about() {
    let one = woo_refunded(r#"{"id": 7, "total": "-4.25"}"#, 6);
    let two = r#"{"id": 9, "total": "-3.00"}, {"id": 7, "total": "-4.25"}"#;
    let two = woo_refunded(two, 7);
    let asked = [
        CommandKind::SetAttribute,
        CommandKind::Hold,
        CommandKind::AddNote,
        CommandKind::RecordPayment,
    ];
    let mut known = approved(placed(&woo("processing", 5)));
    for (news, sum) in [(&one, "4.25 USD"), (&two, "7.25 USD")] {
        let (held, told) = obey(news, known);
        assert_eq!(told, asked);
        assert_eq!(sums(&held)[1], sum);
        // What a person released stays released.
        assert_eq!(obey(news, held.clone()).1, []);
        known = after(held, &OrderCommand::release_all());
        assert_eq!(obey(news, known.clone()).1, []);
    }
    assert_eq!(obey(&one, known).1, []);
    // The first one came with the order, and was asked about then.
    let first = at_first(&one);
    assert_eq!(obey(&one, first.clone()).1, [CommandKind::Confirm]);
    for follow in [follow, obey] {
        let released = after(first.clone(), &OrderCommand::release_all());
        let (again, told) = follow(&two, released);
        assert!(told.contains(&CommandKind::Confirm), "{told:?}");
        assert_eq!(again.status(), OrderStatus::OnHold);
    }
}

#[test]
fn what_goes_of_an_order_that_waits_is_asked_about_too() {
    let plain = |back: &str| {
        format!(
            r#"{{"order_id":"T-1","currency":"EUR","total":"9.00","lines":[{{"id":"1","sku":"TEA",
            "quantity":2,"unit_price":"4.50"}}],"payment":{{"captured":"9.00",
            "refunded":"{back}"}}}}"#
        )
    };
    // A shop takes one unit off, then the other line's.
    let shop = |left: [u32; 2]| {
        let line = |id: usize| {
            let left = left[id - 1];
            format!(
                r#"{{"id":{id},"sku":"TEA","quantity":1,"current_quantity":{left},
                "price":"4.25"}}"#
            )
        };
        format!(
            r##"{{"id":1,"name":"#1","currency":"EUR","total_price":"12.75","taxes_included":true,
            "financial_status":"paid","line_items":[{},{},{{"id":3,"sku":"TEA","quantity":1,
            "current_quantity":1,"price":"4.25"}}]}}"##,
            line(1),
            line(2)
        )
    };
    for [before, then] in [[plain("2.00"), plain("3.00")], [shop([0, 1]), shop([0, 0])]] {
        let released = after(at_first(&before), &OrderCommand::release_all());
        assert_eq!(follow(&before, released.clone()).1, [CommandKind::Confirm]);
        let (held, told) = follow(&then, released);
        assert!(told.contains(&CommandKind::AddNote), "{told:?}");
        assert_eq!(held.status(), OrderStatus::OnHold);
    }
}

#[test]
fn what_went_back_for_units_that_are_gone_here_is_not_asked_about() {
    let cancel = OrderCommand::CancelLines {
        reason: Reason::parse("broken").unwrap(),
        lines: vec![CancelLine {
            line: LineId::new(1).unwrap(),
            quantity: Quantity::new(1).unwrap(),
            fulfillment: None,
        }],
    };
    let known = after(approved(placed(&woo("processing", 5))), &cancel);
    let owed = known.to_give_back().money;
    assert!(owed.is_positive());
    let back = |sum: Money| {
        let refund = format!(r#"{{"id": 7, "total": "-{}"}}"#, sum.amount());
        woo_refunded(&refund, 6)
    };
    let recorded = [CommandKind::SetAttribute, CommandKind::RecordPayment];
    let (paid, told) = obey(&back(owed), known.clone());
    assert_eq!(told, recorded);
    assert_eq!(obey(&back(owed), paid).1, []);
    // A cent more is for something else.
    let cent = Money::parse("0.01", owed.currency()).unwrap();
    let more = owed.checked_add(cent).unwrap();
    let (_, told) = obey(&back(more), known);
    assert!(told.contains(&CommandKind::Hold), "{told:?}");
}

#[test]
fn a_refund_that_is_known_here_is_no_question_beside_others() {
    let known = approved(placed(&woo("processing", 5)));
    let amount = Money::parse("4.25", known.head.totals.currency()).unwrap();
    let by_host = OrderCommand::RecordPayment {
        entry: PaymentEntry::Refunded { amount },
        method: None,
        reference: refund_reference(&known, amount),
    };
    let told_of = after(known.clone(), &by_host);
    let noted = |order: &Order| order.head.notes.last().unwrap().text.to_string();
    // A unit less in the shop, beside it.
    let less = woo_refunded(r#"{"id": 7, "total": "-4.25"}"#, 6);
    let two = r#""quantity": 2, "subtotal": "30.00""#;
    let less = with(&less, two, r#""quantity": 1, "subtotal": "30.00""#);
    for (known, asked) in [(&told_of, false), (&known, true)] {
        let note = noted(&obey(&less, known.clone()).0);
        assert!(note.contains("1 of line 316 gone"), "{note}");
        assert_eq!(note.contains("refunded by"), asked, "{note}");
    }
    // Units that another refund names, which are cancelled.
    let named = r#"{"id": 9, "total": "-30.00", "line_items": [{"id": 77, "quantity": -2,
        "meta_data": [{"key": "_refunded_item_id", "value": "316"}]}]},
        {"id": 7, "total": "-4.25"}"#;
    let named = woo_refunded(named, 6);
    let (gone, told) = obey(&named, told_of);
    let cancelled = [
        CommandKind::SetAttribute,
        CommandKind::CancelLines,
        CommandKind::RecordPayment,
    ];
    assert_eq!(told, cancelled);
    assert_eq!(sums(&gone)[1], "34.25 USD");
    let (held, told) = obey(&named, known);
    assert!(told.contains(&CommandKind::Hold), "{told:?}");
    assert!(noted(&held).contains("refunded by"), "{held:?}");
}

/// An order of two units, so many of which left.
fn parcel(units: u32) -> Order {
    let hub = build::fulfillment(1);
    let pick = OrderCommand::Pick {
        fulfillment: hub,
        lines: vec![LineQuantity {
            line: LineId::new(1).unwrap(),
            quantity: Quantity::new(units).unwrap(),
        }],
    };
    let ship = OrderCommand::ship_all(hub, Tracking::default());
    let all = [pick, OrderCommand::pack_all(hub), ship];
    all.iter().fold(approved(placed(&two(2, ""))), after)
}

#[test]
fn what_is_cancelled_after_a_parcel_left_is_asked_about_once() {
    let gone = two(2, r#""cancelled_at":"2026-11-20T10:00:00Z","#);
    let noted = |order: &Order| order.head.notes.last().unwrap().text.to_string();
    for follow in [follow, obey] {
        let (known, told) = follow(&gone, parcel(1));
        assert_eq!(told, [CommandKind::CancelRest, CommandKind::AddNote]);
        assert_eq!(known.head.lines[0].cancelled.get(), 1);
        assert!(
            noted(&known).contains("is it coming back?"),
            "{}",
            noted(&known)
        );
        assert_eq!(follow(&gone, known).1, []);
        // All of it left.
        let (known, told) = follow(&gone, parcel(2));
        assert_eq!(told, [CommandKind::AddNote]);
        assert_eq!(known.status(), OrderStatus::Shipped);
        assert_eq!(follow(&gone, known).1, []);
        // Nothing did.
        let (known, told) = follow(&gone, approved(placed(&two(2, ""))));
        assert_eq!(told, [CommandKind::Cancel]);
        assert_eq!(follow(&gone, known).1, []);
    }
}

#[test]
fn what_is_cancelled_once_its_channel_knows_of_a_parcel_is_not_sent() {
    let gone = two(
        2,
        r#""cancelled_at":"2026-11-20T10:00:00Z","fulfillments":[{"status":"success",
        "line_items":[{"id":1,"quantity":1}]}],"#,
    );
    for follow in [follow, obey] {
        let (known, told) = follow(&gone, parcel(1));
        assert_eq!(told, [CommandKind::CancelRest, CommandKind::AddNote]);
        assert_eq!(known.head.lines[0].cancelled.get(), 1);
        assert_eq!(follow(&gone, known).1, []);
        let (known, told) = follow(&gone, parcel(2));
        assert_eq!(told, [CommandKind::AddNote]);
        assert_eq!(follow(&gone, known).1, []);
        // Nothing left here: somebody else sent it.
        let (known, told) = follow(&gone, approved(placed(&two(2, ""))));
        assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
        assert_eq!(known.status(), OrderStatus::OnHold);
        assert_eq!(follow(&gone, known.clone()).1, []);
        let known = after(known, &OrderCommand::release_all());
        assert_eq!(follow(&gone, known).1, []);
    }
}

/// A shop's order by its word, paid on that day, changed at this minute past ten.
pub(crate) fn woo_paid(status: &str, minute: u32) -> String {
    let word = format!("\"status\": \"{status}\"");
    with(
        &woo("processing", minute),
        "\"status\": \"processing\"",
        &word,
    )
}

/// What an order is told that its channel put on hold.
const HELD: [CommandKind; 3] = [
    CommandKind::SetAttribute,
    CommandKind::Hold,
    CommandKind::AddNote,
];

#[test]
fn what_a_channel_puts_on_hold_later_is_held_until_a_person_releases_it() {
    let known = approved(placed(&woo("processing", 1)));
    for follow in [follow, obey] {
        let (held, told) = follow(&woo_paid("on-hold", 5), known.clone());
        assert_eq!((held.status(), told), (OrderStatus::OnHold, HELD.to_vec()));
        assert!(
            held.head
                .hold
                .as_ref()
                .unwrap()
                .reasons
                .contains(&HoldReason::Review)
        );
        let released = after(held, &OrderCommand::release_all());
        let (released, told) = follow(&woo_paid("on-hold", 6), released);
        assert_eq!(told, HELD[..1]);
        // Nor is it told again where the channel let it go in between.
        let (released, _) = follow(&woo_paid("processing", 7), released);
        assert_eq!(follow(&woo_paid("on-hold", 8), released).1, HELD[..1]);
        // One that was on hold from the beginning, too.
        let first = woo("on-hold", 5);
        let known = at_first(&first);
        assert_eq!(known.status(), OrderStatus::OnHold);
        assert_eq!(follow(&first, known.clone()).1, []);
        let known = after(known, &OrderCommand::release_all());
        assert_eq!(follow(&first, known).1, []);
    }
}

#[test]
fn what_was_paid_and_failed_then_is_held() {
    let known = approved(placed(&woo("processing", 1)));
    for follow in [follow, obey] {
        let (held, told) = follow(&woo_paid("failed", 5), known.clone());
        assert_eq!((held.status(), told), (OrderStatus::OnHold, HELD.to_vec()));
        assert_eq!(follow(&woo_paid("failed", 6), held).1, HELD[..1]);
        // Nobody paid it yet, and the buyer may try again.
        let waits = placed(&woo("pending", 1));
        let (waits, told) = follow(&woo("failed", 5), waits);
        let noted = HELD[..1].to_vec();
        assert_eq!((waits.status(), told), (OrderStatus::Pending, noted));
    }
}

#[test]
fn the_echo_of_a_hold_that_was_told_holds_nothing_more() {
    let full = OrderCommand::Hold {
        reason: HoldReason::Capacity,
        note: None,
    };
    let known = after(approved(placed(&woo("processing", 1))), &full);
    let (echo, failed) = (woo_paid("on-hold", 5), woo_paid("failed", 5));
    for statuses in [None, Some(StatusPolicy::new())] {
        let told = |payload: &str, tells_holds| {
            let reader = ChannelReader {
                tells_holds,
                statuses: statuses.clone(),
                ..ChannelReader::default()
            };
            let commands = reader.follow(&channel(), payload, &known);
            let kinds = commands.iter().map(OrderCommand::kind);
            kinds.collect::<Vec<CommandKind>>()
        };
        assert_eq!(told(&echo, true), [CommandKind::SetAttribute]);
        assert!(told(&echo, false).contains(&CommandKind::Hold));
        // Nobody told the shop that.
        assert!(told(&failed, true).contains(&CommandKind::Hold));
    }
    // Nobody can tell eBay a hold: it is the buyer who asks.
    let mut page: serde_json::Value = serde_json::from_str(&fixture("ebay.json")).unwrap();
    let mut order = page["orders"][0].take();
    let known = after(approved(placed(&order.to_string())), &full);
    order["cancelStatus"]["cancelState"] = "IN_PROGRESS".into();
    order["lastModifiedDate"] = "2026-11-02T11:30:00.000Z".into();
    let asked = order.to_string();
    let reader = ChannelReader {
        tells_holds: true,
        ..ChannelReader::default()
    };
    let commands = reader.follow(&channel(), &asked, &known);
    let kinds: Vec<CommandKind> = commands.iter().map(OrderCommand::kind).collect();
    assert!(kinds.contains(&CommandKind::Hold), "{kinds:?}");
}

/// The order as it stands once its first payload was taken in.
fn at_first(payload: &str) -> Order {
    let reading = ChannelReader::default().read(&channel(), payload).unwrap();
    let Reading::Place { place, then } = reading else {
        panic!("{reading:?}");
    };
    let kinds: Vec<_> = then.iter().map(OrderCommand::kind).collect();
    assert_eq!(kinds, [CommandKind::Hold, CommandKind::AddNote]);
    let mut placed = stored(&place.draft);
    placed.head.tentative = true;
    then.iter().fold(placed, after)
}

#[test]
fn what_is_put_on_hold_is_held_while_a_unit_has_not_left() {
    let held = two(2, r#""fulfillment_status":"on_hold","#);
    for follow in [follow, obey] {
        let (known, told) = follow(&held, parcel(1));
        assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
        let known = after(known, &OrderCommand::release_all());
        assert_eq!(follow(&held, known).1, []);
        // What is picked or packed has not left, be it the rest or all of it.
        let hub = build::fulfillment(1);
        let rest = after(parcel(1), &OrderCommand::pick_all(hub));
        let picked = approved(placed(&two(2, "")));
        let picked = after(picked, &OrderCommand::pick_all(hub));
        let packed = after(picked.clone(), &OrderCommand::pack_all(hub));
        for known in [rest, picked, packed] {
            let (known, told) = follow(&held, known);
            assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
            assert_eq!(known.status(), OrderStatus::OnHold);
            let known = after(known, &OrderCommand::release_all());
            assert_eq!(follow(&held, known).1, []);
        }
        // All of it left.
        let (known, told) = follow(&held, parcel(2));
        assert_eq!(told, [CommandKind::AddNote]);
        assert_eq!(follow(&held, known).1, []);
    }
}

#[test]
fn a_hold_that_waits_for_the_payment_is_no_hold_of_what_is_paid() {
    let deposit = woo("on-hold", 5);
    for follow in [follow, obey] {
        // Held when it came, paid, and put on hold by hand a day later.
        let (known, told) = follow(&woo_paid("processing", 6), at_first(&deposit));
        assert!(told.contains(&CommandKind::Release), "{told:?}");
        let (known, told) = follow(&woo_paid("on-hold", 7), known);
        let again = [
            CommandKind::SetAttribute,
            CommandKind::Hold,
            CommandKind::AddNote,
        ];
        assert_eq!(told, again);
        assert!(
            known
                .head
                .hold
                .as_ref()
                .unwrap()
                .reasons
                .contains(&HoldReason::Review)
        );
        // Held without a note; a person saw the money.
        let hold = OrderCommand::Hold {
            reason: HoldReason::Payment,
            note: None,
        };
        let amount = known.head.payment.captured;
        let paid = OrderCommand::RecordPayment {
            entry: PaymentEntry::Captured { amount },
            method: None,
            reference: None,
        };
        let told = [hold, paid, OrderCommand::release_all()];
        let known = told.iter().fold(placed(&woo("pending", 1)), after);
        assert_eq!(follow(&deposit, known).1, [CommandKind::SetAttribute]);
        // What is to be paid at the door is firm: no payment ends its hold.
        let at_the_door = placed(&with(&woo("processing", 1), "\"date_paid_gmt\"", "\"x\""));
        let (known, _) = follow(&deposit, approved(at_the_door));
        let reasons = &known.head.hold.as_ref().unwrap().reasons;
        assert_eq!(*reasons, BTreeSet::from([HoldReason::Review]));
    }
}

#[test]
fn a_payment_that_its_channel_denies_is_no_payment_that_is_here() {
    let known = approved(placed(&two(2, "")));
    assert!(known.to_collect().is_zero());
    for follow in [follow, obey] {
        for word in ["voided", "expired"] {
            let gone = with(&two(2, ""), "\"paid\"", &format!("\"{word}\""));
            let (held, told) = follow(&gone, known.clone());
            assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote], "{word}");
            let reasons = &held.head.hold.as_ref().unwrap().reasons;
            assert_eq!(*reasons, BTreeSet::from([HoldReason::Review]));
            let released = after(held, &OrderCommand::release_all());
            assert_eq!(follow(&gone, released).1, [], "{word}");
        }
    }
}

#[test]
fn a_promise_of_money_is_recorded_whenever_it_comes_and_taken_back() {
    let word = |word: &str| shop(&format!(r#""financial_status":"{word}""#));
    let (unpaid, authorised) = (placed(&word("pending")), word("authorized"));
    assert!(!Condition::PaidOrAuthorised.holds(&unpaid));
    let (promised, told) = follow(&authorised, unpaid);
    assert_eq!(told, [CommandKind::RecordPayment]);
    assert_eq!(follow(&authorised, promised.clone()).1, []);
    for known in [promised, placed(&authorised)] {
        assert_eq!(known.payment_state(), PaymentState::Authorised);
        assert!(Condition::PaidOrAuthorised.holds(&known));
        // Money draws on it, and a copy from before is no other promise.
        let (paid, told) = follow(&word("paid"), known.clone());
        assert_eq!(told, [CommandKind::RecordPayment]);
        assert_eq!(paid.payment_state(), PaymentState::Paid);
        assert_eq!(follow(&authorised, paid).1, []);
        for end in ["voided", "expired"] {
            let (gone, told) = follow(&word(end), known.clone());
            let expected = [
                CommandKind::Hold,
                CommandKind::AddNote,
                CommandKind::RecordPayment,
            ];
            assert_eq!(told, expected, "{end}");
            assert!(!Condition::PaidOrAuthorised.holds(&gone));
            assert_eq!(follow(&word(end), gone.clone()).1, [], "{end}");
            // The buyer promises it anew.
            assert_eq!(
                follow(&authorised, gone).1,
                [CommandKind::RecordPayment],
                "{end}"
            );
        }
    }
    // The host took it on the channel, and said so first.
    let known = placed(&word("pending"));
    let amount = Money::parse("8.50", known.head.totals.currency()).unwrap();
    let by_host = OrderCommand::RecordPayment {
        entry: PaymentEntry::Captured { amount },
        method: None,
        reference: paid_reference(&known, amount),
    };
    assert_eq!(follow(&authorised, after(known, &by_host)).1, []);
}

#[test]
fn how_a_buyer_pays_is_known_once_money_comes() {
    let method = |order: &Order| {
        let method = order.head.payment.method.as_ref();
        method.map(|method| method.0.to_string())
    };
    let by = |word: &str, name: &str| {
        let names = format!(r#""financial_status":"{word}","payment_gateway_names":["{name}"]"#);
        shop(&names)
    };
    let unpaid = placed(&shop(r#""financial_status":"pending""#));
    assert_eq!(method(&unpaid), None);
    // Promised by one way, and paid by another one after all.
    let (known, _) = follow(&by("authorized", "card"), unpaid);
    assert_eq!(method(&known).as_deref(), Some("card"));
    let (known, _) = follow(&by("paid", "wallet"), known);
    assert_eq!(method(&known).as_deref(), Some("wallet"));
    // A later word without news of money changes nothing.
    let (known, told) = follow(&by("paid", "bank"), known);
    assert_eq!((method(&known).as_deref(), told), (Some("wallet"), vec![]));
}

#[test]
fn a_hold_by_the_meaning_of_a_word_is_told_once() {
    let hold = Inbound::MoveTo {
        status: OrderStatus::OnHold,
        remark: None,
    };
    let known = approved(placed(&two(2, "")));
    let told = hold.commands(&known);
    let kinds: Vec<_> = told.iter().map(OrderCommand::kind).collect();
    assert_eq!(kinds, [CommandKind::Hold, CommandKind::AddNote]);
    let known = told.iter().fold(known, after);
    assert_eq!(known.status(), OrderStatus::OnHold);
    let known = after(known, &OrderCommand::release_all());
    assert_eq!(hold.commands(&known), []);
}

#[test]
fn a_word_that_nobody_knows_stops_no_order_in_work() {
    let known = approved(placed(&woo("processing", 1)));
    let packed = woo("packed", 5);
    let (after, told) = follow(&packed, known.clone());
    assert_eq!(told, [CommandKind::SetAttribute]);
    assert_eq!(after.status(), OrderStatus::Approved);
    let (after, told) = obey(&packed, known.clone());
    assert_eq!(told, [CommandKind::SetAttribute, CommandKind::AddNote]);
    assert_eq!(after.status(), OrderStatus::Approved);
    assert_eq!(obey(&packed, after).1, []);
    // The policy says what the word means.
    let policy = StatusPolicy::new()
        .word("packed", Choice::NoChange)
        .unwrap();
    let reader = ChannelReader {
        statuses: Some(policy),
        ..ChannelReader::default()
    };
    let told = reader.follow(&channel(), &packed, &known);
    let kinds: Vec<_> = told.iter().map(OrderCommand::kind).collect();
    assert_eq!(kinds, [CommandKind::SetAttribute]);
    // One that is new waits for a person.
    let reading = ChannelReader::default().read(&channel(), &packed).unwrap();
    let Reading::Place { then, .. } = reading else {
        panic!("{reading:?}");
    };
    let hold = matches!(
        then[..],
        [
            OrderCommand::Hold {
                reason: HoldReason::Review,
                ..
            },
            OrderCommand::AddNote { .. }
        ]
    );
    assert!(hold, "{then:?}");
}

#[test]
fn a_word_that_nobody_knows_hides_nothing_that_the_other_words_say() {
    let known = approved(placed(&two(2, "")));
    // The shop sent all of it, in a parcel that it calls something new.
    let elsewhere = r#""fulfillment_status":"fulfilled","fulfillments":[{"status":"success",
        "shipment_status":"teleported","line_items":[{"id":1,"quantity":2}]}],"#;
    let elsewhere = two(2, elsewhere);
    let (held, told) = obey(&elsewhere, known.clone());
    assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
    let released = after(held, &OrderCommand::release_all());
    assert_eq!(obey(&elsewhere, released).1, []);
    // It has the order on hold, picked or not, and calls its returns something new.
    let picked = OrderCommand::pick_all(build::fulfillment(1));
    let on_hold = r#""fulfillment_status":"on_hold","return_status":"vanished","#;
    let on_hold = two(2, on_hold);
    for known in [known.clone(), after(known, &picked)] {
        let (held, told) = obey(&on_hold, known);
        assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
        let note = held.head.notes.last().unwrap().text.to_string();
        assert!(note.starts_with("on hold by the channel's word"), "{note}");
        let released = after(held, &OrderCommand::release_all());
        assert_eq!(obey(&on_hold, released).1, []);
    }
}

/// A paid order of two units, so many of which the shop still counts.
fn two(left: u32, words: &str) -> String {
    format!(
        r##"{{"id":1,"name":"#1","currency":"EUR","total_price":"8.50","taxes_included":true,
        "financial_status":"paid",{words}"line_items":[{{"id":1,"sku":"TEA","quantity":2,
        "current_quantity":{left},"price":"4.25"}}]}}"##
    )
}

/// What is asked by a reader that follows lines and parcels, and the order after it.
fn obey(payload: &str, known: Order) -> (Order, Vec<CommandKind>) {
    let reader = ChannelReader {
        statuses: Some(StatusPolicy::new()),
        ..ChannelReader::default()
    };
    let commands = reader.follow(&channel(), payload, &known);
    let kinds = commands.iter().map(OrderCommand::kind).collect();
    (commands.iter().fold(known, after), kinds)
}

#[test]
fn units_that_a_shop_took_off_are_not_sent() {
    let known = approved(placed(&two(2, "")));
    let less = two(1, "");
    assert_eq!(
        follow(&less, known.clone()).1,
        [],
        "without a policy it is the host's"
    );
    let (known, told) = obey(&less, known);
    assert_eq!(told, [CommandKind::CancelLines]);
    assert_eq!(known.head.lines[0].cancelled.get(), 1);
    let work = &known.fulfillments[&build::fulfillment(1)];
    assert_eq!(work.lines[0].reserved.get(), 1);
    assert_eq!(obey(&less, known).1, []);
}

/// An order of Orders v0 with its other answers: so many units, what is said of the line, and what
/// is said beside.
fn joined(units: u32, line: &str, beside: &str) -> String {
    let price = format!(r#"{{"CurrencyCode":"USD","Amount":"{units}.00"}}"#);
    format!(
        r#"{{"order":{{"AmazonOrderId":"902-1","OrderStatus":"Unshipped",
        "MarketplaceId":"ATVPDKIKX0DER","OrderTotal":{price}}},
        "items":[{{"payload":{{"AmazonOrderId":"902-1","OrderItems":[{{"OrderItemId":"11",
        "SellerSKU":"TEA","QuantityOrdered":{units},"ItemPrice":{price}{line}}}]}}}},
        {{"AmazonOrderId":"902-1","OrderItems":[{{"OrderItemId":"11","GiftMessageText":"Hi"}}]}}]
        {beside}}}"#
    )
}

#[test]
fn what_the_other_answers_about_an_amazon_order_say_is_followed_by_a_policy_too() {
    let plain = joined(2, "", "");
    let asked = r#","BuyerRequestedCancel":{"IsBuyerRequestedCancel":"true"}"#;
    let verified = r#","regulated":{"payload":{"RegulatedOrderVerificationStatus":
        {"Status":"Pending"}}}"#;
    let picked = OrderCommand::pick_all(build::fulfillment(1));
    let picked = after(approved(placed(&plain)), &picked);
    for known in [placed(&plain), picked] {
        assert_eq!(obey(&plain, known.clone()).1, []);
        for news in [joined(2, asked, ""), joined(2, "", verified)] {
            for follow in [follow, obey] {
                let (held, told) = follow(&news, known.clone());
                assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote], "{news}");
                assert_eq!(follow(&news, held).1, [], "{news}");
            }
        }
    }
    let (known, told) = obey(&joined(1, "", ""), placed(&plain));
    assert_eq!(told, [CommandKind::CancelLines, CommandKind::RecordPayment]);
    assert_eq!(known.head.lines[0].cancelled.get(), 1);
    assert_eq!(obey(&joined(1, "", ""), known).1, []);
}

#[test]
fn what_an_edit_adds_to_an_amazon_order_stays() {
    let changes = vec![build::change_quantity(1, 3)];
    let edit = OrderCommand::EditLines { changes };
    let edited = after(placed(&joined(2, "", "")), &edit);
    assert_eq!(edited.head.lines[0].ordered.get(), 3);
    assert_eq!(obey(&joined(2, "", ""), edited.clone()).1, []);
    // Amazon cancels one of those it sold.
    let (known, told) = obey(&joined(1, "", ""), edited);
    assert_eq!(told, [CommandKind::CancelLines, CommandKind::RecordPayment]);
    assert_eq!(known.head.lines[0].cancelled.get(), 1);
    assert_eq!(obey(&joined(1, "", ""), known).1, []);
}

#[test]
fn what_amazon_does_not_take_after_all_is_not_owed() {
    let paid = joined(2, "", "");
    let gone = with(&paid, "Unshipped", "Canceled");
    let all = ["2.00 USD", "2.00 USD", "0.00 USD"].map(str::to_owned);
    for follow in [follow, obey] {
        let (known, told) = follow(&gone, approved(placed(&paid)));
        assert_eq!(told, [CommandKind::RecordPayment, CommandKind::Cancel]);
        assert_eq!(sums(&known), all);
        assert_eq!(follow(&gone, known).1, []);
        // Cancelled here before.
        let (known, told) = follow(&gone, cancelled(&paid));
        assert_eq!(told, [CommandKind::RecordPayment]);
        assert_eq!(sums(&known), all);
    }
    // A unit less.
    let (less, _) = obey(&joined(1, "", ""), placed(&paid));
    let one = ["2.00 USD", "1.00 USD", "0.00 USD"].map(str::to_owned);
    assert_eq!(sums(&less), one);
    // A lower total of units that stay, as another version of the API may state one.
    let total = r#""OrderTotal":{"CurrencyCode":"USD","Amount":"2.00"}"#;
    let lower = with(&paid, total, &total.replace("2.00", "1.90"));
    assert_eq!(follow(&lower, placed(&paid)).1, []);
    // What was paid beside it, for what an edit added, Amazon has nothing to do with.
    let amount = Money::parse("1.00", less.head.totals.currency()).unwrap();
    let cash = OrderCommand::RecordPayment {
        entry: PaymentEntry::Captured { amount },
        method: None,
        reference: Some(ExternalId::parse("till-1").unwrap()),
    };
    let known = after(placed(&paid), &cash);
    assert_eq!(follow(&paid, known.clone()).1, []);
    let rest = ["3.00 USD", "2.00 USD", "1.00 USD"].map(str::to_owned);
    assert_eq!(sums(&follow(&gone, known).0), rest);
    // What was given back after the goods left is no part of it.
    let amount = Money::parse("0.50", less.head.totals.currency()).unwrap();
    let back = OrderCommand::RecordPayment {
        entry: PaymentEntry::Refunded { amount },
        method: None,
        reference: refund_reference(&less, amount),
    };
    let shipped = with(&joined(1, "", ""), "Unshipped", "Shipped");
    assert_eq!(follow(&shipped, after(sent(less), &back)).1, []);
}

#[test]
fn what_a_shop_sent_itself_is_not_sent_again() {
    let here = placed(&two(2, ""));
    let elsewhere = two(2, r#""fulfillment_status":"fulfilled","#);
    let (known, told) = obey(&elsewhere, approved(here.clone()));
    assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
    let reasons = &known.head.hold.as_ref().unwrap().reasons;
    assert_eq!(*reasons, BTreeSet::from([HoldReason::Review]));
    // What a person released stays released.
    let known = after(known, &OrderCommand::release_all());
    assert_eq!(obey(&elsewhere, known).1, []);
    // A part of it.
    let part = r#""fulfillment_status":"partial","fulfillments":[{"status":"success",
        "line_items":[{"id":1,"quantity":1}]}],"#;
    let (known, told) = obey(&two(2, part), approved(here.clone()));
    assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
    let note = known.head.notes.last().unwrap().text.to_string();
    assert!(note.starts_with("1 of line 1 left"), "{note}");
    // What is picked is in somebody's hands, who is told; what was sent here is no news.
    let picked = OrderCommand::pick_all(build::fulfillment(1));
    let picked = after(approved(here.clone()), &picked);
    assert_eq!(obey(&elsewhere, picked).1, [CommandKind::AddNote]);
    assert_eq!(obey(&elsewhere, sent(here)).1, []);
}

#[test]
fn a_person_is_told_what_a_shop_says_beside_a_move() {
    let lost = r#""fulfillment_status":"fulfilled","fulfillments":[{"status":"success",
        "shipment_status":"failure","line_items":[{"id":1,"quantity":2}]}],"#;
    let (known, told) = obey(&two(2, lost), approved(placed(&two(2, ""))));
    assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
    let note = known.head.notes.last().unwrap().text.to_string();
    assert!(note.contains("a parcel is in trouble: failure"), "{note}");
}

#[test]
fn a_parcel_that_arrived_by_its_shops_word_is_delivered() {
    let arrived = r#""fulfillment_status":"fulfilled","fulfillments":[{"status":"success",
        "shipment_status":"delivered","line_items":[{"id":1,"quantity":2}]}],"#;
    let (known, told) = obey(&two(2, arrived), sent(placed(&two(2, ""))));
    assert_eq!(told, [CommandKind::Deliver]);
    assert_eq!(known.status(), OrderStatus::Delivered);
    // Not one that never left here.
    let (known, told) = obey(&two(2, arrived), approved(placed(&two(2, ""))));
    assert_eq!(told, [CommandKind::Hold, CommandKind::AddNote]);
    assert_eq!(known.status(), OrderStatus::OnHold);
}

#[test]
fn of_several_parcels_those_arrive_that_the_shops_word_can_only_mean() {
    let payload = |words: &str| {
        format!(
            r##"{{"id":1,"name":"#1","currency":"EUR","total_price":"9.00","taxes_included":true,
            "financial_status":"paid",{words}"line_items":[
            {{"id":1,"sku":"TEA","quantity":2,"price":"3.00"}},
            {{"id":2,"sku":"MUG","quantity":1,"price":"3.00"}}]}}"##
        )
    };
    let parcel = |line| OrderCommand::Ship {
        fulfillment: build::fulfillment(1),
        parcel: ShipParcel {
            lines: vec![LineQuantity {
                line: build::line(line),
                quantity: build::quantity(1),
            }],
            tracking: Tracking::default(),
        },
    };
    let work = build::fulfillment(1);
    let (pick, pack) = (OrderCommand::pick_all(work), OrderCommand::pack_all(work));
    let sent = [pick, pack, parcel(1), parcel(1), parcel(2)];
    let known = sent.iter().fold(approved(placed(&payload(""))), after);
    // What its shop says of the three.
    let says = |words: [&str; 3]| {
        let parcels = [1, 1, 2].into_iter().zip(words).map(|(item, word)| {
            format!(
                r#"{{"status":"success","shipment_status":"{word}",
                "line_items":[{{"id":{item},"quantity":1}}]}}"#
            )
        });
        let parcels = parcels.collect::<Vec<_>>().join(",");
        payload(&format!(
            r#""fulfillment_status":"fulfilled","fulfillments":[{parcels}],"#
        ))
    };
    let one_of_two = says(["delivered", "in_transit", "in_transit"]);
    let (known, told) = obey(&one_of_two, known);
    assert_eq!(told, [CommandKind::AddNote]);
    let note = known.head.notes.last().unwrap().text.to_string();
    assert_eq!(note, "1 of line 1 arrived by its word");
    let the_mug = says(["in_transit", "in_transit", "delivered"]);
    let (mug, told) = obey(&the_mug, known.clone());
    assert_eq!(told, [CommandKind::Deliver]);
    let parcels = &mug.fulfillments[&work].shipments;
    let arrived = parcels.iter().map(|parcel| parcel.delivered_at.is_some());
    assert_eq!(arrived.collect::<Vec<_>>(), [false, false, true]);
    for (known, parcels) in [(known, 3), (mug, 2)] {
        let (known, told) = obey(&says(["delivered"; 3]), known);
        assert_eq!(told, vec![CommandKind::Deliver; parcels]);
        assert_eq!(known.status(), OrderStatus::Delivered);
    }
}

#[test]
fn how_long_an_unpaid_order_keeps_its_stock_is_the_readers() {
    let days = Some(5 * 86_400);
    let patient = ChannelReader {
        unpaid_ttl_secs: days,
        ..ChannelReader::default()
    };
    let reserved = |reader: &ChannelReader, payload: &str| {
        let Ok(Reading::Place { place, .. }) = reader.read(&channel(), payload) else {
            panic!("it is placed");
        };
        place.reserve
    };
    let (unpaid, paid) = (woo("pending", 0), woo("processing", 0));
    let tentative = |ttl_secs| ReserveMode::Tentative { ttl_secs };
    assert_eq!(reserved(&patient, &unpaid), tentative(days));
    assert_eq!(
        reserved(&ChannelReader::default(), &unpaid),
        tentative(None)
    );
    assert_eq!(reserved(&patient, &paid), ReserveMode::Confirmed);
}

#[test]
fn an_order_that_the_policy_sends_unpaid_keeps_its_stock() {
    let policy = StatusPolicy::new()
        .choose(Ambiguity::ShopifyAuthorised, Choice::Approved)
        .and_then(|policy| policy.choose(Ambiguity::ShopifyUnpaid, Choice::Approved));
    let on_terms = ChannelReader {
        statuses: Some(policy.unwrap()),
        ..ChannelReader::default()
    };
    let careful = ChannelReader {
        statuses: Some(StatusPolicy::new()),
        ..ChannelReader::default()
    };
    let reserved = |reader: &ChannelReader, payload: &str| {
        let Ok(Reading::Place { place, .. }) = reader.read(&channel(), payload) else {
            panic!("it is placed");
        };
        place.reserve
    };
    let told = |reader: &ChannelReader, payload: &str, known: &Order| {
        let commands = reader.follow(&channel(), payload, known);
        let kinds = commands.iter().map(OrderCommand::kind);
        kinds.collect::<Vec<_>>()
    };
    for word in ["authorized", "pending"] {
        let unpaid = shop(&format!(r#""financial_status":"{word}""#));
        assert_eq!(reserved(&on_terms, &unpaid), ReserveMode::Confirmed);
        let mut waits = placed(&unpaid);
        assert_eq!(told(&on_terms, &unpaid, &waits), [], "it is firm");
        waits.head.tentative = true;
        for reader in [ChannelReader::default(), careful.clone()] {
            let reserve = reserved(&reader, &unpaid);
            assert!(matches!(reserve, ReserveMode::Tentative { .. }));
            assert_eq!(told(&reader, &unpaid, &waits), []);
        }
        assert_eq!(told(&on_terms, &unpaid, &waits), [CommandKind::Confirm]);
        // Its time was over before the policy said so.
        let expired = OrderCommand::Hold {
            reason: HoldReason::ReservationExpired,
            note: None,
        };
        let held = after(waits.clone(), &expired);
        assert_eq!(told(&on_terms, &unpaid, &held), [CommandKind::Confirm]);
        // Once it is paid, that tells it, and nothing tells it twice.
        let paid = shop(r#""financial_status":"paid""#);
        let kept = [CommandKind::RecordPayment, CommandKind::Confirm];
        assert_eq!(told(&on_terms, &paid, &waits), kept);
        // What the shop took off is cancelled first.
        let shop = |left| with(&two(left, ""), "\"paid\"", &format!("\"{word}\""));
        let mut waits = placed(&shop(2));
        waits.head.tentative = true;
        let less = [CommandKind::CancelLines, CommandKind::Confirm];
        assert_eq!(told(&on_terms, &shop(1), &waits), less);
    }
}

#[test]
fn an_order_that_was_paid_since_keeps_its_stock() {
    let unpaid = placed(&woo("pending", 0));
    let mut waits = unpaid.clone();
    waits.head.tentative = true;
    let paid = woo("processing", 5);
    let commands = ChannelReader::default().follow(&channel(), &paid, &waits);
    let kinds: Vec<_> = commands.iter().map(OrderCommand::kind).collect();
    let expected = [
        CommandKind::SetAttribute,
        CommandKind::RecordPayment,
        CommandKind::Confirm,
    ];
    assert_eq!(kinds, expected);
    // Held until the money comes: it came, and the stock is kept just so.
    let mut held = waits.clone();
    held.head.state = OrderState::OnHold;
    let commands = ChannelReader::default().follow(&channel(), &paid, &held);
    let kinds: Vec<_> = commands.iter().map(OrderCommand::kind).collect();
    assert_eq!(kinds, expected);
    // For that alone: it goes on, before it is confirmed.
    let hold = OrderCommand::Hold {
        reason: HoldReason::Payment,
        note: None,
    };
    let held = after(waits.clone(), &hold);
    let commands = ChannelReader::default().follow(&channel(), &paid, &held);
    let kinds: Vec<_> = commands.iter().map(OrderCommand::kind).collect();
    let released = [
        CommandKind::SetAttribute,
        CommandKind::RecordPayment,
        CommandKind::Release,
        CommandKind::Confirm,
    ];
    assert_eq!(kinds, released);
    // Somebody else has sent it: what was paid is known, and nobody is to send it once more.
    let sent = with(
        &woo("pending", 6),
        "\"status\": \"pending\"",
        "\"status\": \"completed\"",
    );
    let sent = with(&sent, "\"x\": \"2026", "\"date_paid_gmt\": \"2026");
    let commands = ChannelReader::default().follow(&channel(), &sent, &waits);
    let kinds: Vec<_> = commands.iter().map(OrderCommand::kind).collect();
    assert_eq!(kinds, expected[..2]);
    // Told again, it is known.
    let (known, _) = follow(&paid, unpaid);
    assert_eq!(known.head.payment.captured.to_string(), "57.35 USD");
    assert_eq!(follow(&paid, known).1, []);
}

#[test]
fn an_order_that_is_paid_after_an_edit_keeps_its_stock_and_waits_for_a_person() {
    let unpaid = with(&two(2, ""), "\"paid\"", "\"pending\"");
    let paid = two(1, "");
    let mut known = placed(&unpaid);
    known.head.tentative = true;
    let asked = [
        CommandKind::RecordPayment,
        CommandKind::Hold,
        CommandKind::AddNote,
        CommandKind::Confirm,
    ];
    let (told, kinds) = follow(&paid, known.clone());
    assert_eq!(kinds, asked);
    let reasons = &told.head.hold.as_ref().unwrap().reasons;
    assert_eq!(*reasons, BTreeSet::from([HoldReason::Review]));
    assert!(!told.head.tentative);
    assert_eq!(follow(&paid, told).1, []);
    // A policy cancels the unit here, and nothing is left to ask.
    let (told, kinds) = obey(&paid, known.clone());
    let cancels = [
        CommandKind::CancelLines,
        CommandKind::RecordPayment,
        CommandKind::Confirm,
    ];
    assert_eq!(kinds, cancels);
    assert!(told.head.hold.is_none());
    assert_eq!(obey(&paid, told).1, []);
    // The worker died in between; what a person released meanwhile stays released.
    let commands = ChannelReader::default().follow(&channel(), &paid, &known);
    let recorded = after(known.clone(), &commands[0]);
    assert_eq!(follow(&paid, recorded).1, asked[1..]);
    let stopped = commands[..3].iter().fold(known.clone(), after);
    let released = after(stopped, &OrderCommand::release_all());
    assert_eq!(follow(&paid, released).1, asked[3..]);
    // The unit is gone here, too: there is nothing to ask.
    let gone = OrderCommand::CancelLines {
        reason: Reason::parse("broken").unwrap(),
        lines: vec![CancelLine {
            line: LineId::new(1).unwrap(),
            quantity: Quantity::new(1).unwrap(),
            fulfillment: None,
        }],
    };
    let firm = [CommandKind::RecordPayment, CommandKind::Confirm];
    let mut known = after(known, &gone);
    assert_eq!(follow(&paid, known.clone()).1, firm);
    // Nor where another API of the shop told the line.
    known.head.lines[0].channel_item = ExternalId::parse("gid://shopify/LineItem/1").ok();
    assert_eq!(follow(&paid, known).1, firm);
    // One that came so was asked about as it was placed.
    let first = at_first(&paid);
    assert_eq!(follow(&paid, first.clone()).1, asked[3..]);
    let released = after(first, &OrderCommand::release_all());
    assert_eq!(follow(&paid, released).1, asked[3..]);
}

#[test]
fn a_plugins_word_that_the_policy_names_holds_no_order() {
    let reader = |choice: Choice| ChannelReader {
        statuses: Some(StatusPolicy::new().word("packing", choice).unwrap()),
        ..ChannelReader::default()
    };
    let packing = woo("packing", 5);
    let paid = with(&packing, "\"x\": \"2026", "\"date_paid_gmt\": \"2026");
    let told = |reader: &ChannelReader, payload: &str| {
        let mut waits = placed(&woo("pending", 0));
        waits.head.tentative = true;
        let commands = reader.follow(&channel(), payload, &waits);
        let kinds = commands.iter().map(OrderCommand::kind);
        kinds.collect::<Vec<_>>()
    };
    let approved = reader(Choice::Approved);
    let confirmed = [
        CommandKind::SetAttribute,
        CommandKind::RecordPayment,
        CommandKind::Confirm,
    ];
    assert_eq!(told(&approved, &paid), confirmed);
    // On terms, or at the door.
    let unpaid = [CommandKind::SetAttribute, CommandKind::Confirm];
    assert_eq!(told(&approved, &packing), unpaid);
    // As it is new.
    let reading = approved.read(&channel(), &paid).unwrap();
    let Reading::Place { place, then } = reading else {
        panic!("{reading:?}");
    };
    assert_eq!((place.reserve, then), (ReserveMode::Confirmed, vec![]));
    // What left elsewhere, or is cancelled, claims nothing.
    for choice in [Choice::Shipped, Choice::Cancelled] {
        let kinds = told(&reader(choice), &paid);
        assert!(!kinds.contains(&CommandKind::Confirm), "{kinds:?}");
    }
    let cancelled = [
        CommandKind::SetAttribute,
        CommandKind::Cancel,
        CommandKind::RecordPayment,
    ];
    assert_eq!(told(&reader(Choice::Cancelled), &paid), cancelled);
    // Money that went back for nobody knows what is asked about first, whatever the word.
    let refunded = with(
        &paid,
        "\"refunds\": []",
        "\"refunds\": [{\"id\": 7, \"total\": \"-4.25\"}]",
    );
    let asked = told(&approved, &refunded);
    assert!(asked.contains(&CommandKind::Hold), "{asked:?}");
    // One that is on hold is not set going by a word that holds it.
    let hold = OrderCommand::Hold {
        reason: HoldReason::Payment,
        note: None,
    };
    let mut held = placed(&woo("pending", 0));
    held.head.tentative = true;
    let held = after(held, &hold);
    let stopped = reader(Choice::OnHold).follow(&channel(), &paid, &held);
    let kinds: Vec<CommandKind> = stopped.iter().map(OrderCommand::kind).collect();
    assert!(kinds.contains(&CommandKind::Hold), "{kinds:?}");
    // A word that no policy names is for a person.
    let careful = told(&ChannelReader::default(), &paid);
    assert!(careful.contains(&CommandKind::Hold), "{careful:?}");
}

#[test]
fn who_receives_a_known_order_is_told_unless_that_is_over() {
    let reader = ChannelReader::default();
    let said = |payload: &str, known: &Order| {
        let contacts = reader.contacts(&channel(), payload, known)?;
        contacts.ship_to?.address.line1
    };
    let moved = |payload: &str| with(payload, "1 Example Street", "5 Other Street");
    let known = placed(&woo("processing", 5));
    let street = |payload: &str| said(payload, &known).map(|line| line.to_string());
    let other = Some("5 Other Street".to_owned());
    assert_eq!(street(&moved(&woo("processing", 6))), other);
    // In the same second, too, but nothing that is older.
    assert_eq!(street(&moved(&woo("processing", 5))), other);
    assert_eq!(street(&moved(&woo("processing", 4))), None);
    // Nobody receives it.
    assert_eq!(street(&moved(&woo("cancelled", 6))), None);
    let reason = Reason::parse("changed my mind").unwrap();
    let gone = after(known.clone(), &OrderCommand::Cancel { reason });
    assert_eq!(said(&moved(&woo("processing", 6)), &gone), None);
    // Shopify says it in its own words.
    let shop = fixture("shopify.json");
    let known = placed(&shop);
    let told = said(&moved(&shop), &known).map(|line| line.to_string());
    assert_eq!(told, other);
}

#[test]
fn what_the_buyer_writes_later_is_added_once() {
    let known = placed(&woo("processing", 5));
    let wrote = |minute| {
        let order = woo("processing", minute);
        with(&order, "Back door &amp; bell", "Leave it at the door")
    };
    let (known, told) = follow(&wrote(6), known);
    assert_eq!(told, [CommandKind::SetAttribute, CommandKind::AddNote]);
    let last = known.head.notes.last().unwrap();
    assert_eq!(last.text.as_str(), "Leave it at the door");
    let (known, told) = follow(&wrote(7), known);
    assert_eq!(told, [CommandKind::SetAttribute]);
    assert_eq!(follow(&wrote(4), known).1, []);
}
