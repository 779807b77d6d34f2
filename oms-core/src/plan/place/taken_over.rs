//! Where routing is off and no hub is named, an order is claimed where the claims are that it takes
//! over: nobody chooses another hub, and its buyer is not to lose what was claimed already.

use std::cmp;
use std::collections::BTreeMap;

use super::{Scene, Stop, claim_as, on_shortage};
use crate::plan::Rejection;
use crate::plan::allocate::{Manner, Wanted, usable_hub};
use crate::plan::reserve::held;
use crate::plan::write::OrderWork;
use crate::routing::RoutePolicy;
use crate::value::{HubId, SlotKey, limits};

/// Claims of these units at each hub what those claims hold there; the rest stays open.
pub(super) fn claim(
    scene: Scene<'_>,
    wanted: Vec<Wanted>,
    work: &mut OrderWork,
    holds: &mut Vec<Stop>,
) -> Result<(), Rejection> {
    let policy = RoutePolicy::by_priority();
    let slot = work.order.takes_slot().cloned();
    let within = slot.as_ref().map(|slot| &slot.key);
    let shares = shares(scene, wanted, within);
    for (hub, wanted) in shares.iter().take(limits::FULFILLMENTS_PER_ORDER_MAX) {
        let manner = Manner {
            policy: &policy,
            on_shortage: on_shortage(scene.place.on_problem, policy.on_shortage),
            only: Some(hub),
            within,
            except: None,
        };
        claim_as(scene, wanted, manner, work, holds)?;
    }
    Ok(())
}

/// What of the units those claims hold, by hub; nothing of one that is off, or that is not that of
/// the order's slot.
fn shares(
    scene: Scene<'_>,
    mut wanted: Vec<Wanted>,
    within: Option<&SlotKey>,
) -> BTreeMap<HubId, Vec<Wanted>> {
    let mut shares: BTreeMap<HubId, Vec<Wanted>> = BTreeMap::new();
    let Some(owner) = &scene.place.takes_over else {
        return shares;
    };
    for (row, mut units) in held(scene.context, owner) {
        let other = within.is_some_and(|slot| slot.hub != row.hub);
        if other || usable_hub(scene.book, &row.hub).is_err() {
            continue;
        }
        for (line, sku, left) in &mut wanted {
            let here = cmp::min(units, *left);
            if *sku != row.sku || here.is_zero() {
                continue;
            }
            units = units.saturating_sub(here);
            *left = left.saturating_sub(here);
            let share = (*line, sku.clone(), here);
            shares.entry(row.hub.clone()).or_default().push(share);
        }
    }
    shares
}
