//! What the sweeper asks: end the due claims of an owner, and tell its order.

use std::collections::BTreeSet;

use crate::order::{Fulfillment, OrderCommand, Workflow, decide};
use crate::plan::context::{Context, Planned};
use crate::plan::{Receipt, Rejection, order, reserve};
use crate::reservation::Owner;
use crate::value::{FulfillmentId, OrderId};

/// Plans the end of an owner's due claims.
pub(crate) fn plan(context: &Context<'_>, owner: &Owner) -> Result<Planned, Rejection> {
    context.settings()?;
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
    let events = decide(&work.order, &command, &Workflow::default(), context.now())?;
    work.take(context, events);
    Ok(order::written(context, context.change_set(), work))
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
