//! What the buyer owes for what was not cancelled, less what a person let go.
//!
//! All of it follows from a few amounts, and none of them is below nothing:
//!
//! - The *price* is what is due and what gift cards cover, less the share of the units that are
//!   gone; nothing once all are. Cancelled units are gone, and for what is given back so are those
//!   that came back; for that it is nothing, too, once no parcel arrived and none will.
//! - *Asked for* is the price less what was *waived*, whoever pays it. So a waiver is worth the
//!   same on money and on gift cards.
//! - *Covered* is what gift cards lower the total by, and *cards* is what of it they still pay:
//!   less what was *credited* to them.
//! - *Held* is the money that was *captured* less what was *refunded*.
//! - *Retained* is what was to be given back, and the seller keeps: of what is held, and where
//!   gift cards are to get something, the rest of it *of cards*.
//!
//! With differences that stop at nothing, and "back" where units that came back are gone, too:
//!
//! ```text
//! kept         = asked for (back) - cards        of money, for what the buyer keeps,
//!                + retained - of cards           and what the seller does
//! owed         = max(kept, min(asked for - covered, captured))
//! to collect   = kept - held
//! of cards     = min(retained - held, cards - asked for (back))
//! to give back = held - kept, and cards - asked for (back) - of cards
//! to credit    = cards - asked for - of cards    of an edit, before which nothing came back
//! ```
//!
//! An edit that only names lines may come after a return; it moves none of these.
//!
//! To give back, charges stay where every unit came back; that the seller gives them back
//! nevertheless is no reason to ask for them again, and who paid none is asked for none.
//!
//! So units that came back are owed as far as they were paid. Of an order that was paid before, a
//! return changes nothing that is owed, and what goes back for it is not asked for again, neither
//! as money nor on a gift card, until more went back than it is worth. Who pays later is asked for
//! what was kept alone, whether the return or the money is recorded first, and without a waiver.
//! What is to be collected and what money is to be given back are never both above nothing.
//!
//! The payment state compares what was captured and promised with what is owed. Nothing is lost
//! (invariant I4): held and refunded are captured, cards and credited are covered, and what is
//! given back is a part of what is held and of the cards.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::order::bucket::give;
use crate::order::taxes::shared_taxes;
use crate::order::{Head, Line, Order, OrderState, Payment, PaymentState, TaxMode, Totals};
use crate::value::limits::MONEY_MINOR_MAX;
use crate::value::{Currency, Money, Units};

/// What is to be given back to the buyer, and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct GiveBack {
    /// Of the money that was captured and not refunded: a
    /// [`PaymentEntry::Refunded`](crate::order::PaymentEntry::Refunded) once it went back.
    pub money: Money,
    /// Of what gift cards cover, to them or as store credit: a
    /// [`PaymentEntry::Credited`](crate::order::PaymentEntry::Credited) once it went back.
    pub gift_cards: Money,
}

impl Order {
    /// What the buyer owes by now: what is [due](Totals::due) for the order as placed or edited,
    /// less the share of the units cancelled since and what was waived. Not less than nothing, and
    /// not more than what is due, what went back to gift cards and what was retained; never stored.
    ///
    /// The rule:
    /// - A line is worth its price less its own discount and less its share of the order's
    ///   discount, plus its tax where tax comes on top. The order's discount is shared out by what
    ///   the lines cost after their own ([`Money::split`]).
    /// - A tax that the source states for the whole order is that of its charges, and the rest is
    ///   the lines'. What the rest is more than the lines state is shared out as the discount is.
    ///   Where a line states a tax, it is shared out only among the lines and charges that state
    ///   none, if there are such. A line whose tax an edit stated has none of it, nor has a tip,
    ///   nor what an edit added to charges that state none. Where an edit stated the tax of every
    ///   line, it is that of the charges.
    ///   What the rest is less is taken off the lines by what they state, so an exempt order has no
    ///   tax. Beside charges below nothing, of an order that states less than its parts, the lines
    ///   have the same part of their tax as the whole order has.
    /// - Of a line worth `w` with `c` of `n` units cancelled, `w x c / n` is no longer owed,
    ///   rounded once ([`ROUNDING`](crate::value::ROUNDING)). It follows from how many units are
    ///   cancelled, not from the steps it took, and all of them are exactly the line.
    /// - Charges stay, with their tax.
    /// - An order of which every unit is cancelled owes nothing: no charge and no tip either, and
    ///   whatever its source stated.
    /// - What the buyer was let off ([`PaymentEntry::Waived`](crate::order::PaymentEntry::Waived))
    ///   is no longer owed, whatever it was owed for: it lowers what is asked for, by money and by
    ///   gift cards alike.
    /// - What the seller keeps of what was to be given back
    ///   ([`PaymentEntry::Retained`](crate::order::PaymentEntry::Retained)) is owed as well,
    ///   whatever becomes of the units; what is kept of gift cards is not, as it was paid.
    /// - Where less is left than gift cards cover, nothing is owed, and what they cover without
    ///   need is [to be given back](Self::to_give_back). What they got back is owed again where it
    ///   is needed after all.
    ///
    /// Units that came back are owed as far as money was captured for them: what the buyer gets for
    /// that is a refund, or goes to a gift card. Up to their worth, what went to one is not owed
    /// again, and guards do not ask for the refund again, see
    /// [`Condition::holds`](crate::order::Condition::holds). What was not paid for them is no
    /// longer owed and needs no waiver; nor are charges that were not paid once every unit is
    /// cancelled or came back.
    #[must_use]
    pub fn owed(&self) -> Money {
        let head = &self.head;
        let asked = Asked::of_lines(head, &head.lines, &head.totals);
        let paid = minor(head.payment.captured);
        let owed = asked.agreed().min(paid).max(self.kept());
        money(owed, head.totals.currency())
    }

    /// How far the order is paid: what was recorded, compared with what is [owed](Self::owed). Once
    /// money went back it tells that, whatever it went back for.
    #[must_use]
    pub fn payment_state(&self) -> PaymentState {
        self.head.payment.state(self.owed())
    }

    /// What is to be given back by now: what is held beyond what is owed, where units that came
    /// back are owed for no longer. The money goes first, then what gift cards cover. What is still
    /// to be paid instead is told by [`to_collect`](Self::to_collect).
    ///
    /// Charges of an order of which something was delivered stay, as do those of one with anything
    /// left to deliver; the seller may give them back nevertheless. What was promised and not taken
    /// is not in it: a promise is voided. Where no parcel arrived and none will, nothing was
    /// delivered, so charges go back as well.
    #[must_use]
    pub fn to_give_back(&self) -> GiveBack {
        let (head, currency) = (&self.head, self.head.totals.currency());
        let over = is_over(head, &head.lines) || self.nothing_arrived();
        let asked = Asked::of(head, &self.without_returned(), &head.totals, over);
        GiveBack {
            money: money(held(&head.payment) - asked.of_money(), currency),
            gift_cards: money(asked.spared(), currency),
        }
    }

    /// What is still to be paid by now, in money: what is owed for what the buyer keeps, less what
    /// was captured and not refunded. What went back for units that came back is not to be paid
    /// again, what went back for anything else is; a promise is not yet paid.
    ///
    /// Not less than nothing, and nothing while money is [to be given back](Self::to_give_back). No
    /// more than this can be [waived](crate::order::PaymentEntry::Waived), and an edit is previewed
    /// with [what it would be after it](crate::order::EditPreview::to_collect).
    ///
    /// ```
    /// use oms_core::order::Order;
    ///
    /// fn at_the_till(order: &Order) -> String {
    ///     let back = order.to_give_back().money;
    ///     if back.is_zero() {
    ///         return format!("ask for {}", order.to_collect());
    ///     }
    ///     format!("pay out {back}")
    /// }
    /// ```
    #[must_use]
    pub fn to_collect(&self) -> Money {
        let open = self.kept() - held(&self.head.payment);
        money(open, self.head.totals.currency())
    }

    /// What of the payment must not have gone back: what money has to pay for what the buyer keeps.
    pub(super) fn to_keep(&self) -> Decimal {
        money(self.kept(), self.head.totals.currency()).amount()
    }

    /// What money has to pay for what did not come back either, in minor units.
    fn kept(&self) -> i128 {
        let lines = self.without_returned();
        Asked::of_lines(&self.head, &lines, &self.head.totals).of_money()
    }

    /// The lines, as if the units that came back had been cancelled.
    pub(super) fn without_returned(&self) -> Cow<'_, [Line]> {
        let mut lines: Cow<'_, [Line]> = Cow::Borrowed(self.head.lines.as_slice());
        let works = self.fulfillments.values();
        let shares = works.flat_map(|work| &work.lines);
        for share in shares.filter(|share| !share.returned.is_zero()) {
            let at = lines.binary_search_by_key(&share.line, |line| line.id);
            if let Some(line) = at.ok().and_then(|at| lines.to_mut().get_mut(at)) {
                give(&mut line.cancelled, share.returned);
            }
        }
        lines
    }
}

/// What would be owed for other lines and sums of the order: after an edit that may move money,
/// before which nothing came back.
pub(super) fn owed(head: &Head, lines: &[Line], totals: &Totals) -> Money {
    let asked = Asked::of_lines(head, lines, totals);
    money(asked.of_money(), totals.currency())
}

/// What would be owed for an order that is just placed, had nothing been waived.
pub(super) fn owed_before_waivers(payment: &Payment, totals: &Totals) -> Money {
    let owed = i128::from(totals.balance()) + minor(payment.credited);
    money(owed, totals.currency())
}

/// What gift cards cover without need and did not get back yet, of the same.
pub(super) fn unneeded(head: &Head, lines: &[Line], totals: &Totals) -> Money {
    let asked = Asked::of_lines(head, lines, totals);
    money(asked.spared(), totals.currency())
}

/// What is asked for, and what gift cards pay of it; in minor units, none of it below nothing.
#[derive(Clone, Copy)]
struct Asked {
    /// The price less what was waived, whoever pays it.
    all: i128,
    /// What gift cards cover.
    covered: i128,
    /// What they still pay: what they cover, less what was credited to them.
    cards: i128,
    /// What the seller keeps beside it, of money.
    retained: i128,
    /// What the seller keeps of what gift cards would get back.
    of_cards: i128,
}

impl Asked {
    fn of_lines(head: &Head, lines: &[Line], totals: &Totals) -> Self {
        Self::of(head, lines, totals, is_over(head, lines))
    }

    fn of(head: &Head, lines: &[Line], totals: &Totals, over: bool) -> Self {
        let payment = &head.payment;
        let asked = price(head, lines, totals, over) - minor(payment.waived);
        let covered = minor(totals.covered());
        let (all, cards) = (asked.max(0), covered - minor(payment.credited));
        let cards = cards.max(0);
        // Cards get something back where money pays for nothing, so all that is held goes first.
        let retained = minor(payment.retained);
        let of_cards = (retained - held(payment)).min(cards - all).max(0);
        Self {
            all,
            covered,
            cards,
            retained: retained - of_cards,
            of_cards,
        }
    }

    /// What money had to pay, had gift cards got nothing back.
    fn agreed(self) -> i128 {
        (self.all - self.covered).max(0)
    }

    /// What money has to pay.
    fn of_money(self) -> i128 {
        (self.all - self.cards).max(0) + self.retained
    }

    /// What gift cards would pay and nothing asks for, and the seller does not keep.
    fn spared(self) -> i128 {
        (self.cards - self.all).max(0) - self.of_cards
    }
}

/// The money that was captured and did not go back, in minor units.
fn held(payment: &Payment) -> i128 {
    minor(payment.captured) - minor(payment.refunded)
}

fn is_over(head: &Head, lines: &[Line]) -> bool {
    head.state == OrderState::Cancelled || lines.iter().all(|line| line.cancelled == line.ordered)
}

/// What the order costs before any gift card, less what is cancelled; in minor units, not negative.
fn price(head: &Head, lines: &[Line], totals: &Totals, over: bool) -> i128 {
    if over {
        return 0;
    }
    let whole = i128::from(totals.balance()) + minor(totals.covered());
    if lines.iter().all(|line| line.cancelled.is_zero()) {
        return whole.max(0);
    }
    let worths = worths(head, lines, totals);
    let gone: i128 = lines.iter().zip(worths).map(gone).sum();
    // A stated total may be lower than what the lines add up to.
    (whole - gone).max(0)
}

pub(super) fn minor(amount: Money) -> i128 {
    i128::from(amount.minor())
}

/// An amount that is not negative; less than nothing is nothing.
pub(super) fn money(minor: i128, currency: Currency) -> Money {
    let minor = minor.clamp(0, i128::from(MONEY_MINOR_MAX));
    let minor = i64::try_from(minor).unwrap_or_default();
    Money::from_minor(minor, currency).unwrap_or_else(|_| Money::zero(currency))
}

/// What each line is worth, in minor units, not negative.
pub(super) fn worths(head: &Head, lines: &[Line], totals: &Totals) -> Vec<i128> {
    let nets: Vec<u64> = lines.iter().map(net).collect();
    // Without weights every line is free, and no discount was accepted.
    let discounts = shares(head.discount, &nets);
    let taxes = match head.tax_mode {
        TaxMode::Exclusive => shared_taxes(head, lines, &nets, totals.tax).of_lines,
        TaxMode::Inclusive => vec![0; lines.len()],
    };
    let parts = nets.into_iter().zip(discounts).zip(taxes);
    let worth = |((net, discount), tax): ((u64, i128), i128)| i128::from(net) - discount + tax;
    parts.map(|part| worth(part).max(0)).collect()
}

/// What of the order's discount falls on each line, in the order of the lines: what goes with a
/// line that an edit removes, as it would were the line cancelled.
pub(super) fn shared_discounts(head: &Head) -> impl Iterator<Item = Money> {
    let nets: Vec<u64> = head.lines.iter().map(net).collect();
    let currency = head.totals.currency();
    let shares = shares(head.discount, &nets).into_iter();
    shares.map(move |share| money(share, currency))
}

/// The shares of an amount by weights, in minor units; nothing where no weight is above zero.
pub(super) fn shares(amount: Money, weights: &[u64]) -> Vec<i128> {
    let parts = amount.split(weights).unwrap_or_default();
    let shares = parts.into_iter().map(minor).chain(std::iter::repeat(0));
    shares.take(weights.len()).collect()
}

/// An amount to share out by; nothing if it is below that.
pub(super) fn weight(amount: Money) -> u64 {
    u64::try_from(amount.minor()).unwrap_or_default()
}

/// What a line costs after its own discount; nothing if its numbers were damaged in the store.
pub(super) fn net(line: &Line) -> u64 {
    let net = line.amounts().ok().and_then(|line| {
        let net = line.gross.checked_sub(line.discount);
        net.ok()
    });
    net.map(weight).unwrap_or_default()
}

/// What of a line's worth is no longer owed: half a minor unit counts as a whole one.
pub(super) fn gone((line, worth): (&Line, i128)) -> i128 {
    let units = |units: Units| i128::from(units.get());
    let (cancelled, ordered) = (units(line.cancelled), units(line.ordered));
    // A worth is below 2^63 and a count below 2^32, so none of this leaves the range.
    let twice = worth * cancelled * 2 + ordered;
    twice.checked_div(ordered * 2).unwrap_or_default()
}
