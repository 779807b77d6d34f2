//! From a draft to the first event of an order.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::amounts::{
    amount, at_most, discount_at_most, gross, not_negative, same_currency,
};
use crate::order::charges::{check_charge, check_credited};
use crate::order::owed::owed_before_waivers;
use crate::order::{
    BookedSlot, DraftLine, Head, Line, LineAmounts, LineSku, NoteEntry, Order, OrderDraft,
    OrderEvent, OrderRejection, OrderState, Payment, Placed, Totals, TotalsInput, totals,
};
use crate::value::limits;
use crate::value::{
    ContactId, Currency, LineId, Money, OrderId, OrderNumber, PayloadId, Timestamp, Units, Version,
};

/// What placing needs beyond the draft: ids, the number, and what the catalogue said.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The id of the new order.
    pub id: OrderId,
    /// The human number of the new order.
    pub number: OrderNumber,
    /// What is asked for.
    pub draft: &'a OrderDraft,
    /// The catalogue's answer for each draft line, in line order of the draft; a line without an
    /// answer counts as unknown to the catalogue.
    pub skus: &'a [LineSku],
    /// The erasable row with the address to ship to, where the draft has one.
    pub ship_to: Option<ContactId>,
    /// The erasable row with the address to bill, where the draft has one.
    pub bill_to: Option<ContactId>,
    /// The erasable row with what the source sent, where the draft has it.
    pub payload: Option<PayloadId>,
    /// The delivery slot that is booked with the order.
    pub slot: Option<BookedSlot>,
    /// Whether what it claims ends by itself until somebody confirms it. An order whose payment or
    /// promise covers what is owed is firm all the same, unless a channel keeps it, too.
    pub tentative: bool,
}

/// Checks a draft as a whole and builds the first event of its order: `Pending`, every unit open.
///
/// It neither approves nor holds nor allocates; further commands do. A stated total that differs
/// from the arithmetic is kept and told by [`Totals::difference`], not refused: an order a buyer
/// has paid for elsewhere must not be lost over a cent. Sign rules of charges: shipping, tips and
/// duties are never negative, a fee may be (a rebate), a gift card is never positive. A tax may be
/// negative only on a fee or a gift card.
///
/// # Errors
/// In this order, each over the whole draft before the next: `EmptyOrder`, `TooMany` (lines,
/// charges, references, tags, attributes, notes, then what is recorded of a payment once there is
/// an order: of that there may be nothing), `DuplicateLine`, `DuplicateReference` (a kind given
/// twice), `MixedCurrencies`, `NegativeAmount` or `PositiveAmount`, `Amount` or `DiscountTooLarge`
/// per line, then of the order, `RefundTooLarge`, `Amount` when the totals leave the range of
/// money, `NegativeAmount` of the `total` when gift cards and rebates are more than everything else
/// and the source states no other total, `CreditTooLarge` when more went back to gift cards than
/// they cover, `WaiverTooLarge` when more was let go than is owed without that, paid or not, and
/// `RetentionTooLarge` when anything was retained.
pub fn decide_place(place: &Place<'_>, now: Timestamp) -> Result<OrderEvent, OrderRejection> {
    let draft = place.draft;
    check_counts(draft)?;
    check_unrecorded(&draft.payment)?;
    check_twins(draft)?;
    check_currencies(draft)?;
    check_signs(draft)?;
    let lines = check_discounts(draft)?;
    check_payment(&draft.payment)?;
    let input = TotalsInput {
        currency: draft.currency,
        tax_mode: draft.tax_mode,
        charges: &draft.charges,
        order_discount: draft.discount,
        order_tax: draft.order_tax,
        stated: draft.stated_total,
    };
    let totals = totals(&input, lines).map_err(|problem| amount("totals", problem))?;
    check_total(&totals)?;
    check_credited(&draft.payment, &totals)?;
    check_waived(&draft.payment, &totals)?;
    check_retained(&draft.payment)?;
    let mut order = Order::from_parts(Version::ZERO.next(), head(place, totals, now), []);
    order.head.tentative = order.head.tentative && order.has_to_wait();
    Ok(OrderEvent::Placed {
        head: Placed(Box::new(order.head)),
    })
}

fn check_counts(draft: &OrderDraft) -> Result<(), OrderRejection> {
    if draft.lines.is_empty() {
        return Err(OrderRejection::EmptyOrder);
    }
    at_most("lines", draft.lines.len(), limits::LINES_PER_ORDER_MAX)?;
    at_most(
        "charges",
        draft.charges.len(),
        limits::CHARGES_PER_ORDER_MAX,
    )?;
    at_most(
        "external",
        draft.external.len(),
        limits::EXTERNAL_REFERENCES_MAX,
    )?;
    at_most("tags", draft.tags.len(), limits::TAGS_MAX)?;
    at_most("attributes", draft.attributes.len(), limits::ATTRIBUTES_MAX)?;
    at_most("notes", draft.notes.len(), limits::NOTES_MAX)?;
    let references = draft.payment.references_kept();
    at_most(
        "payment.references",
        references,
        limits::PAYMENT_REFERENCES_MAX,
    )
}

/// What was recorded since an order was placed is no part of a draft: it would count as paid, and
/// is in none of the sums that are checked.
fn check_unrecorded(payment: &Payment) -> Result<(), OrderRejection> {
    at_most("payment.recorded", payment.recorded.len(), 0)?;
    at_most("payment.covered_sums", payment.covered_sums.len(), 0)?;
    let covered = usize::from(payment.covered.is_some());
    at_most("payment.covered", covered, 0)
}

fn check_twins(draft: &OrderDraft) -> Result<(), OrderRejection> {
    let mut lines: BTreeSet<LineId> = BTreeSet::new();
    for line in &draft.lines {
        if !lines.insert(line.id) {
            return Err(OrderRejection::DuplicateLine { line: line.id });
        }
    }
    let mut kinds = BTreeSet::new();
    for reference in &draft.external {
        if !kinds.insert(&reference.kind) {
            return Err(OrderRejection::DuplicateReference {
                id: reference.id.clone(),
            });
        }
    }
    Ok(())
}

fn check_currencies(draft: &OrderDraft) -> Result<(), OrderRejection> {
    let expected = draft.currency;
    let check = |found: Currency, field: &str| same_currency(found, expected, || field.to_owned());
    for (at, line) in draft.lines.iter().enumerate() {
        same_currency(line.unit_price.currency(), expected, || {
            format!("lines[{at}].unit_price")
        })?;
        same_currency(line.discount.currency(), expected, || {
            format!("lines[{at}].discount")
        })?;
        same_currency(line.tax.currency(), expected, || format!("lines[{at}].tax"))?;
    }
    for (at, charge) in draft.charges.iter().enumerate() {
        same_currency(charge.amount.currency(), expected, || {
            format!("charges[{at}].amount")
        })?;
        same_currency(charge.tax.currency(), expected, || {
            format!("charges[{at}].tax")
        })?;
    }
    check(draft.discount.currency(), "discount")?;
    draft
        .order_tax
        .map_or(Ok(()), |tax| check(tax.currency(), "order_tax"))?;
    draft
        .stated_total
        .map_or(Ok(()), |stated| check(stated.currency(), "stated_total"))?;
    check(draft.payment.currency, "payment.currency")?;
    check(draft.payment.authorised.currency(), "payment.authorised")?;
    check(draft.payment.captured.currency(), "payment.captured")?;
    check(draft.payment.refunded.currency(), "payment.refunded")?;
    check(draft.payment.waived.currency(), "payment.waived")?;
    check(draft.payment.credited.currency(), "payment.credited")?;
    check(draft.payment.retained.currency(), "payment.retained")
}

fn check_signs(draft: &OrderDraft) -> Result<(), OrderRejection> {
    let check = |found: Money, field: &str| not_negative(found, || field.to_owned());
    for (at, line) in draft.lines.iter().enumerate() {
        not_negative(line.discount, || format!("lines[{at}].discount"))?;
        not_negative(line.tax, || format!("lines[{at}].tax"))?;
    }
    for (at, charge) in draft.charges.iter().enumerate() {
        check_charge(format_args!("charges[{at}]"), charge)?;
    }
    check(draft.discount, "discount")?;
    draft
        .order_tax
        .map_or(Ok(()), |tax| check(tax, "order_tax"))?;
    check(draft.payment.authorised, "payment.authorised")?;
    check(draft.payment.captured, "payment.captured")?;
    check(draft.payment.refunded, "payment.refunded")?;
    check(draft.payment.waived, "payment.waived")?;
    check(draft.payment.credited, "payment.credited")?;
    check(draft.payment.retained, "payment.retained")
}

/// Checks every discount and returns what each line adds to the totals.
fn check_discounts(draft: &OrderDraft) -> Result<Vec<LineAmounts>, OrderRejection> {
    let mut lines = Vec::with_capacity(draft.lines.len());
    let mut net = Money::zero(draft.currency);
    for (at, line) in draft.lines.iter().enumerate() {
        let out_of_range = |problem| amount(format!("lines[{at}].unit_price"), problem);
        let gross = gross(&line.unit_price, Units::from(line.quantity)).map_err(out_of_range)?;
        discount_at_most(line.discount, gross, || format!("lines[{at}].discount"))?;
        let sum = |problem| amount(format!("lines[{at}]"), problem);
        net = net
            .checked_add(gross.checked_sub(line.discount).map_err(sum)?)
            .map_err(sum)?;
        lines.push(LineAmounts {
            gross,
            discount: line.discount,
            tax: line.tax,
        });
    }
    discount_at_most(draft.discount, net, || "discount".to_owned())?;
    Ok(lines)
}

fn check_payment(payment: &Payment) -> Result<(), OrderRejection> {
    if payment.refunded.amount() > payment.captured.amount() {
        return Err(OrderRejection::RefundTooLarge {
            asked: payment.refunded,
            captured: payment.captured,
            refunded: Money::zero(payment.refunded.currency()),
        });
    }
    Ok(())
}

/// Nobody owes less than nothing. Where the source says something else than the arithmetic, its
/// word counts, and that they differ is told.
fn check_total(totals: &Totals) -> Result<(), OrderRejection> {
    match totals.stated {
        Some(stated) if stated != totals.total => Ok(()),
        Some(_) | None => not_negative(totals.total, || "total".to_owned()),
    }
}

/// Which came first, a payment or a waiver, nobody knows: what was paid is no reason to refuse.
fn check_waived(payment: &Payment, totals: &Totals) -> Result<(), OrderRejection> {
    let (asked, outstanding) = (payment.waived, owed_before_waivers(payment, totals));
    if asked.amount() > outstanding.amount() {
        return Err(OrderRejection::WaiverTooLarge { asked, outstanding });
    }
    Ok(())
}

/// What was kept of what was to be given back is recorded once the order is there.
fn check_retained(payment: &Payment) -> Result<(), OrderRejection> {
    let asked = payment.retained;
    if asked.is_zero() {
        return Ok(());
    }
    let left = Money::zero(asked.currency());
    Err(OrderRejection::RetentionTooLarge { asked, left })
}

fn head(place: &Place<'_>, totals: Totals, now: Timestamp) -> Head {
    let draft = place.draft;
    let mut lines: Vec<Line> = draft
        .lines
        .iter()
        .enumerate()
        .map(|(at, line)| stored(line, place.skus.get(at)))
        .collect();
    lines.sort_by_key(|line| line.id);
    Head {
        id: place.id,
        number: place.number,
        state: OrderState::Pending,
        tentative: place.tentative,
        hold: None,
        cancellation: None,
        source: draft.source.clone(),
        external: draft.external.clone(),
        customer: draft.customer,
        ship_to: place.ship_to,
        bill_to: place.bill_to,
        payload: place.payload,
        lines,
        removed_lines: BTreeSet::new(),
        charges: draft.charges.clone(),
        discount: draft.discount,
        order_tax: draft.order_tax,
        least_untaxed: None,
        tax_mode: draft.tax_mode,
        totals,
        payment: draft.payment.clone(),
        placed_at: now,
        ordered_at: draft.ordered_at,
        promised_by: draft.promised_by,
        slot: place.slot.clone(),
        state_since: now,
        stage: None,
        tags: draft.tags.clone(),
        attributes: BTreeMap::clone(&draft.attributes),
        notes: draft
            .notes
            .iter()
            .map(|text| NoteEntry {
                at: now,
                text: text.clone(),
            })
            .collect(),
        fulfillments_made: 0,
    }
}

fn stored(line: &DraftLine, sku: Option<&LineSku>) -> Line {
    let ordered = Units::from(line.quantity);
    Line {
        id: line.id,
        sku: sku
            .cloned()
            .unwrap_or_else(|| LineSku::Unknown(line.sku.clone())),
        title: line.title.clone(),
        channel_item: line.channel_item.clone(),
        ordered,
        unit_price: line.unit_price,
        discount: line.discount,
        tax: line.tax,
        tax_stated: false,
        tax_rate: line.tax_rate,
        open: ordered,
        backordered: Units::ZERO,
        allocated: Units::ZERO,
        cancelled: Units::ZERO,
    }
}
