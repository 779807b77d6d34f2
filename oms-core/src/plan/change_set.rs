//! The change set: a write as a value. Preconditions and effects are data; all of it or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::{EventDraft, Origin};
use crate::job::JobDraft;
use crate::plan::{CounterChange, DocumentKey, DocumentWrite};
use crate::reservation::{ReservationDelta, ReservationKey};
use crate::stock::{MovementDraft, StockDelta, StockKey};
use crate::value::{ChannelId, ExternalId, OrderNumber, Timestamp, Units, Version};

/// The canonical hash of what a caller asked for, with the version of the hashing rule in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 33]);

impl Fingerprint {
    /// Of what no command asked for, under a key that no caller has.
    pub(crate) const NONE: Self = Self([0; 33]);
}

/// A name that may belong to one document only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UniqueKey {
    /// What a channel calls an order: channel, kind of reference, id.
    ExternalReference(ChannelId, ExternalId, ExternalId),
    /// The number people use for an order.
    OrderNumber(OrderNumber),
    /// A name of the host's own: a kind and a value.
    Host(ExternalId, ExternalId),
}

impl std::fmt::Display for UniqueKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ExternalReference(channel, kind, id) => write!(f, "{kind} {id} of {channel}"),
            Self::OrderNumber(number) => write!(f, "order number {number}"),
            Self::Host(kind, value) => write!(f, "{kind} {value}"),
        }
    }
}

/// A unique name to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueClaim {
    /// The name.
    pub key: UniqueKey,
    /// The document that takes it.
    pub holder: DocumentKey,
}

/// Something that must be true of documents that are not written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// It exists and may be used (its index says active).
    Active(DocumentKey),
    /// It is at this version.
    Unchanged(DocumentKey, Version),
    /// The tenant's catalogue is as a plan saw it: at this version of
    /// [`Snapshot::catalogue`](crate::plan::Snapshot::catalogue).
    Catalogue(Version),
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Active(document) => write!(f, "{document} must be active"),
            Self::Unchanged(document, version) => {
                write!(f, "{document} must be at version {version}")
            }
            Self::Catalogue(version) => write!(f, "the catalogue must be at version {version}"),
        }
    }
}

/// A change of one reservation; its effect on the stock row follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationChange {
    /// Which reservation.
    pub key: ReservationKey,
    /// What changes.
    pub delta: ReservationDelta,
}

/// A setting or expectation of one stock row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockSetting {
    /// Which row.
    pub key: StockKey,
    /// New safety stock.
    pub safety: Option<Units>,
    /// New incoming stock.
    pub incoming: Option<Units>,
    /// On hand must be this before.
    pub expected_on_hand: Option<Units>,
}

/// One write: what must hold, and what then becomes true. A store does all of it or nothing.
///
/// The stock rows it changes are not listed: they follow from the reservations and movements, see
/// [`stock_deltas`](Self::stock_deltas), so a change set cannot break invariant I2. A host may add
/// its own documents, unique names, events and jobs to any change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// Who asked, why, and under which idempotency key; copied into every event.
    pub origin: Origin,
    /// The hash of what was asked, stored under the key.
    pub fingerprint: Fingerprint,
    /// What to answer when the key comes again; JSON.
    pub receipt: Arc<str>,
    /// When it was planned, by the store's clock as the planner knew it.
    pub planned_at: Timestamp,
    /// What must be true of documents that are not written.
    pub requires: Vec<Requirement>,
    /// Documents to write, each key at most once.
    pub documents: Vec<DocumentWrite>,
    /// Unique names to take.
    pub unique: Vec<UniqueClaim>,
    /// Reservations to change, in this order.
    pub reservations: Vec<ReservationChange>,
    /// Whether due tentative reservations of others may be ended where stock is short.
    pub reclaim: bool,
    /// Physical movements to record.
    pub movements: Vec<MovementDraft>,
    /// Counters to change, each at most once.
    pub counters: Vec<CounterChange>,
    /// Stock settings and expectations, each row at most once.
    pub stock: Vec<StockSetting>,
    /// Events to append, in this order.
    pub events: Vec<EventDraft>,
    /// Jobs to keep.
    pub jobs: Vec<JobDraft>,
    /// The bodies as a plan of this library wrote them.
    pub(super) own: OwnBodies,
}

/// Bodies that this library wrote. Held, not copied: nobody can change what a shared text says, so
/// whether a body is one of them is a question of where it lies.
///
/// Its `Debug` tells how many there are, not what they say.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct OwnBodies(pub(super) Vec<Arc<str>>);

impl std::fmt::Debug for OwnBodies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bodies", self.0.len())
    }
}

impl ChangeSet {
    /// A change set that changes nothing yet.
    #[must_use]
    pub fn new(
        origin: Origin,
        fingerprint: Fingerprint,
        receipt: impl Into<Arc<str>>,
        planned_at: Timestamp,
    ) -> Self {
        Self {
            origin,
            fingerprint,
            receipt: receipt.into(),
            planned_at,
            requires: Vec::new(),
            documents: Vec::new(),
            unique: Vec::new(),
            reservations: Vec::new(),
            reclaim: false,
            movements: Vec::new(),
            counters: Vec::new(),
            stock: Vec::new(),
            events: Vec::new(),
            jobs: Vec::new(),
            own: OwnBodies::default(),
        }
    }

    /// Whether it writes anything of the tenant's catalogue, whose version it raises then.
    #[must_use]
    pub fn writes_catalogue(&self) -> bool {
        let mut documents = self.documents.iter();
        documents.any(|write| write.key.kind().is_catalogue())
    }

    /// Requires the whole catalogue at a version instead of each document of it.
    pub(crate) fn require_catalogue(&mut self, version: Version) {
        self.requires.retain(|requirement| match requirement {
            Requirement::Active(key) | Requirement::Unchanged(key, _) => !key.kind().is_catalogue(),
            Requirement::Catalogue(_) => true,
        });
        self.requires.push(Requirement::Catalogue(version));
    }

    /// What it does to each stock row, in the order in which rows are locked.
    ///
    /// `on_hand` changes by the movements, `reserved` by the reservations and by nothing else
    /// (invariant I2). Demand of one SKU on several lines is one number here.
    ///
    /// What an owner gives back it may claim again in the same change set, however short the row
    /// is. But units that ended by themselves are everybody's, and those that left took their goods
    /// along: neither makes room, and taking as many again is a claim like any other (invariant
    /// I1).
    #[must_use]
    pub fn stock_deltas(&self) -> BTreeMap<StockKey, StockDelta> {
        let mut deltas: BTreeMap<StockKey, StockDelta> = BTreeMap::new();
        let mut gone: BTreeMap<StockKey, i64> = BTreeMap::new();
        for change in &self.reservations {
            let reserved = change.delta.reserved_delta();
            if reserved == 0 {
                continue;
            }
            let key = change.key.stock();
            if matches!(
                change.delta,
                ReservationDelta::Expire { .. } | ReservationDelta::Consume { .. }
            ) {
                let gone = gone.entry(key.clone()).or_default();
                *gone = gone.saturating_sub(reserved);
            }
            let gone = gone.get(&key).copied().unwrap_or(0);
            let delta = deltas.entry(key).or_default();
            delta.reserved = delta.reserved.saturating_add(reserved);
            delta.claims = delta.reserved.saturating_add(gone) > 0;
        }
        for movement in &self.movements {
            let delta = deltas.entry(movement.stock.clone()).or_default();
            delta.on_hand = delta.on_hand.saturating_add(movement.delta);
            delta.spares_reserved |= movement.kind.spares_reserved();
        }
        for setting in &self.stock {
            let delta = deltas.entry(setting.key.clone()).or_default();
            delta.safety = setting.safety.or(delta.safety);
            delta.incoming = setting.incoming.or(delta.incoming);
            delta.expected_on_hand = setting.expected_on_hand.or(delta.expected_on_hand);
        }
        deltas
    }
}
