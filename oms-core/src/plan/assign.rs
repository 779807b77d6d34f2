//! Claiming stock for an order that is stored: what it waits for, and what moves to another hub.

use crate::order::{
    CommandKind, Fulfillment, FulfillmentStatus, Order, OrderCommand, OrderEvent, OrderRejection,
    Workflow, decide,
};
use crate::plan::again::{go_on_waiting, widened};
use crate::plan::allocate::{
    Allocation, Manner, Wanted, allocate, dated_by_hand, days_to_know, opened, waiting,
};
use crate::plan::context::{Context, Planned};
use crate::plan::destination::{address, addresses_to_know};
use crate::plan::once_rows::explain;
use crate::plan::order::{load, require_active, written};
use crate::plan::place::short;
use crate::plan::ttl::{ends_after, unconfirmed_secs};
use crate::plan::window::{by_end, refuse_second_window};
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, DocumentKey, Keys, Rejection, slot};
use crate::routing::{OnShortage, RoutePolicy};
use crate::tenant::Settings;
use crate::value::{FulfillmentId, HubId, OrderId, Timestamp};

/// Plans claiming stock for what an order still waits for.
pub(crate) fn assign(
    context: &Context<'_>,
    id: OrderId,
    hub: Option<&HubId>,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    let wanted = waiting(&work.order);
    if wanted.is_empty() {
        let command = CommandKind::Allocate;
        return Err(OrderRejection::NothingToDo { command }.into());
    }
    if let Some(more) = stock_to_know(context, &work.order, &wanted) {
        return Ok(Planned::More(more));
    }
    check_hub(context, hub)?;
    slot::check_hub(&work.order, hub)?;
    let slot = work.order.binding_slot().cloned();
    let within = slot.as_ref().map(|slot| &slot.key);
    let mut change_set = context.change_set();
    let address = address(context, &work.order)?;
    let policy = &policy(&settings, hub)?;
    let manner = Manner {
        policy,
        on_shortage: OnShortage::Backorder,
        only: hub,
        within,
        except: None,
    };
    let book = context.hubs()?;
    if let Some(more) = days_to_know(context, &book, address.as_ref(), manner) {
        return Ok(Planned::More(more));
    }
    let allocation = allocate(context, &book, &work, &wanted, address.as_ref(), manner);
    if allocation.assignments.is_empty() {
        return Err(refused(allocation));
    }
    let expires_at = unpaid_until(context, &settings, [&work.order, &work.order])?;
    require_hubs(&allocation, &mut change_set);
    let shares = by_end(context, &work, &allocation.assignments, expires_at);
    work.limits.extend(widened(&allocation.limits, &shares));
    let before = work.order.clone();
    for (expires_at, assignments) in shares {
        for share in &assignments {
            refuse_second_window(context, &work, share, expires_at)?;
        }
        let command = OrderCommand::Allocate {
            assignments,
            expires_at,
        };
        let events = decide(&work.order, &command, &settings.workflow, context.now())?;
        work.take(context, allocation.dated(events));
    }
    go_on_waiting(context, &before, &mut work)?;
    explain(&mut change_set, &work.order, &allocation.explanation);
    change_set.reclaim = true;
    Ok(written(context, change_set, work))
}

/// Plans moving a fulfillment's work to another hub, all of it or nothing.
pub(crate) fn reassign(
    context: &Context<'_>,
    id: OrderId,
    fulfillment: FulfillmentId,
    hub: Option<&HubId>,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    let before = work.order.clone();
    let command = OrderCommand::withdraw_all(fulfillment);
    let events = decide(&before, &command, &settings.workflow, context.now())?;
    refuse_begun(&before, fulfillment)?;
    let expires_at = claimed_until(context, &before, fulfillment)?;
    work.take(context, but_stages(events));
    let wanted = opened(&before, &work.order);
    if let Some(more) = stock_to_know(context, &work.order, &wanted) {
        return Ok(Planned::More(more));
    }
    let from = before.fulfillments.get(&fulfillment).map(|work| &work.hub);
    if hub.is_none()
        && let Some(hub) = from
    {
        slot::check_may_leave(&work.order, hub)?;
    }
    if hub.is_some() && hub == from {
        let command = CommandKind::Withdraw;
        return Err(OrderRejection::NothingToDo { command }.into());
    }
    check_hub(context, hub)?;
    slot::check_hub(&work.order, hub)?;
    let slot = work.order.binding_slot().cloned();
    let within = slot.as_ref().map(|slot| &slot.key);
    let mut change_set = context.change_set();
    let address = address(context, &work.order)?;
    let manner = Manner {
        policy: &policy(&settings, hub)?,
        on_shortage: OnShortage::Refuse,
        only: hub,
        within,
        except: from,
    };
    let book = context.hubs()?;
    if let Some(more) = days_to_know(context, &book, address.as_ref(), manner) {
        return Ok(Planned::More(more));
    }
    let allocation = allocate(context, &book, &work, &wanted, address.as_ref(), manner);
    if !allocation.short.is_empty() {
        return Err(refused(allocation));
    }
    require_hubs(&allocation, &mut change_set);
    let command = allocation_command(&allocation, expires_at);
    for share in &allocation.assignments {
        refuse_second_window(context, &work, share, expires_at)?;
    }
    let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
    work.limits.extend(allocation.limits.clone());
    work.take(context, but_stages(allocation.dated(events)));
    go_on_waiting(context, &before, &mut work)?;
    explain(&mut change_set, &work.order, &allocation.explanation);
    change_set.reclaim = true;
    Ok(written(context, change_set, work))
}

/// Work moves as a whole, and what was picked cannot. What was not is taken back by `Withdraw`.
fn refuse_begun(order: &Order, fulfillment: FulfillmentId) -> Result<(), OrderRejection> {
    match order.fulfillments.get(&fulfillment) {
        Some(work) if work.status != FulfillmentStatus::Approved => {
            Err(OrderRejection::UpdateNotAllowed {
                status: order.status(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Until when the work that is to move is claimed; `None` when firmly. A claim that is over has to
/// be ended first: its units may be sold.
fn claimed_until(
    context: &Context<'_>,
    order: &Order,
    fulfillment: FulfillmentId,
) -> Result<Option<Timestamp>, Rejection> {
    let work = order.fulfillments.get(&fulfillment);
    match work.and_then(Fulfillment::tentative_until) {
        Some(expired_at) if expired_at <= context.now() => {
            Err(OrderRejection::ReservationExpired {
                fulfillment,
                expired_at,
            }
            .into())
        }
        until => Ok(until),
    }
}

/// Work that moves is where it was in the end, so the order stays in its stage.
fn but_stages(events: Vec<OrderEvent>) -> Vec<OrderEvent> {
    let stays = |event: &OrderEvent| !matches!(event, OrderEvent::StageSet { .. });
    events.into_iter().filter(stays).collect()
}

/// A hub that somebody named must be one that may be used.
fn check_hub(context: &Context<'_>, hub: Option<&HubId>) -> Result<(), Rejection> {
    if let Some(id) = hub {
        context.usable(DocumentKey::Hub(id.clone()))?;
    }
    Ok(())
}

/// The tenant's policy; with routing switched off a hub has to be named.
pub(super) fn policy(settings: &Settings, hub: Option<&HubId>) -> Result<RoutePolicy, Rejection> {
    match (&settings.routing, hub) {
        (Some(policy), _) => Ok(policy.clone()),
        (None, Some(_)) => Ok(RoutePolicy::by_priority()),
        (None, None) => Err(Rejection::RoutingOff),
    }
}

/// Stock rows, hubs and the address the hub choice needs and nobody asked for yet.
pub(crate) fn stock_to_know(
    context: &Context<'_>,
    order: &Order,
    wanted: &[Wanted],
) -> Option<Keys> {
    let keys = context.keys;
    let mut more = Keys::default();
    if !keys.hubs {
        more.ask_hubs();
    }
    for (_, sku, _) in wanted {
        if !keys.sku_stock.contains(sku) {
            more.sku_stock.insert(sku.clone());
        }
    }
    more.documents.extend(addresses_to_know(context, order));
    (more != Keys::default()).then_some(more)
}

/// Takes what was decided on a command. Work that a person gives to hubs is counted for their days,
/// and what a person claims for an order that nobody confirmed ends as its other claims do.
pub(super) fn take_decided(
    context: &Context<'_>,
    settings: &Settings,
    work: &mut OrderWork,
    command: &OrderCommand,
    events: Vec<OrderEvent>,
) -> Result<(), Rejection> {
    let OrderCommand::Allocate {
        assignments,
        expires_at,
    } = command
    else {
        work.take(context, events);
        return Ok(());
    };
    let before = work.order.clone();
    if expires_at.is_some() {
        let events = dated_by_hand(context, settings, &before, command, events)?;
        work.take(context, events);
        return go_on_waiting(context, &before, work);
    }
    let until = unpaid_until(context, settings, [&before, &before])?;
    for (expires_at, assignments) in by_end(context, work, assignments, until) {
        for share in &assignments {
            refuse_second_window(context, work, share, expires_at)?;
        }
        let command = OrderCommand::Allocate {
            assignments,
            expires_at,
        };
        let events = decide(&work.order, &command, &settings.workflow, context.now())?;
        let events = dated_by_hand(context, settings, &work.order, &command, events)?;
        work.take(context, events);
    }
    go_on_waiting(context, &before, work)
}

/// Claims of an order that nobody confirmed yet end when its other claims end; where it has none,
/// after the tenant's time, or later where its money is promised. Those of a firm order do not end
/// by themselves.
///
/// One that is over has to be ended first, also where an edit just took back its work: the units it
/// held may be sold.
pub(super) fn unpaid_until(
    context: &Context<'_>,
    settings: &Settings,
    [before, after]: [&Order; 2],
) -> Result<Option<Timestamp>, Rejection> {
    if !after.head.tentative {
        return Ok(None);
    }
    let works = [before, after].map(|order| order.fulfillments.values());
    let works = works.into_iter().flatten();
    let claimed = works.filter_map(|work| Some((work.id, work.tentative_until()?)));
    let mut last: Option<Timestamp> = None;
    for (fulfillment, until) in claimed {
        if until <= context.now() {
            let expired_at = until;
            return Err(OrderRejection::ReservationExpired {
                fulfillment,
                expired_at,
            }
            .into());
        }
        last = last.max(Some(until));
    }
    match last {
        Some(until) => Ok(Some(until)),
        None => ends_after(context, unconfirmed_secs(settings, after)).map(Some),
    }
}

/// The hubs that were chosen must still be in use when the claims are stored.
pub(super) fn require_hubs(allocation: &Allocation, change_set: &mut ChangeSet) {
    let hubs = allocation.assignments.iter();
    let hubs = hubs.map(|share| DocumentKey::Hub(share.hub.clone()));
    require_active(change_set, hubs);
}

fn allocation_command(allocation: &Allocation, expires_at: Option<Timestamp>) -> OrderCommand {
    let assignments = allocation.assignments.clone();
    OrderCommand::Allocate {
        assignments,
        expires_at,
    }
}

pub(super) fn refused(allocation: Allocation) -> Rejection {
    match allocation.unserviceable {
        Some(tried) => Rejection::Unserviceable { tried },
        None => short(&allocation),
    }
}
