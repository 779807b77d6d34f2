//! Jobs that look through orders and run commands on them.

use super::{DAY_SECS, Upkeep};
use crate::event::{Actor, ActorKind};
use crate::order::{ApprovalMode, Claim, FulfillmentStatus, Order, OrderCommand, OrderState};
use crate::order::{OrderStatus, decide};
use crate::plan::{Command, DocumentKey, Keys};
use crate::port::OrderFilter;
use crate::service::{Call, Error, trace};
use crate::tenant::Settings;
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{IdempotencyKey, OrderId, ShipmentId, Timestamp};

impl Upkeep {
    /// Approves pending orders that nothing stands against any more.
    pub(super) async fn approve(&self) -> Result<(), Error> {
        let filter = OrderFilter {
            status: Some(OrderStatus::Pending),
            ..OrderFilter::default()
        };
        let wanted = |order: &Order, settings: &Settings, now: Timestamp| {
            if awaits_nobody(order, settings, now) {
                vec![OrderCommand::Approve]
            } else {
                Vec::new()
            }
        };
        self.each_order(&filter, wanted).await
    }

    /// Takes parcels for delivered that have been in transit for long.
    pub(super) async fn deliver(&self) -> Result<(), Error> {
        let store = &self.tenant.engine.store;
        let now = store
            .prefetch(self.tenant.id(), &Keys::default())
            .await?
            .now;
        let age = i64::from(self.deliver_after_days).saturating_mul(DAY_SECS);
        let Some(before) = now.checked_add_secs(age.saturating_neg()) else {
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
            parcels
                .map(|shipment| OrderCommand::Deliver { shipment })
                .collect()
        };
        self.each_order(&filter, wanted).await
    }

    /// Runs on every order that matches what is wanted of it. What an order refuses is left: it
    /// went on since it was read. One that cannot be read or changed keeps no others from their
    /// turn.
    async fn each_order(
        &self,
        filter: &OrderFilter,
        wanted: impl Fn(&Order, &Settings, Timestamp) -> Vec<OrderCommand> + Send + Sync,
    ) -> Result<(), Error> {
        // Who is not known is refused.
        self.tenant.look(&Keys::default()).await?;
        let (store, tenant) = (&self.tenant.engine.store, self.tenant.id());
        let mut after = None;
        loop {
            let page = store.orders(tenant, filter, after, PAGE_ITEMS_MAX).await?;
            for unread in &page.unread {
                trace::passed_over(tenant, unread.at.id, unread.error.code());
            }
            // What they say is read with their fulfillments, one by one.
            let ids = page.items.iter().filter_map(|document| {
                let DocumentKey::Order(id) = &document.key else {
                    return None;
                };
                Some(*id)
            });
            let ids: Vec<OrderId> = ids.collect();
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
        wanted: impl Fn(&Order, &Settings, Timestamp) -> Vec<OrderCommand> + Send + Sync,
    ) -> Result<(), Error> {
        let keys = Keys {
            orders: ids.iter().copied().collect(),
            ..Keys::default()
        };
        let passed_over = |order: OrderId, error: &Error| {
            trace::passed_over(self.tenant.id(), order, error.code());
        };
        let snapshot = self.tenant.look(&keys).await?;
        let settings: Option<Settings> = snapshot.read(&DocumentKey::Settings)?;
        let settings = settings.unwrap_or_default();
        let (mut orders, mut commands) = (Vec::new(), Vec::new());
        for id in ids {
            match snapshot.order(*id) {
                Ok(None) => {}
                Ok(Some(order)) => {
                    for command in wanted(&order, &settings, snapshot.now) {
                        orders.push(*id);
                        commands.push(run(&order, command));
                    }
                }
                Err(error) => passed_over(*id, &error.into()),
            }
        }
        let results = self.tenant.bulk(&commands).await;
        for (order, result) in orders.into_iter().zip(results) {
            match result {
                Ok(_) | Err(Error::Rejected(_)) => {}
                Err(error) if error.is_of_one_item() => passed_over(order, &error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The command as a job gives it. Its key names the parcel, or the version that the order was seen
/// at: should the job be done twice, the command is done once.
fn run(order: &Order, command: OrderCommand) -> (Command, Call) {
    let id = order.head.id;
    let step = if let OrderCommand::Deliver { shipment } = &command {
        format!("auto-deliver-{shipment}")
    } else {
        format!("auto-{}-{}", command.kind(), order.version)
    };
    let key = IdempotencyKey::of_step(&step, id.as_uuid());
    let call = Call::by(Actor::new(ActorKind::Job)).with_key(key);
    let order = id;
    (Command::Order { order, command }, call)
}

/// Whether a pending order waits for nothing but a look at it: its tenant approves automatically,
/// its stock is claimed firmly, and no guard stands against it. A tentative order waits for
/// somebody to confirm it, a payment for example, whether or not it has a claim.
fn awaits_nobody(order: &Order, settings: &Settings, now: Timestamp) -> bool {
    let workflow = &settings.workflow;
    let live = |status| status != FulfillmentStatus::Cancelled;
    let mut works = order.fulfillments.values().filter(|work| live(work.status));
    workflow.approval == ApprovalMode::Automatic
        && order.head.state == OrderState::Pending
        && !order.head.tentative
        && works.all(|work| work.claim == Claim::Confirmed)
        && decide(order, &OrderCommand::Approve, workflow, now).is_ok()
}

/// Parcels that left before a time and of which nothing was told since.
fn overdue_parcels(order: &Order, before: Timestamp) -> Vec<ShipmentId> {
    let parcels = order.fulfillments.values().flat_map(|work| &work.shipments);
    parcels
        .filter(|parcel| parcel.is_under_way() && parcel.shipped_at <= before)
        .map(|parcel| parcel.id)
        .collect()
}
