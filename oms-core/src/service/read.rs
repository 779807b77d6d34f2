//! Reads for people. What they answer about something that does not exist is said at [`Tenant`].

use crate::catalog::{Product, SalesChannel};
use crate::customer::{Contact, ContactDocument, Customer};
use crate::event::{EventRecord, StreamId};
use crate::hub::{Hub, ZoneBook};
use crate::order::{AllowedCommand, EditLine, EditPreview, Order, allowed_commands, preview_edit};
use crate::plan::{
    CounterKey, DocumentKey, DocumentKind, Index, Keys, Rejection, Snapshot, Stored,
    StoredDocument, UniqueKey, decode, decode_event,
};
use crate::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Unread, Violation,
};
use crate::reservation::{Owner, Reservation, ReservationKey};
use crate::routing::Explanation;
use crate::service::view::{HistoryEntry, OrderSummary, SkuOverview};
use crate::service::{Error, Tenant, trace};
use crate::stock::{LowStock, Movement, StockKey, StockLevel};
use crate::tenant::Settings;
use crate::value::limits::PAGE_ITEMS_MAX;
use crate::value::{
    ChannelPlace, ContactId, CustomerId, HubId, OrderId, OrderNumber, Sku, Units, Version,
};

impl Tenant {
    /// An order with its fulfillments.
    ///
    /// # Errors
    /// [`Error`]; an unknown tenant or order is refused with `unknown_tenant` or `not_found`.
    pub async fn order(&self, id: OrderId) -> Result<Order, Error> {
        let mut keys = Keys::default();
        keys.orders.insert(id);
        let snapshot = self.look(&keys).await?;
        Ok(found(snapshot.order(id)?, DocumentKey::Order(id))?)
    }

    /// The order with that unique name: an external reference or the human number.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn find_order(&self, name: UniqueKey) -> Result<Option<Order>, Error> {
        let mut keys = Keys::default();
        keys.unique.insert(name.clone());
        let snapshot = self.look(&keys).await?;
        match snapshot.unique.get(&name) {
            Some(DocumentKey::Order(id)) => Ok(snapshot.order(*id)?),
            Some(_) | None => Ok(None),
        }
    }

    /// The order with that human number.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn order_by_number(&self, number: OrderNumber) -> Result<Option<Order>, Error> {
        self.find_order(UniqueKey::OrderNumber(number)).await
    }

    /// Orders that match, newest first, a page at a time. One that cannot be read, such as one that
    /// a newer release wrote, is in [`Page::unread`].
    ///
    /// # Errors
    /// [`Error`].
    pub async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<OrderSummary, OrderCursor>, Error> {
        self.known().await?;
        let page = self
            .engine
            .store
            .orders(&self.id, filter, after, limit)
            .await?;
        Ok(self.listed(page.read(summary)))
    }

    /// Everything that happened to an order, oldest first.
    ///
    /// # Errors
    /// [`Error`]; an unknown order is refused with `not_found`.
    pub async fn history(&self, order: OrderId) -> Result<Vec<HistoryEntry>, Error> {
        let records = self.stream(&StreamId::order(order)).await?;
        if records.is_empty() {
            let document = DocumentKey::Order(order);
            return Err(Rejection::NotFound { document }.into());
        }
        let entry = |record: EventRecord| {
            let event = decode_event(&record)?;
            Ok(HistoryEntry {
                seq: record.id.seq,
                at: record.at,
                origin: record.origin,
                event,
            })
        };
        records.into_iter().map(entry).collect()
    }

    /// Every event of any stream, oldest first, as stored.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stream(&self, stream: &StreamId) -> Result<Vec<EventRecord>, Error> {
        self.known().await?;
        let (mut all, mut after) = (Vec::new(), Version::ZERO);
        loop {
            let store = &self.engine.store;
            let page = store
                .history(&self.id, stream, after, PAGE_ITEMS_MAX)
                .await?;
            let full = page.len() == PAGE_ITEMS_MAX;
            all.extend(page);
            match all.last() {
                Some(last) if full => after = last.id.seq,
                Some(_) | None => return Ok(all),
            }
        }
    }

    /// What may be asked of an order now.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn allowed_commands(&self, id: OrderId) -> Result<Vec<AllowedCommand>, Error> {
        let mut keys = Keys::default();
        keys.orders.insert(id);
        let snapshot = self.look(&keys).await?;
        let order = found(snapshot.order(id)?, DocumentKey::Order(id))?;
        let settings = self.settings_in(&snapshot)?;
        Ok(allowed_commands(&order, &settings.workflow, snapshot.now))
    }

    /// What an edit of lines would do to the money, without writing anything.
    ///
    /// # Errors
    /// [`Error`]; refused as the edit itself would be.
    pub async fn preview_edit(
        &self,
        id: OrderId,
        changes: &[EditLine],
    ) -> Result<EditPreview, Error> {
        let order = self.order(id).await?;
        preview_edit(&order, changes).map_err(|reason| Rejection::from(reason).into())
    }

    /// Why the hubs were chosen when the order was at that version.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn explanation(
        &self,
        order: OrderId,
        version: Version,
    ) -> Result<Option<Explanation>, Error> {
        self.read(DocumentKey::Explanation(order, version)).await
    }

    /// Why the hubs of an order were chosen, each time some were: by the version of the order that
    /// the choice made.
    ///
    /// # Errors
    /// [`Error`]; refused when there is no such order.
    pub async fn explanations(&self, order: OrderId) -> Result<Vec<(Version, Explanation)>, Error> {
        let last = self.order(order).await?.version;
        let mut versions = std::iter::successors(Some(Version::ZERO.next()), |version| {
            (*version < last).then(|| version.next())
        });
        let mut found = Vec::new();
        loop {
            let mut keys = Keys::default();
            let page = versions.by_ref().take(PAGE_ITEMS_MAX);
            keys.documents
                .extend(page.map(|version| DocumentKey::Explanation(order, version)));
            if keys.documents.is_empty() {
                return Ok(found);
            }
            for document in self.look(&keys).await?.documents.values() {
                if let DocumentKey::Explanation(_, version) = document.key {
                    found.push((version, decode(document)?));
                }
            }
        }
    }

    /// The tenant's settings.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn settings(&self) -> Result<Settings, Error> {
        let snapshot = self.look(&Keys::default()).await?;
        self.settings_in(&snapshot)
    }

    /// The tenant's delivery zones.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn zones(&self) -> Result<ZoneBook, Error> {
        let zones = self.read(DocumentKey::Zones).await?;
        Ok(zones.unwrap_or_default())
    }

    /// A hub.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn hub(&self, id: &HubId) -> Result<Option<Hub>, Error> {
        self.read(DocumentKey::Hub(id.clone())).await
    }

    /// A SKU of the catalogue.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn product(&self, sku: &Sku) -> Result<Option<Product>, Error> {
        self.read(DocumentKey::Product(sku.clone())).await
    }

    /// A customer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn customer(&self, id: CustomerId) -> Result<Option<Customer>, Error> {
        self.read(DocumentKey::Customer(id)).await
    }

    /// A contact; `None` when it was erased or never there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn contact(&self, id: ContactId) -> Result<Option<Contact>, Error> {
        let row: Option<ContactDocument> = self.read(DocumentKey::Contact(id)).await?;
        let kept = row.and_then(ContactDocument::kept);
        Ok(kept.map(|(contact, _)| contact))
    }

    /// The channel's own words for city, state and country, kept beside a contact's address; `None`
    /// where it gave none, and when the contact was erased or never there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn channel_place(&self, id: ContactId) -> Result<Option<ChannelPlace>, Error> {
        let row: Option<ContactDocument> = self.read(DocumentKey::Contact(id)).await?;
        let kept = row.and_then(ContactDocument::kept);
        Ok(kept.and_then(|(_, place)| place))
    }

    /// Hubs by id, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn hubs(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<Hub, DocumentKey>, Error> {
        self.list(DocumentKind::Hub, active, after, limit).await
    }

    /// SKUs by code, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn products(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<Product, DocumentKey>, Error> {
        self.list(DocumentKind::Product, active, after, limit).await
    }

    /// Sales channels by id, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn channels(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<SalesChannel, DocumentKey>, Error> {
        self.list(DocumentKind::Channel, active, after, limit).await
    }

    /// Customers by id, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn customers(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<Customer, DocumentKey>, Error> {
        self.list(DocumentKind::Customer, active, after, limit)
            .await
    }

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

    /// The reservations of one owner.
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

    /// Names every row of the tenant that breaks an invariant.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn audit(&self) -> Result<Vec<Violation>, Error> {
        self.known().await?;
        Ok(self.engine.store.audit(&self.id).await?)
    }

    pub(crate) async fn look(&self, keys: &Keys) -> Result<Snapshot, Error> {
        let snapshot = self.engine.store.prefetch(&self.id, keys).await?;
        self.settings_in(&snapshot)?;
        Ok(snapshot)
    }

    async fn known(&self) -> Result<(), Error> {
        self.look(&Keys::default()).await.map(|_| ())
    }

    fn settings_in(&self, snapshot: &Snapshot) -> Result<Settings, Error> {
        let settings = snapshot.read(&DocumentKey::Settings)?;
        Ok(settings.ok_or_else(|| Rejection::UnknownTenant {
            tenant: self.id.clone(),
        })?)
    }

    pub(crate) async fn read<T: Stored>(&self, key: DocumentKey) -> Result<Option<T>, Error> {
        let snapshot = self.look(&Keys::of(key.clone())).await?;
        Ok(snapshot.read(&key)?)
    }

    pub(crate) async fn list<T: Stored>(
        &self,
        kind: DocumentKind,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<T, DocumentKey>, Error> {
        self.known().await?;
        let filter = DocumentFilter { kind, active };
        let page = self
            .engine
            .store
            .documents(&self.id, &filter, after, limit)
            .await?;
        Ok(self.listed(page.read(|document| {
            let value = decode(&document);
            let at = document.key;
            Some(value.map_err(|error| Unread { at, error }))
        })))
    }

    /// The page, after a warning for each of what cannot be read.
    fn listed<T, C>(&self, page: Page<T, C>) -> Page<T, C> {
        for unread in &page.unread {
            trace::unread(&self.id, &unread.error);
        }
        page
    }
}

fn found<T>(value: Option<T>, document: DocumentKey) -> Result<T, Rejection> {
    value.ok_or(Rejection::NotFound { document })
}

fn summary(document: StoredDocument) -> Option<Result<OrderSummary, Unread<OrderCursor>>> {
    let head = decode(&document);
    let (DocumentKey::Order(id), Index::Order(index)) = (document.key, document.index) else {
        return None;
    };
    let (version, placed_at) = (document.version, index.placed_at);
    let summary = |head| OrderSummary {
        id,
        version,
        index,
        head,
    };
    let at = OrderCursor { placed_at, id };
    Some(head.map(summary).map_err(|error| Unread { at, error }))
}
