//! Reading typed values out of a snapshot.

use std::collections::BTreeMap;

use crate::hub::{Hub, ZoneBook};
use crate::order::{Fulfillment, Head, Order};
use crate::plan::{DecodeError, DocumentKey, DocumentKind, Index, Snapshot, Stored, decode};
use crate::reservation::{Owner, Reservation, ReservationKey};
use crate::routing::HubBook;
use crate::stock::{StockKey, StockLevel};
use crate::value::{FulfillmentId, HubId, LineId, OrderId, Sku, Units, Version};

impl Snapshot {
    /// A document, decoded.
    ///
    /// # Errors
    /// [`DecodeError`] when it is there and cannot be read.
    pub fn read<T: Stored>(&self, key: &DocumentKey) -> Result<Option<T>, DecodeError> {
        self.documents.get(key).map(decode).transpose()
    }

    /// Every hub, and the delivery zones.
    ///
    /// # Errors
    /// [`DecodeError`] when one of the documents cannot be read.
    pub fn hub_book(&self) -> Result<HubBook, DecodeError> {
        let documents = self.documents.values();
        let hubs = documents.filter(|document| document.key.kind() == DocumentKind::Hub);
        let hubs: Vec<Hub> = hubs.map(decode).collect::<Result<_, _>>()?;
        let zones: Option<ZoneBook> = self.read(&DocumentKey::Zones)?;
        Ok(HubBook::new(hubs, zones.unwrap_or_default()))
    }

    /// The version of a document, if it exists.
    #[must_use]
    pub fn version(&self, key: &DocumentKey) -> Option<Version> {
        self.documents.get(key).map(|document| document.version)
    }

    /// Whether a document may be used, if it exists; only hubs, SKUs, channels and customers can.
    #[must_use]
    pub fn is_active(&self, key: &DocumentKey) -> Option<bool> {
        let document = self.documents.get(key)?;
        Some(document.index == Index::Active(true))
    }

    /// An order with all its fulfillments.
    ///
    /// # Errors
    /// [`DecodeError`] when one of its documents cannot be read.
    pub fn order(&self, id: OrderId) -> Result<Option<Order>, DecodeError> {
        let Some(stored) = self.documents.get(&DocumentKey::Order(id)) else {
            return Ok(None);
        };
        let head: Head = decode(stored)?;
        let first = DocumentKey::Fulfillment(id, FulfillmentId::FIRST);
        let fulfillments: Vec<Fulfillment> = self
            .documents
            .range(first..)
            .take_while(|(key, _)| matches!(key, DocumentKey::Fulfillment(of, _) if *of == id))
            .map(|(_, document)| decode(document))
            .collect::<Result<_, _>>()?;
        Ok(Some(Order::from_parts(stored.version, head, fulfillments)))
    }

    /// A stock row; one that nobody wrote is all zero.
    #[must_use]
    pub fn level(&self, key: &StockKey) -> StockLevel {
        self.stock.get(key).copied().unwrap_or_default()
    }

    /// What a reclaim for `owner` could free: due units of everybody else.
    #[must_use]
    pub fn reclaimable_for(&self, owner: &Owner) -> BTreeMap<StockKey, Units> {
        let mut free = self.reclaimable.clone();
        if free.is_empty() {
            return free;
        }
        for (key, row) in self.owned_by(owner) {
            if let Some(units) = free.get_mut(&key.stock()) {
                *units = units.saturating_sub(row.due(self.now));
            }
        }
        free
    }

    /// A reservation; one that nobody made is all zero.
    #[must_use]
    pub fn reservation(&self, key: &ReservationKey) -> Reservation {
        self.reservations.get(key).copied().unwrap_or_default()
    }

    /// The reservations of an owner.
    pub fn owned_by<'a>(
        &'a self,
        owner: &'a Owner,
    ) -> impl Iterator<Item = (&'a ReservationKey, &'a Reservation)> {
        self.reservations
            .iter()
            .filter(move |(key, _)| key.owner == *owner)
    }
}

impl ReservationKey {
    /// The reservation of a line of an order at a hub.
    pub(crate) const fn of_order(order: OrderId, line: LineId, hub: HubId, sku: Sku) -> Self {
        Self {
            owner: Owner::Order(order),
            line,
            hub,
            sku,
        }
    }
}
