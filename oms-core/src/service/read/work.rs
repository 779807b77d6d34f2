//! The open work of a hub.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::{Claim, Fulfillment, Order, OrderState};
use crate::plan::{DecodeError, Keys};
use crate::port::{Page, StoreError, Unreadable};
use crate::reservation::{Owner, ReservationKey};
use crate::service::view::{HubWork, WorkFilter};
use crate::service::{Error, Tenant};
use crate::value::limits::PAGE_ITEMS_MAX;
use crate::value::{HubId, IdError, LineId, OrderId, Sku};

impl Tenant {
    /// Orders with open work at a hub, oldest first, a page of at most `limit` orders at a time:
    /// what the people of the hub look at. Each comes once, with all its open work there. Work is
    /// open while units of it have not left the hub; claims of carts are nobody's work.
    ///
    /// A page is two questions to the store, whatever its size, unless what is stored of an order
    /// keeps the store from answering for all: then each is asked for alone. It is found by what is
    /// claimed at the hub, so it may be short, also empty, and there may be more: [`Page::next`]
    /// tells. An order that cannot be read is in [`Page::unreadable`].
    ///
    /// Orders come by their ids. Those of the library rise with the time they are made; where an
    /// [`IdSource`](crate::port::IdSource) of the host's own makes ids that do not, orders come in
    /// the order of the ids, and a page goes on there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn work(
        &self,
        hub: &HubId,
        filter: &WorkFilter,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<Page<HubWork, OrderId>, Error> {
        let place = after.map(|order| behind(order, hub)).transpose();
        let place = place.map_err(|why| StoreError::InvalidCall {
            detail: why.to_string(),
        })?;
        // An order has a claim for each line. What is no limit is for the store to refuse.
        let fits = (1..=PAGE_ITEMS_MAX).contains(&limit);
        let claims = if fits { PAGE_ITEMS_MAX } else { limit };
        let claims = self.claiming(hub, place.as_ref(), claims).await?;
        let mut claiming = Claiming::of(but(claims, after), limit);
        let mut page = Page::new(Vec::new(), claiming.next);
        let mut keys = Keys::default();
        for id in claiming.orders {
            match claiming.hidden.remove(&id) {
                Some(error) => page.unreadable.push(Unreadable { at: id, error }),
                None => {
                    keys.orders.insert(id);
                }
            }
        }
        let orders: Vec<OrderId> = keys.orders.into_iter().collect();
        let (snapshot, unreadable) = self.look_at(&orders).await?;
        let hidden = unreadable.into_iter();
        page.unreadable
            .extend(hidden.map(|(at, error)| Unreadable { at, error }));
        for id in orders {
            match snapshot.order(id) {
                Ok(order) => page
                    .items
                    .extend(order.and_then(|order| at_hub(order, hub, filter))),
                Err(error) => page.unreadable.push(Unreadable { at: id, error }),
            }
        }
        Ok(self.listed(page))
    }
}

/// A place in the list of claims behind all that the order has at the hub, but for a line that has
/// the last number there is.
fn behind(order: OrderId, hub: &HubId) -> Result<ReservationKey, IdError> {
    Ok(ReservationKey {
        owner: Owner::Order(order),
        line: LineId::new(i32::MAX.unsigned_abs())?,
        hub: hub.clone(),
        sku: Sku::parse("0")?,
    })
}

/// The claims without those of the order that the page before ended with.
fn but(
    mut page: Page<OrderId, ReservationKey>,
    last: Option<OrderId>,
) -> Page<OrderId, ReservationKey> {
    let Some(last) = last else {
        return page;
    };
    page.items.retain(|order| *order != last);
    page.unreadable
        .retain(|unreadable| unreadable.at.owner.order() != Some(last));
    page
}

/// The orders that claim something.
#[derive(Debug, PartialEq, Eq)]
struct Claiming {
    /// At most as many as were asked for.
    orders: BTreeSet<OrderId>,
    /// Why a claim of an order cannot be read.
    hidden: BTreeMap<OrderId, DecodeError>,
    /// After which order the next ones come.
    next: Option<OrderId>,
}

impl Claiming {
    /// The first orders of a page of claims. Orders come before all other owners.
    fn of(page: Page<OrderId, ReservationKey>, limit: usize) -> Self {
        let next = page.next.and_then(|key| key.owner.order());
        // The next page begins behind all claims of that order, so it belongs to this one, whether
        // or not one of its claims was seen.
        let mut orders: BTreeSet<OrderId> = page.items.into_iter().chain(next).collect();
        let mut hidden = BTreeMap::new();
        for unreadable in page.unreadable {
            if let Some(order) = unreadable.at.owner.order() {
                orders.insert(order);
                hidden.insert(order, unreadable.error);
            }
        }
        let mut claiming = Self {
            orders,
            hidden,
            next,
        };
        let beyond = claiming.orders.iter().nth(limit).copied();
        if let Some(beyond) = beyond {
            drop(claiming.orders.split_off(&beyond));
            claiming.next = claiming.orders.last().copied();
        }
        claiming
    }
}

/// What the order has open at the hub and is asked for; nothing where that is nothing.
fn at_hub(order: Order, hub: &HubId, filter: &WorkFilter) -> Option<HubWork> {
    let (version, status) = (order.version, order.status());
    let begun = order.head.state == OrderState::Open;
    let wanted = |work: &Fulfillment| {
        let ready = begun && work.claim == Claim::Confirmed;
        let since = work.status_since;
        work.is_open_at(hub)
            && filter.status.is_none_or(|status| status == work.status)
            && (!filter.ready || ready)
            && (filter.since_before).is_none_or(|before| since.is_some_and(|since| since < before))
    };
    let works = order.fulfillments.into_values().filter(wanted);
    let works: Vec<Fulfillment> = works.collect();
    (!works.is_empty()).then_some(HubWork {
        version,
        status,
        head: order.head,
        works,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Claiming, behind};
    use crate::plan::DecodeError;
    use crate::port::{Page, Unreadable};
    use crate::reservation::ReservationKey;
    use crate::testing::build::{hub, order_id, owner_cart, owner_order, reservation, stock};
    use crate::value::{LineId, OrderId};

    /// The claim of a line of an order.
    fn claim(order: u64, line: u32) -> ReservationKey {
        reservation(&owner_order(order), line, &stock("north", "TEA"))
    }

    fn page(claims: &[(u64, u32)], next: Option<ReservationKey>) -> Page<OrderId, ReservationKey> {
        let claims = claims.iter().map(|(order, line)| claim(*order, *line));
        let orders = claims.filter_map(|key| key.owner.order());
        Page::new(orders.collect(), next)
    }

    fn orders(claiming: &Claiming) -> Vec<OrderId> {
        claiming.orders.iter().copied().collect()
    }

    #[test]
    fn an_order_whose_claims_two_pages_share_comes_once() {
        // The page of claims ends in the midst of order 2.
        let first = Claiming::of(page(&[(1, 1), (1, 2), (2, 1)], Some(claim(2, 1))), 10);
        assert_eq!(orders(&first), [order_id(1), order_id(2)]);
        assert_eq!(first.next, Some(order_id(2)));
        let place = behind(order_id(2), &hub("north")).unwrap();
        assert!(claim(2, 1) < place && claim(2, u32::MAX / 2 - 1) < place);
        assert!(place < claim(3, 1));
        assert!(place.line > LineId::new(1_000_000).unwrap());
        // Of order 3 no claim was seen yet, and the next page begins behind it.
        let unseen = Claiming::of(page(&[(1, 1)], Some(claim(3, 1))), 10);
        assert_eq!(orders(&unseen), [order_id(1), order_id(3)]);
        assert_eq!(unseen.next, Some(order_id(3)));
    }

    #[test]
    fn no_more_orders_come_than_were_asked_for() {
        let claims = [(1, 1), (2, 1), (2, 2), (3, 1)];
        let two = Claiming::of(page(&claims, None), 2);
        assert_eq!(orders(&two), [order_id(1), order_id(2)]);
        assert_eq!(two.next, Some(order_id(2)));
        let three = Claiming::of(page(&claims, None), 3);
        assert_eq!((orders(&three).len(), three.next), (3, None));
    }

    #[test]
    fn behind_the_orders_nothing_is_asked() {
        let cart = reservation(&owner_cart(1), 1, &stock("north", "TEA"));
        let last = Claiming::of(page(&[(1, 1)], Some(cart)), 10);
        assert_eq!((orders(&last), last.next), (vec![order_id(1)], None));
    }

    #[test]
    fn a_claim_that_cannot_be_read_names_its_order() {
        let error = DecodeError::Corrupt {
            what: "a claim".to_owned(),
            detail: "torn".to_owned(),
        };
        let mut claims = page(&[(1, 1), (3, 1)], None);
        claims.unreadable.push(Unreadable {
            at: claim(2, 1),
            error: error.clone(),
        });
        let all = Claiming::of(claims, 10);
        assert_eq!(orders(&all), [1, 2, 3].map(order_id));
        assert_eq!(all.hidden.get(&order_id(2)), Some(&error));
        assert_eq!(all.hidden.len(), 1);
    }
}
