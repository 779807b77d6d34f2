//! An order was paid, maybe after its claims on stock were over: it gets what is there, firmly.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::{
    Assignment, Claim, FulfillmentLine, HoldReason, LineQuantity, Order, OrderCommand, OrderEvent,
    OrderRejection, OrderState,
};
use crate::plan::{Command, DocumentKey, Keys, Rejection};
use crate::reservation::Owner;
use crate::service::{Call, Done, Error, Tenant};
use crate::stock::{StockKey, StockLevel};
use crate::value::{HubId, LineId, OrderId, Reason, Units, Version};

/// How often it is begun anew where others change the order meanwhile.
const TRIES_MAX: u32 = 5;

impl Tenant {
    /// Confirms an order that was paid, also where its claims on stock are over: they are ended,
    /// what it waits for is claimed anew, and where nothing of that is left open its hold for
    /// [`ReservationExpired`](HoldReason::ReservationExpired) is released, and no other reason. So
    /// where the tenant approves automatically it is approved as if it had been paid in time; one
    /// whose delivery slot was given back is still held for that. Where routing is switched off it
    /// is claimed at the hub that had it, and of several hubs at each what that had. What is not
    /// there any more stays open and the order on hold, for a person; it is firm then, so
    /// [`hand_out`](Self::hand_out) passes it over no longer.
    ///
    /// Where the hubs have no room today, or on the day of its delivery slot, it is held for
    /// [`Capacity`](HoldReason::Capacity) instead, and a job tries it again. Where that slot is
    /// over, it is held for [`Slot`](HoldReason::Slot), too. One that a person had released without
    /// what it lost gets the same, and is on hold again where it is short.
    ///
    /// Harmless for an order that is firm already; one that was on hold when it got firm is
    /// released and approved now where it has all. The call's key and extension are those of the
    /// [`Confirm`](OrderCommand::Confirm), which comes last: where this fails in between, call it
    /// again. A version that the call expects is not asked for, as the money is there whatever else
    /// changed.
    ///
    /// # Errors
    /// [`Error`]; refusals are those of [`Confirm`](OrderCommand::Confirm).
    pub async fn confirm_paid(&self, order: OrderId, call: Call) -> Result<Done, Error> {
        for _ in 0..TRIES_MAX {
            let confirmed = match self.regain(order, None, &call).await {
                Ok(seen) => {
                    let call = call.clone().expecting(seen);
                    self.order_command(order, OrderCommand::Confirm, call).await
                }
                Err(error) => Err(error),
            };
            match confirmed {
                Err(error) if is_overtaken(&error) => {}
                confirmed => return confirmed,
            }
        }
        Err(Error::contended(TRIES_MAX, None))
    }

    /// Readies an order for its confirmation: ends its claims that are over, claims anew what is
    /// there, and releases it. It stays tentative, so whoever dies in between asks again. Answers
    /// the version to confirm.
    ///
    /// # Errors
    /// [`Error`]; one that [`is_overtaken`] where the order is not, or no longer, as it was seen.
    pub(super) async fn regain(
        &self,
        order: OrderId,
        seen: Option<Version>,
        call: &Call,
    ) -> Result<Version, Error> {
        // Each is done while the order stands as read.
        let step = call.for_a_step();
        let known = self.as_seen(order, seen).await?;
        if is_tentative(&known) {
            let owner = Owner::Order(order);
            let ended = Command::ExpireReservation { owner };
            let ended = self.execute(ended, step.clone()).await?.receipt;
            unless_changed(order, known.version, ended.version)?;
        }
        let held = known.head.is_held_for(HoldReason::ReservationExpired);
        // One that is worked on already a person let go on as it is.
        let lost = known.has_lost() && known.head.state != OrderState::Open;
        if !held && !lost {
            return Ok(known.version);
        }
        let known = self.claim_anew(known, &step).await?;
        let known = self.tell_missed_slot(known, &step).await?;
        let short = known.is_short() && !known.head.is_held_for(HoldReason::Capacity);
        if !held || short {
            return Ok(known.version);
        }
        let reasons = BTreeSet::from([HoldReason::ReservationExpired]);
        let release = OrderCommand::Release { reasons };
        self.unless_guarded(&known, release, step).await
    }

    /// Runs a command on the order as it was seen. What a guard of the tenant's stands against is
    /// for a person, and the order stays as it was; answers its version.
    async fn unless_guarded(
        &self,
        known: &Order,
        command: OrderCommand,
        step: Call,
    ) -> Result<Version, Error> {
        let step = step.expecting(known.version);
        match self.order_command(known.head.id, command, step).await {
            Ok(done) => Ok(done.receipt.version),
            Err(Error::Rejected(refused)) if !is_changed(&refused) => Ok(known.version),
            Err(error) => Err(error),
        }
    }

    /// Stops an order that has a delivery slot that is over: it has its goods, but not its time.
    async fn tell_missed_slot(&self, known: Order, step: &Call) -> Result<Order, Error> {
        if known.binding_slot().is_none() {
            return Ok(known);
        }
        let now = self.look(&Keys::default()).await?.now;
        let Some(hold) = known.head.missed_slot(now) else {
            return Ok(known);
        };
        let seen = self.unless_guarded(&known, hold, step.clone()).await?;
        self.as_seen(known.head.id, Some(seen)).await
    }

    /// Claims what is there of what the order lost; what is not is for a person, unless another day
    /// is enough.
    async fn claim_anew(&self, known: Order, step: &Call) -> Result<Order, Error> {
        if !known.is_short() {
            return Ok(known);
        }
        let order = known.head.id;
        let step = step.clone().expecting(known.version);
        match self.assign_again(&known, step.clone()).await {
            Ok(done) => self.as_seen(order, Some(done.receipt.version)).await,
            Err(Error::Rejected(refused)) if !is_changed(&refused) => {
                self.wait_for_room(known, &refused, step).await
            }
            Err(error) => Err(error),
        }
    }

    /// Holds an order that was refused for want of room for that, so that a job tries it again: on
    /// another day, or where a delivery slot leaves no other, when somebody gave up a place.
    async fn wait_for_room(
        &self,
        known: Order,
        refused: &Rejection,
        step: Call,
    ) -> Result<Order, Error> {
        let full = matches!(refused, Rejection::Unserviceable { tried } if tried.is_for_now());
        if !full {
            return Ok(known);
        }
        let reason = HoldReason::Capacity;
        let note = Reason::truncated(&refused.to_string());
        let hold = OrderCommand::Hold { reason, note };
        let seen = self.unless_guarded(&known, hold, step).await?;
        self.as_seen(known.head.id, Some(seen)).await
    }

    /// Assigns what the order waits for, where nothing is routed at the hub whose claims ended. Of
    /// several hubs each gets what it had.
    async fn assign_again(&self, known: &Order, step: Call) -> Result<Done, Error> {
        let order = known.head.id;
        let assigned = self.assign(order, None, step.clone()).await;
        let Err(Error::Rejected(Rejection::RoutingOff)) = assigned else {
            return assigned;
        };
        let works = known.fulfillments.values();
        let ended = works.filter(|work| work.claim == Claim::Expired);
        let hubs: BTreeSet<&HubId> = ended.map(|work| &work.hub).collect();
        match hubs.first() {
            None => assigned,
            Some(hub) if hubs.len() == 1 => self.assign(order, Some(HubId::clone(hub)), step).await,
            Some(_) => self.claim_where_it_was(known, step).await,
        }
    }

    /// Claims at each hub what the order lost there: whoever routes nothing has chosen the hubs.
    /// What one of them refuses is for a person.
    async fn claim_where_it_was(&self, known: &Order, step: Call) -> Result<Done, Error> {
        let (mut seen, mut last) = (known.version, Err(Rejection::RoutingOff));
        for assignments in self.lost(known).await? {
            let allocate = OrderCommand::Allocate {
                assignments,
                expires_at: None,
            };
            let step = step.clone().expecting(seen);
            match self.order_command(known.head.id, allocate, step).await {
                Ok(done) => {
                    seen = done.receipt.version;
                    last = Ok(done);
                }
                Err(Error::Rejected(refused)) if !is_changed(&refused) => {
                    last = last.or(Err(refused));
                }
                Err(error) => return Err(error),
            }
        }
        last.map_err(Error::Rejected)
    }

    /// What hubs had of what is open now and did not get back, as far as they have it, each of them
    /// by itself. Of claims that ended one after the other the last ones count.
    async fn lost(&self, known: &Order) -> Result<Vec<Vec<Assignment>>, Error> {
        let history = self.history(known.head.id).await?;
        let lost = not_regained(known, history.iter().map(|entry| &entry.event));
        let keys = Keys {
            orders: [known.head.id].into(),
            stock: lost.iter().map(|(row, _)| row.clone()).collect(),
            ..Keys::default()
        };
        let snapshot = self.look(&keys).await?;
        let due = snapshot.reclaimable_for(&Owner::Order(known.head.id));
        let open = known.head.lines.iter().map(|line| (line.id, line.open));
        let mut open: BTreeMap<LineId, Units> = open.collect();
        let mut there: BTreeMap<StockKey, Units> = BTreeMap::new();
        let mut shares: BTreeMap<(HubId, LineId), Units> = BTreeMap::new();
        for (row, LineQuantity { line, quantity }) in lost {
            let due = due.get(&row).copied().unwrap_or(Units::ZERO);
            let free = there.entry(row.clone());
            let free = free.or_insert_with(|| sellable(&snapshot.level(&row), due));
            let left = open.entry(line).or_default();
            let asked = Units::from(quantity).min(*left);
            let units = asked.min(*free);
            // What is not there any more is nothing for another hub.
            *left = left.saturating_sub(asked);
            *free = free.saturating_sub(units);
            let share = shares.entry((row.hub, line)).or_default();
            *share = share.checked_add(units).unwrap_or(Units::MAX);
        }
        let mut hubs: BTreeMap<HubId, Vec<Assignment>> = BTreeMap::new();
        for ((hub, line), units) in shares {
            if let Some(quantity) = units.quantity() {
                let share = Assignment {
                    hub: hub.clone(),
                    line,
                    quantity,
                };
                hubs.entry(hub).or_default().push(share);
            }
        }
        Ok(hubs.into_values().collect())
    }

    /// The order, if it is at the version that was seen.
    async fn as_seen(&self, order: OrderId, seen: Option<Version>) -> Result<Order, Error> {
        let known = self.order(order).await?;
        unless_changed(order, seen.unwrap_or(known.version), known.version)?;
        Ok(known)
    }
}

fn unless_changed(order: OrderId, expected: Version, current: Version) -> Result<(), Error> {
    if expected == current {
        return Ok(());
    }
    let document = DocumentKey::Order(order);
    Err(Error::Rejected(Rejection::Changed {
        document,
        expected,
        current,
    }))
}

const fn is_changed(refused: &Rejection) -> bool {
    matches!(refused, Rejection::Changed { .. })
}

/// True where the order went on, or its time was over, while it was being confirmed: it is to be
/// looked at again.
pub(super) const fn is_overtaken(error: &Error) -> bool {
    matches!(
        error,
        Error::Rejected(
            Rejection::Changed { .. }
                | Rejection::Order {
                    reason: OrderRejection::ReservationExpired { .. }
                }
        )
    )
}

/// Whether anything of it ends by itself.
fn is_tentative(order: &Order) -> bool {
    let mut works = order.fulfillments.values();
    order.head.tentative || works.any(|work| work.tentative_until().is_some())
}

/// The units that hubs lost when their claims ended, the last ones first, less those that each of
/// them claimed for the same line since.
fn not_regained<'a>(
    known: &Order,
    events: impl DoubleEndedIterator<Item = &'a OrderEvent>,
) -> Vec<(StockKey, LineQuantity)> {
    let mut lost = Vec::new();
    let mut back: BTreeMap<(StockKey, LineId), Units> = BTreeMap::new();
    for event in events.rev() {
        for (row, line, units) in claimed_by(known, event) {
            let back = back.entry((row, line)).or_default();
            *back = back.checked_add(units).unwrap_or(Units::MAX);
        }
        for (row, LineQuantity { line, quantity }) in lost_by(known, event) {
            let units = Units::from(quantity);
            let back = back.entry((row.clone(), line)).or_default();
            let left = units.saturating_sub(*back).quantity();
            *back = back.saturating_sub(units);
            lost.extend(left.map(|quantity| (row, LineQuantity { line, quantity })));
        }
    }
    lost
}

/// The units that an event gave to a hub and that did not leave its work again, but in parcels.
fn claimed_by(known: &Order, event: &OrderEvent) -> Vec<(StockKey, LineId, Units)> {
    let OrderEvent::Allocated { fulfillment, .. } = event else {
        return Vec::new();
    };
    let Some(work) = known.fulfillments.get(fulfillment) else {
        return Vec::new();
    };
    let part = |share: &FulfillmentLine| {
        let row = StockKey {
            hub: work.hub.clone(),
            sku: share.sku.clone(),
        };
        (row, share.line, share.total())
    };
    work.lines.iter().map(part).collect()
}

/// The units that a hub lost when its claims ended, of lines that still are of the same SKU. What
/// an earlier release wrote does not tell them.
fn lost_by(known: &Order, event: &OrderEvent) -> Vec<(StockKey, LineQuantity)> {
    let OrderEvent::Expired {
        fulfillment, lines, ..
    } = event
    else {
        return Vec::new();
    };
    let Some(work) = known.fulfillments.get(fulfillment) else {
        return Vec::new();
    };
    let lost = lines.iter().filter_map(|part| {
        let sku = &work.line(part.line)?.sku;
        let same = known.line(part.line)?.sku.known() == Some(sku);
        let row = StockKey {
            hub: work.hub.clone(),
            sku: sku.clone(),
        };
        same.then_some((row, *part))
    });
    lost.collect()
}

/// What could be claimed of a stock row, with what is due of others.
fn sellable(level: &StockLevel, due: Units) -> Units {
    let free = (level.available() + i64::from(due.get())).max(0);
    let free = u32::try_from(free).ok();
    free.and_then(|free| Units::new(free).ok())
        .unwrap_or(Units::MAX)
}
