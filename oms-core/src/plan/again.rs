//! Claiming again after an edit: what an order held it keeps, what it waited for it goes on waiting
//! for, and only what is new has to be found.

use std::cmp;
use std::collections::BTreeMap;

use crate::order::{
    Assignment, Fulfillment, Line, LineQuantity, Order, OrderCommand, OrderRejection, Workflow,
    decide,
};
use crate::plan::allocate::{Allocation, Manner, Wanted, allocate, dated, days_to_know};
use crate::plan::assign::{refused, require_hubs, unpaid_until};
use crate::plan::context::Context;
use crate::plan::destination::address;
use crate::plan::once_rows::explain;
use crate::plan::window::{ByEnd, refuse_second_window};
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, CounterKey, Keys, Rejection};
use crate::routing::OnShortage;
use crate::tenant::Settings;
use crate::value::{HubId, LineId, LocalDate, Sku, Timestamp, Units};

/// The units to claim after an edit, by line: all of a line that is new or has another SKU, and of
/// any other as many as it held, and by how much it grew beyond what was open or on backorder.
pub(crate) fn to_claim(before: &Order, after: &Order) -> Vec<Wanted> {
    let wanted = after.head.lines.iter().filter_map(|line| {
        let sku = line.sku.known()?.clone();
        let missing = |was: &Line| {
            let asked = line.ordered.saturating_sub(line.cancelled);
            let waited = was.open.checked_add(was.backordered).unwrap_or(Units::MAX);
            let held = cmp::min(asked, was.allocated);
            let due = cmp::max(held, asked.saturating_sub(waited));
            due.saturating_sub(line.allocated)
        };
        let was = before.line(line.id).filter(|was| was.sku == line.sku);
        let units = was.map_or(line.open, missing);
        (!units.is_zero()).then_some((line.id, sku, units))
    });
    wanted.collect()
}

/// Units by when their claim ends, hub and line.
type Sums<'a> = BTreeMap<(Option<Timestamp>, &'a HubId, LineId), Units>;

/// What an edit leaves of the work it took back.
struct Kept<'a> {
    /// The units that the hubs which had the work had.
    sums: Sums<'a>,
    /// The days it was counted for.
    days: BTreeMap<HubId, LocalDate>,
    /// The units that these hubs did not have.
    left: Vec<Wanted>,
}

impl Kept<'_> {
    /// Whether less of a line would be claimed than its hubs had, were all of `short` missing.
    fn loses(&self, short: &[LineQuantity]) -> bool {
        let left = self.left.iter().map(|(line, _, units)| (*line, *units));
        let left: BTreeMap<LineId, Units> = left.collect();
        short.iter().any(|short| {
            let left = left.get(&short.line).copied().unwrap_or(Units::ZERO);
            Units::from(short.quantity) > left
        })
    }
}

/// Adds units to those of the same claim.
fn add<'a>(sums: &mut Sums<'a>, key: (Option<Timestamp>, &'a HubId, LineId), units: Units) {
    let sum = sums.entry(key).or_default();
    *sum = sum.checked_add(units).unwrap_or(Units::MAX);
}

/// The units as shares.
fn shares(sums: &Sums<'_>) -> ByEnd {
    let mut shares = ByEnd::new();
    for ((until, hub, line), units) in sums {
        if let Some(quantity) = units.quantity() {
            shares.entry(*until).or_default().push(Assignment {
                hub: HubId::clone(hub),
                line: *line,
                quantity,
            });
        }
    }
    shares
}

/// The work that an edit took back: what was claimed firmly first, then what would end.
fn taken_back<'a>(before: &'a Order, after: &Order) -> Vec<&'a Fulfillment> {
    let gone = before.fulfillments.values().filter(|work| {
        let still = after.fulfillments.get(&work.id);
        work.is_live() && !still.is_some_and(Fulfillment::is_live)
    });
    let mut gone: Vec<&Fulfillment> = gone.collect();
    gone.sort_by_key(|work| work.tentative_until());
    gone
}

/// The units to claim, as far as the hubs that had the work had them. In a firm order each is
/// claimed as it was.
fn kept<'a>(before: &'a Order, after: &Order, wanted: &[Wanted]) -> Kept<'a> {
    let rest = wanted
        .iter()
        .map(|(line, sku, units)| (*line, (sku, *units)));
    let mut rest: BTreeMap<LineId, (&Sku, Units)> = rest.collect();
    let mut sums = Sums::new();
    let mut days = BTreeMap::new();
    for work in taken_back(before, after) {
        let until = work.tentative_until().filter(|_| !after.head.tentative);
        for share in &work.lines {
            let Some((sku, units)) = rest.get_mut(&share.line) else {
                continue;
            };
            let here = cmp::min(*units, share.here());
            if share.sku != **sku || here.is_zero() {
                continue;
            }
            *units = units.saturating_sub(here);
            add(&mut sums, (until, &work.hub, share.line), here);
            if let Some(day) = work.day {
                days.entry(work.hub.clone()).or_insert(day);
            }
        }
    }
    let left = rest.into_iter().filter(|(_, (_, units))| !units.is_zero());
    let left = left.map(|(line, (sku, units))| (line, sku.clone(), units));
    let left = left.collect();
    Kept { sums, days, left }
}

/// Adds shares found anew to what is claimed already. In a firm order as many units of a line are
/// claimed firmly as were before; the rest ends when the first of the claims did that it takes the
/// place of, if one did.
fn found<'a>(before: &Order, after: &Order, assignments: &'a [Assignment], sums: &mut Sums<'a>) {
    let mut firm: BTreeMap<LineId, Units> = BTreeMap::new();
    let mut ends: BTreeMap<LineId, Timestamp> = BTreeMap::new();
    if !after.head.tentative {
        for work in taken_back(before, after) {
            for share in work.lines.iter().filter(|share| !share.here().is_zero()) {
                if let Some(until) = work.tentative_until() {
                    ends.entry(share.line).or_insert(until);
                } else {
                    let sum = firm.entry(share.line).or_default();
                    *sum = sum.checked_add(share.here()).unwrap_or(Units::MAX);
                }
            }
        }
    }
    for ((_, _, line), units) in sums.iter().filter(|((until, ..), _)| until.is_none()) {
        if let Some(sum) = firm.get_mut(line) {
            *sum = sum.saturating_sub(*units);
        }
    }
    for share in assignments {
        let asked = Units::from(share.quantity);
        let until = ends.get(&share.line).copied();
        let left = firm.entry(share.line).or_default();
        let firmly = until.map_or(asked, |_| cmp::min(*left, asked));
        *left = left.saturating_sub(firmly);
        for (until, units) in [(None, firmly), (until, asked.saturating_sub(firmly))] {
            if !units.is_zero() {
                add(sums, (until, &share.hub, share.line), units);
            }
        }
    }
}

/// How much of the days of hubs there may be. A hub was chosen for the one place that it has left:
/// claims that end at different times are two works of one order, and take it together.
pub(super) fn widened(
    limits: &BTreeMap<CounterKey, Units>,
    shares: &ByEnd,
) -> impl Iterator<Item = (CounterKey, Units)> {
    let places = move |hub: &HubId| {
        let claims = shares.values();
        let there = claims.filter(|claim| claim.iter().any(|share| share.hub == *hub));
        let more = u32::try_from(there.count().saturating_sub(1)).ok();
        more.and_then(|more| Units::new(more).ok())
    };
    limits.iter().map(move |(key, limit)| {
        let more = match key {
            CounterKey::HubDay(hub, _) => places(hub),
            CounterKey::Slot(_) | CounterKey::Host(..) => None,
        };
        let limit = more.map_or(Some(*limit), |more| limit.checked_add(more));
        (key.clone(), limit.unwrap_or(Units::MAX))
    })
}

/// Claims the shares, those that end by themselves apart from the others.
fn claim(
    context: &Context<'_>,
    settings: &Settings,
    before: &Order,
    work: &mut OrderWork,
    shares: ByEnd,
    days: &BTreeMap<HubId, LocalDate>,
) -> Result<(), Rejection> {
    let unpaid = unpaid_until(context, settings, [before, &work.order])?;
    let workflow = settings.workflow.unguarded();
    for (until, assignments) in shares {
        refuse_over(context, before, until)?;
        let expires_at = until.or(unpaid);
        for share in &assignments {
            refuse_second_window(context, work, share, expires_at)?;
        }
        let command = OrderCommand::Allocate {
            assignments,
            expires_at,
        };
        let events = decide(&work.order, &command, &workflow, context.now())?;
        work.take_automatic(context, dated(days, events));
    }
    Ok(())
}

/// A claim that is over has to be ended before others take its place: its units may be sold.
fn refuse_over(
    context: &Context<'_>,
    before: &Order,
    until: Option<Timestamp>,
) -> Result<(), Rejection> {
    let Some(expired_at) = until.filter(|until| *until <= context.now()) else {
        return Ok(());
    };
    let mut works = before.fulfillments.values();
    let over = works.find(|work| work.tentative_until() == Some(expired_at));
    over.map_or(Ok(()), |work| {
        Err(OrderRejection::ReservationExpired {
            fulfillment: work.id,
            expired_at,
        }
        .into())
    })
}

/// After an edit: every unit it needs must find stock, or the edit is refused as a whole where that
/// is asked for; else what is short stays open. Units that are at a hub already stay there,
/// whatever it is like by now, unless hubs can be found for all that is needed; with routing
/// switched off nobody looks for them. Answers what has to be known first.
pub(crate) fn claim_again(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
    wanted: &[Wanted],
    on_shortage: OnShortage,
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let settings = context.settings()?;
    let held = kept(before, &work.order, wanted);
    let routing = settings.routing.as_ref();
    if let Some(policy) = routing.filter(|_| !held.left.is_empty()) {
        let slot = work.order.binding_slot().cloned();
        let manner = Manner {
            policy,
            on_shortage,
            only: None,
            within: slot.as_ref().map(|slot| &slot.key),
            except: None,
        };
        let more = route_again(context, before, work, wanted, held, manner, change_set)?;
        if more.is_some() {
            return Ok(more);
        }
    } else if !held.sums.is_empty() {
        let shares = shares(&held.sums);
        claim(context, &settings, before, work, shares, &held.days)?;
    }
    go_on_waiting(context, before, work)?;
    Ok(None)
}

/// Routes what an edit needs anew. If that would cost the order units that it had, these stay where
/// they were, and only the others are routed. Answers what has to be known first.
fn route_again(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
    wanted: &[Wanted],
    held: Kept<'_>,
    manner: Manner<'_>,
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let settings = context.settings()?;
    let address = address(context, &work.order)?;
    let book = context.hubs()?;
    if let Some(more) = days_to_know(context, &book, address.as_ref(), manner) {
        return Ok(Some(more));
    }
    let mut allocation = allocate(context, &book, work, wanted, address.as_ref(), manner);
    if !allocation.short.is_empty() && manner.on_shortage == OnShortage::Refuse {
        return Err(refused(allocation));
    }
    let (mut sums, mut days) = (Sums::new(), BTreeMap::new());
    if held.loses(&allocation.short) {
        // A hub that goes on with its work has its place for it, and counts it no second time.
        let mut beside = work.clone();
        let stays = shares(&held.sums);
        let uncounted = BTreeMap::new();
        claim(context, &settings, before, &mut beside, stays, &uncounted)?;
        let left = &held.left;
        allocation = allocate(context, &book, &beside, left, address.as_ref(), manner);
        (sums, days) = (held.sums, held.days);
    }
    let Allocation {
        assignments,
        limits,
        ..
    } = &allocation;
    for (hub, day) in &allocation.days {
        days.entry(hub.clone()).or_insert(*day);
    }
    found(before, &work.order, assignments, &mut sums);
    let shares = shares(&sums);
    if !shares.is_empty() {
        work.limits.extend(widened(limits, &shares));
        claim(context, &settings, before, work, shares, &days)?;
    }
    if !assignments.is_empty() {
        require_hubs(&allocation, change_set);
        explain(change_set, &work.order, &allocation.explanation);
        change_set.reclaim = true;
    }
    Ok(None)
}

/// Units that were on backorder are again, as far as they still wait: claiming takes those first,
/// and an edit opens them. So what is claimed are the open ones, of which nobody knows that they
/// wait.
pub(crate) fn go_on_waiting(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
) -> Result<(), Rejection> {
    let waits = work.order.head.lines.iter().filter_map(|line| {
        let was = before.line(line.id).filter(|was| was.sku == line.sku)?;
        let more = was.backordered.saturating_sub(line.backordered);
        let quantity = cmp::min(more, line.open).quantity()?;
        let line = line.id;
        Some(LineQuantity { line, quantity })
    });
    let lines: Vec<LineQuantity> = waits.collect();
    if lines.is_empty() {
        return Ok(());
    }
    let command = OrderCommand::Backorder { lines };
    let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
    work.take_automatic(context, events);
    Ok(())
}
