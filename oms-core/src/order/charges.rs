//! The charges of an order: what they may be, and an edit of them and of its discount.

use std::fmt;

use crate::order::amounts::{at_most, not_negative, same_currency};
use crate::order::{
    Charge, ChargeKind, ChargesChange, EditLine, Order, OrderRejection, Payment, Totals,
};
use crate::value::{Money, limits};

impl EditLine {
    /// The charges it asks for.
    pub(super) fn charges(&self) -> Option<&[Charge]> {
        match self {
            Self::Charges { charges } => Some(charges),
            Self::Add { .. }
            | Self::Change { .. }
            | Self::Remove { .. }
            | Self::Discount { .. } => None,
        }
    }

    /// The discount of the order that it asks for.
    pub(super) const fn discount(&self) -> Option<Money> {
        match self {
            Self::Discount { discount } => Some(*discount),
            Self::Add { .. } | Self::Change { .. } | Self::Remove { .. } | Self::Charges { .. } => {
                None
            }
        }
    }
}

/// The charges before and after; `None` where they stay.
pub(super) fn changed(order: &Order, changes: &[EditLine]) -> Option<ChargesChange> {
    let new = changes.iter().find_map(EditLine::charges)?;
    let old = &order.head.charges;
    (old != new).then(|| ChargesChange {
        old: old.clone(),
        new: new.to_vec(),
    })
}

/// Refuses a list that is too long, a second one, and a second discount.
pub(super) fn check_counts(changes: &[EditLine]) -> Result<(), OrderRejection> {
    let lists: Vec<&[Charge]> = changes.iter().filter_map(EditLine::charges).collect();
    for list in &lists {
        at_most("charges", list.len(), limits::CHARGES_PER_ORDER_MAX)?;
    }
    at_most("changes.charges", lists.len(), 1)?;
    let discounts = changes.iter().filter_map(EditLine::discount).count();
    at_most("changes.discount", discounts, 1)
}

/// Refuses a charge that the order could not have been placed with; `at` is the change's place.
pub(super) fn check_charges(
    order: &Order,
    at: usize,
    charges: &[Charge],
) -> Result<(), OrderRejection> {
    let expected = order.head.totals.currency();
    for (of, charge) in charges.iter().enumerate() {
        let field = |name: &str| format!("changes[{at}].charges[{of}].{name}");
        same_currency(charge.amount.currency(), expected, || field("amount"))?;
        same_currency(charge.tax.currency(), expected, || field("tax"))?;
        check_charge(format_args!("changes[{at}].charges[{of}]"), charge)?;
    }
    Ok(())
}

/// Refuses a charge below nothing that must not be, and a gift card above it.
pub(super) fn check_charge(at: fmt::Arguments<'_>, charge: &Charge) -> Result<(), OrderRejection> {
    match charge.kind {
        ChargeKind::Shipping | ChargeKind::Tip | ChargeKind::Duty => {
            not_negative(charge.amount, || format!("{at}.amount"))?;
            not_negative(charge.tax, || format!("{at}.tax"))
        }
        ChargeKind::Fee => Ok(()),
        ChargeKind::GiftCard if charge.amount.is_negative() || charge.amount.is_zero() => Ok(()),
        ChargeKind::GiftCard => Err(OrderRejection::PositiveAmount {
            field: format!("{at}.amount"),
            found: charge.amount,
        }),
    }
}

/// Refuses gift cards that cover less than what went back to them.
pub(super) fn check_credited(payment: &Payment, totals: &Totals) -> Result<(), OrderRejection> {
    let (asked, covered) = (payment.credited, totals.covered());
    if asked.amount() > covered.amount() {
        return Err(OrderRejection::CreditTooLarge {
            asked,
            covered,
            credited: Money::zero(asked.currency()),
        });
    }
    Ok(())
}
