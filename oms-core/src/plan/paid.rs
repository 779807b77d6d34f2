//! What becomes of a tentative order that is paid, or of which nothing is left to pay.

use crate::order::{
    ApprovalMode, HoldReason, OrderCommand, OrderEvent, OrderState, Workflow, claim_changes, decide,
};
use crate::plan::context::Context;
use crate::plan::write::OrderWork;
use crate::reservation::ReservationKey;

/// Confirms a tentative order of which all that is owed is paid or promised, in the commit of the
/// payment: what was paid for does not end before somebody says `Confirm`.
///
/// The command is done whatever stands against that: where claims are over, or a guard of the
/// tenant's does not pass, the money is recorded alone.
pub(super) fn confirm_paid(context: &Context<'_>, workflow: &Workflow, work: &mut OrderWork) {
    let order = &work.order;
    if !order.head.tentative || order.has_to_wait() {
        return;
    }
    if order.has_lost_all() {
        // The sweeper has told it: a person goes on with it.
        approve_confirmed(context, workflow, work);
        return;
    }
    let Ok(events) = decide(order, &OrderCommand::Confirm, workflow, context.now()) else {
        return;
    };
    if events.iter().all(|event| is_there(context, work, event)) {
        work.take_automatic(context, events);
        approve_confirmed(context, workflow, work);
    }
}

/// Confirms a tentative order that an edit or a cancellation left with nothing to pay: no payment
/// will ever be told that keeps its claims, or those on goods that it is on backorder for. One that
/// has neither, but is short, is left to a person.
pub(super) fn confirm_settled(context: &Context<'_>, workflow: &Workflow, work: &mut OrderWork) {
    let mut works = work.order.fulfillments.values();
    let claims = works.any(|work| work.tentative_until().is_some());
    if claims || !work.order.is_short() {
        confirm_paid(context, workflow, work);
    }
}

/// Whether the store still has what the event confirms, after what was planned so far; else it
/// would refuse the command, too.
fn is_there(context: &Context<'_>, work: &OrderWork, event: &OrderEvent) -> bool {
    let id = work.order.head.id;
    claim_changes(&work.order, event).into_iter().all(|change| {
        let key = ReservationKey::of_order(id, change.line, change.hub, change.sku);
        let row = work.claimed(context, &key);
        row.is_some_and(|row| row.apply(change.delta, context.now()).is_ok())
    })
}

/// An order whose claims are firm now is approved where the tenant wants that by itself; a guard
/// that stands against it leaves the order pending. One that lost goods, and that somebody released
/// without them, is stopped again instead: nobody would see that it waits for them.
pub(super) fn approve_confirmed(context: &Context<'_>, workflow: &Workflow, work: &mut OrderWork) {
    let automatic = workflow.approval == ApprovalMode::Automatic;
    if !automatic || work.order.head.state != OrderState::Pending {
        return;
    }
    let next = if work.order.has_lost() {
        let (reason, note) = (HoldReason::ReservationExpired, None);
        let hold = OrderCommand::Hold { reason, note };
        decide(&work.order, &hold, &workflow.unguarded(), context.now())
    } else {
        let approve = OrderCommand::Approve;
        decide(&work.order, &approve, workflow, context.now())
    };
    if let Ok(events) = next {
        work.take_automatic(context, events);
    }
}
