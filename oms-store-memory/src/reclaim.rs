//! Making room on a short stock row: due tentative reservations end.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_core::event::{Actor, ActorKind, Origin, StreamId};
use oms_core::plan::{ChangeSet, Refusal};
use oms_core::reservation::{Owner, Reservation, ReservationEvent, ReservationKey, ReservedUnits};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::value::{Quantity, Timestamp, Units};

use crate::streams::Event;
use crate::tenant::Tenant;

/// A reservation that ends: its key, the row afterwards, and how many units ended.
pub(crate) type Lapse = (ReservationKey, Reservation, Quantity);

/// What ends to make room for a change set.
#[derive(Debug, Default)]
pub(crate) struct Reclaim {
    pub(crate) lapses: Vec<Lapse>,
    /// One event per owner.
    pub(crate) events: Vec<(StreamId, Event)>,
}

impl Tenant {
    /// The row when its due tentative reservations end, except those of the change set's owners;
    /// `None` when nothing ends.
    pub(crate) fn reclaim(
        &self,
        set: &ChangeSet,
        key: &StockKey,
        before: &StockLevel,
        now: Timestamp,
    ) -> Option<(StockLevel, Vec<Lapse>)> {
        let row = self.rows.get(&key.hub, &key.sku)?;
        let spared = |owner: &Owner| {
            set.reservations
                .iter()
                .any(|change| change.key.owner == *owner)
        };
        let due = row.tentative.iter().take_while(|(at, ..)| *at <= now);
        let lapses: Vec<Lapse> = due
            .filter(|(_, owner, _)| !spared(owner))
            .filter_map(|(_, owner, line)| {
                let (key, claim) = self.claims.at_line(owner, *line, &key.hub, &key.sku)?;
                let (after, quantity) = claim.lapse(owner, now)?;
                Some((key, after, quantity))
            })
            .collect();
        if lapses.is_empty() {
            return None;
        }
        let freed = Units::try_sum(lapses.iter().map(|(_, _, quantity)| Units::from(*quantity)))?;
        let reserved = before.reserved.checked_sub(freed)?;
        let room = StockLevel {
            reserved,
            shortfall: reserved.saturating_sub(before.on_hand),
            version: before.version.next(),
            ..*before
        };
        Some((room, lapses))
    }
}

impl Reclaim {
    /// Writes one event per owner whose units end.
    pub(crate) fn write_events(&mut self, set: &ChangeSet) -> Result<(), Refusal> {
        if self.lapses.is_empty() {
            return Ok(());
        }
        let mut by_owner: BTreeMap<&Owner, Vec<ReservedUnits>> = BTreeMap::new();
        for (key, _, quantity) in &self.lapses {
            by_owner
                .entry(&key.owner)
                .or_default()
                .push(ReservedUnits::of(key, *quantity));
        }
        let origin = Arc::new(Origin {
            actor: Actor::new(ActorKind::Automatic),
            reason: None,
            request_id: set.origin.request_id.clone(),
            key: set.origin.key.clone(),
        });
        for (owner, units) in by_owner {
            let expired = ReservationEvent::Expired { units };
            let body = serde_json::to_string(&expired).map_err(|why| Refusal::Defect {
                problem: format!("the event of {owner} cannot be written: {why}"),
            })?;
            let event = Event {
                seq: Default::default(),
                name: Arc::from(expired.name()),
                schema: ReservationEvent::SCHEMA,
                origin: Arc::clone(&origin),
                at: set.planned_at,
                body: Arc::from(body),
            };
            self.events.push((owner.stream(), event));
        }
        Ok(())
    }
}
