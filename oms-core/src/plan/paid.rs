//! What becomes of a tentative order that is paid, or of which nothing is left to pay.

use std::collections::BTreeMap;

use crate::order::{
    ApprovalMode, Assignment, CommandKind, Condition, HoldReason, Order, OrderCommand, OrderEvent,
    OrderState, PaymentEntry, Workflow, claim_changes, decide,
};
use crate::plan::again::go_on_waiting;
use crate::plan::allocate::dated;
use crate::plan::context::Context;
use crate::plan::ttl::{ends_after, unconfirmed_secs};
use crate::plan::write::OrderWork;
use crate::reservation::ReservationKey;
use crate::tenant::Settings;
use crate::value::{HubId, LineId, Timestamp, Units};

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

/// Has the claims of an order last longer of which nothing is left to pay now, and that goes on
/// waiting: for the word of its channel, or for a person. It was placed for the time of a checkout,
/// and they would end before anybody can say it. The word of a channel that it is to be sent comes
/// with the money that was taken, unless the order is on hold or a guard stands against `Confirm`.
///
/// As above, the money is recorded alone where claims are over.
pub(super) fn keep_promised(
    context: &Context<'_>,
    settings: &Settings,
    before: &Order,
    entry: &PaymentEntry,
    work: &mut OrderWork,
) {
    let order = &work.order;
    let taken = matches!(entry, PaymentEntry::Captured { .. });
    let guard = settings.workflow.refusing(order, CommandKind::Confirm);
    let waits = !taken || guard.is_some() || order.head.state == OrderState::OnHold;
    let covered = |order: &Order| Condition::PaidOrAuthorised.holds(order);
    if !(waits && order.head.tentative && covered(order)) || covered(before) {
        return;
    }
    let Ok(until) = ends_after(context, unconfirmed_secs(settings, order)) else {
        return;
    };
    let mut longer = work.clone();
    if claim_until(context, &settings.workflow.unguarded(), &mut longer, until).is_some() {
        *work = longer;
    }
}

/// Claims what would end before that again, until then; `None` where there is nothing of that, or
/// it is over.
fn claim_until(
    context: &Context<'_>,
    workflow: &Workflow,
    work: &mut OrderWork,
    until: Timestamp,
) -> Option<()> {
    let before = work.order.clone();
    let firm = decide(&before, &OrderCommand::Confirm, workflow, context.now()).ok()?;
    if !firm.iter().all(|event| is_there(context, work, event)) {
        return None;
    }
    let mut shares: BTreeMap<(&HubId, LineId), Units> = BTreeMap::new();
    let mut days = BTreeMap::new();
    for part in before.fulfillments.values() {
        if part.tentative_until().is_none_or(|end| end >= until) {
            continue;
        }
        let withdraw = OrderCommand::withdraw_all(part.id);
        let events = decide(&work.order, &withdraw, workflow, context.now()).ok()?;
        work.take_automatic(context, events);
        for share in &part.lines {
            let sum = shares.entry((&part.hub, share.line)).or_default();
            *sum = sum.checked_add(share.reserved)?;
        }
        if let Some(day) = part.day {
            days.entry(part.hub.clone()).or_insert(day);
        }
    }
    let assignments = shares.into_iter().filter_map(|((hub, line), units)| {
        Some(Assignment {
            hub: hub.clone(),
            line,
            quantity: units.quantity()?,
        })
    });
    let command = OrderCommand::Allocate {
        assignments: assignments.collect(),
        expires_at: Some(until),
    };
    // Refused where there is nothing to claim.
    let events = decide(&work.order, &command, workflow, context.now()).ok()?;
    work.take_automatic(context, dated(&days, events));
    go_on_waiting(context, &before, work).ok()
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
