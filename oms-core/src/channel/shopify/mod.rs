//! Shopify Admin REST orders.
//!
//! `total_price = sum(price x quantity) - total_discounts + shipping + (tax unless included) +
//! fees + duties + tips`. The quantity taken is what was ordered; what was refunded or edited away
//! since shows in the suggestion.

mod channel;
mod contact;
mod gone;
pub(super) mod graphql;
mod money;
mod outbound;
mod past;
mod payback;
mod payment;
mod state;
mod status;
mod sync;
mod telling;
mod work;

pub use channel::Shopify;
pub use graphql::ShopifyGraphql;

use crate::channel::attributes::{attributes, tags};
use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::incoming::Incoming;
use crate::channel::json::Object;
use crate::channel::order_parts::{draft_of, finish, keep_number, numbered, order_reference};
use crate::order::{SourceKind, TaxMode};
use crate::value::ChannelId;

/// Reads one order.
pub(super) fn read(order: &Object<'_>, channel: &ChannelId) -> Result<Incoming, ChannelError> {
    let mut fields = Fields::of(order, false)?;
    let mut draft = draft_of(source(order, "source_name"), channel, fields.currency);
    draft.external = vec![order_reference(order, "id")?];
    draft.tax_mode = match order.flag("taxes_included")? {
        true => TaxMode::Inclusive,
        false => TaxMode::Exclusive,
    };
    let (goods, tips) = money::goods_and_tips(order)?;
    draft.lines = numbered(&mut fields, &goods, money::line)?;
    draft.order_tax = fields.not_negative(order, "total_tax")?;
    draft.stated_total = fields.not_negative(order, "total_price")?;
    money::sums(&mut fields, order, &tips, &mut draft)?;
    draft.contacts = contact::contacts(&mut fields, order)?;
    draft.ordered_at = match fields.time(order, "processed_at") {
        Some(at) => Some(at),
        None => fields.time(order, "created_at"),
    };
    draft.tags = tags(&mut fields, order, "tags");
    draft.notes = fields.text(order, "note").into_iter().collect();
    draft.attributes = attributes(&mut fields, order, "note_attributes");
    keep_number(&mut fields, &mut draft, order, "name");
    draft.payment = payment::payment(&mut fields, order, &draft)?;
    let history = past::history(&mut fields, order, &draft)?;
    let state = state::state(&mut fields, order, &draft.payment)?;
    finish(fields, order, draft, state, history)
}

/// The shop's own tills are told by the word under `key`.
fn source(order: &Object<'_>, key: &str) -> SourceKind {
    match order.literal(key).ok().flatten().as_deref() {
        Some("pos") => SourceKind::PointOfSale,
        Some(_) | None => SourceKind::Channel,
    }
}
