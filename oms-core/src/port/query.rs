//! What people ask a store: filters, pages, and what an audit finds.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

use crate::order::OrderStatus;
use crate::plan::{DecodeError, DocumentKind};
use crate::reservation::Owner;
use crate::stock::MovementKind;
use crate::value::{ChannelId, CustomerId, HubId, OrderId, Sku, Timestamp, TransferId, Units};

/// One page of a list, and where the next one begins.
///
/// Something stored that cannot be read, such as an order that a newer release wrote, keeps nothing
/// else from the page: it is in [`unreadable`](Self::unreadable). Show it, or count it; a caller
/// that must not go on without it asks for the page [`whole`](Self::whole).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T, C> {
    /// The items, in order; fewer than asked, also none, does not mean that there are no more.
    pub items: Vec<T>,
    /// What belongs to the page and cannot be read, in no particular order. With the items it is at
    /// most as many as were asked for.
    #[serde(
        default = "Vec::new",
        skip_serializing_if = "Vec::is_empty",
        alias = "unread"
    )]
    pub unreadable: Vec<Unreadable<C>>,
    /// Ask with this for the next page; `None` at the end. It is a key of the last item, or a
    /// cursor such as an [`OrderCursor`](crate::port::OrderCursor), which is one word as a text.
    pub next: Option<C>,
}

/// Something of a list that is stored and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable<C> {
    /// Its place in the list, which names it.
    pub at: C,
    /// Why.
    pub error: DecodeError,
}

impl<T, C> Page<T, C> {
    /// A page of which everything could be read.
    #[must_use]
    pub const fn new(items: Vec<T>, next: Option<C>) -> Self {
        Self {
            items,
            unreadable: Vec::new(),
            next,
        }
    }

    /// The page, if everything in it could be read: for callers that must leave nothing out.
    ///
    /// # Errors
    /// Why one of [`unreadable`](Self::unreadable) cannot be read.
    pub fn whole(mut self) -> Result<Self, DecodeError> {
        match self.unreadable.pop() {
            None => Ok(self),
            Some(unreadable) => Err(unreadable.error),
        }
    }

    /// The page with its items read on: what cannot be joins the rest of it, and what `read`
    /// answers nothing for is left out.
    pub(crate) fn read<U>(
        self,
        read: impl Fn(T) -> Option<Result<U, Unreadable<C>>>,
    ) -> Page<U, C> {
        let mut page = Page {
            items: Vec::with_capacity(self.items.len()),
            unreadable: self.unreadable,
            next: self.next,
        };
        for item in self.items {
            match read(item) {
                Some(Ok(item)) => page.items.push(item),
                Some(Err(unreadable)) => page.unreadable.push(unreadable),
                None => {}
            }
        }
        page
    }
}

/// Which orders; every field that is set must match.
///
/// Fill it up with `..Default::default()`: a later release may have a condition more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFilter {
    /// With one of these; none at all asks nothing. It is also read from a field `status` with one.
    #[serde(default, alias = "status", deserialize_with = "one_or_several")]
    pub statuses: BTreeSet<OrderStatus>,
    /// Only those that are not finished: neither delivered nor cancelled nor returned.
    #[serde(default)]
    pub unfinished: bool,
    /// From this channel.
    pub channel: Option<ChannelId>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Placed at or after.
    pub placed_from: Option<Timestamp>,
    /// Placed before.
    pub placed_before: Option<Timestamp>,
    /// In their present state since before, and not finished: stuck orders. Work at a hub goes on
    /// without a new state of the order.
    pub stuck_since: Option<Timestamp>,
    /// Promised before, or with a delivery slot that is over before, and not finished: late orders.
    pub promised_before: Option<Timestamp>,
}

fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<OrderStatus>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Read {
        One(OrderStatus),
        Several(BTreeSet<OrderStatus>),
    }
    Ok(match Option::deserialize(from)? {
        None => BTreeSet::new(),
        Some(Read::One(status)) => [status].into(),
        Some(Read::Several(statuses)) => statuses,
    })
}

/// Which documents of a kind: one that has an `Active` index, the names that channels give SKUs, or
/// the host's own. Every field that is set must match.
///
/// Begin with [`of`](Self::of): a later release may have a condition more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentFilter {
    /// The kind.
    pub kind: DocumentKind,
    /// Only those that may be used, or only those that may not.
    pub active: Option<bool>,
    /// Only transfers from this hub: those with an `Active` index whose body is a JSON object with
    /// the hub as its `from`. Documents of other kinds are of no hub.
    #[serde(default)]
    pub from: Option<HubId>,
    /// Only transfers to this hub: the same with `to`.
    #[serde(default)]
    pub to: Option<HubId>,
}

impl DocumentFilter {
    /// All documents of a kind.
    #[must_use]
    pub const fn of(kind: DocumentKind) -> Self {
        Self {
            kind,
            active: None,
            from: None,
            to: None,
        }
    }
}

/// Which movements; every field that is set must match.
///
/// Fill it up with `..Default::default()`: a later release may have a condition more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementFilter {
    /// Of this SKU.
    pub sku: Option<Sku>,
    /// At this hub.
    pub hub: Option<HubId>,
    /// For this reason.
    pub kind: Option<MovementKind>,
    /// For this order.
    pub order: Option<OrderId>,
    /// Of this transfer. Nothing of it moved before it was shipped, so a `from` spares the look
    /// through all that moved earlier.
    #[serde(default)]
    pub transfer: Option<TransferId>,
    /// Recorded at or after.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub before: Option<Timestamp>,
}

/// Which stock rows; every field that is set must match.
///
/// Fill it up with `..Default::default()`: a later release may have a condition more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockFilter {
    /// Of this SKU.
    pub sku: Option<Sku>,
    /// At this hub.
    pub hub: Option<HubId>,
    /// With at most this many units available.
    pub available_at_most: Option<Units>,
}

/// Which reservations; every field that is set must match.
///
/// Fill it up with `..Default::default()`: a later release may have a condition more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationFilter {
    /// Of this owner.
    pub owner: Option<Owner>,
    /// Of this SKU.
    pub sku: Option<Sku>,
    /// At this hub.
    pub hub: Option<HubId>,
    /// Only those the sweeper must look at: tentative units due by the store's clock, or units the
    /// store ended on its own that the owner's order does not know of.
    #[serde(default)]
    pub due: bool,
    /// Only those that hold units: tentative or confirmed ones. What an order took long ago is left
    /// out.
    #[serde(default)]
    pub live: bool,
}

/// A row that breaks an invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The invariant, such as `I2`.
    pub invariant: String,
    /// The row.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} broken by {}: {}",
            self.invariant, self.subject, self.detail
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Unreadable};
    use crate::plan::DecodeError;

    fn unreadable(at: u8) -> Unreadable<u8> {
        let error = DecodeError::Corrupt {
            what: format!("row {at}"),
            detail: "torn".to_owned(),
        };
        Unreadable { at, error }
    }

    #[test]
    fn what_cannot_be_read_joins_the_rest_of_it() {
        let page = Page {
            items: vec![1, 2, 3, 4],
            unreadable: vec![unreadable(9)],
            next: Some(10),
        };
        let page = page.read(|item: u8| match item {
            2 => Some(Err(unreadable(2))),
            3 => None,
            item => Some(Ok(item + 100)),
        });
        let wanted = Page {
            items: vec![101, 104],
            unreadable: vec![unreadable(9), unreadable(2)],
            next: Some(10),
        };
        assert_eq!(page, wanted);
        assert_eq!(page.whole(), Err(unreadable(2).error));
    }

    #[test]
    fn a_page_that_could_be_read_is_whole_and_says_no_more() {
        let page = Page::new(vec![1], Some(2));
        assert_eq!(page.clone().whole(), Ok(page.clone()));
        let json = serde_json::to_value(&page).unwrap();
        assert_eq!(json, serde_json::json!({"items": [1], "next": 2}));
        assert_eq!(serde_json::from_value::<Page<u8, u8>>(json).unwrap(), page);
    }

    #[test]
    fn a_page_of_an_earlier_release_is_read() {
        let page = Page {
            items: vec![1],
            unreadable: vec![unreadable(9)],
            next: Some(10),
        };
        let json = serde_json::to_string(&page).unwrap();
        let earlier = json.replace("\"unreadable\"", "\"unread\"");
        assert_ne!(earlier, json);
        assert_eq!(
            serde_json::from_str::<Page<u8, u8>>(&earlier).unwrap(),
            page
        );
    }
}
