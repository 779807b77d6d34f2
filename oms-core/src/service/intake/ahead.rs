//! Times that lie ahead of the clock here. A channel whose clock was a month ahead for one message
//! would have every true one for a month taken for late.

use std::collections::BTreeMap;

use crate::order::{OrderCommand, OrderDraft};
use crate::value::{AttributeKey, AttributeValue, Timestamp};

/// The attribute that holds when a channel last changed an order.
#[cfg(feature = "channels")]
const KEPT: Option<&str> = Some(crate::channel::CHANGED_AT);
#[cfg(not(feature = "channels"))]
const KEPT: Option<&str> = None;

/// When the channel last changed the order, as far as was heard.
pub(super) fn kept_time(
    attributes: &BTreeMap<AttributeKey, AttributeValue>,
) -> Option<AttributeValue> {
    KEPT.and_then(|name| attributes.get(name).cloned())
}

/// Keeps in the draft no time far ahead of when it was taken in.
pub(super) fn bound_draft(draft: &mut OrderDraft, taken_in: Timestamp) {
    if let Some(kept) = KEPT.and_then(|name| draft.attributes.get_mut(name)) {
        bound(kept, taken_in);
    }
}

/// The same for a command that keeps the time.
pub(super) fn bound_command(mut command: OrderCommand, taken_in: Timestamp) -> OrderCommand {
    if let OrderCommand::SetAttribute {
        key,
        value: Some(value),
    } = &mut command
        && KEPT == Some(key.as_str())
    {
        bound(value, taken_in);
    }
    command
}

fn bound(said: &mut AttributeValue, taken_in: Timestamp) {
    if let Ok(at) = Timestamp::parse_rfc3339(said.as_str())
        && at.unless_ahead(taken_in) != at
        && let Ok(bounded) = AttributeValue::parse(taken_in.to_string())
    {
        *said = bounded;
    }
}
