//! What the buyer owes for what was not cancelled, less what a person let go.

use rust_decimal::Decimal;

use crate::order::bucket::give;
use crate::order::{Head, Line, Order, OrderState, PaymentState, TaxMode, Totals};
use crate::value::{Money, Units};

impl Order {
    /// What the buyer owes by now: what is [due](Totals::due) for the order as placed or edited,
    /// less the share of the units cancelled since and what was waived. Between nothing and what is due; never stored.
    ///
    /// The rule:
    /// - A line is worth its price less its own discount and less its share of the order's
    ///   discount, plus its tax where tax comes on top. The order's discount is shared out by what
    ///   the lines cost after their own ([`Money::split`]).
    /// - Of a line worth `w` with `c` of `n` units cancelled, `w x c / n` is no longer owed,
    ///   rounded once ([`ROUNDING`](crate::value::ROUNDING)). It follows from how many units are
    ///   cancelled, not from the steps it took, and all of them are exactly the line.
    /// - Charges stay, and so does a tax that the source states for the whole order but for no
    ///   line.
    /// - An order of which every unit is cancelled owes nothing: no charge and no tip either, and
    ///   whatever its source stated.
    /// - What the buyer was let off ([`PaymentEntry::Waived`](crate::order::PaymentEntry::Waived))
    ///   is no longer owed, whatever it was owed for.
    ///
    /// Units that came back are owed for: what the buyer gets for them is a refund. Guards do not
    /// ask for that refund again, see [`Condition::holds`](crate::order::Condition::holds).
    #[must_use]
    pub fn owed(&self) -> Money {
        owed(&self.head, &self.head.lines, &self.head.totals)
    }

    /// How far the order is paid: what was recorded, compared with what is [owed](Self::owed). Once
    /// money went back it tells that, whatever it went back for.
    #[must_use]
    pub fn payment_state(&self) -> PaymentState {
        self.head.payment.state(self.owed())
    }

    /// What of the payment must not have gone back: what is owed, less what was refunded for units
    /// that came back. Not more counts as such than would not be owed had they been cancelled.
    pub(super) fn to_keep(&self) -> Decimal {
        let (mut lines, due) = (self.head.lines.clone(), self.owed().amount());
        let works = self.fulfillments.values();
        for share in works.flat_map(|work| &work.lines) {
            let at = lines.binary_search_by_key(&share.line, |line| line.id);
            if let Some(line) = at.ok().and_then(|at| lines.get_mut(at)) {
                give(&mut line.cancelled, share.returned);
            }
        }
        let kept = owed(&self.head, &lines, &self.head.totals).amount();
        kept.max(due - self.head.payment.refunded.amount())
    }

    /// What of it is not paid yet.
    pub(super) fn outstanding(&self) -> Money {
        let payment = &self.head.payment;
        let paid = payment.captured.amount() - payment.refunded.amount();
        let (open, currency) = (self.to_keep() - paid, self.head.totals.currency());
        // A difference of amounts in range that is not negative is in range.
        Money::new(open.max(Decimal::ZERO), currency).unwrap_or_else(|_| Money::zero(currency))
    }
}

/// The same of other lines and sums of the order, as they would be after an edit.
pub(super) fn owed(head: &Head, lines: &[Line], totals: &Totals) -> Money {
    let (due, nothing) = (totals.due(), Money::zero(totals.currency()));
    let over = head.state == OrderState::Cancelled
        || lines.iter().all(|line| line.cancelled == line.ordered);
    if over {
        return nothing;
    }
    let waived = i128::from(head.payment.waived.minor());
    let gone: i128 = if lines.iter().all(|line| line.cancelled.is_zero()) {
        0
    } else {
        lines.iter().zip(worths(head, lines)).map(gone).sum()
    };
    // A stated total may be lower than what the lines add up to.
    let left = i128::from(due.minor()).saturating_sub(gone);
    let left = left.saturating_sub(waived).max(0);
    // No more than what is due, so it fits.
    let left = i64::try_from(left).unwrap_or_default();
    Money::from_minor(left, due.currency()).unwrap_or(nothing)
}

/// What each line is worth, in minor units, not negative.
fn worths(head: &Head, lines: &[Line]) -> Vec<i128> {
    let nets: Vec<u64> = lines.iter().map(net).collect();
    // Without weights every line is free, and no discount was accepted.
    let discounts = head.discount.split(&nets).unwrap_or_default();
    let discounts = discounts.into_iter().map(Money::minor);
    let discounts = discounts.chain(std::iter::repeat(0));
    let parts = lines.iter().zip(nets).zip(discounts);
    let worth = |((line, net), discount): ((&Line, u64), i64)| {
        let tax = match head.tax_mode {
            TaxMode::Exclusive => line.tax.minor(),
            TaxMode::Inclusive => 0,
        };
        let worth = i128::from(net) - i128::from(discount) + i128::from(tax);
        worth.max(0)
    };
    parts.map(worth).collect()
}

/// What a line costs after its own discount; nothing if its numbers were damaged in the store.
fn net(line: &Line) -> u64 {
    let net = line.amounts().ok().and_then(|line| {
        let net = line.gross.checked_sub(line.discount);
        net.ok()
    });
    net.and_then(|net| u64::try_from(net.minor()).ok())
        .unwrap_or_default()
}

/// What of a line's worth is no longer owed: half a minor unit counts as a whole one.
fn gone((line, worth): (&Line, i128)) -> i128 {
    let units = |units: Units| i128::from(units.get());
    let (cancelled, ordered) = (units(line.cancelled), units(line.ordered));
    // A worth is below 2^63 and a count below 2^32, so none of this leaves the range.
    let twice = worth * cancelled * 2 + ordered;
    twice.checked_div(ordered * 2).unwrap_or_default()
}
