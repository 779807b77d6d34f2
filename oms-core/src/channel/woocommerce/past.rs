//! What happened to a WooCommerce order before it came here. It tells money, not units.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::history::{ChannelCustomer, History, PastRefund};
use crate::channel::json::Object;
use crate::value::{EmailAddress, Money};

pub(super) fn history(fields: &mut Fields, order: &Object<'_>) -> Result<History, ChannelError> {
    let mut history = History::default();
    let billing = order.object("billing")?;
    let billing = billing.as_ref();
    // Nobody's account is number 0: a guest.
    let guest = order.literal("customer_id").ok().flatten().as_deref() == Some("0");
    let id = match guest {
        true => None,
        false => fields.id(order, "customer_id"),
    };
    history.customer(ChannelCustomer {
        id,
        name: billing.and_then(|from| fields.full_name(from, "first_name", "last_name")),
        email: billing.and_then(|from| {
            let text = from.literal("email").ok()??;
            EmailAddress::parse(text.trim()).ok()
        }),
    });
    history.refunds_are_all = order.has("refunds");
    for refund in &order.objects("refunds")? {
        let amount = fields.money(refund, "total")?.map(Money::abs);
        history.refunds_are_all &= amount.is_some();
        // A refund of nothing is the trace of a deleted one.
        if amount.is_none_or(Money::is_zero) {
            continue;
        }
        history.refunds.push(PastRefund {
            id: fields.id(refund, "id"),
            amount,
            at: None,
        });
    }
    Ok(history)
}
