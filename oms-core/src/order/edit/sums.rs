//! What an edit makes of the sums and of the money.

use std::collections::BTreeSet;

use crate::order::amounts::{amount, discount_at_most, not_negative};
use crate::order::charges::check_credited;
use crate::order::owed::{minor, shared_discounts};
use crate::order::taxes::edited_tax;
use crate::order::{Charge, EditPreview, Line, Order, OrderRejection, Totals, TotalsInput, totals};
use crate::value::{LineId, Money, MoneyError};

/// The sums after the edit; a `discount` of the order is all of it.
pub(super) fn new_totals(
    order: &Order,
    charges: &[Charge],
    lines: &[Line],
    discount: Option<Money>,
) -> Result<Totals, OrderRejection> {
    let head = &order.head;
    let out_of_range = |problem| amount("totals", problem);
    let mut net = Money::zero(head.totals.currency());
    let mut parts = Vec::with_capacity(lines.len());
    for line in lines {
        let part = line.amounts().map_err(out_of_range)?;
        let of_line = part
            .gross
            .checked_sub(part.discount)
            .map_err(out_of_range)?;
        net = net.checked_add(of_line).map_err(out_of_range)?;
        parts.push(part);
    }
    let order_discount = match discount {
        Some(discount) => discount,
        None => order_discount(order, lines).map_err(out_of_range)?,
    };
    discount_at_most(order_discount, net, || "discount".to_owned())?;
    let order_tax = edited_tax(order, charges, lines).map_err(out_of_range)?;
    order_tax.map_or(Ok(()), |tax| not_negative(tax, || "order_tax".to_owned()))?;
    let input = TotalsInput {
        currency: head.totals.currency(),
        tax_mode: head.tax_mode,
        charges,
        order_discount,
        order_tax,
        stated: None,
    };
    let mut new = totals(&input, parts).map_err(out_of_range)?;
    new.stated = stated(&head.totals, &new).map_err(out_of_range)?;
    check_credited(&head.payment, &new)?;
    Ok(new)
}

/// What is left of the order's discount: a line that is gone takes its share along.
fn order_discount(order: &Order, lines: &[Line]) -> Result<Money, MoneyError> {
    let head = &order.head;
    let kept: BTreeSet<LineId> = lines.iter().map(|line| line.id).collect();
    let shares = head.lines.iter().zip(shared_discounts(head));
    let gone = shares.filter(|(line, _)| !kept.contains(&line.id));
    let mut gone = gone.map(|(_, share)| share);
    gone.try_fold(head.discount, Money::checked_sub)
}

/// What the source would say by now: what it said, and what the edit adds or takes away.
fn stated(old: &Totals, new: &Totals) -> Result<Option<Money>, MoneyError> {
    let total = new.total;
    let Some(said) = old.stated.filter(|_| total != old.total) else {
        return Ok(old.stated);
    };
    let [said, more, less] = [said, total, old.total].map(minor);
    // A source that says less than nothing says that nothing is owed. What is less because of gift
    // cards goes back to them, and is not forgotten when a later edit adds something.
    let [before, after] = [old, new].map(|totals| -minor(totals.covered()));
    let says = (said.max(before) + more - less).max(after);
    let says = i64::try_from(says).unwrap_or(i64::MAX);
    Money::from_minor(says, total.currency()).map(Some)
}

/// What the edit means for the money where no work has begun: paid is captured minus refunded,
/// nothing else.
pub(super) fn money(
    order: &Order,
    new: Money,
    preview: EditPreview,
) -> Result<EditPreview, OrderRejection> {
    let out_of_range = |problem| amount("difference", problem);
    let old = order.owed();
    let payment = &order.head.payment;
    let paid = payment
        .captured
        .checked_sub(payment.refunded)
        .map_err(out_of_range)?;
    let over = paid.checked_sub(new).map_err(out_of_range)?;
    let zero = Money::zero(new.currency());
    let (to_refund, to_collect) = if over.is_negative() {
        (zero, over.negated())
    } else {
        (over, zero)
    };
    let difference = new.checked_sub(old).map_err(out_of_range)?;
    Ok(EditPreview {
        difference,
        to_refund,
        to_collect,
        ..preview
    })
}

/// The preview of an edit that moves no money: units may have come back before it, so what is open
/// is asked of the order.
pub(super) fn unmoved(order: &Order, preview: EditPreview) -> EditPreview {
    let back = order.to_give_back();
    EditPreview {
        to_refund: back.money,
        to_collect: order.to_collect(),
        to_credit: back.gift_cards,
        ..preview
    }
}
