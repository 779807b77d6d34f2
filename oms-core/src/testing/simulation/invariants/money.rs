//! I4: money is conserved.

use crate::order::{ChargeKind, Order, TaxMode};
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::{Money, MoneyError, Quantity};

const INVARIANT: &str = "I4";

/// The totals are what the lines and charges add up to; no more went back, or is to go back, than
/// was taken or than gift cards cover, and no money is both to be paid and to be given back.
pub(crate) fn check_order(order: &Order) -> Checked {
    let head = &order.head;
    let payment = &head.payment;
    check(goes_back_at_most(order), INVARIANT, || {
        let back = order.to_give_back();
        let covered = head.totals.gift_cards.negated();
        format!("order {}: {back:?} of {covered} and {payment:?}", head.id)
    })?;
    check(asks_or_gives_back(order), INVARIANT, || {
        let (open, back) = (order.to_collect(), order.to_give_back());
        format!(
            "order {}: {open} to collect, {back:?}, {payment:?}",
            head.id
        )
    })?;
    let (total, tax) =
        add_up(order).map_err(|why| Broken::new(INVARIANT, format!("order {}: {why}", head.id)))?;
    check(
        total == head.totals.total && tax == head.totals.tax,
        INVARIANT,
        || {
            format!(
                "order {}: {total} and {tax} tax, stored is {:?}",
                head.id, head.totals
            )
        },
    )?;
    check(head.totals.is_conserved(head.tax_mode), INVARIANT, || {
        format!("order {}: {:?}", head.id, head.totals)
    })?;
    check(owes_what_is_left(order), INVARIANT, || {
        format!("order {}: owes {}, {head:?}", head.id, order.owed())
    })
}

/// No sum is below nothing, and of what was taken, and of what gift cards cover, what went back and
/// what is to go back are parts.
fn goes_back_at_most(order: &Order) -> bool {
    let (payment, back) = (&order.head.payment, order.to_give_back());
    let covered = order.head.totals.gift_cards.negated();
    let within = |gone: Money, open: Money, whole: Money| {
        let left = whole.checked_sub(gone);
        !gone.is_negative()
            && !open.is_negative()
            && left.is_ok_and(|left| left.amount() >= open.amount())
    };
    !payment.authorised.is_negative()
        && !payment.waived.is_negative()
        && within(payment.refunded, back.money, payment.captured)
        && within(payment.credited, back.gift_cards, covered)
}

/// Nobody is asked for money who gets some back, and while none went back, what is still to be paid
/// is what is owed and was not taken.
fn asks_or_gives_back(order: &Order) -> bool {
    let payment = &order.head.payment;
    let (open, back) = (order.to_collect().minor(), order.to_give_back().money);
    let missing = order
        .owed()
        .minor()
        .saturating_sub(payment.captured.minor());
    let agrees = !payment.refunded.is_zero() || open == missing.max(0);
    agrees && (open == 0 || back.is_zero())
}

/// All that is due and was not let go while nothing is cancelled, nothing once all is, else
/// something in between. What went back to gift cards may be owed beside it, and once something
/// came back, what was not paid need not be.
fn owes_what_is_left(order: &Order) -> bool {
    let (lines, payment) = (&order.head.lines, &order.head.payment);
    let (owed, due) = (order.owed().minor(), order.head.totals.due().minor());
    let waived = payment.waived.minor();
    let least = due.saturating_sub(waived).max(0);
    let most = due.saturating_add(payment.credited.minor());
    let most = most.saturating_sub(waived).max(0);
    if lines.iter().all(|line| line.cancelled == line.ordered) {
        return owed == 0;
    }
    if lines.iter().all(|line| line.cancelled.is_zero()) {
        let mut shares = order.fulfillments.values().flat_map(|work| &work.lines);
        let came_back = shares.any(|share| !share.returned.is_zero());
        let paid = if came_back {
            payment.captured.minor()
        } else {
            least
        };
        return (least.min(paid)..=most).contains(&owed);
    }
    (0..=most).contains(&owed)
}

/// The total and the tax in it, added up from the parts again.
fn add_up(order: &Order) -> Result<(Money, Money), MoneyError> {
    let head = &order.head;
    let zero = Money::zero(head.totals.currency());
    let (mut total, mut tax) = (zero.checked_sub(head.discount)?, zero);
    for line in &head.lines {
        if let Ok(quantity) = Quantity::new(line.ordered.get()) {
            total = total.checked_add(line.unit_price.times(quantity)?)?;
        }
        total = total.checked_sub(line.discount)?;
        tax = tax.checked_add(line.tax)?;
    }
    for charge in &head.charges {
        match charge.kind {
            ChargeKind::Shipping
            | ChargeKind::Fee
            | ChargeKind::Tip
            | ChargeKind::Duty
            | ChargeKind::GiftCard => total = total.checked_add(charge.amount)?,
        }
        tax = tax.checked_add(charge.tax)?;
    }
    let tax = head.order_tax.unwrap_or(tax);
    match head.tax_mode {
        TaxMode::Exclusive => Ok((total.checked_add(tax)?, tax)),
        TaxMode::Inclusive => Ok((total, tax)),
    }
}
