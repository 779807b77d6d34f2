//! What goes back to a buyer: units and money. The same for both of Shopify's Admin APIs.

use crate::channel::error::ChannelError;
use crate::channel::json::Object;
use crate::channel::outbound::{
    CancelUpdate, CannotCause, OrderFacts, PaymentFacts, RefundCause, RefundUpdate,
};
use crate::channel::status::{Loss, id, text};
use crate::value::{Currency, ExternalId, Money};

/// Units of a line that leave the order.
pub(super) struct Taken<'u> {
    pub(super) item: &'u ExternalId,
    pub(super) quantity: u32,
    pub(super) restock: Restock,
    /// Where they go on sale again, if that is to be said.
    pub(super) location: Option<&'u ExternalId>,
}

/// What becomes of units that leave the order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Restock {
    /// They came back and go on sale again.
    Return,
    /// They never left; Shopify puts them on sale again.
    Cancel,
    /// They came back, or not, and do not go on sale again.
    Nothing,
}

impl Restock {
    /// The word of Admin REST; GraphQL writes it large.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Cancel => "cancel",
            Self::Nothing => "no_restock",
        }
    }
}

fn taken<'u>(
    facts: &'u OrderFacts,
    item: &'u ExternalId,
    quantity: u32,
    restock: Restock,
) -> Result<Taken<'u>, CannotCause> {
    let location = match (restock, &facts.location) {
        (Restock::Nothing, _) => None,
        // GraphQL finds the place of what never left by itself, but not of what comes back.
        (Restock::Return, None) => return Err(CannotCause::missing("location", None)),
        (Restock::Return | Restock::Cancel, location) => location.as_ref(),
    };
    Ok(Taken {
        item,
        quantity,
        restock,
        location,
    })
}

/// Units that leave the order, and whether they go on sale again though that was not asked.
pub(super) type Leaving<'u> = (Vec<Taken<'u>>, Option<Loss>);

/// The units that a cancellation of lines takes away. Shopify has no word for units that neither
/// left nor go on sale again: with `no_restock` they stay to be fulfilled, or units that were sent
/// count as taken back in their place. So they are cancelled, and what can be sold is told apart.
pub(super) fn cancelled<'u>(
    facts: &'u OrderFacts,
    cancel: &'u CancelUpdate,
) -> Result<Leaving<'u>, CannotCause> {
    let lines = cancel.lines.iter();
    let units = lines
        .map(|line| taken(facts, &line.item, line.quantity.get(), Restock::Cancel))
        .collect::<Result<_, _>>()?;
    Ok((units, (!cancel.restock).then_some(Loss::Restock)))
}

/// The units that a refund is for; those that never left as in [`cancelled`].
pub(super) fn returned<'u>(
    facts: &'u OrderFacts,
    refund: &'u RefundUpdate,
) -> Result<Leaving<'u>, CannotCause> {
    let never_left = refund.cause == RefundCause::Cancelled;
    let (mut units, mut loss) = (Vec::new(), None);
    for line in &refund.lines {
        let Some(quantity) = line.quantity else {
            continue;
        };
        let restock = match (never_left, line.restock) {
            (true, true) => Restock::Cancel,
            (true, false) => {
                loss = Some(Loss::Restock);
                Restock::Cancel
            }
            (false, true) => Restock::Return,
            (false, false) => Restock::Nothing,
        };
        units.push(taken(facts, &line.item, quantity.get(), restock)?);
    }
    Ok((units, loss))
}

/// Money, and the payment it goes back to.
pub(super) struct Payback<'f> {
    pub(super) payment: &'f PaymentFacts,
    pub(super) amount: Money,
}

/// Pays back to the payments in their order, each up to what it holds.
pub(super) fn payback(
    payments: &[PaymentFacts],
    total: Money,
) -> Result<Vec<Payback<'_>>, CannotCause> {
    let mut left = total;
    let mut paid = Vec::new();
    for payment in payments {
        left.expect_currency(payment.refundable.currency())?;
        let amount = if payment.refundable.minor() < left.minor() {
            payment.refundable
        } else {
            left
        };
        if !amount.is_positive() {
            continue;
        }
        left = left.checked_sub(amount)?;
        paid.push(Payback { payment, amount });
    }
    if left.is_positive() {
        return Err(CannotCause::MoreThanPaid {
            wanted: total.to_string(),
            left: total.checked_sub(left)?.to_string(),
        });
    }
    Ok(paid)
}

/// Where a transaction says what its amount and its parent are: this differs by API.
pub(super) struct Places {
    /// The amount and the code of its currency.
    pub(super) amount: fn(&Object<'_>) -> Option<(String, String)>,
    /// The transaction that this one takes back.
    pub(super) parent: fn(&Object<'_>) -> Option<ExternalId>,
}

/// What every sale and capture still holds once the refunds are taken off, also those that are
/// under way, in whatever order they are listed.
pub(super) fn payments(
    transactions: &[Object<'_>],
    places: &Places,
) -> Result<Vec<PaymentFacts>, ChannelError> {
    let mut payments: Vec<PaymentFacts> = Vec::new();
    let mut refunds: Vec<(Option<ExternalId>, Money)> = Vec::new();
    for transaction in transactions {
        let word = |key: &str| {
            let word = text(transaction, key).unwrap_or_default();
            word.to_ascii_lowercase()
        };
        // What is on its way back, as some gateways take days for it, cannot go back once more.
        let counts = match word("status").as_str() {
            "success" => true,
            "pending" => word("kind") == "refund",
            _ => false,
        };
        if !counts {
            continue;
        }
        let amount = (places.amount)(transaction).and_then(|(amount, code)| {
            let currency = Currency::parse(&code).ok()?;
            Money::parse(&amount, currency).ok()
        });
        let Some(amount) = amount else {
            let path = transaction.path_of("amount");
            return Err(ChannelError::missing(path, "an amount and its currency"));
        };
        match (word("kind").as_str(), id(transaction, "id")) {
            ("sale" | "capture", Some(id)) => payments.push(PaymentFacts {
                id,
                gateway: text(transaction, "gateway").unwrap_or_default(),
                refundable: amount,
            }),
            ("refund", _) => refunds.push(((places.parent)(transaction), amount)),
            (_, _) => {}
        }
    }
    for (parent, amount) in refunds {
        let mut known = payments.iter_mut();
        if let Some(known) = known.find(|known| Some(&known.id) == parent.as_ref()) {
            let left = known.refundable.checked_sub(amount);
            known.refundable = left.unwrap_or(known.refundable);
        }
    }
    Ok(payments)
}
