//! What most orders do not have is not written: a stored head is read and rewritten often, and
//! every byte of it goes through the log of a durable store.

use crate::value::{Currency, Money, Units};

/// True for a bucket without units.
pub(super) fn no_units(units: &Units) -> bool {
    units.is_zero()
}

/// True for an amount of nothing.
pub(super) fn no_money(amount: &Money) -> bool {
    amount.is_zero()
}

/// An amount that was not written is nothing, in the currency of its neighbours.
pub(super) fn or_nothing(amount: Option<Money>, currency: Currency) -> Money {
    amount.unwrap_or_else(|| Money::zero(currency))
}
