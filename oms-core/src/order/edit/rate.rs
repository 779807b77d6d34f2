//! The rate of a line whose tax an edit states.

use crate::order::owed::{minor, net};
use crate::order::{Line, TaxMode};
use crate::value::{Money, Rate};

/// Whether the rate of a line may be behind its tax after an edit as well. `discount` is the
/// order's own.
pub(super) fn may_keep_rate(old: &Line, new: &Line, mode: TaxMode, discount: Money) -> bool {
    let Some(rate) = new.tax_rate else {
        return true;
    };
    let same = (old.tax, old.tax_stated) == (new.tax, new.tax_stated);
    same || is_one_rate(old, new) || may_tax(rate, new, mode, discount)
}

/// Whether one rate can be behind the taxes of both, each rounded by half a minor unit at most,
/// whatever the source counted. A line that stated no tax says nothing of its rate.
fn is_one_rate(old: &Line, new: &Line) -> bool {
    let [of_old, of_new] = [old, new].map(|line| i128::from(net(line)));
    let [was, is] = [old.tax, new.tax].map(minor);
    was != 0 && (is * of_old - was * of_new).abs() * 2 <= of_old + of_new
}

/// Whether the rate can be behind the tax of a line: of its price, or of that less what falls on it
/// of the order's discount. Where the price is worth a tax, none is not of the rate.
fn may_tax(rate: Rate, line: &Line, mode: TaxMode, discount: Money) -> bool {
    let rate = i128::from(rate.millionths());
    let whole = match mode {
        TaxMode::Exclusive => 1_000_000,
        TaxMode::Inclusive => 1_000_000 + rate,
    };
    let (most, tax) = (i128::from(net(line)), minor(line.tax));
    let discount = if tax == 0 { 0 } else { minor(discount) };
    let least = (most - discount).max(0);
    // Rounded by half a minor unit at most.
    let (least, most) = (2 * rate * least - whole, 2 * rate * most + whole);
    (least..=most).contains(&(2 * tax * whole))
}
