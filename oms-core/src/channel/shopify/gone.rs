//! Units that are no longer part of an order. Shopify lowers the quantity of a line when they will
//! not be sent and when they came back; which of the two it was, refunds and the units still to be
//! sent tell.
//!
//! The words: <https://shopify.dev/docs/api/admin-rest/latest/resources/refund> (`restock_type`),
//! <https://shopify.dev/docs/api/admin-graphql/latest/enums/RefundLineItemRestockType>.

use std::collections::BTreeMap;

use crate::channel::json::Object;
use crate::channel::status::{LineReport, id, items, text, units};
use crate::value::{ExternalId, Units};

/// The names of the same fields of a refund in the two APIs.
pub(super) struct RefundKeys {
    pub(super) lines: &'static str,
    pub(super) restock: &'static str,
}

/// Units of a line by what its refunds say of them.
#[derive(Clone, Copy, Default)]
struct Refunded {
    /// They had not left.
    unsent: Units,
    /// They had.
    back: Units,
}

/// What the refunds of an order say of the units of its lines.
pub(super) struct Refunds(BTreeMap<ExternalId, Refunded>);

impl Refunds {
    pub(super) fn of(order: &Object<'_>, keys: &RefundKeys) -> Self {
        let mut lines: BTreeMap<ExternalId, Refunded> = BTreeMap::new();
        for refund in items(order, "refunds") {
            for entry in items(&refund, keys.lines) {
                let inner = entry.object("lineItem").ok().flatten();
                let item = inner.map_or_else(|| id(&entry, "line_item_id"), |line| id(&line, "id"));
                let Some((item, count)) = item.zip(units(&entry, "quantity")) else {
                    continue;
                };
                let word = text(&entry, keys.restock).unwrap_or_default();
                let line = lines.entry(item).or_default();
                let total = match word.to_ascii_lowercase().as_str() {
                    "cancel" => &mut line.unsent,
                    "return" => &mut line.back,
                    // The others do not say where the units were.
                    _ => continue,
                };
                *total = total.checked_add(count).unwrap_or(*total);
            }
        }
        Self(lines)
    }

    /// Says of a line whose shipped units are known how many units will not be sent and how many
    /// came back. `to_send` are those still to be sent, where the payload has them.
    pub(super) fn tell(&self, line: &mut LineReport, current: Units, to_send: Option<Units>) {
        let Some(ordered) = line.ordered else {
            return;
        };
        let gone = ordered.saturating_sub(current);
        let shipped = line.shipped.unwrap_or_default();
        let unsent = ordered.saturating_sub(shipped);
        let said = self.0.get(&line.item).copied().unwrap_or_default();
        let all = said.unsent.checked_add(said.back) == Some(gone);
        if all && said.unsent <= unsent && said.back <= shipped {
            line.cancelled = Some(said.unsent);
            line.returned = Some(said.back);
        } else if let Some(to_send) = to_send {
            line.cancelled = Some(Units::min(gone, unsent.saturating_sub(to_send)));
        } else if unsent == ordered || unsent.is_zero() {
            line.cancelled = Some(Units::min(gone, unsent));
        } else {
            line.removed = Some(gone);
        }
    }
}
