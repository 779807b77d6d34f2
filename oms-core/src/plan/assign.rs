//! Claiming stock for an order that is stored: by hand, and after an edit.

use crate::catalog::Product;
use crate::customer::ContactDocument;
use crate::order::{
    CommandKind, Fulfillment, LineQuantity, Order, OrderCommand, OrderRejection, OrderState,
    Workflow, decide,
};
use crate::plan::allocate::{Allocation, Manner, Wanted, allocate, days_to_know, opened, waiting};
use crate::plan::context::{Context, Planned};
use crate::plan::order::{load, require_active, written};
use crate::plan::place::short;
use crate::plan::row::explain;
use crate::plan::ttl::ends_after;
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, DocumentKey, Keys, Rejection, slot};
use crate::routing::{OnShortage, RoutePolicy};
use crate::tenant::Settings;
use crate::value::{Address, FulfillmentId, HubId, OrderId, Timestamp, Units};

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
    let slot = work.order.takes_slot().cloned();
    let within = slot.as_ref().map(|slot| &slot.key.hub);
    let mut change_set = context.change_set();
    require_skus(context, &wanted, &mut change_set)?;
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
    let command = allocation_command(&allocation, expires_at, &mut change_set);
    let events = decide(&work.order, &command, &settings.workflow, context.now())?;
    work.limits.extend(allocation.limits.clone());
    work.take(context, allocation.dated(events));
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
    let command = OrderCommand::Withdraw { fulfillment };
    let events = decide(&before, &command, &settings.workflow, context.now())?;
    work.take(context, events);
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
    let slot = work.order.takes_slot().cloned();
    let within = slot.as_ref().map(|slot| &slot.key.hub);
    let mut change_set = context.change_set();
    require_skus(context, &wanted, &mut change_set)?;
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
    let expires_at = before
        .fulfillments
        .get(&fulfillment)
        .and_then(Fulfillment::tentative_until);
    let command = allocation_command(&allocation, expires_at, &mut change_set);
    let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
    work.limits.extend(allocation.limits.clone());
    work.take(context, allocation.dated(events));
    explain(&mut change_set, &work.order, &allocation.explanation);
    change_set.reclaim = true;
    Ok(written(context, change_set, work))
}

/// A hub that somebody named must be one that may be used.
fn check_hub(context: &Context<'_>, hub: Option<&HubId>) -> Result<(), Rejection> {
    if let Some(id) = hub {
        context.usable(DocumentKey::Hub(id.clone()))?;
    }
    Ok(())
}

/// The tenant's policy; with routing switched off a hub has to be named.
fn policy(settings: &Settings, hub: Option<&HubId>) -> Result<RoutePolicy, Rejection> {
    match (&settings.routing, hub) {
        (Some(policy), _) => Ok(policy.clone()),
        (None, Some(_)) => Ok(RoutePolicy::by_priority()),
        (None, None) => Err(Rejection::RoutingOff),
    }
}

/// After an edit: every unit it opened must find stock, or the edit is refused as a whole; units
/// that were on backorder before may stay so. While the order is on hold somebody looks after it,
/// so what is short may stay open. Answers what has to be known first.
pub(crate) fn claim_again(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
    wanted: &[Wanted],
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let settings = context.settings()?;
    let Some(policy) = &settings.routing else {
        return Ok(None);
    };
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
    let choose =
        |manner| -> Allocation { allocate(context, &book, work, wanted, address.as_ref(), manner) };
    let mut allocation = choose(manner);
    let mut later = Vec::new();
    if !allocation.short.is_empty() && !held {
        let patient = choose(Manner {
            on_shortage: OnShortage::Backorder,
            ..manner
        });
        if patient.unserviceable.is_some() || !waited(before, &work.order, &patient.short) {
            return Err(refused(allocation));
        }
        later.clone_from(&patient.short);
        allocation = patient;
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
    if !later.is_empty() {
        let command = OrderCommand::Backorder { lines: later };
        let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
        work.take_automatic(context, events);
    }
    Ok(None)
}

/// Whether all of these units were on backorder before an edit: who agreed to wait for six waits
/// for four as well.
fn waited(before: &Order, after: &Order, short: &[LineQuantity]) -> bool {
    short.iter().all(|short| {
        let (Some(was), Some(is)) = (before.line(short.line), after.line(short.line)) else {
            return false;
        };
        was.sku == is.sku && Units::from(short.quantity) <= was.backordered
    })
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
        let product = DocumentKey::Product(sku.clone());
        if !keys.documents.contains(&product) {
            more.documents.insert(product);
        }
        if !keys.sku_stock.contains(sku) {
            more.sku_stock.insert(sku.clone());
        }
    }
    more.documents.extend(address_to_know(context, order));
    (more != Keys::default()).then_some(more)
}

/// Claims of an order that nobody confirmed yet end when its other claims end; where it has none,
/// after the tenant's time. One that is over has to be ended first: the units it held may be sold.
fn unpaid_until(
    context: &Context<'_>,
    settings: &Settings,
    [before, after]: [&Order; 2],
) -> Result<Option<Timestamp>, Rejection> {
    if !after.head.tentative {
        return Ok(None);
    }
    for work in after.fulfillments.values() {
        if let Some(expired_at) = work.tentative_until().filter(|at| *at <= context.now()) {
            let fulfillment = work.id;
            return Err(OrderRejection::ReservationExpired {
                fulfillment,
                expired_at,
            }
            .into());
        }
    }
    let works = [before, after].map(|order| order.fulfillments.values());
    let ends = works
        .into_iter()
        .flatten()
        .filter_map(Fulfillment::tentative_until);
    match ends.filter(|at| *at > context.now()).max() {
        Some(until) => Ok(Some(until)),
        None => ends_after(context, settings.tentative_ttl_secs).map(Some),
    }
}

fn require_skus(
    context: &Context<'_>,
    wanted: &[Wanted],
    change_set: &mut ChangeSet,
) -> Result<(), Rejection> {
    for (_, sku, _) in wanted {
        let document = DocumentKey::Product(sku.clone());
        let product: Product = context.require(&document)?;
        if !product.active {
            return Err(Rejection::Inactive { document });
        }
        require_active(change_set, document);
    }
    Ok(())
}

fn allocation_command(
    allocation: &Allocation,
    expires_at: Option<Timestamp>,
    change_set: &mut ChangeSet,
) -> OrderCommand {
    for share in &allocation.assignments {
        require_active(change_set, DocumentKey::Hub(share.hub.clone()));
    }
    let assignments = allocation.assignments.clone();
    OrderCommand::Allocate {
        assignments,
        expires_at,
    }
}

fn refused(allocation: Allocation) -> Rejection {
    match allocation.unserviceable {
        Some(tried) => Rejection::Unserviceable { tried },
        None => short(&allocation),
    }
}

/// The row of the address an order goes to.
pub(crate) fn address_row(order: &Order) -> Option<DocumentKey> {
    let row = order.head.ship_to.or(order.head.bill_to);
    row.map(DocumentKey::Contact)
}

/// The same, if nobody asked for it yet.
pub(crate) fn address_to_know(context: &Context<'_>, order: &Order) -> Option<DocumentKey> {
    address_row(order).filter(|row| !context.keys.documents.contains(row))
}

pub(crate) fn address(context: &Context<'_>, order: &Order) -> Result<Option<Address>, Rejection> {
    let Some(row) = address_row(order) else {
        return Ok(None);
    };
    let document: Option<ContactDocument> = context.read(&row)?;
    Ok(match document {
        Some(ContactDocument::Present { contact, .. }) => {
            Some(contact.address).filter(|address| !address.is_empty())
        }
        Some(ContactDocument::Erased { .. }) | None => None,
    })
}
