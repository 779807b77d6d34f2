//! What a plan reads: the keys it names, and the answer of one prefetch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::plan::{CounterKey, DocumentKey, Fingerprint, StoredDocument, UniqueKey};
use crate::reservation::{Owner, Reservation, ReservationKey};
use crate::stock::{StockKey, StockLevel};
use crate::value::{IdempotencyKey, OrderId, Sku, Timestamp, Units, Version};

/// What a plan wants to know: ids, and a few closed queries. Answered in one round trip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// These documents.
    pub documents: BTreeSet<DocumentKey>,
    /// These orders with all their fulfillments, and the reservations they own.
    pub orders: BTreeSet<OrderId>,
    /// Every hub.
    pub hubs: bool,
    /// These stock rows.
    pub stock: BTreeSet<StockKey>,
    /// The stock rows of these SKUs at every hub.
    pub sku_stock: BTreeSet<Sku>,
    /// These counters.
    pub counters: BTreeSet<CounterKey>,
    /// Who holds these names; the holder's document comes along (an order as if it were one of
    /// [`orders`](Self::orders)).
    pub unique: BTreeSet<UniqueKey>,
    /// The reservations of these owners, also those that hold nothing any more.
    pub owners: BTreeSet<Owner>,
    /// What became of these commands.
    pub commands: BTreeSet<IdempotencyKey>,
}

impl Keys {
    /// Asks for one document.
    #[must_use]
    pub fn of(document: DocumentKey) -> Self {
        let documents = BTreeSet::from([document]);
        Self {
            documents,
            ..Self::default()
        }
    }

    /// Asks for what a choice of hubs needs, stock apart: every hub, and the delivery zones.
    pub fn ask_hubs(&mut self) {
        self.hubs = true;
        self.documents.insert(DocumentKey::Zones);
    }

    /// Adds everything `other` asks for.
    pub fn merge(&mut self, other: Self) {
        take_in(&mut self.documents, other.documents);
        take_in(&mut self.orders, other.orders);
        self.hubs |= other.hubs;
        take_in(&mut self.stock, other.stock);
        take_in(&mut self.sku_stock, other.sku_stock);
        take_in(&mut self.counters, other.counters);
        take_in(&mut self.unique, other.unique);
        take_in(&mut self.owners, other.owners);
        take_in(&mut self.commands, other.commands);
    }

    /// True when everything `other` asks for is asked for here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let Self {
            documents,
            orders,
            hubs,
            stock,
            sku_stock,
            counters,
            unique,
            owners,
            commands,
        } = other;
        documents.is_subset(&self.documents)
            && orders.is_subset(&self.orders)
            && (self.hubs || !hubs)
            && stock.is_subset(&self.stock)
            && sku_stock.is_subset(&self.sku_stock)
            && counters.is_subset(&self.counters)
            && unique.is_subset(&self.unique)
            && owners.is_subset(&self.owners)
            && commands.is_subset(&self.commands)
    }
}

fn take_in<T: Ord>(into: &mut BTreeSet<T>, other: BTreeSet<T>) {
    if into.is_empty() {
        *into = other;
    } else {
        into.extend(other);
    }
}

/// What the store knows about a committed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// The hash of what was asked.
    pub fingerprint: Fingerprint,
    /// What was answered.
    pub receipt: Arc<str>,
    /// When it was committed.
    pub at: Timestamp,
}

/// The answer to [`Keys`], as of one moment. What is not in it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The store's clock.
    pub now: Timestamp,
    /// The version of the tenant's catalogue: settings, channels, hubs, zones, SKUs and their names
    /// on channels. Zero where nobody wrote any; every committed change set that writes some raises
    /// it by one. Always answered.
    pub catalogue: Version,
    /// Documents.
    pub documents: BTreeMap<DocumentKey, StoredDocument>,
    /// Stock rows.
    pub stock: BTreeMap<StockKey, StockLevel>,
    /// Units of due tentative reservations on those stock rows: they still count as reserved, but
    /// a change set with `reclaim` can have them. Rows without any are missing.
    pub reclaimable: BTreeMap<StockKey, Units>,
    /// What is taken of counters.
    pub counters: BTreeMap<CounterKey, Units>,
    /// Holders of names.
    pub unique: BTreeMap<UniqueKey, DocumentKey>,
    /// Reservations.
    pub reservations: BTreeMap<ReservationKey, Reservation>,
    /// Committed commands.
    pub commands: BTreeMap<IdempotencyKey, CommandRecord>,
}

impl Snapshot {
    /// A snapshot of nothing.
    #[must_use]
    pub const fn empty(now: Timestamp) -> Self {
        Self {
            now,
            catalogue: Version::ZERO,
            documents: BTreeMap::new(),
            stock: BTreeMap::new(),
            reclaimable: BTreeMap::new(),
            counters: BTreeMap::new(),
            unique: BTreeMap::new(),
            reservations: BTreeMap::new(),
            commands: BTreeMap::new(),
        }
    }
}
