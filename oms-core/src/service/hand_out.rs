//! Goods came in: the orders that wait for them get them, firm ones first.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::order::{HoldReason, OrderStatus};
use crate::plan::{Command, Receipt};
use crate::port::{OrderCursor, OrderFilter, Page};
use crate::service::{Call, Done, Error, OrderError, OrderSummary, Tenant};
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{OrderId, OrderNumber, Sku, Timestamp, Units};

/// What became of goods that were handed out.
///
/// Hosts can answer with it as JSON: what was given is objects of `order` and `receipt`; what was
/// left or could not be read is an [`OrderError`], in the words that a client may read. Write the
/// errors themselves to the log.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct HandedOut {
    /// Orders that got something, in the order in which they were served, and what was done; their
    /// history tells which units at which hubs.
    pub given: Vec<(OrderId, Done)>,
    /// Orders that were tried and got nothing, and why: mostly that nothing is left. One whose
    /// outcome is unknown may have got something.
    pub left: Vec<(OrderId, Error)>,
    /// Orders that could not be read, and why. Whether they wait is not known.
    pub unreadable: Vec<(OrderId, Error)>,
}

impl Serialize for HandedOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let given = self.given.iter().map(|(order, done)| Given {
            order: *order,
            receipt: &done.receipt,
        });
        let left = self.left.iter();
        let left = left.map(|(order, why)| OrderError::of(*order, why));
        let unreadable = self.unreadable.iter();
        let unreadable = unreadable.map(|(order, why)| OrderError::of(*order, why));
        let mut fields = serializer.serialize_struct("HandedOut", 3)?;
        fields.serialize_field("given", &given.collect::<Vec<_>>())?;
        fields.serialize_field("left", &left.collect::<Vec<_>>())?;
        fields.serialize_field("unreadable", &unreadable.collect::<Vec<_>>())?;
        fields.end()
    }
}

/// An order that got something, as it is told.
#[derive(Serialize)]
struct Given<'a> {
    order: OrderId,
    receipt: &'a Receipt,
}

/// An order that waits for goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Waiting {
    /// Its id.
    pub order: OrderId,
    /// The number people use.
    pub number: OrderNumber,
    /// The status people see; one that is on hold waits, too.
    pub status: OrderStatus,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Since when its buyer waits, by which it is served: since it was ordered, where the source
    /// says so and does not say later than it was placed. An order that was open in another system
    /// has its turn by its age, in whatever order they were placed here.
    pub since: Timestamp,
    /// Nobody confirmed or approved it yet: it gets what firm orders leave.
    pub tentative: bool,
    /// Units that wait, backordered and open ones together.
    pub units: Units,
}

impl Tenant {
    /// Assigns the orders that wait for a SKU: [`hand_out_all`](Self::hand_out_all) of one.
    ///
    /// # Errors
    /// [`Error`] when the orders cannot be listed.
    pub async fn hand_out(&self, sku: &Sku, call: Call) -> Result<HandedOut, Error> {
        self.hand_out_all(std::slice::from_ref(sku), call).await
    }

    /// Assigns the orders that wait for one of these SKUs: for a host that received goods. Firm
    /// orders come first, the oldest before the others ([`Waiting::since`]); then those that are
    /// tentative, as nobody confirmed or approved them yet
    /// ([`Head::tentative`](crate::order::Head::tentative)): they get what those who paid leave.
    ///
    /// All unfinished orders are looked at, but once for all of the SKUs: what came with one
    /// delivery is best named in one call.
    ///
    /// Units wait that are backordered, and those that are open: what a hub gave back, or what was
    /// short when an order was placed on hold. An order gets whatever else it waits for, too.
    ///
    /// A tentative order whose claim ran out is passed over, as long as it is on hold for that: it
    /// had its time.
    ///
    /// Each order is tried once, by an [`Assign`](Command::Assign) of its own. The call's key,
    /// expected version and extension are not used. Called again, this finds what still waits.
    ///
    /// Orders are tried a hundred at a time. Where one of them failed in a way that may be over
    /// soon ([`Error::is_retryable`]: the store is away, busy, or others were faster again and
    /// again), those behind that hundred are not tried: they would get what is due to it. They are
    /// not in the answer. Call again.
    ///
    /// # Errors
    /// [`Error`] when the orders cannot be listed.
    pub async fn hand_out_all(&self, skus: &[Sku], call: Call) -> Result<HandedOut, Error> {
        let mut handed = HandedOut::default();
        let skus: BTreeSet<&Sku> = skus.iter().collect();
        if skus.is_empty() {
            return Ok(handed);
        }
        let found = self.who_waits(&skus).await?;
        let unreadable = found.unreadable.into_iter();
        let unreadable =
            unreadable.map(|unreadable| (unreadable.at.id, Error::from(unreadable.error)));
        handed.unreadable.extend(unreadable);
        let waiting: Vec<OrderId> = found.items.iter().map(|order| order.order).collect();
        for orders in waiting.chunks(BATCH_ITEMS_MAX) {
            let assign = |order: &OrderId| {
                let (order, hub) = (*order, None);
                let command = Command::Assign { order, hub };
                (command, call.for_a_step())
            };
            let commands: Vec<(Command, Call)> = orders.iter().map(assign).collect();
            let mut passing = false;
            for (order, result) in orders.iter().zip(self.bulk(&commands).await) {
                match result {
                    Ok(done) => handed.given.push((*order, done)),
                    Err(error) => {
                        passing |= error.is_retryable();
                        handed.left.push((*order, error));
                    }
                }
            }
            if passing {
                break;
            }
        }
        Ok(handed)
    }

    /// The orders that wait for a SKU, as [`hand_out`](Self::hand_out) would serve them now: firm
    /// ones first, the oldest before the others, then those that are tentative. All of them are on
    /// the one page, which is the last; what could not be read may wait, too.
    ///
    /// No index knows who waits: all unfinished orders are read, a page at a time. Ask it for a
    /// person, not for every row of a list.
    ///
    /// # Errors
    /// [`Error`] when the orders cannot be listed.
    pub async fn waiting_for(&self, sku: &Sku) -> Result<Page<Waiting, OrderCursor>, Error> {
        self.who_waits(&BTreeSet::from([sku])).await
    }

    /// The orders that wait for one of the SKUs, firm ones first, the oldest before the others.
    async fn who_waits(&self, skus: &BTreeSet<&Sku>) -> Result<Page<Waiting, OrderCursor>, Error> {
        let filter = OrderFilter {
            unfinished: true,
            ..OrderFilter::default()
        };
        let (mut found, mut after) = (Page::new(Vec::new(), None), None);
        loop {
            let page = self.orders(&filter, after, PAGE_ITEMS_MAX).await?;
            found.unreadable.extend(page.unreadable);
            let orders = page.items.into_iter();
            found
                .items
                .extend(orders.filter_map(|order| waiting(&order, skus)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        // They are listed newest first.
        found.items.reverse();
        // Stable: of those that were ordered at one time, the one placed first stays first.
        found
            .items
            .sort_by_key(|order| (order.tentative, order.since));
        Ok(found)
    }
}

/// What waits of the SKUs in an order, for somebody whose time is not over.
fn waiting(order: &OrderSummary, skus: &BTreeSet<&Sku>) -> Option<Waiting> {
    let head = &order.head;
    if head.tentative && head.is_held_for(HoldReason::ReservationExpired) {
        return None;
    }
    let lines = head.lines.iter();
    let lines = lines.filter(|line| line.sku.known().is_some_and(|sku| skus.contains(sku)));
    let units = lines.flat_map(|line| [line.open, line.backordered]);
    let units = Units::try_sum(units).unwrap_or(Units::MAX);
    let placed_at = order.index.placed_at;
    (!units.is_zero()).then_some(Waiting {
        order: order.id,
        number: order.index.number,
        status: order.index.status,
        placed_at,
        since: head.ordered_at.map_or(placed_at, |at| at.min(placed_at)),
        tentative: head.tentative,
        units,
    })
}
