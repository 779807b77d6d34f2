//! WooCommerce REST v3 orders.
//!
//! `total = sum(line totals) + shipping + fees + total_tax - gift cards`. Every amount is without
//! tax, even in shops whose prices include it, so the tax mode is always exclusive. Amounts
//! come with the decimals of the shop's settings (`woocommerce_price_num_decimals`), or those asked
//! for (`dp`), not with the currency's: finer ones are rounded, and told.

mod channel;
mod contact;
mod entities;
mod money;
mod outbound;
mod past;
mod payment;
mod state;
mod status;
mod sync;

pub use channel::WooCommerce;

pub(super) use entities::decode_entities;

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::incoming::Incoming;
use crate::channel::json::Object;
use crate::channel::order_parts::{draft_of, finish, keep_number, lines, order_reference};
use crate::order::{SourceKind, TaxMode};
use crate::value::ChannelId;

/// Reads one order.
pub(super) fn read(order: &Object<'_>, channel: &ChannelId) -> Result<Incoming, ChannelError> {
    let mut fields = Fields::of(order, true)?;
    fields.rounds = true;
    let mut draft = draft_of(SourceKind::Channel, channel, fields.currency);
    draft.external = vec![order_reference(order, "id")?];
    draft.tax_mode = TaxMode::Exclusive;
    draft.lines = lines(&mut fields, order, money::line)?;
    draft.charges = money::charges(&mut fields, order)?;
    draft.order_tax = fields.not_negative(order, "total_tax")?;
    draft.stated_total = fields.not_negative(order, "total")?;
    draft.contacts = contact::contacts(&mut fields, order)?;
    draft.ordered_at = fields.time(order, "date_created_gmt");
    draft.notes = fields.text(order, "customer_note").into_iter().collect();
    keep_number(&mut fields, &mut draft, order, "number");
    draft.payment = payment::payment(&mut fields, order, &draft)?;
    let history = past::history(&mut fields, order)?;
    let state = state::state(&mut fields, order, &draft)?;
    finish(fields, order, draft, state, history)
}
