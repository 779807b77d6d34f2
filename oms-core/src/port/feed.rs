//! The feed: every event to every subscriber, at least once, in order per stream.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use crate::event::EventRecord;
use crate::port::StoreError;
use crate::stock::{StockKey, StockLevel};
use crate::value::{SubscriberName, TenantId, Timestamp};

/// Events as an outbox, read by subscribers that each have a place of their own (I9).
///
/// A subscriber polls, does its work, acknowledges, polls again. What was not acknowledged comes
/// again; a repeat has the same [`EventId`](crate::event::EventId). One poller at a time per
/// subscriber: two get the same events, and of their acknowledgements only the first counts.
///
/// *Order*: the events of a stream come in their order. *Completeness*: an event comes when its
/// commit is seen, however late and however long any other transaction stays open; none is
/// skipped, none waits for another. Nothing of one tenant comes to subscribers of another.
#[async_trait]
pub trait EventFeed: Send + Sync + std::fmt::Debug {
    /// Makes a subscriber that begins at `start`; says whether it is new. One that is there stays
    /// where it is, so a host may call this at every start.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`].
    async fn subscribe(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        start: FeedStart,
    ) -> Result<bool, StoreError>;

    /// The events after what was acknowledged, about `limit`: events that were committed together
    /// come together, so a page may be longer. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::Corrupt`],
    /// [`StoreError::InvalidCall`] for an unknown subscriber or a limit outside 1 to
    /// [`PAGE_ITEMS_MAX`](crate::value::limits::PAGE_ITEMS_MAX).
    async fn poll(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        limit: usize,
    ) -> Result<EventBatch, StoreError>;

    /// The stock rows that changed since what was acknowledged, each with its latest value, at most
    /// `limit`, by key; ask for it with the place of a subscriber of its own. However often a row
    /// changed, it comes once; its version tells a late repeat from news. Changes nothing.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    async fn poll_stock(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        limit: usize,
    ) -> Result<StockBatch, StoreError>;

    /// Says that a batch was dealt with; `false` when the subscriber is no longer where the batch
    /// began, because it was acknowledged before or set back: nothing happens then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`] (ask
    /// again: a repeat answers `false`), [`StoreError::InvalidCall`] for a place that is none.
    async fn acknowledge(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        place: &FeedPlace,
    ) -> Result<bool, StoreError>;

    /// Sets a subscriber to another start; says whether there is one. From
    /// [`FeedStart::At`] everything comes that was decided at that time or later, and perhaps
    /// something before it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`].
    async fn rewind(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        start: FeedStart,
    ) -> Result<bool, StoreError>;

    /// Forgets a subscriber; says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`].
    async fn unsubscribe(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
    ) -> Result<bool, StoreError>;

    /// Every subscriber of a tenant with how far it is behind, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`].
    async fn subscriptions(&self, tenant: &TenantId) -> Result<Vec<Subscription>, StoreError>;
}

/// Where a subscriber begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedStart {
    /// At the first event that is kept.
    Beginning,
    /// With what is committed from now on.
    Now,
    /// With what was decided at a time or later.
    At(Timestamp),
}

/// A step of a subscriber: from where a batch began to where it ends. Only the store that made it
/// can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPlace {
    /// Where the batch began.
    pub from: Arc<str>,
    /// Where it ends.
    pub to: Arc<str>,
}

/// Events for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBatch {
    /// The events; those of each stream in their order.
    pub events: Vec<EventRecord>,
    /// What to acknowledge, also where there are no events.
    pub place: FeedPlace,
    /// Whether more is there already.
    pub more: bool,
}

/// Stock rows for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockBatch {
    /// The rows with their latest value, by key.
    pub rows: Vec<(StockKey, StockLevel)>,
    /// What to acknowledge, also where there are no rows.
    pub place: FeedPlace,
    /// Whether more is there already.
    pub more: bool,
}

/// Most events that are counted to say how far a subscriber is behind.
pub const LAG_COUNTED_MAX: u64 = 10_000;

/// How far a subscriber is. One of stock rows is behind the events since the rows it has: none,
/// once it acknowledged a page that nothing more followed, also an empty one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Its name.
    pub name: SubscriberName,
    /// Events that it has not acknowledged; counted up to [`LAG_COUNTED_MAX`].
    pub behind: u64,
    /// When the oldest of those that were counted was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
}
