//! Claiming again after an edit: what an order held it keeps, what it waited for it goes on waiting
//! for, and only what is new has to be found.

use std::cmp;
use std::collections::BTreeMap;

use crate::order::{
    Assignment, Fulfillment, Line, LineQuantity, Order, OrderCommand, OrderState, Workflow, decide,
};
use crate::plan::allocate::{Manner, Wanted, allocate, dated, days_to_know};
use crate::plan::assign::{allocation_command, refused, unpaid_until};
use crate::plan::context::Context;
use crate::plan::destination::address;
use crate::plan::row::explain;
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, Keys, Rejection};
use crate::routing::OnShortage;
use crate::value::{HubId, LineId, LocalDate, Sku, Units};

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
    assignments: Vec<Assignment>,
    days: BTreeMap<HubId, LocalDate>,
}

/// The units to claim, if the hubs that had the work had all of them.
fn kept(before: &Order, after: &Order, wanted: &[Wanted]) -> Option<Kept> {
    let rest = wanted
        .iter()
        .map(|(line, sku, units)| (*line, (sku, *units)));
    let mut rest: BTreeMap<LineId, (&Sku, Units)> = rest.collect();
    let mut shares: BTreeMap<(&HubId, LineId), Units> = BTreeMap::new();
    let mut days = BTreeMap::new();
    for work in before.fulfillments.values().filter(|work| work.is_live()) {
        if after
            .fulfillments
            .get(&work.id)
            .is_some_and(Fulfillment::is_live)
        {
            continue;
        }
        for share in &work.lines {
            let Some((sku, units)) = rest.get_mut(&share.line) else {
                continue;
            };
            let here = cmp::min(*units, share.here());
            if share.sku != **sku || here.is_zero() {
                continue;
            }
            *units = units.saturating_sub(here);
            let sum = shares.entry((&work.hub, share.line)).or_default();
            *sum = sum.checked_add(here)?;
            if let Some(day) = work.day {
                days.entry(work.hub.clone()).or_insert(day);
            }
        }
    }
    if rest.values().any(|(_, units)| !units.is_zero()) {
        return None;
    }
    let assignments = shares.into_iter().map(|((hub, line), units)| {
        let (hub, quantity) = (hub.clone(), units.quantity()?);
        Some(Assignment {
            hub,
            line,
            quantity,
        })
    });
    let assignments = assignments.collect::<Option<_>>()?;
    Some(Kept { assignments, days })
}

/// After an edit: every unit it needs must find stock, or the edit is refused as a whole. While
/// the order is on hold somebody looks after it, so what is short may stay open. Units that are at
/// a hub already stay there, whatever it is like by now. Answers what has to be known first.
pub(crate) fn claim_again(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
    wanted: &[Wanted],
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let settings = context.settings()?;
    if let Some(Kept { assignments, days }) = kept(before, &work.order, wanted) {
        if !assignments.is_empty() {
            let command = OrderCommand::Allocate {
                assignments,
                expires_at: unpaid_until(context, &settings, [before, &work.order])?,
            };
            let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
            work.take_automatic(context, dated(&days, events));
        }
    } else if let Some(policy) = &settings.routing {
        let address = address(context, &work.order)?;
        let held = work.order.head.state == OrderState::OnHold;
        let slot = work.order.takes_slot().cloned();
        let manner = Manner {
            policy,
            on_shortage: if held {
                OnShortage::Review
            } else {
                OnShortage::Refuse
            },
            only: None,
            within: slot.as_ref().map(|slot| &slot.key.hub),
            except: None,
        };
        let book = context.hubs()?;
        if let Some(more) = days_to_know(context, &book, address.as_ref(), manner) {
            return Ok(Some(more));
        }
        let allocation = allocate(context, &book, work, wanted, address.as_ref(), manner);
        if !allocation.short.is_empty() && !held {
            return Err(refused(allocation));
        }
        if !allocation.assignments.is_empty() {
            let expires_at = unpaid_until(context, &settings, [before, &work.order])?;
            let command = allocation_command(&allocation, expires_at, change_set);
            let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
            work.limits.extend(allocation.limits.clone());
            work.take_automatic(context, allocation.dated(events));
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
