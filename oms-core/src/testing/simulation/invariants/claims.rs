//! What an order claims is what its fulfillments hold (I2, from the order's side).

use std::collections::BTreeMap;

use crate::order::{Claim as Firmness, Order};
use crate::reservation::{Owner, ReservationKey};
use crate::testing::simulation::book::{Claim, number};
use crate::testing::simulation::report::{Checked, check};

const INVARIANT: &str = "I2";

/// Units of one reservation as the fulfillments have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    tentative: i64,
    confirmed: i64,
    gone: i64,
}

/// Every unit that a fulfillment holds is claimed, and no other.
///
/// Tentative units that the store ended to make room are gone from the claim before the order
/// knows of it; they are counted as lapsed until then.
pub(crate) fn check_order(order: &Order, claims: &BTreeMap<ReservationKey, Claim>) -> Checked {
    let owner = Owner::Order(order.head.id);
    let mut held: BTreeMap<ReservationKey, Held> = BTreeMap::new();
    for work in order.fulfillments.values() {
        for share in &work.lines {
            let key = ReservationKey {
                owner: owner.clone(),
                line: share.line,
                hub: work.hub.clone(),
                sku: share.sku.clone(),
            };
            let entry = held.entry(key).or_default();
            match work.claim {
                Firmness::Tentative { .. } => entry.tentative += number(share.here()),
                Firmness::Confirmed | Firmness::Expired => entry.confirmed += number(share.here()),
            }
            let gone = [share.shipped, share.delivered, share.returned].map(number);
            entry.gone += gone.iter().sum::<i64>();
        }
    }
    let of_order = claims.iter().filter(|(key, _)| key.owner == owner);
    for (key, claim) in of_order {
        let held = held.remove(key).unwrap_or_default();
        let claimed = Held {
            tentative: claim.tentative + claim.lapsed,
            confirmed: claim.confirmed,
            gone: claim.consumed,
        };
        check(held == claimed, INVARIANT, || {
            format!("{key} is {claim:?}, its fulfillments hold {held:?}: {order:?}")
        })?;
    }
    let unclaimed = held.iter().find(|(_, held)| **held != Held::default());
    check(unclaimed.is_none(), INVARIANT, || {
        format!("fulfillments hold units that nobody claimed: {unclaimed:?}")
    })
}
