//! What is recorded about the buyer's money.

use super::{Ask, Decision};
use crate::order::amounts::{amount, at_most, not_negative, same_currency};
use crate::order::{OrderEvent, OrderRejection, PaymentEntry, PaymentKind, PaymentMethod};
use crate::value::{ExternalId, Money, limits};

/// Records an amount. The same reference with the same entry changes nothing, so a repeated message
/// of a payment system is harmless.
pub(super) fn record(
    ask: &Ask<'_>,
    entry: &PaymentEntry,
    method: Option<&PaymentMethod>,
    reference: Option<&ExternalId>,
) -> Decision {
    let payment = &ask.order.head.payment;
    let asked = entry.amount();
    let field = || "amount".to_owned();
    same_currency(asked.currency(), ask.order.head.totals.currency(), field)?;
    // What a person decided can be taken back; money that moved moves back as another entry.
    if !matches!(entry.kind(), PaymentKind::Retained | PaymentKind::Waived) {
        not_negative(asked, field)?;
    }
    if asked.is_zero() {
        return Err(ask.nothing_to_do());
    }
    if reference.is_some_and(|id| payment.knows(id, entry)) {
        return Ok(Vec::new());
    }
    if reference.is_some() {
        let count = payment.references_kept().saturating_add(1);
        at_most("payment.references", count, limits::PAYMENT_REFERENCES_MAX)?;
    }
    fits(ask, entry, asked)?;
    Ok(vec![OrderEvent::PaymentRecorded {
        entry: entry.clone(),
        method: method.cloned(),
        reference: reference.cloned(),
        at: ask.now,
    }])
}

/// No more goes back, is taken back or is let go than there is.
fn fits(ask: &Ask<'_>, entry: &PaymentEntry, asked: Money) -> Result<(), OrderRejection> {
    let payment = &ask.order.head.payment;
    let in_range = |sum: Money| {
        sum.checked_add(asked)
            .map_err(|problem| amount("amount", problem))
            .map(|_| ())
    };
    match entry {
        PaymentEntry::Authorised { .. } => in_range(payment.authorised)?,
        PaymentEntry::Captured { .. } => in_range(payment.captured)?,
        PaymentEntry::Refunded { .. } => {
            in_range(payment.refunded)?;
            let (captured, refunded) = (payment.captured, payment.refunded);
            if refunded.amount() + asked.amount() > captured.amount() {
                return Err(OrderRejection::RefundTooLarge {
                    asked,
                    captured,
                    refunded,
                });
            }
        }
        PaymentEntry::Voided { .. } => {
            let authorised = payment.authorised;
            if asked.amount() > authorised.amount() {
                return Err(OrderRejection::VoidTooLarge { asked, authorised });
            }
        }
        PaymentEntry::Waived { .. } => {
            let waived = payment.waived.checked_add(asked);
            let waived = waived.map_err(|problem| amount("amount", problem))?;
            not_negative(waived, || "payment.waived".to_owned())?;
            let outstanding = ask.order.to_collect();
            if asked.amount() > outstanding.amount() {
                return Err(OrderRejection::WaiverTooLarge { asked, outstanding });
            }
        }
        PaymentEntry::Credited { .. } => {
            in_range(payment.credited)?;
            let (covered, credited) = (ask.order.head.totals.covered(), payment.credited);
            if credited.amount() + asked.amount() > covered.amount() {
                return Err(OrderRejection::CreditTooLarge {
                    asked,
                    covered,
                    credited,
                });
            }
        }
        PaymentEntry::Retained { .. } => {
            let retained = payment.retained.checked_add(asked);
            let retained = retained.map_err(|problem| amount("amount", problem))?;
            not_negative(retained, || "payment.retained".to_owned())?;
            let left = ask.order.to_give_back();
            let left = left.money.checked_add(left.gift_cards);
            let left = left.map_err(|problem| amount("amount", problem))?;
            if asked.amount() > left.amount() {
                return Err(OrderRejection::RetentionTooLarge { asked, left });
            }
        }
    }
    Ok(())
}
