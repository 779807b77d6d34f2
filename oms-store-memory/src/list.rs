//! Lists for people: filters and keyset pages.

use std::collections::BTreeSet;
use std::ops::Bound;

use oms_core::job::JobDraft;
use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, DocumentKind, OrderIndex, StoredDocument};
use oms_core::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, MovementDraft, StockKey, StockLevel};
use oms_core::value::{CustomerId, HubId, JobId, MovementId, OrderId, Sku, Timestamp};
use uuid::Uuid;

use crate::claims::is_untold;
use crate::documents::{Columns, Document};
use crate::rows::Row;
use crate::tenant::Tenant;

/// The first `limit` items, and where the next page begins if there are more.
pub(crate) fn page<T, C>(
    items: impl Iterator<Item = T>,
    limit: usize,
    place: impl Fn(&T) -> C,
) -> Page<T, C> {
    let mut items: Vec<T> = items.take(limit.saturating_add(1)).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(place);
    Page::new(items, next)
}

impl Tenant {
    /// Order heads, newest first by (placed at, id).
    pub(crate) fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Page<StoredDocument, OrderCursor> {
        let found = self.order_places(filter, after).filter_map(|place| {
            let key = DocumentKey::Order(place.id);
            let document = self.documents.get(&key)?;
            let index = document.columns.order()?;
            order_matches(filter, index).then(|| (place, document.stored(key)))
        });
        let found = page(found, limit, |(place, _)| *place);
        let items = found.items.into_iter().map(|(_, document)| document);
        Page::new(items.collect(), found.next)
    }

    /// Where the orders lie that may match, newest first: by the narrowest index there is.
    fn order_places<'a>(
        &'a self,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
    ) -> Box<dyn Iterator<Item = OrderCursor> + 'a> {
        let first = |placed_at| OrderCursor {
            placed_at,
            id: OrderId::from_uuid(Uuid::nil()),
        };
        let from = first(filter.placed_from.unwrap_or(Timestamp::EPOCH));
        let before = filter.placed_before.map(first);
        // Everything lies before the last id of the last moment, and nothing can be placed there.
        let last = OrderCursor {
            placed_at: Timestamp::MAX,
            id: OrderId::from_uuid(Uuid::max()),
        };
        let before = [after, before].into_iter().flatten().min().unwrap_or(last);
        if from >= before {
            return Box::new(std::iter::empty());
        }
        if let Some(customer) = filter.customer {
            let places = self.indexes.orders_of(customer).filter_map(|id| {
                let document = self.documents.get(&DocumentKey::Order(id))?;
                let placed_at = document.columns.order()?.placed_at;
                Some(OrderCursor { placed_at, id })
            });
            let places: BTreeSet<OrderCursor> = places
                .filter(|place| (from..before).contains(place))
                .collect();
            return Box::new(places.into_iter().rev());
        }
        let alone = filter.statuses.len() == 1;
        let status = filter.statuses.first();
        match status.filter(|status| alone && !status.is_terminal()) {
            Some(status) => Box::new(self.unfinished(*status, from, before)),
            None => Box::new(self.indexes.placed.range(from..before).rev().copied()),
        }
    }

    fn unfinished(
        &self,
        status: OrderStatus,
        from: OrderCursor,
        before: OrderCursor,
    ) -> impl Iterator<Item = OrderCursor> {
        let range = self
            .indexes
            .unfinished
            .range((status, from)..(status, before));
        range.rev().map(|(_, place)| *place)
    }

    /// Documents of one kind, by key.
    pub(crate) fn documents(
        &self,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Page<StoredDocument, DocumentKey> {
        let matches = |document: &Document| {
            filter
                .active
                .is_none_or(|active| document.columns == Columns::Active(active))
        };
        let found = self.documents.of_kind(filter.kind, after);
        let found = found.filter(|(_, document)| matches(document) && is_between(filter, document));
        let found = found.map(|(key, document)| document.stored(key));
        page(found, limit, |document| document.key.clone())
    }

    /// The next keys of the erasable documents of a customer.
    pub(crate) fn personal(
        &self,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Vec<DocumentKey> {
        let keys = self.indexes.personal_of(customer).into_iter();
        let keys = keys.filter(|key| after.is_none_or(|after| *key > after));
        let found = keys.filter_map(|key| {
            let document = self.documents.get(key)?;
            let (whose, _) = document.columns.personal()?;
            let theirs = whose.is_none_or(|whose| whose == customer);
            theirs.then(|| key.clone())
        });
        found.take(limit).collect()
    }

    /// Stock rows, by key.
    pub(crate) fn stock(
        &self,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Page<(StockKey, StockLevel), StockKey> {
        let rows: Box<dyn Iterator<Item = (StockKey, &Row)>> = match (&filter.hub, &filter.sku) {
            (_, Some(sku)) => Box::new(self.rows.of_sku(sku)),
            (Some(hub), None) => Box::new(self.rows.of_hub(hub)),
            (None, None) => Box::new(self.rows.after(after)),
        };
        let found = rows
            .filter(|(key, _)| after.is_none_or(|after| key > after))
            .filter(|(key, _)| filter.hub.as_ref().is_none_or(|hub| *hub == key.hub))
            .map(|(key, row)| (key, row.level))
            .filter(|(_, level)| {
                let most = filter.available_at_most.map(|units| i64::from(units.get()));
                most.is_none_or(|most| level.available() <= most)
            });
        page(found, limit, |(key, _)| key.clone())
    }

    /// Movements, oldest first by (at, id).
    pub(crate) fn movements(
        &self,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Page<Movement, MovementCursor> {
        let first = |at| MovementCursor {
            at,
            id: MovementId::from_uuid(Uuid::nil()),
        };
        let from = first(filter.from.unwrap_or(Timestamp::EPOCH));
        let from = match after {
            Some(after) if after >= from => Bound::Excluded(after),
            Some(_) | None => Bound::Included(from),
        };
        let range = (from, Bound::Unbounded);
        let early = |place: &MovementCursor| filter.before.is_none_or(|before| place.at < before);
        let matching = |place: &MovementCursor| {
            let (draft, origin) = self.movements.get(place)?;
            movement_matches(filter, draft).then(|| Movement {
                draft: draft.clone(),
                origin: (**origin).clone(),
                at: place.at,
            })
        };
        let place = |movement: &Movement| MovementCursor {
            at: movement.at,
            id: movement.draft.id,
        };
        if filter.sku.is_none() {
            let places = self.movements.range(range).map(|(place, _)| place);
            return page(
                places.take_while(|place| early(place)).filter_map(matching),
                limit,
                place,
            );
        }
        let mut found: Vec<Movement> = Vec::new();
        for row in self.narrowest_rows(filter.sku.as_ref(), filter.hub.as_ref()) {
            let places = row
                .movements
                .from(range.0.as_ref())
                .take_while(|place| early(place));
            found.extend(places.filter_map(matching).take(limit.saturating_add(1)));
        }
        found.sort_unstable_by_key(place);
        page(found.into_iter(), limit, place)
    }

    /// The rows of a SKU, at one hub or at all.
    fn narrowest_rows<'a>(
        &'a self,
        sku: Option<&'a Sku>,
        hub: Option<&'a HubId>,
    ) -> impl Iterator<Item = &'a Row> {
        let rows = sku.into_iter().flat_map(|sku| self.rows.of_sku(sku));
        rows.filter(move |(key, _)| hub.is_none_or(|hub| *hub == key.hub))
            .map(|(_, row)| row)
    }

    /// Reservations, by key.
    pub(crate) fn reservations(
        &self,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
        now: Timestamp,
    ) -> Page<(ReservationKey, Reservation), ReservationKey> {
        let matches = |(key, row): &(ReservationKey, Reservation)| {
            after.is_none_or(|after| key > after)
                && filter
                    .owner
                    .as_ref()
                    .is_none_or(|owner| *owner == key.owner)
                && filter.sku.as_ref().is_none_or(|sku| *sku == key.sku)
                && filter.hub.as_ref().is_none_or(|hub| *hub == key.hub)
                && (!filter.due || row.is_due(now) || is_untold(key, row))
                && (!filter.live || !row.live().is_zero())
        };
        let place = |(key, _): &(ReservationKey, Reservation)| key.clone();
        if let Some(owner) = &filter.owner {
            return page(self.claims.of_owner(owner).filter(matches), limit, place);
        }
        if filter.due {
            let due = self
                .claims
                .due
                .iter()
                .take_while(|(at, _)| *at <= now)
                .map(|(_, key)| key);
            let keys: BTreeSet<&ReservationKey> = due.chain(&self.claims.lapsed).collect();
            let found = keys
                .into_iter()
                .filter_map(|key| Some((key, self.claims.get(key)?)));
            let found = found.map(|(key, row)| (key.clone(), *row)).filter(matches);
            return page(found, limit, place);
        }
        if let (Some(hub), true) = (&filter.hub, filter.live) {
            let found = self.claims.live_at(hub, after).filter(matches);
            return page(found, limit, place);
        }
        let Some(sku) = &filter.sku else {
            return page(self.claims.after(after).filter(matches), limit, place);
        };
        let mut found = Vec::new();
        for (key, row) in self.rows.of_sku(sku) {
            if filter.hub.as_ref().is_some_and(|hub| *hub != key.hub) {
                continue;
            }
            let from = after.map(|after| (after.owner.clone(), after.line));
            let from = from.map_or(Bound::Unbounded, Bound::Included);
            let claims = row
                .claims
                .from(from.as_ref())
                .filter_map(|(owner, line)| self.claims.at_line(owner, *line, &key.hub, &key.sku));
            found.extend(claims.filter(matches).take(limit.saturating_add(1)));
        }
        found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        page(found.into_iter(), limit, place)
    }

    /// Jobs, by id.
    pub(crate) fn jobs(&self, after: Option<JobId>, limit: usize) -> Page<JobDraft, JobId> {
        let found = self.jobs.after(after).map(|job| job.draft.clone());
        page(found, limit, |job| job.id)
    }
}

fn order_matches(filter: &OrderFilter, index: &OrderIndex) -> bool {
    // When it was placed is a matter of where it was looked for.
    (filter.statuses.is_empty() || filter.statuses.contains(&index.status))
        && !(filter.unfinished && index.status.is_terminal())
        && filter
            .channel
            .as_ref()
            .is_none_or(|channel| *channel == index.channel)
        && filter
            .customer
            .is_none_or(|customer| index.customer == Some(customer))
        && filter
            .stuck_since
            .is_none_or(|since| index.state_since < since && !index.status.is_terminal())
        && filter.promised_before.is_none_or(|before| {
            index.promised_by.is_some_and(|promised| promised < before)
                && !index.status.is_terminal()
        })
}

/// Whether a document is a transfer between the hubs that are asked for, if any are.
fn is_between(filter: &DocumentFilter, document: &Document) -> bool {
    if filter.from.is_none() && filter.to.is_none() {
        return true;
    }
    let listed = matches!(document.columns, Columns::Active(_));
    if filter.kind != DocumentKind::Transfer || !listed {
        return false;
    }
    let Ok(body) = serde_json::from_str::<serde_json::Value>(&document.json) else {
        return false;
    };
    let names = |member: &str, hub: Option<&HubId>| {
        let named = body.get(member).and_then(serde_json::Value::as_str);
        hub.is_none_or(|hub| named == Some(hub.as_str()))
    };
    names("from", filter.from.as_ref()) && names("to", filter.to.as_ref())
}

fn movement_matches(filter: &MovementFilter, draft: &MovementDraft) -> bool {
    // When it was recorded is a matter of where it was looked for.
    filter
        .sku
        .as_ref()
        .is_none_or(|sku| *sku == draft.stock.sku)
        && filter
            .hub
            .as_ref()
            .is_none_or(|hub| *hub == draft.stock.hub)
        && filter.kind.is_none_or(|kind| kind == draft.kind)
        && filter.order.is_none_or(|order| draft.order == Some(order))
        && (filter.transfer.is_none() || filter.transfer == draft.transfer)
}
