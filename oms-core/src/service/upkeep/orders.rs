//! Jobs that look through orders and run commands on them.

use super::{DAY_SECS, Upkeep};
use crate::event::{Actor, ActorKind};
use crate::order::{
    ApprovalMode, Claim, Condition, FulfillmentStatus, Head, HoldReason, Order, OrderCommand,
    OrderState, OrderStatus, decide,
};
use crate::plan::{Command, DecodeError, DocumentKey, Keys, decode};
use crate::port::OrderFilter;
use crate::service::{Call, Error, trace};
use crate::tenant::Settings;
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{IdempotencyKey, OrderId, Reason, ShipmentId, Timestamp, Version};

/// Why an order that nobody paid for is cancelled.
const UNPAID: &str = "nobody paid for it in time";

/// What a person is told of one that somebody paid a part of.
const PAID_IN_PART: &str = "a part is paid, promised, let off or on gift cards, and the rest did \
    not come in time: ask for it, or cancel the order and give that part back";

/// What a person is told of one that nothing is left to pay of.
const NOT_CONFIRMED: &str = "nothing is left to pay, but nothing is claimed for it: confirm it as \
    paid, or cancel it and give back what was paid";

impl Upkeep {
    /// Approves pending orders that nothing stands against any more.
    pub(super) async fn approve(&self) -> Result<(), Error> {
        let filter = OrderFilter {
            statuses: [OrderStatus::Pending].into(),
            ..OrderFilter::default()
        };
        let wanted = |order: &Order, settings: &Settings, now: Timestamp| {
            if awaits_nobody(order, settings, now) {
                vec![run((order.head.id, order.version), OrderCommand::Approve)]
            } else {
                Vec::new()
            }
        };
        let may = |head: &Head| !head.tentative;
        self.each_order(&filter, may, wanted).await
    }

    /// The time `days` days ago; `None` before the first day that there is.
    async fn days_ago(&self, days: u32) -> Result<Option<Timestamp>, Error> {
        let store = &self.tenant.engine.store;
        let known = store.prefetch(self.tenant.id(), &Keys::default()).await?;
        let age = i64::from(days).saturating_mul(DAY_SECS);
        Ok(known.now.checked_add_secs(age.saturating_neg()))
    }

    /// Takes parcels for delivered that have been in transit for long.
    pub(super) async fn deliver(&self) -> Result<(), Error> {
        let Some(before) = self.days_ago(self.deliver_after_days).await? else {
            return Ok(());
        };
        // No parcel leaves before its order was placed. When an order came to its state says
        // nothing of its parcels: it may have been held since.
        let filter = OrderFilter {
            placed_before: before.checked_add_micros(1),
            unfinished: true,
            ..OrderFilter::default()
        };
        let wanted = |order: &Order, _: &Settings, _: Timestamp| {
            let parcels = overdue_parcels(order, before).into_iter();
            let of = (order.head.id, order.version);
            parcels
                .map(|shipment| run(of, OrderCommand::Deliver { shipment }))
                .collect()
        };
        // What no hub ever had, or nobody confirmed, has sent no parcel.
        let may = |head: &Head| head.fulfillments_made > 0 && !head.tentative;
        self.each_order(&filter, may, wanted).await
    }

    /// Cancels what nobody paid for, if the host asks for that, and tells a person of what somebody
    /// paid for in part or did not confirm.
    pub(super) async fn cancel_unpaid(&self) -> Result<(), Error> {
        let Some(days) = self.cancel_unpaid_after_days else {
            return Ok(());
        };
        let Some(before) = self.days_ago(days).await? else {
            return Ok(());
        };
        let filter = OrderFilter {
            statuses: [OrderStatus::Pending, OrderStatus::OnHold].into(),
            stuck_since: before.checked_add_micros(1),
            ..OrderFilter::default()
        };
        let wanted = |order: &Order, settings: &Settings, _: Timestamp| {
            let end = Some(order).filter(|order| is_over(order, settings, before));
            end.and_then(end_of).into_iter().collect()
        };
        let may = |head: &Head| is_left_alone(head, before);
        self.each_order(&filter, may, wanted).await
    }

    /// Runs on every order that matches what is wanted of it. What an order refuses is left: it
    /// went on since it was read. One that cannot be read or changed keeps no others from their
    /// turn. Of an order whose head says that nothing can be wanted, no more is read.
    async fn each_order(
        &self,
        filter: &OrderFilter,
        may: impl Fn(&Head) -> bool + Send + Sync,
        wanted: impl Fn(&Order, &Settings, Timestamp) -> Vec<(Command, Call)> + Send + Sync,
    ) -> Result<(), Error> {
        // Who is not known is refused.
        self.tenant.look(&Keys::default()).await?;
        let (store, tenant) = (&self.tenant.engine.store, self.tenant.id());
        let mut after = None;
        loop {
            let page = store.orders(tenant, filter, after, PAGE_ITEMS_MAX).await?;
            for unreadable in &page.unreadable {
                trace::passed_over(tenant, unreadable.at.id, unreadable.error.code());
            }
            let mut ids: Vec<OrderId> = Vec::new();
            for document in &page.items {
                let DocumentKey::Order(id) = &document.key else {
                    continue;
                };
                match decode::<Head>(document) {
                    Ok(head) if may(&head) => ids.push(*id),
                    Ok(_) => {}
                    Err(error) => trace::passed_over(tenant, *id, error.code()),
                }
            }
            // What is left is read with its fulfillments.
            for ids in ids.chunks(BATCH_ITEMS_MAX) {
                self.each_of(ids, &wanted).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Runs on some orders what is wanted of them.
    async fn each_of(
        &self,
        ids: &[OrderId],
        wanted: impl Fn(&Order, &Settings, Timestamp) -> Vec<(Command, Call)> + Send + Sync,
    ) -> Result<(), Error> {
        let passed_over = |order: OrderId, error: &DecodeError| {
            trace::passed_over(self.tenant.id(), order, error.code());
        };
        let (snapshot, unreadable) = self.tenant.look_at(ids).await?;
        for (order, error) in &unreadable {
            passed_over(*order, error);
        }
        let settings: Option<Settings> = snapshot.read(&DocumentKey::Settings)?;
        let settings = settings.unwrap_or_default();
        let (mut orders, mut commands) = (Vec::new(), Vec::new());
        for id in ids {
            match snapshot.order(*id) {
                Ok(None) => {}
                Ok(Some(order)) => {
                    for command in wanted(&order, &settings, snapshot.now) {
                        orders.push(*id);
                        commands.push(command);
                    }
                }
                Err(error) => passed_over(*id, &error),
            }
        }
        self.run_each(&orders, &commands).await
    }

    /// Runs commands, each on its order. What an order refuses is left: it went on since it was
    /// read. One that cannot be read or changed keeps no others from their turn.
    pub(super) async fn run_each(
        &self,
        orders: &[OrderId],
        commands: &[(Command, Call)],
    ) -> Result<(), Error> {
        let results = self.tenant.bulk(commands).await;
        for (order, result) in orders.iter().zip(results) {
            match result {
                Ok(_) | Err(Error::Rejected(_)) => {}
                Err(error) if error.is_of_one_item() => {
                    trace::passed_over(self.tenant.id(), *order, error.code());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The command as a job gives it. Its key names the parcel, or the version that the order was seen
/// at: should the job be done twice, the command is done once.
pub(super) fn run((id, seen): (OrderId, Version), command: OrderCommand) -> (Command, Call) {
    let step = if let OrderCommand::Deliver { shipment } = &command {
        format!("auto-deliver-{shipment}")
    } else {
        format!("auto-{}-{seen}", command.kind())
    };
    let key = IdempotencyKey::of_step(&step, id.as_uuid());
    let mut call = Call::by(Actor::new(ActorKind::Job)).with_key(key);
    if matches!(
        command,
        OrderCommand::Cancel { .. } | OrderCommand::Hold { .. }
    ) {
        // Whoever pays, or lets it go on, meanwhile is faster.
        call = call.expecting(seen);
    }
    let order = id;
    (Command::Order { order, command }, call)
}

/// Whether a pending order waits for nothing but a look at it: its tenant approves automatically,
/// what stock it has is claimed firmly, and no guard stands against it. A tentative order waits for
/// somebody to confirm it, a payment for example, whether or not it has a claim. One whose claims
/// ended waits for others: it is no backorder.
fn awaits_nobody(order: &Order, settings: &Settings, now: Timestamp) -> bool {
    let workflow = &settings.workflow;
    let live = |status| status != FulfillmentStatus::Cancelled;
    let mut works = order.fulfillments.values().filter(|work| live(work.status));
    workflow.approval == ApprovalMode::Automatic
        && order.head.state == OrderState::Pending
        && !order.head.tentative
        && !order.has_lost()
        && works.all(|work| work.claim == Claim::Confirmed)
        && decide(order, &OrderCommand::Approve, workflow, now).is_ok()
}

/// Whether an order that began here and nobody confirmed had no claim since before a time. Its
/// works are for [`is_over`] to look at.
fn is_left_alone(head: &Head, before: Timestamp) -> bool {
    let alone = left_alone_since(head).is_some_and(|since| since <= before);
    head.tentative && head.channel_id().is_none() && alone
}

/// Since when nobody but its buyer could go on with an order that has no claim; `None` where a
/// person has to, too.
fn left_alone_since(head: &Head) -> Option<Timestamp> {
    use HoldReason::{Capacity, ReservationExpired, Shortage, Slot};
    let Some(hold) = &head.hold else {
        return (head.state == OrderState::Pending).then_some(head.state_since);
    };
    // A part of it may have been short, or without room, before the claims on the rest ended.
    let expected = [ReservationExpired, Capacity, Shortage, Slot];
    // A hold that lost its memory has no reason at all.
    let mut reasons = hold.reasons.iter();
    let alone = !hold.reasons.is_empty() && reasons.all(|reason| expected.contains(reason));
    alone.then_some(hold.since)
}

/// Whether the time of an order that was left alone is over: none of its claims is left, and the
/// last of them ended before a time, as it may have been on hold long before that.
fn is_over(order: &Order, settings: &Settings, before: Timestamp) -> bool {
    // The buyer of one that is not told to have lost a claim has as long to pay as if it had one.
    let secs = if order.head.is_held_for(HoldReason::ReservationExpired) {
        0
    } else {
        settings.tentative_ttl_secs
    };
    let Some(before) = before.checked_add_secs(secs.saturating_neg()) else {
        return false;
    };
    let mut works = order.fulfillments.values();
    let gone = works.all(|work| {
        // An earlier release did not keep when it ended.
        !work.is_live() && work.status_since.is_none_or(|since| since <= before)
    });
    gone && is_left_alone(&order.head, before)
}

/// How an order whose time is over ends. One that money or anything else was heard of, or that
/// leaves nothing to pay, is for a person, who is told: something would have to be given back, or
/// no payment will ever confirm it. It is held as if it had lost a claim: who confirms it as paid
/// claims anew.
fn end_of(order: &Order) -> Option<(Command, Call)> {
    let of = (order.head.id, order.version);
    let covered = Condition::PaidOrAuthorised.holds(order);
    if !covered && !order.has_some_payment() {
        let reason = Reason::truncated(UNPAID)?;
        return Some(run(of, OrderCommand::Cancel { reason }));
    }
    let note = Reason::truncated(if covered { NOT_CONFIRMED } else { PAID_IN_PART });
    let reason = HoldReason::ReservationExpired;
    let hold = order.head.hold.as_ref();
    let told = hold.and_then(|hold| hold.notes.get(&reason));
    // The words of a person stand.
    let own = |told: &Reason| [NOT_CONFIRMED, PAID_IN_PART].contains(&told.as_str());
    if told == note.as_ref() || !told.is_none_or(own) {
        return None;
    }
    let (command, call) = run(of, OrderCommand::Hold { reason, note });
    // Who lifts it while the order stays on hold for something else has been told.
    let since = hold.filter(|_| told.is_none()).map(|hold| hold.since);
    let call = match since {
        Some(since) => {
            let step = format!("auto-told-{covered}-{}", since.micros());
            call.with_key(IdempotencyKey::of_step(&step, order.head.id.as_uuid()))
        }
        None => call,
    };
    Some((command, call))
}

/// Parcels that left before a time and of which nothing was told since.
fn overdue_parcels(order: &Order, before: Timestamp) -> Vec<ShipmentId> {
    let parcels = order.fulfillments.values().flat_map(|work| &work.shipments);
    parcels
        .filter(|parcel| parcel.is_under_way() && parcel.shipped_at <= before)
        .map(|parcel| parcel.id)
        .collect()
}
