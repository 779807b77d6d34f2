//! What the orders of every JSON channel have in common: references and numbered lines.

use std::collections::BTreeSet;

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::{DraftLine, ExternalReference};
use crate::value::{ExternalId, LineId};

/// The order's id, kind `order`, and what people call it by, kind `number`, under `number_key`.
pub(super) fn references(
    fields: &mut Fields,
    order: &Object<'_>,
    number_key: &str,
) -> Result<Vec<ExternalReference>, ChannelError> {
    let (path, expected) = (order.path_of("id"), "the channel's id of the order");
    let Some(text) = order.literal("id")? else {
        return Err(ChannelError::missing(path, expected));
    };
    let id = ExternalId::parse(&text)
        .map_err(|problem| ChannelError::invalid(problem.code(), path, &text, expected))?;
    let mut references = vec![ExternalReference {
        kind: kind("order")?,
        id,
    }];
    if let Some(id) = fields.id(order, number_key) {
        references.push(ExternalReference {
            kind: kind("number")?,
            id,
        });
    }
    Ok(references)
}

/// The name of a kind of reference; ours are valid.
pub(super) fn kind(name: &'static str) -> Result<ExternalId, ChannelError> {
    ExternalId::parse(name)
        .map_err(|problem| ChannelError::invalid(problem.code(), "id", name, "a kind of reference"))
}

/// Reads one line of an order; `None` for a line that counts for nothing.
pub(super) type ReadLine =
    fn(&mut Fields, &Object<'_>, LineId) -> Result<Option<DraftLine>, ChannelError>;

/// The lines under `line_items`, numbered in the order they appear.
pub(super) fn lines(
    fields: &mut Fields,
    order: &Object<'_>,
    read: ReadLine,
) -> Result<Vec<DraftLine>, ChannelError> {
    if !order.has("line_items") {
        return Err(ChannelError::missing(
            order.path_of("line_items"),
            "the lines of the order",
        ));
    }
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = Some(LineId::FIRST);
    for item in &order.objects("line_items")? {
        let Some(number) = next else {
            return Err(ChannelError::missing(
                item.path.clone(),
                "a smaller number of lines",
            ));
        };
        let Some(line) = read(fields, item, number)? else {
            fields.warn(ChannelWarning::LineLeftOut {
                path: item.path.clone(),
            });
            continue;
        };
        match &line.channel_item {
            None => fields.warn(ChannelWarning::LineWithoutId {
                path: item.path.clone(),
            }),
            Some(id) if !seen.insert(id.clone()) => {
                let (path, id) = (item.path.clone(), id.to_string());
                fields.warn(ChannelWarning::LineIdRepeated { path, id });
            }
            Some(_) => {}
        }
        lines.push(line);
        next = number.next();
    }
    Ok(lines)
}
