//! The tax that a source states for the whole order: on which part of the order it falls, and what
//! an edit makes of it.
//!
//! The rule: a part has the tax that it states, and what the source states beyond that is shared
//! out among the parts that state none. In detail:
//!
//! - A line whose tax an edit stated has that alone, nothing included; a tip has what it states.
//! - Where some line has a tax, the rest is that of the other lines and charges that have none.
//!   Else, and where there are no such, it is that of the lines whose tax no edit stated; where an
//!   edit stated that of all lines, of the charges. So the first line with a tax that an edit adds
//!   leaves shipping without one a share of the rest.
//! - Charges that state none have a share since the source said so: it falls on the least that such
//!   charges came to so far, so what an edit puts up, adds or puts back has none of it.
//! - Where the source states less than the parts do, charges have theirs first, and the lines what
//!   is left, by what they state. Beside charges below nothing, which would raise what is left, all
//!   have their part of it instead: an exempt order has no tax.
//! - What a part has goes with it when an edit takes it away, and makes room for what the edit
//!   states in its place. Where a part has less than it states, what it states from then on counts
//!   for as much as before.

use std::collections::BTreeMap;

use crate::order::owed::{minor, money, net, shares, weight};
use crate::order::{Charge, ChargeKind, Head, Line, Order};
use crate::value::{LineId, Money, MoneyError};

/// What of the tax of an order falls on which part, in minor units.
pub(super) struct SharedTaxes {
    /// That of each line, in the order of the lines, not negative: with its share of what the tax
    /// of the whole order is more or less than the parts state. Those are the same where the source
    /// states none for the whole order.
    pub(super) of_lines: Vec<i128>,
    /// That of the charges that state none, beside what the others state.
    of_charges: i128,
}

/// Shares out `of_order`, which is not that of the head: an edit that is only previewed has moved
/// the totals alone. `nets` are what the lines cost after their own discounts.
pub(super) fn shared_taxes(
    head: &Head,
    lines: &[Line],
    nets: &[u64],
    of_order: Money,
) -> SharedTaxes {
    let own: Vec<u64> = lines.iter().map(|line| weight(line.tax)).collect();
    let stated: i128 = own.iter().copied().map(i128::from).sum();
    let whole = of_all_lines(head, stated, minor(of_order));
    let currency = of_order.currency();
    let weights = silent(head, lines, nets);
    let more = shares(money(whole - stated, currency), &weights);
    let less = shares(money(stated - whole, currency), &own);
    let of_charges = more.iter().skip(lines.len()).sum();
    let parts = own.into_iter().zip(more).zip(less);
    let tax = |((own, more), less): ((u64, i128), i128)| i128::from(own) + more - less;
    SharedTaxes {
        of_lines: parts.map(tax).collect(),
        of_charges,
    }
}

/// What of the tax is that of the lines, which state so much of it, and of charges that state none.
fn of_all_lines(head: &Head, stated: i128, of_order: i128) -> i128 {
    let of_charges = stated_by(&head.charges);
    let parts = stated + of_charges;
    if head.order_tax.is_some() && of_charges < 0 && parts > of_order {
        return part(stated, of_order, parts);
    }
    (of_order - of_charges).max(0)
}

fn stated_by(charges: &[Charge]) -> i128 {
    charges.iter().map(|charge| minor(charge.tax)).sum()
}

/// Weights of the lines, and last of the charges, to share out the tax that no part states.
fn silent(head: &Head, lines: &[Line], nets: &[u64]) -> Vec<u64> {
    let weigh = |has_share: &dyn Fn(&Line) -> bool, charges: u64| -> Vec<u64> {
        let parts = lines.iter().zip(nets);
        let parts = parts.map(|(line, net)| if has_share(line) { *net } else { 0 });
        parts.chain([charges]).collect()
    };
    let any = |weights: &[u64]| weights.iter().any(|weight| *weight > 0);
    let charges = weight(money(least_untaxed(head), head.totals.currency()));
    let silent = weigh(
        &|line: &Line| !line.tax_stated && line.tax.is_zero(),
        charges,
    );
    if lines.iter().any(|line| line.tax.is_positive()) && any(&silent) {
        return silent;
    }
    let unstated = weigh(&|line: &Line| !line.tax_stated, 0);
    if any(&unstated) { unstated } else { silent }
}

/// What of the charges that state no tax has a share: what they come to, or came to when that was
/// less.
fn least_untaxed(head: &Head) -> i128 {
    let least = head.least_untaxed.map(minor);
    least.unwrap_or_else(|| untaxed(&head.charges))
}

/// What charges come to that state no tax.
fn untaxed(charges: &[Charge]) -> i128 {
    untaxed_by_kind(charges).into_values().sum()
}

/// What stays of it where other charges take their place: one of another kind is another charge.
fn stays(before: &[Charge], after: &[Charge]) -> i128 {
    let after = untaxed_by_kind(after);
    let stays =
        |(kind, sum): (ChargeKind, i128)| after.get(&kind).map_or(0, |after| sum.min(*after));
    untaxed_by_kind(before).into_iter().map(stays).sum()
}

/// Nobody taxes a tip unasked.
fn untaxed_by_kind(charges: &[Charge]) -> BTreeMap<ChargeKind, i128> {
    let mut sums = BTreeMap::new();
    let silent = |charge: &&Charge| charge.tax.is_zero() && charge.kind != ChargeKind::Tip;
    for charge in charges.iter().filter(silent) {
        *sums.entry(charge.kind).or_default() += minor(charge.amount).max(0);
    }
    sums
}

impl Head {
    /// Puts other charges in the place of its own.
    pub(super) fn change_charges(&mut self, charges: &[Charge]) {
        let after = untaxed(charges);
        let least = least_untaxed(self).min(stays(&self.charges, charges));
        let rose = self.order_tax.is_some() && least < after;
        self.least_untaxed = rose.then(|| money(least, self.totals.currency()));
        self.charges = charges.to_vec();
    }
}

/// The tax that the source would state for the whole order after an edit: what it stated, and what
/// lines and charges add or take away.
pub(super) fn edited_tax(
    order: &Order,
    charges: &[Charge],
    lines: &[Line],
) -> Result<Option<Money>, MoneyError> {
    let head = &order.head;
    let Some(stated) = head.order_tax else {
        return Ok(None);
    };
    let nets: Vec<u64> = head.lines.iter().map(net).collect();
    let shared = shared_taxes(head, &head.lines, &nets, head.totals.tax);
    let kept: BTreeMap<LineId, &Line> = lines.iter().map(|line| (line.id, line)).collect();
    let of_lines = head.lines.iter().zip(&shared.of_lines);
    let gone = of_lines.map(|(line, share)| match kept.get(&line.id) {
        Some(new) => tax_gone(line, new, *share),
        None => *share,
    });
    let gone: i128 = gone.sum();
    let added = lines.iter().filter(|line| order.line(line.id).is_none());
    let added: i128 = added.map(|line| minor(line.tax)).sum();
    let tax = minor(stated);
    let more = more_of_charges(head, charges, tax) - gone_of_charges(head, charges, &shared);
    let tax = tax - gone + added + more;
    let tax = i64::try_from(tax).unwrap_or(i64::MAX);
    Money::from_minor(tax, stated.currency()).map(Some)
}

/// What of its share of the order's tax a line takes along when it changes; below nothing when it
/// has more tax. A tax that the edit states is all that the line has, in place of its share; where
/// the line stated more than its share, it counts for as much as what was stated. What the line
/// does not state goes with its units, as it does with cancelled ones.
fn tax_gone(old: &Line, new: &Line, share: i128) -> i128 {
    let (own, says) = (minor(old.tax), minor(new.tax));
    if own > share {
        return part(own - says, share, own);
    }
    if new.tax_stated {
        return share - says;
    }
    let units = |line: &Line| i128::from(line.ordered.get());
    let (before, after) = (units(old), units(new));
    part(share - own, (before - after).max(0), before)
}

/// What other charges add to the order's tax by what they state; below nothing when they take some
/// along.
fn more_of_charges(head: &Head, charges: &[Charge], tax: i128) -> i128 {
    let (before, after) = (stated_by(&head.charges), stated_by(charges));
    // Where less is stated than they have, it counts for as much as what they stated.
    let parts = before + head.lines.iter().map(|line| minor(line.tax)).sum::<i128>();
    if before > tax {
        return part(after - before, tax, before);
    }
    if before < 0 && parts > tax {
        return part(after - before, tax, parts);
    }
    after - before
}

/// What the charges that state no tax take along of their share where other ones take their place,
/// by how much less such charges come to than the least so far.
fn gone_of_charges(head: &Head, charges: &[Charge], shared: &SharedTaxes) -> i128 {
    let (before, after) = (least_untaxed(head), stays(&head.charges, charges));
    part(shared.of_charges, (before - after).max(0), before)
}

/// So much of `whole` of an amount; half a minor unit counts as a whole one, on either side of
/// nothing.
fn part(amount: i128, of: i128, whole: i128) -> i128 {
    let twice = amount.abs() * of * 2 + whole;
    twice.checked_div(whole * 2).unwrap_or_default() * amount.signum()
}
