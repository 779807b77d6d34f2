//! A change set, part by part.

use std::sync::Arc;

use uuid::Uuid;

use crate::event::{Actor, ActorKind, EventDraft, Origin, StreamId};
use crate::job::JobDraft;
use crate::plan::{
    ChangeSet, CounterChange, CounterKey, DocumentKey, DocumentWrite, Fingerprint, Requirement,
    ReservationChange, StockSetting, UniqueClaim, UniqueKey,
};
use crate::reservation::{ReservationDelta, ReservationKey};
use crate::stock::{MovementDraft, MovementKind, StockKey};
use crate::testing::build::values::{idempotency_key, quantity, reason, units};
use crate::value::{MovementId, Timestamp, Version};

/// A change set in the making. Everything is chosen for you until you say otherwise.
///
/// ```
/// use oms_core::testing::build::{Change, host_document, owner_cart, reservation, stock};
/// use oms_core::value::Timestamp;
///
/// let tea = stock("north", "TEA");
/// let item = Change::new("cart-1")
///     .document(host_document("a"))
///     .reserve(&reservation(&owner_cart(1), 1, &tea), 2)
///     .at(Timestamp::EPOCH);
/// assert_eq!(item.origin.key.as_str(), "cart-1");
/// assert_eq!(item.stock_deltas()[&tea].reserved, 2);
/// ```
#[derive(Clone, Debug)]
pub struct Change {
    set: ChangeSet,
    planned_at: Option<Timestamp>,
}

impl Change {
    /// A change set under this idempotency key that changes nothing yet. Its fingerprint follows
    /// from the key; its receipt is `{"key":"..."}`.
    ///
    /// # Panics
    /// If the text is no idempotency key.
    #[must_use]
    pub fn new(key: &str) -> Self {
        let origin = Origin {
            actor: Actor::new(ActorKind::System),
            reason: None,
            request_id: None,
            key: idempotency_key(key),
        };
        let receipt = serde_json::json!({ "key": key }).to_string();
        let set = ChangeSet::new(origin, fingerprint(key), receipt, Timestamp::EPOCH);
        Self {
            set,
            planned_at: None,
        }
    }

    /// With the fingerprint that follows from `command` instead of the key.
    #[must_use]
    pub fn asking(mut self, command: &str) -> Self {
        self.set.fingerprint = fingerprint(command);
        self
    }

    /// With this receipt, JSON.
    #[must_use]
    pub fn receipt(mut self, json: impl Into<Arc<str>>) -> Self {
        self.set.receipt = json.into();
        self
    }

    /// From this origin; its key becomes the change set's.
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> Self {
        self.set.origin = origin;
        self
    }

    /// Planned at this time, whatever [`at`](Self::at) says.
    #[must_use]
    pub const fn planned_at(mut self, at: Timestamp) -> Self {
        self.planned_at = Some(at);
        self
    }

    /// Requires something of a document that is not written.
    #[must_use]
    pub fn requires(mut self, requirement: Requirement) -> Self {
        self.set.requires.push(requirement);
        self
    }

    /// Writes a document.
    #[must_use]
    pub fn document(mut self, write: DocumentWrite) -> Self {
        self.set.documents.push(write);
        self
    }

    /// Writes documents.
    #[must_use]
    pub fn documents(mut self, writes: impl IntoIterator<Item = DocumentWrite>) -> Self {
        self.set.documents.extend(writes);
        self
    }

    /// Takes a unique name for a document.
    #[must_use]
    pub fn name(mut self, key: UniqueKey, holder: DocumentKey) -> Self {
        self.set.unique.push(UniqueClaim { key, holder });
        self
    }

    /// Changes a reservation.
    #[must_use]
    pub fn reservation(mut self, key: &ReservationKey, delta: ReservationDelta) -> Self {
        let key = key.clone();
        self.set.reservations.push(ReservationChange { key, delta });
        self
    }

    /// Claims units for good.
    ///
    /// # Panics
    /// If `count` is no quantity.
    #[must_use]
    pub fn reserve(self, key: &ReservationKey, count: u32) -> Self {
        let quantity = quantity(count);
        let expires_at = None;
        self.reservation(
            key,
            ReservationDelta::Reserve {
                quantity,
                expires_at,
            },
        )
    }

    /// Claims units until `end`.
    ///
    /// # Panics
    /// If `count` is no quantity.
    #[must_use]
    pub fn reserve_until(self, key: &ReservationKey, count: u32, end: Timestamp) -> Self {
        let quantity = quantity(count);
        let expires_at = Some(end);
        self.reservation(
            key,
            ReservationDelta::Reserve {
                quantity,
                expires_at,
            },
        )
    }

    /// Lets the store end due claims of others where stock is short.
    #[must_use]
    pub const fn reclaim(mut self) -> Self {
        self.set.reclaim = true;
        self
    }

    /// Records a movement.
    #[must_use]
    pub fn movement(mut self, draft: MovementDraft) -> Self {
        self.set.movements.push(draft);
        self
    }

    /// Records a movement whose id follows from the idempotency key.
    #[must_use]
    pub fn moved(mut self, row: &StockKey, kind: MovementKind, delta: i64) -> Self {
        let nth = u64::try_from(self.set.movements.len()).unwrap_or(u64::MAX);
        let id = Uuid::from_u64_pair(hash(self.set.origin.key.as_str()), nth);
        self.set.movements.push(MovementDraft {
            id: MovementId::from_uuid(id),
            stock: row.clone(),
            kind,
            delta,
            order: None,
            transfer: None,
            reason: Some(reason("test")),
        });
        self
    }

    /// Goods come in.
    #[must_use]
    pub fn receive(self, row: &StockKey, count: u32) -> Self {
        self.moved(row, MovementKind::Received, i64::from(count))
    }

    /// Changes a counter.
    #[must_use]
    pub fn counter(mut self, key: &CounterKey, delta: i32, limit: Option<u32>) -> Self {
        let (key, limit) = (key.clone(), limit.map(units));
        self.set.counters.push(CounterChange { key, delta, limit });
        self
    }

    /// Sets or expects something of a stock row.
    #[must_use]
    pub fn stock(mut self, setting: StockSetting) -> Self {
        self.set.stock.push(setting);
        self
    }

    /// Sets the safety stock of a row.
    ///
    /// # Panics
    /// If `count` is no count of units.
    #[must_use]
    pub fn safety(self, row: &StockKey, count: u32) -> Self {
        self.stock(StockSetting {
            key: row.clone(),
            safety: Some(units(count)),
            incoming: None,
            expected_on_hand: None,
        })
    }

    /// Appends an event at the next place of its stream.
    #[must_use]
    pub fn event(self, stream: &StreamId, name: &str) -> Self {
        self.append(stream, None, name)
    }

    /// Appends an event at this place of its stream.
    #[must_use]
    pub fn event_at(self, stream: &StreamId, seq: Version, name: &str) -> Self {
        self.append(stream, Some(seq), name)
    }

    fn append(mut self, stream: &StreamId, seq: Option<Version>, name: &str) -> Self {
        self.set.events.push(EventDraft {
            stream: stream.clone(),
            seq,
            name: Arc::from(name),
            schema: 1,
            body: Arc::from(serde_json::json!({ "what": name }).to_string()),
            actor: None,
        });
        self
    }

    /// Says who did what the last event tells.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        if let Some(event) = self.set.events.last_mut() {
            event.actor = Some(actor);
        }
        self
    }

    /// Keeps a job.
    #[must_use]
    pub fn job(mut self, draft: JobDraft) -> Self {
        self.set.jobs.push(draft);
        self
    }

    /// The change set, planned at `now` unless it was said otherwise.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> ChangeSet {
        self.set.planned_at = self.planned_at.unwrap_or(now);
        self.set
    }
}

/// A fingerprint that follows from a text.
fn fingerprint(text: &str) -> Fingerprint {
    let mut bytes = [0; 33];
    let (version, digest) = bytes.split_at_mut(1);
    version.fill(1);
    for (chunk, salt) in digest.chunks_mut(8).zip(0_u64..) {
        chunk.copy_from_slice(&hash(&format!("{salt}{text}")).to_be_bytes());
    }
    Fingerprint(bytes)
}

/// FNV-1a of 64 bits: enough to tell the texts of a test apart.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::build::stock;

    #[test]
    fn keys_tell_fingerprints_and_movements_apart() {
        let row = stock("north", "TEA");
        let (one, two) = (
            Change::new("1").receive(&row, 1),
            Change::new("2").receive(&row, 1),
        );
        let (one, two) = (one.at(Timestamp::EPOCH), two.at(Timestamp::EPOCH));
        assert_ne!(one.fingerprint, two.fingerprint);
        assert_ne!(one.movements[0].id, two.movements[0].id);
        assert_eq!(one.fingerprint.0[0], 1);
        let asked = Change::new("2").asking("1").at(Timestamp::EPOCH);
        assert_eq!(asked.fingerprint, one.fingerprint);
    }

    #[test]
    fn a_time_that_was_said_wins() {
        assert_eq!(
            Change::new("1").at(Timestamp::MAX).planned_at,
            Timestamp::MAX
        );
        let early = Change::new("1").planned_at(Timestamp::EPOCH);
        assert_eq!(early.at(Timestamp::MAX).planned_at, Timestamp::EPOCH);
    }
}
