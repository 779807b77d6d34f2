//! Orders of Amazon's Selling Partner API: Orders v0, whose order, items and address come from
//! separate calls, and Orders 2026-01-01, where one call answers all.

mod channel;
mod feed;
mod join;
mod marketplace;
mod outbound;
mod people;
mod state;
mod status;
mod sync;
mod v0;
mod v0_money;
mod v2026;
mod v2026_money;
mod v2026_state;

pub use channel::Amazon;

pub use join::{AmazonOrders, read_amazon_orders};

pub(super) use join::{inner, v0_order};
pub(super) use v0::read as read_v0;
pub(super) use v2026::read as read_2026;

use crate::channel::check::computed_total;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range};
use crate::channel::incoming::{ChannelState, Suggestion};
use crate::channel::json::Object;
use crate::channel::line_price::price_of_line;
use crate::channel::order_parts::charge;
use crate::order::{Charge, ChargeKind, OrderDraft, TaxMode};
use crate::value::{Money, MoneyError, Quantity, UnitPrice};

/// What the lines of an order cost beside their goods, added up over the lines.
#[derive(Debug, Default)]
struct Extras {
    shipping: Vec<Money>,
    shipping_tax: Vec<Money>,
    wrap: Vec<Money>,
    wrap_tax: Vec<Money>,
    cash_on_delivery: Vec<Money>,
    other: Vec<Money>,
    tip: Vec<Money>,
}

impl Extras {
    fn charges(self, fields: &mut Fields) -> Result<Vec<Charge>, ChannelError> {
        let mut charges = Vec::new();
        let parts = [
            (ChargeKind::Shipping, "", self.shipping, self.shipping_tax),
            (ChargeKind::Fee, "gift wrap", self.wrap, self.wrap_tax),
            (
                ChargeKind::Fee,
                "cash on delivery",
                self.cash_on_delivery,
                Vec::new(),
            ),
            (ChargeKind::Fee, "other", self.other, Vec::new()),
            (ChargeKind::Tip, "", self.tip, Vec::new()),
        ];
        for (kind, title, amounts, taxes) in parts {
            let (amount, tax) = (fields.sum(amounts, title)?, fields.sum(taxes, title)?);
            let title = fields.fit(title, || title.to_owned());
            charges.extend(charge(kind, title, amount, tax));
        }
        Ok(charges)
    }
}

/// What the goods of a line cost, by either version of the API.
#[derive(Debug)]
struct LineSums {
    /// The whole line before its discount.
    before: Money,
    discount: Money,
    tax: Money,
}

/// The same with the price of one unit, adding up to what the channel says.
#[derive(Debug)]
struct Priced {
    unit_price: UnitPrice,
    discount: Money,
    tax: Money,
}

impl LineSums {
    /// A tax below zero would be a discount's; the sum counts, so it goes into `extras`.
    fn price(
        self,
        fields: &mut Fields,
        item: &Object<'_>,
        quantity: Quantity,
        extras: &mut Extras,
    ) -> Result<Priced, ChannelError> {
        let sum = |problem: MoneyError| out_of_range(&problem, &item.path());
        let (unit_price, gross) = price_of_line(fields, item, self.before, quantity)?;
        let surplus = gross.checked_sub(self.before).map_err(sum)?;
        let (tax, rebate) = if self.tax.is_negative() {
            (fields.zero(), self.tax)
        } else {
            (self.tax, fields.zero())
        };
        extras.other.push(rebate);
        Ok(Priced {
            unit_price,
            discount: self.discount.checked_add(surplus).map_err(sum)?,
            tax,
        })
    }
}

/// Whether prices contain the tax. The API does not say: it is the custom of the marketplace,
/// unless only the other reading adds up to the stated total.
fn tax_mode(draft: &mut OrderDraft, marketplace: Option<&str>) {
    let usual = marketplace::tax_mode(marketplace);
    let other = match usual {
        TaxMode::Inclusive => TaxMode::Exclusive,
        TaxMode::Exclusive => TaxMode::Inclusive,
    };
    for mode in [other, usual] {
        draft.tax_mode = mode;
        let total = computed_total(draft).ok();
        let fits = total.is_some() && total == draft.stated_total;
        if fits && mode == other {
            draft.tax_mode = usual;
            let both = computed_total(draft).ok() == draft.stated_total;
            draft.tax_mode = if both { usual } else { other };
            return;
        }
    }
}

/// Leaves an order to its next change while Amazon says neither what it costs nor where it goes:
/// what is stored is not priced anew by a later message. It comes again once the payment is
/// authorised, with all of it.
fn wait_until_stated(draft: &OrderDraft, state: &mut ChannelState) {
    let priced = draft.lines.iter().any(|line| !line.unit_price.is_zero());
    let stated = draft.stated_total.is_some() || priced;
    // Without a token for people's data there is a place and no address.
    let contacts = &draft.contacts;
    let addressed = contacts.ship_to.is_some() || contacts.place.is_some();
    if state.suggestion == Suggestion::Pending && !(stated && addressed) {
        state.suggestion = Suggestion::Ignore {
            why: "not authorised yet, without prices or an address; it comes again".into(),
        };
    }
}
