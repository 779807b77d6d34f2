//! Orders: one, by name, in lists, their history.

use std::collections::BTreeMap;

use super::{found, within_a_page};
use crate::event::{EventRecord, StreamId};
use crate::order::{AllowedCommand, EditLine, EditPreview, Order, allowed_commands, preview_edit};
use crate::plan::{
    DecodeError, DocumentKey, Index, Keys, Rejection, StoredDocument, UniqueKey, decode,
    decode_event,
};
use crate::port::{OrderCursor, OrderFilter, Page, Unreadable};
use crate::routing::Explanation;
use crate::service::view::{HistoryEntry, OrderSummary};
use crate::service::{Error, Tenant, trace};
use crate::value::limits::PAGE_ITEMS_MAX;
use crate::value::{OrderId, OrderNumber, Version};

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

    /// Orders with their fulfillments, read in one call of the store (each by one of its own where
    /// what is stored of one keeps the store from answering for all): at most [`PAGE_ITEMS_MAX`].
    /// Answers in the order asked, to each id what [`order`](Self::order) answers: one that does
    /// not exist or cannot be read keeps none of the others away.
    ///
    /// # Errors
    /// [`Error`]; more ids than that are refused with `wrong_count`.
    pub async fn orders_by_id(&self, ids: &[OrderId]) -> Result<Vec<Result<Order, Error>>, Error> {
        within_a_page(ids)?;
        let (snapshot, unreadable) = self.look_at(ids).await?;
        let unreadable: BTreeMap<OrderId, DecodeError> = unreadable.into_iter().collect();
        let read = |id: &OrderId| -> Result<Order, Error> {
            let order = match unreadable.get(id) {
                Some(error) => Err(error.clone()),
                None => snapshot.order(*id),
            };
            let order = order.inspect_err(|error| trace::unreadable(&self.id, error))?;
            Ok(found(order, DocumentKey::Order(*id))?)
        };
        Ok(ids.iter().map(read).collect())
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

    /// Orders by unique names, read in one call of the store: at most [`PAGE_ITEMS_MAX`] names.
    /// Answers in the order asked, to each name what [`find_order`](Self::find_order) answers: one
    /// whose order cannot be read keeps none of the others away, unless the store cannot answer for
    /// all of them because of it ([`orders_by_id`](Self::orders_by_id) asks for each then).
    ///
    /// # Errors
    /// [`Error`]; more names than that are refused with `wrong_count`.
    pub async fn find_orders(
        &self,
        names: &[UniqueKey],
    ) -> Result<Vec<Result<Option<Order>, Error>>, Error> {
        within_a_page(names)?;
        let mut keys = Keys::default();
        keys.unique.extend(names.iter().cloned());
        let snapshot = self.look(&keys).await?;
        let read = |name: &UniqueKey| -> Result<Option<Order>, Error> {
            let Some(DocumentKey::Order(id)) = snapshot.unique.get(name) else {
                return Ok(None);
            };
            let order = snapshot.order(*id);
            Ok(order.inspect_err(|error| trace::unreadable(&self.id, error))?)
        };
        Ok(names.iter().map(read).collect())
    }

    /// The order with that human number.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn order_by_number(&self, number: OrderNumber) -> Result<Option<Order>, Error> {
        self.find_order(UniqueKey::OrderNumber(number)).await
    }

    /// Orders that match, newest first, a page at a time. One that cannot be read, such as one that
    /// a newer release wrote, is in [`Page::unreadable`].
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
    /// An order is the fold of its events with their times and of nothing else, so it can be had as
    /// it was at any time, or after any of its versions:
    ///
    /// ```
    /// use oms_core::order::{Order, fold_at};
    /// use oms_core::service::{Error, Tenant};
    /// use oms_core::value::{OrderId, Timestamp};
    ///
    /// /// The order as it was at a time; `None` before it was placed.
    /// async fn as_of(shop: &Tenant, id: OrderId, at: Timestamp) -> Result<Option<Order>, Error> {
    ///     let history = shop.history(id).await?;
    ///     // For a version: `entry.seq <= version`.
    ///     let until = history.iter().take_while(|entry| entry.at <= at);
    ///     Ok(fold_at(until.map(|entry| (&entry.event, entry.at))))
    /// }
    /// ```
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
}

fn summary(document: StoredDocument) -> Option<Result<OrderSummary, Unreadable<OrderCursor>>> {
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
    Some(head.map(summary).map_err(|error| Unreadable { at, error }))
}
