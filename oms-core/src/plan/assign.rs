//! Claiming stock for an order that is stored: by hand, and after an edit.

use crate::catalog::Product;
use crate::customer::ContactDocument;
use crate::hub::{Hub, HubChoice};
use crate::order::{
    CommandKind, Order, OrderCommand, OrderRejection, OrderState, Workflow, decide,
};
use crate::plan::allocate::{Allocation, Wanted, allocate, waiting};
use crate::plan::context::{Context, Planned};
use crate::plan::order::{load, require_active, written};
use crate::plan::place::write_once;
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, DocumentKey, Index, Keys, Rejection, encode};
use crate::value::{Address, HubId, OrderId, Timestamp};

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
    if let Some(id) = hub {
        let document = DocumentKey::Hub(id.clone());
        let hub: Hub = context.require(&document)?;
        if !hub.active {
            return Err(Rejection::Inactive { document });
        }
    }
    let mut change_set = context.change_set();
    require_skus(context, &wanted, &mut change_set)?;
    let address = address(context, &work.order)?;
    let allocation = allocate(context, &work, &wanted, address.as_ref(), hub)?;
    if allocation.assignments.is_empty() {
        return Err(refused(allocation));
    }
    let choice = allocation.choice.clone();
    let expires_at = unpaid_until(&work.order, &work.order);
    let command = allocation_command(allocation, expires_at, &mut change_set);
    let events = decide(&work.order, &command, &settings.workflow, context.now())?;
    work.take(context, events);
    explain(&mut change_set, &work.order, &choice);
    change_set.reclaim = true;
    Ok(written(context, change_set, work))
}

/// After an edit: every unit it opened must find stock, or the edit is refused as a whole. While
/// the order is on hold somebody looks after it, so what is short may stay open.
pub(crate) fn claim_again(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
    wanted: &[Wanted],
    change_set: &mut ChangeSet,
) -> Result<(), Rejection> {
    if wanted.is_empty() {
        return Ok(());
    }
    let address = address(context, &work.order)?;
    let allocation = allocate(context, work, wanted, address.as_ref(), None)?;
    let held = work.order.head.state == OrderState::OnHold;
    if !allocation.short.is_empty() && !held {
        return Err(refused(allocation));
    }
    if allocation.assignments.is_empty() {
        return Ok(());
    }
    let choice = allocation.choice.clone();
    let expires_at = unpaid_until(before, &work.order);
    let command = allocation_command(allocation, expires_at, change_set);
    let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
    work.take_automatic(context, events);
    explain(change_set, &work.order, &choice);
    change_set.reclaim = true;
    Ok(())
}

/// Stock rows, hubs and the address the hub choice needs and nobody asked for yet.
pub(crate) fn stock_to_know(
    context: &Context<'_>,
    order: &Order,
    wanted: &[Wanted],
) -> Option<Keys> {
    let keys = context.keys;
    let mut more = Keys {
        hubs: !keys.hubs,
        ..Keys::default()
    };
    for (_, sku, _) in wanted {
        let product = DocumentKey::Product(sku.clone());
        if !keys.documents.contains(&product) {
            more.documents.insert(product);
        }
        if !keys.sku_stock.contains(sku) {
            more.sku_stock.insert(sku.clone());
        }
    }
    let address = order
        .head
        .ship_to
        .or(order.head.bill_to)
        .map(DocumentKey::Contact);
    more.documents
        .extend(address.filter(|key| !keys.documents.contains(key)));
    (more != Keys::default()).then_some(more)
}

/// Claims of an order that is not paid for yet end when its other claims end.
fn unpaid_until(before: &Order, after: &Order) -> Option<Timestamp> {
    let of = |order: &Order| {
        let until = order
            .fulfillments
            .values()
            .filter_map(|work| work.tentative_until());
        until.max()
    };
    of(after)
        .or_else(|| of(before))
        .filter(|_| after.head.state == OrderState::Pending)
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
    allocation: Allocation,
    expires_at: Option<Timestamp>,
    change_set: &mut ChangeSet,
) -> OrderCommand {
    for share in &allocation.assignments {
        require_active(change_set, DocumentKey::Hub(share.hub.clone()));
    }
    let assignments = allocation.assignments;
    OrderCommand::Allocate {
        assignments,
        expires_at,
    }
}

fn explain(change_set: &mut ChangeSet, order: &Order, choice: &HubChoice) {
    let key = DocumentKey::Explanation(order.head.id, order.version);
    write_once(change_set, key, encode(choice), Index::None);
}

fn refused(allocation: Allocation) -> Rejection {
    let tried = allocation.choice;
    if tried.is_unserviceable() {
        Rejection::Unserviceable { tried }
    } else {
        let shortages = allocation.shortages;
        Rejection::Short { shortages, tried }
    }
}

fn address(context: &Context<'_>, order: &Order) -> Result<Option<Address>, Rejection> {
    let Some(row) = order.head.ship_to.or(order.head.bill_to) else {
        return Ok(None);
    };
    let document: Option<ContactDocument> = context.read(&DocumentKey::Contact(row))?;
    Ok(match document {
        Some(ContactDocument::Present { contact, .. }) => {
            Some(contact.address).filter(|address| !address.is_empty())
        }
        Some(ContactDocument::Erased { .. }) | None => None,
    })
}
