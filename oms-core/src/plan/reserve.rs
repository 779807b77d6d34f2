//! Claims of owners that are not orders: carts, and things of the host's own.

use std::collections::{BTreeMap, BTreeSet};

use crate::hub::Hub;
use crate::order::OrderRejection;
use crate::plan::allocate::{Manner, Wanted, routed, shortages};
use crate::plan::command::{ReserveLine, ReserveStock};
use crate::plan::context::{Context, Planned, draft, finish};
use crate::plan::ttl::expires_at;
use crate::plan::{
    ChangeSet, DocumentKey, Keys, Receipt, Rejection, Requirement, ReservationChange,
};
use crate::reservation::{
    Owner, Reservation, ReservationDelta, ReservationEvent, ReservationKey, ReservationRefusal,
    ReservedUnits,
};
use crate::routing::{Fallback, OnShortage, RouteOutcome, RoutePolicy, Split};
use crate::stock::{MovementDraft, MovementKind, StockKey};
use crate::value::{
    HubId, LineId, MovementId, Quantity, Reason, Sku, Timestamp, Units, Version, limits,
};

mod set;

pub(crate) use set::{held, set};

/// What a claim has to know: of no more lines than it may have, as one with more is refused.
pub(crate) fn reserve_keys(claim: &ReserveStock) -> Keys {
    let mut keys = owner_keys(&claim.owner);
    keys.ask_hubs();
    for line in claim.lines.iter().take(limits::LINES_PER_ORDER_MAX) {
        keys.documents
            .insert(DocumentKey::Product(line.sku.clone()));
        keys.sku_stock.insert(line.sku.clone());
    }
    keys
}

/// What a change of the owner's claims has to know.
pub(crate) fn owner_keys(owner: &Owner) -> Keys {
    let mut keys = Keys::default();
    keys.owners.insert(owner.clone());
    keys.orders.extend(owner.order());
    keys
}

/// Plans a claim: all lines at one hub, or none.
pub(crate) fn reserve(context: &Context<'_>, claim: &ReserveStock) -> Result<Planned, Rejection> {
    let ReserveStock { owner, lines, .. } = claim;
    let settings = context.settings()?;
    not_an_order(owner)?;
    check_lines(context, lines)?;
    let hub = choose_hub(context, lines, claim.hub.as_ref(), &BTreeMap::new())?;
    let expires_at = expires_at(context, &settings, claim.mode)?;
    let (mut change_set, over) = due(context, owner);
    if !over.is_empty() {
        push_event(
            &mut change_set,
            owner,
            &ReservationEvent::Expired { units: over },
        );
    }
    Ok(claimed(change_set, owner, lines, &hub, expires_at))
}

/// The claim of all lines at a hub, behind what the change set has already.
fn claimed(
    mut change_set: ChangeSet,
    owner: &Owner,
    lines: &[ReserveLine],
    hub: &HubId,
    expires_at: Option<Timestamp>,
) -> Planned {
    let skus: BTreeSet<_> = lines.iter().map(|line| line.sku.clone()).collect();
    change_set
        .requires
        .push(Requirement::Active(DocumentKey::Hub(hub.clone())));
    let skus = skus.into_iter().map(DocumentKey::Product);
    change_set.requires.extend(skus.map(Requirement::Active));
    let mut units = Vec::with_capacity(lines.len());
    for line in lines {
        let key = ReservationKey {
            owner: owner.clone(),
            line: line.line,
            hub: hub.clone(),
            sku: line.sku.clone(),
        };
        units.push(ReservedUnits::of(&key, line.quantity));
        let delta = ReservationDelta::Reserve {
            quantity: line.quantity,
            expires_at,
        };
        change_set
            .reservations
            .push(ReservationChange { key, delta });
    }
    change_set.reclaim = true;
    with_event(
        change_set,
        owner,
        &ReservationEvent::Reserved { units, expires_at },
    )
}

/// Plans making all tentative claims of the owner firm: all, or none if a line of it ended.
pub(crate) fn confirm(context: &Context<'_>, owner: &Owner) -> Result<Planned, Rejection> {
    context.settings()?;
    not_an_order(owner)?;
    // A line may have been claimed at one hub, have ended, and been claimed at another. What ended
    // before the owner last gave up or took its claims is settled: an owner may come again and
    // again.
    let rows = || context.snapshot.owned_by(owner);
    let there: BTreeSet<LineId> = rows()
        .filter(|(_, row)| !row.live().is_zero())
        .map(|(key, _)| key.line)
        .collect();
    for (key, row) in rows() {
        let gone = !row.unsettled().is_zero() && !there.contains(&key.line);
        if row.is_due(context.now()) || gone {
            let reason = ReservationRefusal::Expired {
                expires_at: row.expires_at,
            };
            return Err(Rejection::Reservation {
                key: key.clone(),
                reason,
            });
        }
    }
    let confirm = |quantity| ReservationDelta::Confirm { quantity };
    let (change_set, units) = change(context, owner, |row| row.tentative, confirm);
    if units.is_empty() {
        return already(context, owner, |row| !row.confirmed.is_zero());
    }
    Ok(with_event(
        change_set,
        owner,
        &ReservationEvent::Confirmed { units },
    ))
}

/// Plans giving all live claims of the owner back, and up those that ended by themselves.
pub(crate) fn release(context: &Context<'_>, owner: &Owner) -> Result<Planned, Rejection> {
    context.settings()?;
    not_an_order(owner)?;
    let (reservations, units) = let_go(context, owner, |row| row.tentative);
    let mut change_set = context.change_set();
    change_set.reservations = reservations;
    change_set
        .reservations
        .extend(settle(context, owner, Reservation::unsettled));
    if change_set.reservations.is_empty() {
        return already(context, owner, |row| row.version > Version::ZERO);
    }
    if units.is_empty() {
        // The end of those that ended was told then.
        let receipt = Receipt::new(owner.stream(), Version::ZERO);
        return Ok(finish(change_set, receipt));
    }
    Ok(with_event(
        change_set,
        owner,
        &ReservationEvent::Released { units },
    ))
}

/// Releases the owner's claims for an order that takes their place, and ends those that are over:
/// the store would spare them, as it does all claims of an owner that is at work.
pub(crate) fn give_way(
    context: &Context<'_>,
    owner: &Owner,
    change_set: &mut ChangeSet,
) -> Result<Vec<ReservationChange>, Rejection> {
    not_an_order(owner)?;
    let now = context.now();
    let (over, units) = due(context, owner);
    if !units.is_empty() {
        push_event(change_set, owner, &ReservationEvent::Expired { units });
    }
    let (released, units) = let_go(context, owner, |row| {
        row.tentative.saturating_sub(row.due(now))
    });
    if !units.is_empty() {
        push_event(change_set, owner, &ReservationEvent::Released { units });
    }
    let mut changes = over.reservations;
    changes.extend(released);
    // With those that end here.
    let settled = settle(context, owner, |row| {
        let ended = row.unsettled().checked_add(row.due(now));
        ended.unwrap_or(Units::MAX)
    });
    changes.extend(settled);
    Ok(changes)
}

/// The owner is done with units that ended by themselves: `bucket` says how many of each row. What
/// it claims from now on is confirmed without them.
fn settle(
    context: &Context<'_>,
    owner: &Owner,
    bucket: impl Fn(&Reservation) -> Units,
) -> Vec<ReservationChange> {
    let settle = |quantity| ReservationDelta::Settle { quantity };
    change(context, owner, bucket, settle).0.reservations
}

/// The release of all confirmed units of the owner, and of the tentative ones that `tentative`
/// names.
fn let_go(
    context: &Context<'_>,
    owner: &Owner,
    tentative: impl Fn(&Reservation) -> Units,
) -> (Vec<ReservationChange>, Vec<ReservedUnits>) {
    let release = |tentative| {
        move |quantity| ReservationDelta::Release {
            quantity,
            tentative,
        }
    };
    let (change_set, mut units) = change(context, owner, tentative, release(true));
    let mut changes = change_set.reservations;
    let (more, of_confirmed) = change(context, owner, |row| row.confirmed, release(false));
    changes.extend(more.reservations);
    units.extend(of_confirmed);
    (changes, units)
}

/// Plans the owner's confirmed units leaving the hub.
pub(crate) fn consume(
    context: &Context<'_>,
    owner: &Owner,
    reason: &Reason,
) -> Result<Planned, Rejection> {
    context.settings()?;
    not_an_order(owner)?;
    let consume = |quantity| ReservationDelta::Consume { quantity };
    let (mut change_set, units) = change(context, owner, |row| row.confirmed, consume);
    if units.is_empty() {
        return already(context, owner, |row| !row.consumed.is_zero());
    }
    let settled = settle(context, owner, Reservation::unsettled);
    change_set.reservations.extend(settled);
    for unit in &units {
        change_set.movements.push(MovementDraft {
            id: MovementId::from_uuid((context.ids)()),
            stock: StockKey {
                hub: unit.hub.clone(),
                sku: unit.sku.clone(),
            },
            kind: MovementKind::Shipped,
            delta: -i64::from(unit.quantity.get()),
            order: None,
            transfer: None,
            reason: Some(reason.clone()),
        });
    }
    Ok(with_event(
        change_set,
        owner,
        &ReservationEvent::Consumed { units },
    ))
}

/// Plans ending the due claims of an owner that is not an order.
pub(crate) fn expire(context: &Context<'_>, owner: &Owner) -> Result<Planned, Rejection> {
    let (change_set, units) = due(context, owner);
    if units.is_empty() {
        return Ok(Planned::Already(Receipt::new(
            owner.stream(),
            Version::ZERO,
        )));
    }
    Ok(with_event(
        change_set,
        owner,
        &ReservationEvent::Expired { units },
    ))
}

fn not_an_order(owner: &Owner) -> Result<(), Rejection> {
    match owner {
        Owner::Order(_) => Err(Rejection::OwnedByOrder {
            owner: owner.clone(),
        }),
        Owner::Cart(_) | Owner::Host(_) => Ok(()),
    }
}

fn check_lines(context: &Context<'_>, lines: &[ReserveLine]) -> Result<(), Rejection> {
    let (found, max) = (lines.len(), limits::LINES_PER_ORDER_MAX);
    if found == 0 || found > max {
        return Err(Rejection::WrongCount {
            field: "lines".to_owned(),
            found,
            max,
        });
    }
    let mut seen = BTreeSet::new();
    for line in lines {
        if !seen.insert(line.line) {
            return Err(OrderRejection::DuplicateLine { line: line.line }.into());
        }
        context.usable(DocumentKey::Product(line.sku.clone()))?;
    }
    Ok(())
}

/// The hub that covers all lines, what the owner gives up for them included.
fn choose_hub(
    context: &Context<'_>,
    lines: &[ReserveLine],
    only: Option<&HubId>,
    given_up: &BTreeMap<StockKey, Units>,
) -> Result<HubId, Rejection> {
    if let Some(id) = only {
        context.usable(DocumentKey::Hub(id.clone()))?;
    }
    check_sum(lines)?;
    // Due claims of others can be reclaimed, and the owner's own end in the same change set.
    let reclaimable = &context.snapshot.reclaimable;
    let claimable = |hub: &Hub, sku: &Sku| {
        let (hub, sku) = (hub.id.clone(), sku.clone());
        let key = StockKey { hub, sku };
        let due = reclaimable.get(&key).copied().unwrap_or(Units::ZERO);
        let own = given_up.get(&key).copied().unwrap_or(Units::ZERO);
        let level = context.snapshot.level(&key);
        level.claimable(due, i64::from(own.get()))
    };
    let settings = context.settings()?;
    let policy = settings.routing.clone();
    let mut policy = policy.unwrap_or_else(RoutePolicy::by_priority);
    // A claim is no order yet: it takes up no capacity, and it is for one hub whatever is given up.
    policy.split = Split::Never;
    policy
        .fallback
        .retain(|step| *step != Fallback::SplitFreely);
    policy.check_capacity = false;
    let manner = Manner {
        policy: &policy,
        on_shortage: OnShortage::Refuse,
        only,
        within: None,
        except: None,
    };
    let wanted: Vec<Wanted> = lines
        .iter()
        .map(|line| (line.line, line.sku.clone(), Units::from(line.quantity)))
        .collect();
    let book = context.hubs()?;
    let uncounted = BTreeMap::new();
    let plan = routed(context, &book, &wanted, None, manner, &uncounted, claimable);
    let tried = plan.explanation;
    match (plan.outcome, plan.parcels.as_slice()) {
        (RouteOutcome::Covered, [parcel]) => Ok(parcel.hub.clone()),
        (RouteOutcome::NotServiceable(tried), _) => Err(Rejection::Unserviceable { tried }),
        (
            RouteOutcome::Covered
            | RouteOutcome::Backorder
            | RouteOutcome::Review
            | RouteOutcome::Short,
            _,
        ) => Err(Rejection::Short {
            shortages: shortages(&tried),
            tried: Box::new(tried),
        }),
    }
}

/// Units of one SKU on several lines are one number, and it must fit a counter.
fn check_sum(lines: &[ReserveLine]) -> Result<(), Rejection> {
    let mut skus: BTreeMap<&Sku, Units> = BTreeMap::new();
    for line in lines {
        let sum = skus.entry(&line.sku).or_default();
        let more = sum.checked_add(Units::from(line.quantity));
        let overflow = OrderRejection::UnitsOverflow { line: line.line };
        *sum = more.ok_or(overflow)?;
    }
    Ok(())
}

/// One change for each reservation of the owner that has units where `bucket` looks; more of one
/// that holds more than a quantity, as rows may that were stored before claims were bounded: what
/// is held can always be ended.
fn change(
    context: &Context<'_>,
    owner: &Owner,
    bucket: impl Fn(&Reservation) -> Units,
    delta: impl Fn(Quantity) -> ReservationDelta,
) -> (ChangeSet, Vec<ReservedUnits>) {
    let mut change_set = context.change_set();
    let mut units = Vec::new();
    for (key, row) in context.snapshot.owned_by(owner) {
        for quantity in pieces(bucket(row)) {
            units.push(ReservedUnits::of(key, quantity));
            let delta = delta(quantity);
            change_set.reservations.push(ReservationChange {
                key: key.clone(),
                delta,
            });
        }
    }
    (change_set, units)
}

/// Units as quantities, the largest first; none for no units.
fn pieces(units: Units) -> impl Iterator<Item = Quantity> {
    let mut left = units;
    std::iter::from_fn(move || {
        let quantity = left.min(Units::from(Quantity::MAX)).quantity()?;
        left = left.saturating_sub(Units::from(quantity));
        Some(quantity)
    })
}

/// It is so already, or there is nothing it could be about.
fn already(
    context: &Context<'_>,
    owner: &Owner,
    done: impl Fn(&Reservation) -> bool,
) -> Result<Planned, Rejection> {
    if context.snapshot.owned_by(owner).any(|(_, row)| done(row)) {
        return Ok(Planned::Already(Receipt::new(
            owner.stream(),
            Version::ZERO,
        )));
    }
    Err(Rejection::NothingReserved {
        owner: owner.clone(),
    })
}

/// The end of the owner's due claims.
fn due(context: &Context<'_>, owner: &Owner) -> (ChangeSet, Vec<ReservedUnits>) {
    let now = context.now();
    let expire = |quantity| ReservationDelta::Expire { quantity };
    change(context, owner, |row| row.due(now), expire)
}

fn push_event(change_set: &mut ChangeSet, owner: &Owner, event: &ReservationEvent) {
    let stream = owner.stream();
    let event = draft(&stream, None, event.name(), ReservationEvent::SCHEMA, event);
    change_set.events.push(event);
}

/// The change set, with the event, and its receipt.
fn with_event(mut change_set: ChangeSet, owner: &Owner, event: &ReservationEvent) -> Planned {
    push_event(&mut change_set, owner, event);
    finish(change_set, Receipt::new(owner.stream(), Version::ZERO))
}

#[cfg(test)]
mod tests;
