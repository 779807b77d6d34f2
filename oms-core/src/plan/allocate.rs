//! Which hubs get an order's open units, and what is left over.

use std::collections::BTreeMap;

use crate::hub::{Destination, Hub};
use crate::order::{Assignment, LineQuantity, Order, OrderCommand, OrderEvent};
use crate::plan::context::Context;
use crate::plan::write::OrderWork;
use crate::plan::{CounterKey, DocumentKey, Keys, Rejection, Shortage};
use crate::reservation::{Owner, ReservationDelta};
use crate::routing::{
    Considered, Explanation, Fallback, HubBook, HubCandidate, NotServiceable, OnShortage,
    OpeningCheck, RouteLine, RouteOutcome, RoutePlan, RoutePolicy, RouteRequest, Split, route,
};
use crate::stock::{StockKey, StockLevel};
use crate::tenant::Settings;
use crate::value::{Address, HubId, LineId, LocalDate, Sku, SlotKey, Timestamp, Units};

/// Rows of a snapshot that are listed at most. One of a bulk call has those of all its commands,
/// and every allocation would list them again.
const LISTED_MAX: usize = 64;

/// What could be claimed, and what could not.
#[derive(Debug)]
pub(crate) struct Allocation {
    /// Units to claim, by hub and line.
    pub(crate) assignments: Vec<Assignment>,
    /// Units that no hub gives.
    pub(crate) short: Vec<LineQuantity>,
    /// The shortage per SKU.
    pub(crate) shortages: Vec<Shortage>,
    /// What every hub lacked, if none may be chosen.
    pub(crate) unserviceable: Option<NotServiceable>,
    /// Hubs whose capacity is bounded, with the day whose capacity the work takes up.
    pub(crate) days: BTreeMap<HubId, LocalDate>,
    /// What they may take on in that day; nothing where the bound was given up.
    pub(crate) limits: BTreeMap<CounterKey, Units>,
    /// Why.
    pub(crate) explanation: Explanation,
}

impl Allocation {
    /// The events of a decision on it, with the days that the work is counted for.
    pub(crate) fn dated(&self, events: Vec<OrderEvent>) -> Vec<OrderEvent> {
        dated(&self.days, events)
    }
}

/// The events, with the days that the work is counted for.
pub(crate) fn dated(
    days: &BTreeMap<HubId, LocalDate>,
    mut events: Vec<OrderEvent>,
) -> Vec<OrderEvent> {
    for event in &mut events {
        if let OrderEvent::Allocated { hub, day, .. } = event {
            *day = days.get(hub).copied();
        }
    }
    events
}

/// The day of a hub that work counts for, and how much of it there may be, where the policy asks.
fn counted_day(
    policy: &RoutePolicy,
    hub: &Hub,
    slot: Option<&SlotKey>,
    now: Timestamp,
) -> Option<(LocalDate, Units)> {
    let bound = hub.daily_capacity.filter(|_| policy.check_capacity)?;
    let day = day_ahead(hub, slot, now).unwrap_or_else(|| hub.day(now));
    Some((day, bound))
}

/// The day of a slot of the hub, where that is a later one than the hub's present day.
fn day_ahead(hub: &Hub, slot: Option<&SlotKey>, now: Timestamp) -> Option<LocalDate> {
    let slot = slot.filter(|slot| slot.hub == hub.id)?;
    (slot.date > hub.day(now)).then_some(slot.date)
}

/// Work that a person gives to hubs is counted for their days as any other; no bound holds it.
pub(crate) fn dated_by_hand(
    context: &Context<'_>,
    settings: &Settings,
    order: &Order,
    command: &OrderCommand,
    events: Vec<OrderEvent>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let OrderCommand::Allocate { assignments, .. } = command else {
        return Ok(events);
    };
    let slot = order.binding_slot().map(|slot| &slot.key);
    let mut days = BTreeMap::new();
    if let Some(policy) = &settings.routing {
        for Assignment { hub: id, .. } in assignments {
            let hub: Option<Hub> = context.read(&DocumentKey::Hub(id.clone()))?;
            let day = hub.and_then(|hub| counted_day(policy, &hub, slot, context.now()));
            days.extend(day.map(|(day, _)| (id.clone(), day)));
        }
    }
    Ok(dated(&days, events))
}

/// A hub that was named, if it is there and in use.
pub(crate) fn usable_hub<'b>(book: &'b HubBook, id: &HubId) -> Result<&'b Hub, Rejection> {
    let document = || DocumentKey::Hub(id.clone());
    match book.hub(id) {
        Some(hub) if hub.active => Ok(hub),
        Some(_) => Err(Rejection::Inactive {
            document: document(),
        }),
        None => Err(Rejection::NotFound {
            document: document(),
        }),
    }
}

/// Units of a line to allocate.
pub(crate) type Wanted = (LineId, Sku, Units);

/// How units are to be allocated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner<'a> {
    /// The tenant's policy.
    pub(crate) policy: &'a RoutePolicy,
    /// What to do when the goods do not suffice.
    pub(crate) on_shortage: OnShortage,
    /// The hub a person chose: its opening hours and its capacity are that person's business.
    pub(crate) only: Option<&'a HubId>,
    /// The delivery slot that binds the work: no hub but its own may be chosen.
    pub(crate) within: Option<&'a SlotKey>,
    /// The hub that is to lose the work.
    pub(crate) except: Option<&'a HubId>,
}

impl Manner<'_> {
    /// The hubs that may be chosen.
    fn hubs<'b>(&self, book: &'b HubBook, place: Option<&Destination>) -> Vec<&'b Hub> {
        let within = self.within.map(|slot| &slot.hub);
        let hubs: Vec<&Hub> = match self.only.or(within) {
            Some(id) => book.hub(id).into_iter().collect(),
            None => book.near(place).collect(),
        };
        let hubs = hubs.into_iter();
        hubs.filter(|hub| self.except != Some(&hub.id)).collect()
    }

    /// How many hubs in use that might have been chosen were left out as they do not deliver there.
    /// Where any is left out, all that were looked at are in use.
    fn elsewhere(&self, book: &HubBook, looked_at: usize) -> u32 {
        if self.only.is_some() || self.within.is_some() {
            return 0;
        }
        let hubs = book.hubs().iter();
        let other = |hub: &&Hub| hub.active && self.except != Some(&hub.id);
        let hubs = hubs.filter(other).count();
        u32::try_from(hubs.saturating_sub(looked_at)).unwrap_or(u32::MAX)
    }

    /// Which hubs those are.
    fn considered(&self) -> Considered {
        match (self.only, self.within, self.except) {
            (Some(_), _, _) => Considered::Named,
            (None, Some(_), _) => Considered::Slot,
            (None, None, Some(except)) => Considered::AllBut(except.clone()),
            (None, None, None) => Considered::Every,
        }
    }

    /// The day of a hub whose capacity work would take up, if that is bounded and counted.
    fn day(&self, hub: &Hub, now: Timestamp) -> Option<(LocalDate, Units)> {
        counted_day(self.policy, hub, self.within, now)
    }

    fn policy(&self, hubs: &[&Hub], now: Timestamp) -> RoutePolicy {
        let mut policy = self.policy.clone();
        policy.on_shortage = self.on_shortage;
        if self.only.is_some() {
            policy.split = Split::Never;
            policy.check_capacity = false;
            policy.check_opening = OpeningCheck::Off;
            policy.use_external = true;
            policy.fallback.clear();
        } else if hubs
            .iter()
            .any(|hub| day_ahead(hub, self.within, now).is_some())
        {
            // Whether it works today says nothing about that day, for which it offers the slot.
            policy.check_opening = OpeningCheck::Off;
        }
        policy
    }
}

/// Allocates units of an order's lines to hubs as the policy says.
pub(crate) fn allocate(
    context: &Context<'_>,
    book: &HubBook,
    work: &OrderWork,
    lines: &[Wanted],
    address: Option<&Address>,
    manner: Manner<'_>,
) -> Allocation {
    let freed = freed(context, work);
    let stock = &context.snapshot.stock;
    let listed = (stock.len() <= LISTED_MAX && freed.is_empty()).then(|| listed(stock));
    let free = |hub: &Hub, sku: &Sku| match &listed {
        Some(rows) => level_in(rows, &hub.id, sku).claimable(Units::ZERO, 0),
        None => sellable(context, &freed, hub, sku),
    };
    let plan = routed(context, book, lines, address, manner, &work.counted, free);
    let shortages = shortages_of(&plan);
    let RoutePlan {
        outcome,
        parcels,
        short,
        explanation,
    } = plan;
    let mut assignments = Vec::with_capacity(lines.len());
    for parcel in parcels {
        for line in parcel.lines {
            let Some(quantity) = line.units.quantity() else {
                continue;
            };
            assignments.push(Assignment {
                hub: parcel.hub.clone(),
                line: line.line,
                quantity,
            });
        }
    }
    let short = short.into_iter().filter_map(|line| {
        let (line, quantity) = (line.line, line.units.quantity()?);
        Some(LineQuantity { line, quantity })
    });
    let mut short: Vec<LineQuantity> = short.collect();
    short.sort_unstable_by_key(|short| short.line);
    let bound = manner.only.is_none() && !explanation.given_up.contains(&Fallback::IgnoreCapacity);
    let (mut days, mut limits) = (BTreeMap::new(), BTreeMap::new());
    for hub in assignments.iter().filter_map(|share| book.hub(&share.hub)) {
        if let Some((day, limit)) = manner.day(hub, context.now()) {
            days.insert(hub.id.clone(), day);
            if bound {
                limits.insert(CounterKey::HubDay(hub.id.clone(), day), limit);
            }
        }
    }
    Allocation {
        days,
        limits,
        assignments,
        short,
        shortages,
        unserviceable: match outcome {
            RouteOutcome::NotServiceable(lacks) => Some(lacks),
            RouteOutcome::Covered
            | RouteOutcome::Backorder
            | RouteOutcome::Review
            | RouteOutcome::Short => None,
        },
        explanation,
    }
}

/// The counters that a choice among hubs needs and nobody asked for yet.
pub(crate) fn days_to_know(
    context: &Context<'_>,
    book: &HubBook,
    address: Option<&Address>,
    manner: Manner<'_>,
) -> Option<Keys> {
    let mut hubs = book.hubs().iter();
    if !manner.policy.check_capacity || hubs.all(|hub| hub.daily_capacity.is_none()) {
        return None;
    }
    let place = address.map(|address| book.destination(address));
    let mut more = Keys::default();
    for hub in manner.hubs(book, place.as_ref()) {
        if let Some((day, _)) = manner.day(hub, context.now()).filter(|_| hub.active) {
            more.counters
                .insert(CounterKey::HubDay(hub.id.clone(), day));
        }
    }
    let known = &context.keys.counters;
    more.counters.retain(|key| !known.contains(key));
    (!more.counters.is_empty()).then_some(more)
}

/// Routes lines over the hubs that may be near, with what each of them could give. `counted` is
/// what the work so far takes up of their capacity, or gives back before it is routed again.
pub(crate) fn routed(
    context: &Context<'_>,
    book: &HubBook,
    lines: &[Wanted],
    address: Option<&Address>,
    manner: Manner<'_>,
    counted: &BTreeMap<CounterKey, i32>,
    mut sellable: impl FnMut(&Hub, &Sku) -> Units,
) -> RoutePlan {
    let destination = address.map(|address| book.destination(address));
    let lines = lines.iter().map(|(line, sku, units)| RouteLine {
        line: *line,
        sku: sku.clone(),
        units: *units,
    });
    let request = RouteRequest::new(destination, lines.collect());
    let request = request.considering(manner.considered());
    let now = context.now();
    let hubs = manner.hubs(book, request.destination());
    let policy = manner.policy(&hubs, now);
    let candidates = hubs.into_iter().map(|hub| {
        let taken = manner.day(hub, now).and_then(|(day, _)| {
            let key = CounterKey::HubDay(hub.id.clone(), day);
            let taken = context.snapshot.counters.get(&key)?.get();
            let own = counted.get(&key).copied().unwrap_or(0);
            Units::new(taken.saturating_add_signed(own)).ok()
        });
        HubCandidate::new(hub, &request, |sku| sellable(hub, sku))
            .having_taken(taken.unwrap_or(Units::ZERO))
    });
    let candidates: Vec<HubCandidate<'_>> = candidates.collect();
    let mut plan = route(&request, &candidates, &policy, now);
    if let RouteOutcome::NotServiceable(lacks) = &mut plan.outcome {
        lacks.elsewhere = manner.elsewhere(book, candidates.len());
    }
    plan
}

/// Open and backordered units of lines with a SKU of the catalogue.
pub(crate) fn waiting(order: &Order) -> Vec<Wanted> {
    let units = order.head.lines.iter().filter_map(|line| {
        let waiting = line.open.checked_add(line.backordered)?;
        (!waiting.is_zero()).then(|| Some((line.id, line.sku.known()?.clone(), waiting)))?
    });
    units.collect()
}

/// Units that are open now and were not before, of lines with a SKU of the catalogue.
pub(crate) fn opened(before: &Order, after: &Order) -> Vec<Wanted> {
    let was: BTreeMap<LineId, Units> = before
        .head
        .lines
        .iter()
        .map(|line| (line.id, line.open))
        .collect();
    let units = after.head.lines.iter().filter_map(|line| {
        let was = was.get(&line.id).copied().unwrap_or(Units::ZERO);
        let opened = line.open.saturating_sub(was);
        (!opened.is_zero()).then(|| Some((line.id, line.sku.known()?.clone(), opened)))?
    });
    units.collect()
}

/// Units per stock row that are free for this order although they count as reserved.
#[derive(Debug, Default)]
struct Freed {
    /// Due claims of others, which a reclaim could end.
    due: BTreeMap<StockKey, Units>,
    /// What the work so far gives back before it claims again.
    own: BTreeMap<StockKey, i64>,
}

impl Freed {
    fn is_empty(&self) -> bool {
        self.due.is_empty() && self.own.is_empty()
    }
}

/// Stock rows by key, among which a row is found without making a key of its own.
fn listed(stock: &BTreeMap<StockKey, StockLevel>) -> Vec<(&StockKey, StockLevel)> {
    stock.iter().map(|(key, level)| (key, *level)).collect()
}

/// The counters of a row, as [`Snapshot::level`](crate::plan::Snapshot::level) tells them.
fn level_in(rows: &[(&StockKey, StockLevel)], hub: &HubId, sku: &Sku) -> StockLevel {
    let at = rows.binary_search_by(|(key, _)| (&key.hub, &key.sku).cmp(&(hub, sku)));
    let row = at.ok().and_then(|at| rows.get(at));
    row.map(|(_, level)| *level).unwrap_or_default()
}

fn freed(context: &Context<'_>, work: &OrderWork) -> Freed {
    let due = context
        .snapshot
        .reclaimable_for(&Owner::Order(work.order.head.id));
    let mut own: BTreeMap<StockKey, i64> = BTreeMap::new();
    for change in &work.reservations {
        // Claims of another owner that are over count as due already.
        let other = change.key.owner != Owner::Order(work.order.head.id);
        if other && matches!(change.delta, ReservationDelta::Expire { .. }) {
            continue;
        }
        *own.entry(change.key.stock()).or_default() -= change.delta.reserved_delta();
    }
    Freed { due, own }
}

/// What the order could claim of a SKU at a hub.
fn sellable(context: &Context<'_>, freed: &Freed, hub: &Hub, sku: &Sku) -> Units {
    let (hub, sku) = (hub.id.clone(), sku.clone());
    let key = StockKey { hub, sku };
    let own = freed.own.get(&key).copied().unwrap_or(0);
    let due = freed.due.get(&key).copied().unwrap_or(Units::ZERO);
    context.snapshot.level(&key).claimable(due, own)
}

/// The shortages of a plan, looked for where it left any units over.
fn shortages_of(plan: &RoutePlan) -> Vec<Shortage> {
    if plan.short.is_empty() {
        return Vec::new();
    }
    shortages(&plan.explanation)
}

/// What the chosen hubs have too little of.
pub(crate) fn shortages(explanation: &Explanation) -> Vec<Shortage> {
    let missing = explanation.missing().into_iter();
    let shortage = missing.map(|missing| Shortage {
        sku: missing.sku,
        asked: missing.asked,
        available: missing.most,
        together: missing.given,
        everywhere: missing.everywhere,
    });
    shortage.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Snapshot;
    use crate::testing::build;

    #[test]
    fn a_row_among_those_listed_is_the_one_of_the_snapshot() {
        let mut snapshot = Snapshot::empty(Timestamp::EPOCH);
        assert!(listed(&snapshot.stock).is_empty());
        let mut keys = Vec::new();
        for hub in ["a", "a-b", "ab", "b", "ä"] {
            for sku in ["1", "1-2", "12", "2", "É"] {
                keys.push(build::stock(hub, sku));
            }
        }
        for (number, key) in (1..).zip(&keys) {
            // The third of three is not there.
            if number % 3 > 0 {
                let level = StockLevel {
                    on_hand: build::units(number),
                    ..StockLevel::default()
                };
                snapshot.stock.insert(key.clone(), level);
            }
        }
        let rows = listed(&snapshot.stock);
        for key in &keys {
            let level = level_in(&rows, &key.hub, &key.sku);
            assert_eq!(level, snapshot.level(key), "{key}");
        }
    }
}
