//! What people ask a store: filters, pages, and what an audit finds.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

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
#[serde(try_from = "Wire")]
pub struct OrderFilter {
    /// With one of these; none at all asks nothing. It is also read from a field `status` with one,
    /// also beside this one, unless that is another than these.
    pub statuses: BTreeSet<OrderStatus>,
    /// Only those that are not finished: neither delivered nor cancelled nor returned.
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

/// A filter as written: earlier ones had a status of their own beside the set, and both counted.
#[derive(Deserialize)]
struct Wire {
    status: Option<OrderStatus>,
    statuses: Option<BTreeSet<OrderStatus>>,
    #[serde(default)]
    unfinished: bool,
    channel: Option<ChannelId>,
    customer: Option<CustomerId>,
    placed_from: Option<Timestamp>,
    placed_before: Option<Timestamp>,
    stuck_since: Option<Timestamp>,
    promised_before: Option<Timestamp>,
}

impl TryFrom<Wire> for OrderFilter {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let mut statuses = wire.statuses.unwrap_or_default();
        if let Some(status) = wire.status {
            if !statuses.is_empty() && !statuses.contains(&status) {
                return Err(format!("status `{status}` is none of the statuses"));
            }
            statuses = [status].into();
        }
        Ok(Self {
            statuses,
            unfinished: wire.unfinished,
            channel: wire.channel,
            customer: wire.customer,
            placed_from: wire.placed_from,
            placed_before: wire.placed_before,
            stuck_since: wire.stuck_since,
            promised_before: wire.promised_before,
        })
    }
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
    /// Of this transfer.
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
    /// The invariant: `I1` (what is reserved, on hand and short does not agree), `I2` (a counter is
    /// not the sum of its claims or movements), `I6` (a stream with a gap or twin, or a document
    /// whose version disagrees with it), `I13` (a body that cannot be read), `capacity` (a counter
    /// of a hub day or slot), or a word of the store's own, such as `reference` (a row points to
    /// nothing).
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
    use super::{OrderFilter, Page, Unreadable};
    use crate::order::OrderStatus;
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

    fn filter(statuses: &[OrderStatus]) -> OrderFilter {
        OrderFilter {
            statuses: statuses.iter().copied().collect(),
            ..OrderFilter::default()
        }
    }

    #[test]
    fn a_filter_of_an_earlier_release_is_read() {
        let (held, over) = (OrderStatus::OnHold, OrderStatus::Cancelled);
        let rest = r#""channel":null,"customer":null,"placed_from":null,"placed_before":null,"#;
        let rest = format!(r#"{rest}"stuck_since":null,"promised_before":null"#);
        for (head, wanted) in [
            (r#""status":null,"#, filter(&[])),
            (r#""status":"on_hold","#, filter(&[held])),
            (
                r#""status":null,"statuses":[],"unfinished":false,"#,
                filter(&[]),
            ),
            (
                r#""status":"on_hold","statuses":[],"unfinished":false,"#,
                filter(&[held]),
            ),
            (
                r#""status":null,"statuses":["on_hold","cancelled"],"unfinished":false,"#,
                filter(&[held, over]),
            ),
            (
                r#""status":"on_hold","statuses":["on_hold","cancelled"],"unfinished":false,"#,
                filter(&[held]),
            ),
        ] {
            let read: OrderFilter = serde_json::from_str(&format!("{{{head}{rest}}}")).unwrap();
            assert_eq!(read, wanted, "{head}");
            let json = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<OrderFilter>(&json).unwrap(), wanted);
        }
        assert_eq!(
            serde_json::from_str::<OrderFilter>("{}").unwrap(),
            filter(&[])
        );
    }

    #[test]
    fn a_filter_that_contradicts_itself_is_refused() {
        let json = r#"{"status":"on_hold","statuses":["cancelled"]}"#;
        let refused = serde_json::from_str::<OrderFilter>(json).unwrap_err();
        let told = refused.to_string();
        assert!(told.contains("`on_hold` is none of the statuses"), "{told}");
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
