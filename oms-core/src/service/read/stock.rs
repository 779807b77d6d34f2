//! Stock, movements, reservations and counters.

use super::found;
use crate::catalog::Product;
use crate::plan::{CounterKey, DocumentKey, Keys};
use crate::port::{MovementCursor, MovementFilter, Page, ReservationFilter, StockFilter};
use crate::reservation::{Owner, Reservation, ReservationKey};
use crate::service::view::SkuOverview;
use crate::service::{Error, Tenant};
use crate::stock::{LowStock, Movement, StockKey, StockLevel};
use crate::value::{HubId, Sku, Units};

impl Tenant {
    /// A stock row; all zero when nobody wrote it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stock_level(&self, key: &StockKey) -> Result<StockLevel, Error> {
        let mut keys = Keys::default();
        keys.stock.insert(key.clone());
        Ok(self.look(&keys).await?.level(key))
    }

    /// What is taken of a counter, such as the orders a hub took on in a day.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn counter(&self, key: &CounterKey) -> Result<Units, Error> {
        let mut keys = Keys::default();
        keys.counters.insert(key.clone());
        let taken = self.look(&keys).await?.counters.get(key).copied();
        Ok(taken.unwrap_or(Units::ZERO))
    }

    /// Stock rows that match, by hub and SKU, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stock(
        &self,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Result<Page<(StockKey, StockLevel), StockKey>, Error> {
        self.known().await?;
        let page = self
            .engine
            .store
            .stock(&self.id, filter, after, limit)
            .await?;
        Ok(self.listed(page))
    }

    /// The stock of a SKU over all hubs.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn overview(&self, sku: &Sku) -> Result<SkuOverview, Error> {
        let mut keys = Keys {
            hubs: true,
            ..Keys::default()
        };
        keys.sku_stock.insert(sku.clone());
        keys.documents.insert(DocumentKey::Product(sku.clone()));
        let snapshot = self.look(&keys).await?;
        let document = DocumentKey::Product(sku.clone());
        let _: Product = found(snapshot.read(&document)?, document)?;
        let threshold = self.settings_in(&snapshot)?.low_stock_threshold;
        let rows = snapshot.stock.iter().filter(|(key, _)| key.sku == *sku);
        let hubs: std::collections::BTreeMap<HubId, StockLevel> =
            rows.map(|(key, level)| (key.hub.clone(), *level)).collect();
        let sum = |units: fn(&StockLevel) -> u32| hubs.values().map(|l| u64::from(units(l))).sum();
        let in_use = |hub: &HubId| snapshot.is_active(&DocumentKey::Hub(hub.clone())) == Some(true);
        let sold_from = hubs.iter().filter(|(hub, _)| in_use(hub));
        let available: u64 = sold_from
            .map(|(_, level)| u64::from(level.sellable().get()))
            .sum();
        Ok(SkuOverview {
            sku: sku.clone(),
            on_hand: sum(|level| level.on_hand.get()),
            reserved: sum(|level| level.reserved.get()),
            available,
            low_stock: LowStock::of(i64::try_from(available).unwrap_or(i64::MAX), threshold),
            hubs,
        })
    }

    /// Movements that match, oldest first, a page at a time.
    ///
    /// A movement has the time of its plan, and is seen when that is committed, mostly some
    /// milliseconds later, and up to
    /// [`CLOCK_SKEW_MAX_SECS`](crate::value::limits::CLOCK_SKEW_MAX_SECS) and the time that the
    /// store gives a commit at most. So where a list has ended, one with an earlier time may still
    /// come: whoever copies what is new begins some minutes before the last one, and knows by the
    /// id what is there already.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn movements(
        &self,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Result<Page<Movement, MovementCursor>, Error> {
        self.known().await?;
        let page = self
            .engine
            .store
            .movements(&self.id, filter, after, limit)
            .await?;
        Ok(self.listed(page))
    }

    /// Reservations that match, by key, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn reservations(
        &self,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, Error> {
        self.known().await?;
        let page = self
            .engine
            .store
            .reservations(&self.id, filter, after, limit)
            .await?;
        Ok(self.listed(page))
    }

    /// The reservations of one owner, also those that are over, all at once.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn reservations_of(
        &self,
        owner: &Owner,
    ) -> Result<Vec<(ReservationKey, Reservation)>, Error> {
        let mut keys = Keys::default();
        keys.owners.insert(owner.clone());
        let snapshot = self.look(&keys).await?;
        Ok(snapshot
            .owned_by(owner)
            .map(|(key, row)| (key.clone(), *row))
            .collect())
    }
}
