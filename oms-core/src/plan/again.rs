//! Claiming again after an edit: what an order held it keeps, what it waited for it goes on waiting
//! for, and only what is new has to be found.

use std::cmp;
use std::collections::BTreeMap;

use crate::order::{
    Assignment, Fulfillment, Line, LineQuantity, Order, OrderCommand, OrderRejection, Workflow,
    decide,
};
use crate::plan::allocate::{Manner, Wanted, allocate, dated, days_to_know};
use crate::plan::assign::{refused, require_hubs, unpaid_until};
use crate::plan::context::Context;
use crate::plan::destination::address;
use crate::plan::row::explain;
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

/// What an edit leaves of the work it took back: shares at the hubs that had it, and the days it
/// was counted for.
struct Kept {
    shares: ByEnd,
    days: BTreeMap<HubId, LocalDate>,
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

/// The units to claim, if the hubs that had the work had all of them. In a firm order each is
/// claimed as it was.
fn kept(before: &Order, after: &Order, wanted: &[Wanted]) -> Option<Kept> {
    let rest = wanted
        .iter()
        .map(|(line, sku, units)| (*line, (sku, *units)));
    let mut rest: BTreeMap<LineId, (&Sku, Units)> = rest.collect();
    let mut sums: BTreeMap<(Option<Timestamp>, &HubId, LineId), Units> = BTreeMap::new();
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
            let sum = sums.entry((until, &work.hub, share.line)).or_default();
            *sum = sum.checked_add(here)?;
            if let Some(day) = work.day {
                days.entry(work.hub.clone()).or_insert(day);
            }
        }
    }
    if rest.values().any(|(_, units)| !units.is_zero()) {
        return None;
    }
    let mut shares = ByEnd::new();
    for ((until, hub, line), units) in sums {
        let (hub, quantity) = (hub.clone(), units.quantity()?);
        shares.entry(until).or_default().push(Assignment {
            hub,
            line,
            quantity,
        });
    }
    Some(Kept { shares, days })
}

/// Shares found anew. In a firm order as many units of a line are claimed firmly as were before;
/// the rest ends when the first of the claims did that it takes the place of, if one did.
fn found(before: &Order, after: &Order, assignments: &[Assignment]) -> ByEnd {
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
    let mut shares = ByEnd::new();
    for share in assignments {
        let asked = Units::from(share.quantity);
        let until = ends.get(&share.line).copied();
        let left = firm.entry(share.line).or_default();
        let firmly = until.map_or(asked, |_| cmp::min(*left, asked));
        *left = left.saturating_sub(firmly);
        for (until, units) in [(None, firmly), (until, asked.saturating_sub(firmly))] {
            if let Some(quantity) = units.quantity() {
                let (hub, line) = (share.hub.clone(), share.line);
                shares.entry(until).or_default().push(Assignment {
                    hub,
                    line,
                    quantity,
                });
            }
        }
    }
    shares
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
    (shares, days): (ByEnd, &BTreeMap<HubId, LocalDate>),
) -> Result<(), Rejection> {
    let unpaid = unpaid_until(context, settings, [before, &work.order])?;
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
        let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
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
/// whatever it is like by now. Answers what has to be known first.
pub(crate) fn claim_again(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
    (wanted, on_shortage): (&[Wanted], OnShortage),
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let settings = context.settings()?;
    if let Some(Kept { shares, days }) = kept(before, &work.order, wanted) {
        if !shares.is_empty() {
            claim(context, &settings, before, work, (shares, &days))?;
        }
    } else if let Some(policy) = &settings.routing {
        let address = address(context, &work.order)?;
        let slot = work.order.binding_slot().cloned();
        let manner = Manner {
            policy,
            on_shortage,
            only: None,
            within: slot.as_ref().map(|slot| &slot.key),
            except: None,
        };
        let book = context.hubs()?;
        if let Some(more) = days_to_know(context, &book, address.as_ref(), manner) {
            return Ok(Some(more));
        }
        let allocation = allocate(context, &book, work, wanted, address.as_ref(), manner);
        if !allocation.short.is_empty() && on_shortage == OnShortage::Refuse {
            return Err(refused(allocation));
        }
        if !allocation.assignments.is_empty() {
            require_hubs(&allocation, change_set);
            let shares = found(before, &work.order, &allocation.assignments);
            work.limits.extend(widened(&allocation.limits, &shares));
            claim(context, &settings, before, work, (shares, &allocation.days))?;
            explain(change_set, &work.order, &allocation.explanation);
            change_set.reclaim = true;
        }
    }
    go_on_waiting(context, before, work)?;
    Ok(None)
}

/// Units that were on backorder are again, as far as they still wait: claiming takes those first,
/// and an edit opens them.
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
