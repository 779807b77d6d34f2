//! Plain words for what happened to an order, with old and new values.

use std::collections::BTreeSet;
use std::fmt::Display;

use oms_core::order::{
    Claim, Cut, HoldReason, Line, LineChange, LineQuantity, Order, OrderEvent, PaymentEntry,
    Shipment, Totals, Tracking,
};
use oms_core::value::{FulfillmentId, LineId, ShipmentId};

use crate::words;

/// What an event says, read on the order as it was before.
pub(crate) fn tell(event: &OrderEvent, before: &Order) -> String {
    use OrderEvent as E;
    match event {
        E::Placed { head } => {
            let lines = head.0.lines.len();
            let due = head.0.totals.due();
            format!("placed: {}, {due}", plural(lines, "line"))
        }
        E::Allocated {
            hub, claim, lines, ..
        } => {
            let lines = quantities(before, lines);
            match claim {
                Claim::Tentative { expires_at } => {
                    format!("reserved at {hub} until {}: {lines}", moment(expires_at))
                }
                Claim::Confirmed | Claim::Expired => format!("reserved at {hub}: {lines}"),
            }
        }
        E::Backordered { lines } => format!("waits for stock: {}", quantities(before, lines)),
        E::Approved { .. } => "approved".to_owned(),
        E::Held { reason, note, .. } => {
            let because = note.as_ref().map(|note| format!(" ({note})"));
            let reason = words::hold_reason(*reason);
            format!("put on hold: {reason}{}", because.unwrap_or_default())
        }
        E::Released { reasons, .. } => released(before, reasons),
        E::LinesCancelled { cuts, .. } => format!("taken back: {}", cut(before, cuts)),
        E::Cancelled { reason, .. } => format!("cancelled: {reason}"),
        E::Confirmed { .. } => "the reservation is firm now".to_owned(),
        E::MadeFirm => "the order is firm now".to_owned(),
        E::Expired { .. } => "the reservation ended by itself".to_owned(),
        E::Picked { lines, .. } => format!("picked {}", quantities(before, lines)),
        E::Packed { lines, .. } => format!("packed {}", quantities(before, lines)),
        E::Unpicked { lines, kept, .. } => unpicked(before, lines, *kept),
        E::Shipped { shipment, .. } => shipped(before, shipment),
        E::TrackingChanged {
            shipment, old, new, ..
        } => relabelled(*shipment, old, new),
        E::Delivered { shipment, .. } => format!("parcel {shipment} arrived"),
        E::DeliveryFailed { shipment, .. } => format!("parcel {shipment} will not arrive"),
        E::Returned { lines, .. } => format!("came back: {}", quantities(before, lines)),
        E::Closed { .. } => "closed: nothing is left to do".to_owned(),
        E::CustomerChanged { old, new } => changed("customer", old.as_ref(), new.as_ref()),
        E::ShipToChanged { .. } => "another delivery address".to_owned(),
        E::BillToChanged { .. } => "another billing address".to_owned(),
        E::SlotChanged { new, .. } => words::slot(new.as_ref()),
        E::PromiseChanged { old, new } => changed("promised by", old.as_ref(), new.as_ref()),
        E::Withdrawn { fulfillment, lines } => withdrawn(before, *fulfillment, lines),
        E::LinesEdited {
            changes,
            charges,
            old_totals,
            new_totals,
            ..
        } => edits(changes, charges.is_some(), old_totals, new_totals),
        E::PaymentRecorded { entry, .. } => payment(entry),
        E::Tagged { added, removed } => {
            let plus = added.iter().map(|tag| format!("+{tag}"));
            let minus = removed.iter().map(|tag| format!("-{tag}"));
            format!("tags: {}", plus.chain(minus).collect::<Vec<_>>().join(" "))
        }
        E::NoteAdded { text, .. } => format!("note: {text}"),
        E::AttributeSet { key, old, new } => changed(key, old.as_ref(), new.as_ref()),
        E::StageSet { old, new } => changed("stage", old.as_ref(), new.as_ref()),
        _ => event.name().to_owned(),
    }
}

/// A moment to the second, without the offset: all times are UTC.
pub(crate) fn moment(at: &impl Display) -> String {
    let text = at.to_string();
    let short = text.get(..19).unwrap_or(&text);
    short.replace('T', " ")
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn sku(order: &Order, line: LineId) -> String {
    order
        .line(line)
        .map_or_else(|| format!("line {line}"), |line| line.sku.to_string())
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn unpicked(before: &Order, lines: &[LineQuantity], kept: bool) -> String {
    let what = if kept {
        "back on the shelf"
    } else {
        "given up"
    };
    format!("{what}: {}", quantities(before, lines))
}

fn quantities(order: &Order, lines: &[LineQuantity]) -> String {
    join(
        lines
            .iter()
            .map(|part| format!("{} x {}", part.quantity, sku(order, part.line))),
    )
}

fn cut(order: &Order, cuts: &[Cut]) -> String {
    join(
        cuts.iter()
            .map(|cut| format!("{} x {}", cut.units(), sku(order, cut.line))),
    )
}

fn shipped(order: &Order, shipment: &Shipment) -> String {
    let contents = shipment.lines.iter();
    let contents = join(contents.map(|(line, units)| format!("{units} x {}", sku(order, *line))));
    format!(
        "parcel {} left: {contents} ({})",
        shipment.id,
        label(&shipment.tracking)
    )
}

fn relabelled(shipment: ShipmentId, old: &Tracking, new: &Tracking) -> String {
    let (old, new) = (label(old), label(new));
    format!("label of parcel {shipment}: {old} -> {new}")
}

fn label(tracking: &Tracking) -> String {
    let parts = [
        tracking.carrier.as_ref().map(ToString::to_string),
        tracking.number.as_ref().map(ToString::to_string),
    ];
    let known: Vec<String> = parts.into_iter().flatten().collect();
    if known.is_empty() {
        return "no label".to_owned();
    }
    known.join(" ")
}

fn changed<T: Display>(what: impl Display, old: Option<&T>, new: Option<&T>) -> String {
    let shown = |value: Option<&T>| value.map_or_else(|| "none".to_owned(), ToString::to_string);
    format!("{what}: {} -> {}", shown(old), shown(new))
}

fn edits(changes: &[LineChange], charges: bool, old: &Totals, new: &Totals) -> String {
    let mut each: Vec<String> = changes.iter().map(edited).collect();
    if charges {
        each.push("other charges".to_owned());
    }
    if other_discount(changes, old, new) {
        each.push("another discount".to_owned());
    }
    let (old, new) = (old.total, new.total);
    format!("lines: {}; total {old} -> {new}", each.join(", "))
}

/// True where the order's own discount differs: what the discounts are beyond those of the lines.
fn other_discount(changes: &[LineChange], old: &Totals, new: &Totals) -> bool {
    let minor = |line: &Option<Line>| line.as_ref().map_or(0, |line| line.discount.minor());
    let of_lines = changes.iter().map(|one| minor(&one.new) - minor(&one.old));
    let of_lines: i64 = of_lines.sum();
    new.discounts.minor() - old.discounts.minor() != of_lines
}

fn edited(change: &LineChange) -> String {
    let shown = |line: &Option<Line>| {
        let line = line.as_ref();
        line.map_or_else(
            || "none".to_owned(),
            |line| format!("{} x {}", line.ordered, line.sku),
        )
    };
    format!("{} -> {}", shown(&change.old), shown(&change.new))
}

fn payment(entry: &PaymentEntry) -> String {
    match entry {
        PaymentEntry::Authorised { amount } => format!("payment: {amount} authorised"),
        PaymentEntry::Captured { amount } => format!("payment: {amount} captured"),
        PaymentEntry::Refunded { amount } => format!("payment: {amount} refunded"),
        PaymentEntry::Voided { amount } => format!("payment: {amount} voided"),
        PaymentEntry::Waived { amount } => format!("payment: {amount} waived"),
        PaymentEntry::Credited { amount } => format!("payment: {amount} back to gift cards"),
        PaymentEntry::Retained { amount } => format!("payment: {amount} retained"),
    }
}

fn released(before: &Order, lifted: &BTreeSet<HoldReason>) -> String {
    let held = before.head.hold.as_ref();
    if lifted.is_empty() || held.is_none_or(|hold| hold.reasons.is_subset(lifted)) {
        return "released".to_owned();
    }
    let reasons = lifted.iter().map(|reason| words::hold_reason(*reason));
    let reasons = join(reasons.map(str::to_owned));
    format!("still on hold, no longer for: {reasons}")
}

fn withdrawn(before: &Order, id: FulfillmentId, lines: &[LineQuantity]) -> String {
    let work = before.fulfillments.get(&id);
    let hub = work.map_or("its hub", |work| work.hub.as_str());
    if lines.is_empty() {
        return format!("taken back from {hub} what was not picked");
    }
    format!("taken back from {hub}: {}", quantities(before, lines))
}

#[cfg(test)]
mod tests {
    use oms_core::order::{
        EditLine, LineSku, Order, OrderDraft, Place, Source, SourceKind, decide_place, fold,
        preview_edit,
    };
    use oms_core::testing::build;
    use oms_core::value::{Currency, Money, OrderId, OrderNumber, Timestamp};

    use super::edits;

    fn money(text: &str) -> Money {
        Money::parse(text, Currency::parse("EUR").unwrap()).unwrap()
    }

    /// Two units of 10.00, with a discount on the line and one on the order.
    fn order() -> Order {
        let source = Source {
            kind: SourceKind::Manual,
            channel: build::channel("desk"),
        };
        let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
        draft.push_line("TEA", 2, "10.00").unwrap().discount = money("1.00");
        draft.discount = money("2.00");
        let place = Place {
            id: OrderId::parse("0197f3a0-0000-7000-8000-000000000001").unwrap(),
            number: OrderNumber::new(1001).unwrap(),
            draft: &draft,
            skus: &[LineSku::Known(build::sku("TEA"))],
            ship_to: None,
            bill_to: None,
            payload: None,
            slot: None,
            tentative: false,
        };
        let now = Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap();
        fold([&decide_place(&place, now).unwrap()]).unwrap()
    }

    fn told(changes: &[EditLine]) -> String {
        let preview = preview_edit(&order(), changes).unwrap();
        let charges = preview.charges.is_some();
        edits(&preview.changes, charges, &preview.old, &preview.new)
    }

    #[test]
    fn a_discount_that_is_edited_is_told_beside_the_rest() {
        let line = |quantity, discount: &str| EditLine::Change {
            line: build::line(1),
            sku: None,
            quantity: Some(build::quantity(quantity)),
            unit_price: None,
            discount: Some(money(discount)),
            tax: None,
            tax_rate: None,
            title: None,
            channel_item: None,
        };
        let discount = EditLine::Discount {
            discount: money("5.00"),
        };
        assert_eq!(
            told(&[line(1, "0.50")]),
            "lines: 2 x TEA -> 1 x TEA; total 17.00 EUR -> 7.50 EUR"
        );
        assert_eq!(
            told(&[line(1, "0.50"), discount.clone()]),
            "lines: 2 x TEA -> 1 x TEA, another discount; total 17.00 EUR -> 4.50 EUR"
        );
        assert_eq!(
            told(&[discount]),
            "lines: another discount; total 17.00 EUR -> 14.00 EUR"
        );
    }
}
