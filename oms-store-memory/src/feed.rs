//! The feed of the port. Commits of a tenant happen one after another, so a place is a count of
//! what happened before.

use std::sync::Arc;

use async_trait::async_trait;
use oms_core::port::{
    EventBatch, EventFeed, FeedPlace, FeedStart, LAG_COUNTED_MAX, StockBatch, StoreError,
    Subscription,
};
use oms_core::value::{SubscriberName, TenantId};

use crate::store::{MemoryStore, within_page};
use crate::tenant::Tenant;

/// Where a subscriber is: how many events and how many changes of stock rows it has dealt with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    events: usize,
    changes: u64,
}

impl Place {
    fn text(self) -> Arc<str> {
        Arc::from(format!("{}/{}", self.events, self.changes))
    }

    fn parse(text: &str) -> Option<Self> {
        let (events, changes) = text.split_once('/')?;
        Some(Self {
            events: events.parse().ok()?,
            changes: changes.parse().ok()?,
        })
    }
}

fn invalid(detail: String) -> StoreError {
    StoreError::InvalidCall { detail }
}

fn unknown(name: &SubscriberName) -> StoreError {
    invalid(format!("there is no subscriber {name}"))
}

impl Tenant {
    fn start(&self, start: FeedStart) -> Place {
        let (events, changes) = (self.streams.told(), self.rows.changes());
        match start {
            FeedStart::Beginning => Place::default(),
            FeedStart::Now => Place { events, changes },
            // Rows do not say when they changed, so all of them come again.
            FeedStart::At(at) => Place {
                events: self.streams.told_before(at),
                changes: 0,
            },
        }
    }

    fn poll(&self, name: &SubscriberName, limit: usize) -> Result<EventBatch, StoreError> {
        let from = *self.subscribers.get(name).ok_or_else(|| unknown(name))?;
        let events = self.streams.since(&self.id, from.events, limit);
        let to = Place {
            events: from.events.saturating_add(events.len()),
            ..from
        };
        Ok(EventBatch {
            more: to.events < self.streams.told(),
            events,
            place: FeedPlace {
                from: from.text(),
                to: to.text(),
            },
        })
    }

    fn poll_stock(&self, name: &SubscriberName, limit: usize) -> Result<StockBatch, StoreError> {
        let from = *self.subscribers.get(name).ok_or_else(|| unknown(name))?;
        let mut changed: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, row)| row.changed > from.changes)
            .map(|(key, row)| (row.changed, key, row.level))
            .collect();
        changed.sort_unstable_by_key(|(changed, ..)| *changed);
        let more = changed.len() > limit;
        changed.truncate(limit);
        let last = changed.last().map(|(changed, ..)| *changed);
        let to = Place {
            changes: last.unwrap_or(from.changes),
            // Who has every row is behind no event.
            events: match more {
                true => from.events,
                false => self.streams.told(),
            },
        };
        let mut rows: Vec<_> = changed
            .into_iter()
            .map(|(_, key, row)| (key, row))
            .collect();
        rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(StockBatch {
            rows,
            place: FeedPlace {
                from: from.text(),
                to: to.text(),
            },
            more,
        })
    }

    fn subscription(&self, name: &SubscriberName, place: Place) -> Subscription {
        let behind = self.streams.told().saturating_sub(place.events);
        // Plans are committed in another order than they are made.
        let counted = usize::try_from(LAG_COUNTED_MAX).unwrap_or(usize::MAX);
        Subscription {
            name: name.clone(),
            behind: u64::try_from(behind).map_or(LAG_COUNTED_MAX, |n| n.min(LAG_COUNTED_MAX)),
            oldest_at: self.streams.oldest_since(place.events, counted),
        }
    }
}

#[async_trait]
impl EventFeed for MemoryStore {
    async fn subscribe(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        start: FeedStart,
    ) -> Result<bool, StoreError> {
        let subscribe = |found: &mut Tenant, _| {
            if found.subscribers.contains_key(name) {
                return false;
            }
            let place = found.start(start);
            found.subscribers.insert(name.clone(), place).is_none()
        };
        self.write(tenant, subscribe, |_| true)
    }

    async fn poll(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        limit: usize,
    ) -> Result<EventBatch, StoreError> {
        within_page(limit)?;
        let found = self.read(tenant, |found, _| found.poll(name, limit))?;
        found.unwrap_or_else(|| Err(unknown(name)))
    }

    async fn poll_stock(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        limit: usize,
    ) -> Result<StockBatch, StoreError> {
        within_page(limit)?;
        let found = self.read(tenant, |found, _| found.poll_stock(name, limit))?;
        found.unwrap_or_else(|| Err(unknown(name)))
    }

    async fn acknowledge(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        place: &FeedPlace,
    ) -> Result<bool, StoreError> {
        let read = |text: &str| {
            Place::parse(text).ok_or_else(|| invalid(format!("{text:?} is no place of a feed")))
        };
        let (from, to) = (read(&place.from)?, read(&place.to)?);
        let acknowledge = |found: &mut Tenant, _| match found.subscribers.get_mut(name) {
            Some(at) if *at == from => {
                *at = to;
                true
            }
            Some(_) | None => false,
        };
        self.write(tenant, acknowledge, |done| *done)
    }

    async fn rewind(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        start: FeedStart,
    ) -> Result<bool, StoreError> {
        let rewind = |found: &mut Tenant, _| {
            let place = found.start(start);
            let at = found.subscribers.get_mut(name);
            at.map(|at| *at = place).is_some()
        };
        self.write(tenant, rewind, |done| *done)
    }

    async fn unsubscribe(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
    ) -> Result<bool, StoreError> {
        let forget = |found: &mut Tenant, _| found.subscribers.remove(name).is_some();
        self.write(tenant, forget, |done| *done)
    }

    async fn subscriptions(&self, tenant: &TenantId) -> Result<Vec<Subscription>, StoreError> {
        let found = self.read(tenant, |found, _| {
            let all = found.subscribers.iter();
            all.map(|(name, place)| found.subscription(name, *place))
                .collect()
        })?;
        Ok(found.unwrap_or_default())
    }
}
