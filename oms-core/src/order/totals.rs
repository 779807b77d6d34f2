//! What an order costs, and whether that agrees with what its source says.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::order::Line;
use crate::order::compact::{no_money, or_nothing};
use crate::value::{Currency, Money, MoneyError, Title};

/// Whether prices contain the tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxMode {
    /// Prices contain the tax; it is not added to the total.
    Inclusive,
    /// Tax comes on top.
    Exclusive,
}

/// What a charge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// Delivery.
    Shipping,
    /// A fee; negative when it is a rebate.
    Fee,
    /// A tip.
    Tip,
    /// Import duty.
    Duty,
    /// A gift card or store credit that lowers the total; negative. What it covers without need
    /// goes back to it, see [`Order::to_give_back`](crate::order::Order::to_give_back).
    GiftCard,
}

/// Something charged beside the lines.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Charge {
    /// What it is for.
    pub kind: ChargeKind,
    /// The source's words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The amount after its own discount; may be negative for fees and gift cards.
    pub amount: Money,
    /// Its tax; contained in the amount when the order's tax mode is inclusive.
    pub tax: Money,
}

/// The sums of an order. `total = lines - discounts + shipping + fees + tips + duties + gift_cards
/// + (tax, when exclusive)` always (invariant I4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Wire")]
pub struct Totals {
    /// Sum of unit price x quantity of the lines, each rounded once.
    pub lines: Money,
    /// Line discounts and the order's own discount.
    #[serde(skip_serializing_if = "no_money")]
    pub discounts: Money,
    /// Sum of shipping charges.
    #[serde(skip_serializing_if = "no_money")]
    pub shipping: Money,
    /// Sum of fees.
    #[serde(skip_serializing_if = "no_money")]
    pub fees: Money,
    /// Sum of tips.
    #[serde(skip_serializing_if = "no_money")]
    pub tips: Money,
    /// Sum of duties.
    #[serde(skip_serializing_if = "no_money")]
    pub duties: Money,
    /// Sum of gift cards, not positive.
    #[serde(skip_serializing_if = "no_money")]
    pub gift_cards: Money,
    /// Tax of the order: as its source states it for the whole order, else the sum of the parts.
    #[serde(skip_serializing_if = "no_money")]
    pub tax: Money,
    /// What the buyer owes by this arithmetic; below nothing where an edit left less than gift
    /// cards and rebates are.
    pub total: Money,
    /// What the source says the buyer owes, if it says so; an edit moves it as it moves the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<Money>,
}

/// The sums as written: those that are missing are nothing.
#[derive(Deserialize)]
struct Wire {
    lines: Money,
    discounts: Option<Money>,
    shipping: Option<Money>,
    fees: Option<Money>,
    tips: Option<Money>,
    duties: Option<Money>,
    gift_cards: Option<Money>,
    tax: Option<Money>,
    total: Money,
    stated: Option<Money>,
}

impl From<Wire> for Totals {
    fn from(wire: Wire) -> Self {
        let or_nothing = |amount| or_nothing(amount, wire.total.currency());
        Self {
            lines: wire.lines,
            discounts: or_nothing(wire.discounts),
            shipping: or_nothing(wire.shipping),
            fees: or_nothing(wire.fees),
            tips: or_nothing(wire.tips),
            duties: or_nothing(wire.duties),
            gift_cards: or_nothing(wire.gift_cards),
            tax: or_nothing(wire.tax),
            total: wire.total,
            stated: wire.stated,
        }
    }
}

impl Totals {
    /// What of the discounts is the order's own, where the sums are those of the lines.
    pub(super) fn order_discount(&self, lines: &[Line]) -> Option<Money> {
        let mut of_lines = lines.iter().map(|line| line.discount);
        let own = of_lines.try_fold(self.discounts, Money::checked_sub);
        own.ok().filter(|own| !own.is_negative())
    }

    /// What the source says minus what the arithmetic says; zero when the source says nothing.
    ///
    /// # Errors
    /// [`MoneyError`] when the difference leaves the range of money.
    pub fn difference(&self) -> Result<Money, MoneyError> {
        match self.stated {
            Some(stated) => stated.checked_sub(self.total),
            None => Ok(Money::zero(self.total.currency())),
        }
    }

    /// What the buyer owes for the whole order: the source's word where it gave one, else the
    /// arithmetic, and never less than nothing. Units cancelled since are in it;
    /// [`Order::owed`](crate::order::Order::owed) leaves them out.
    #[must_use]
    pub fn due(&self) -> Money {
        let due = self.stated.unwrap_or(self.total);
        if due.is_negative() {
            return Money::zero(due.currency());
        }
        due
    }

    /// What gift cards cover, not negative.
    pub(super) fn covered(&self) -> Money {
        let covered = self.gift_cards.negated();
        if covered.is_negative() {
            return Money::zero(covered.currency());
        }
        covered
    }

    /// What is [due](Self::due) in minor units, but below nothing by what gift cards cover too
    /// much.
    pub(super) fn balance(&self) -> i64 {
        let due = self.stated.unwrap_or(self.total).minor();
        due.max(self.covered().negated().minor())
    }

    /// The currency of every amount of the order.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.total.currency()
    }
}

/// The amounts of one line that go into the totals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineAmounts {
    pub(crate) gross: Money,
    pub(crate) discount: Money,
    pub(crate) tax: Money,
}

/// What the totals of an order are made from, beside its lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TotalsInput<'a> {
    pub(crate) currency: Currency,
    pub(crate) tax_mode: TaxMode,
    pub(crate) charges: &'a [Charge],
    pub(crate) order_discount: Money,
    pub(crate) order_tax: Option<Money>,
    pub(crate) stated: Option<Money>,
}

/// Adds everything up.
pub(crate) fn totals(
    input: &TotalsInput<'_>,
    lines: impl IntoIterator<Item = LineAmounts>,
) -> Result<Totals, MoneyError> {
    let zero = Money::zero(input.currency);
    let (mut gross, mut discounts, mut tax) = (zero, zero.checked_add(input.order_discount)?, zero);
    for line in lines {
        gross = gross.checked_add(line.gross)?;
        discounts = discounts.checked_add(line.discount)?;
        tax = tax.checked_add(line.tax)?;
    }
    let mut sums = [zero; 5];
    for charge in input.charges {
        let slot = match charge.kind {
            ChargeKind::Shipping => &mut sums[0],
            ChargeKind::Fee => &mut sums[1],
            ChargeKind::Tip => &mut sums[2],
            ChargeKind::Duty => &mut sums[3],
            ChargeKind::GiftCard => &mut sums[4],
        };
        *slot = slot.checked_add(charge.amount)?;
        tax = tax.checked_add(charge.tax)?;
    }
    let [shipping, fees, tips, duties, gift_cards] = sums;
    let tax = match input.order_tax {
        Some(stated) => zero.checked_add(stated)?,
        None => tax,
    };
    let mut total = gross.checked_sub(discounts)?;
    for part in sums {
        total = total.checked_add(part)?;
    }
    if input.tax_mode == TaxMode::Exclusive {
        total = total.checked_add(tax)?;
    }
    if let Some(stated) = input.stated {
        zero.checked_add(stated)?;
    }
    let stated = input.stated;
    Ok(Totals {
        lines: gross,
        discounts,
        shipping,
        fees,
        tips,
        duties,
        gift_cards,
        tax,
        total,
        stated,
    })
}

impl Totals {
    /// True when the parts add up to the total (invariant I4).
    #[must_use]
    pub fn is_conserved(&self, tax_mode: TaxMode) -> bool {
        let tax = match tax_mode {
            TaxMode::Exclusive => self.tax.amount(),
            TaxMode::Inclusive => Decimal::ZERO,
        };
        let parts = [
            self.shipping,
            self.fees,
            self.tips,
            self.duties,
            self.gift_cards,
        ];
        let sum: Decimal = parts.into_iter().map(Money::amount).sum();
        self.lines.amount() - self.discounts.amount() + sum + tax == self.total.amount()
    }
}
