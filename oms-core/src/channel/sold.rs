//! How many units of each line a channel had sold when its order came: an edit here may add more.

use std::collections::BTreeMap;

use crate::order::OrderDraft;
use crate::value::limits::ATTRIBUTES_MAX;
use crate::value::{AttributeKey, AttributeValue, ExternalId, Units};

/// The attribute of an Amazon order that holds how many units of each line were sold when it came,
/// as JSON by the channel's ids. Amazon lowers what was ordered for what is cancelled: units that
/// an edit here added are none of those.
pub const SOLD_UNITS: &str = "channel_sold_units";

/// Writes it into the draft; not where that has no room for it, or the lines are too many for one
/// attribute.
pub(super) fn keep_sold(draft: &mut OrderDraft) {
    let mut sold: BTreeMap<&ExternalId, Units> = BTreeMap::new();
    for line in &draft.lines {
        if let Some(item) = &line.channel_item {
            let units = sold.entry(item).or_default();
            let sum = units.checked_add(line.quantity.units());
            *units = sum.unwrap_or(Units::MAX);
        }
    }
    if sold.is_empty() || draft.attributes.len() >= ATTRIBUTES_MAX {
        return;
    }
    let text = serde_json::to_string(&sold).ok();
    let value = text.and_then(|text| AttributeValue::parse(text).ok());
    if let (Some(value), Ok(key)) = (value, AttributeKey::parse(SOLD_UNITS)) {
        draft.attributes.insert(key, value);
    }
}

/// What was written so; nothing where nothing was.
pub(super) fn sold(
    attributes: &BTreeMap<AttributeKey, AttributeValue>,
) -> BTreeMap<ExternalId, Units> {
    let kept = attributes.get(SOLD_UNITS);
    let sold = kept.and_then(|kept| serde_json::from_str(kept.as_str()).ok());
    sold.unwrap_or_default()
}
