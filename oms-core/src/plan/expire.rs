//! What the sweeper asks: end the due claims of an owner, and tell its order.

use std::collections::BTreeSet;

use crate::order::{Condition, Fulfillment, HoldReason, OrderCommand, Workflow, decide};
use crate::plan::context::{Context, Planned};
use crate::plan::write::OrderWork;
use crate::plan::{Receipt, Rejection, order, reserve};
use crate::reservation::Owner;
use crate::value::{FulfillmentId, OrderId, Reason};

/// Plans the end of an owner's due claims.
pub(crate) fn plan(context: &Context<'_>, owner: &Owner) -> Result<Planned, Rejection> {
    let workflow = context.settings()?.workflow.unguarded();
    let Owner::Order(id) = owner else {
        return reserve::expire(context, owner);
    };
    let mut work = order::load(context, *id)?;
    let fulfillments = over(context, *id, &work.order.fulfillments);
    if fulfillments.is_empty() {
        return Ok(Planned::Already(Receipt::of_order(&work.order)));
    }
    let command = OrderCommand::Expire { fulfillments };
    // That a claim is over is a fact; no guard of the tenant's can stand against it.
    let events = decide(&work.order, &command, &workflow, context.now())?;
    work.take(context, events);
    give_slot_back(context, &mut work)?;
    Ok(order::written(context, context.change_set(), work))
}

/// Gives the place in a delivery slot back of an order that nobody paid or confirmed and that has
/// no stock any more: else buyers who went away would fill the slot. A person is told, as whoever
/// pays after all needs another place. Who paid already did not go away, and is to get both back.
pub(super) fn give_slot_back(context: &Context<'_>, work: &mut OrderWork) -> Result<(), Rejection> {
    let order = &work.order;
    let works = order.fulfillments.values().any(Fulfillment::is_live);
    let unpaid = !Condition::PaidOrAuthorised.holds(order);
    let over = order.head.tentative && !works && unpaid;
    let Some(slot) = order.binding_slot().filter(|_| over) else {
        return Ok(());
    };
    let note = Reason::truncated(&format!("its place was given back: {}", slot.key));
    let reason = HoldReason::Slot;
    for command in [
        OrderCommand::BookSlot { slot: None },
        OrderCommand::Hold { reason, note },
    ] {
        let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
        work.take_automatic(context, events);
    }
    Ok(())
}

/// Fulfillments whose tentative claim is due, or was ended by the store already.
fn over<'a>(
    context: &Context<'_>,
    order: OrderId,
    fulfillments: impl IntoIterator<Item = (&'a FulfillmentId, &'a Fulfillment)>,
) -> Vec<FulfillmentId> {
    let owner = Owner::Order(order);
    let lapsed: BTreeSet<_> = context
        .snapshot
        .owned_by(&owner)
        .filter(|(_, row)| !row.lapsed.is_zero())
        .map(|(key, _)| (key.hub.clone(), key.line))
        .collect();
    let is_over = |fulfillment: &Fulfillment| {
        let mut lines = fulfillment.lines.iter();
        fulfillment.tentative_until().is_some_and(|expires_at| {
            expires_at <= context.now()
                || lines.any(|line| lapsed.contains(&(fulfillment.hub.clone(), line.line)))
        })
    };
    let all = fulfillments
        .into_iter()
        .filter(|(_, fulfillment)| is_over(fulfillment));
    all.map(|(id, _)| *id).collect()
}
