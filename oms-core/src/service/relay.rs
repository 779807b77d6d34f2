//! The relay: hands events of a tenant to a publisher.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::event::{EventId, EventRecord, StreamId, StreamKind, Topic};
use crate::plan::{HUB_EVENTS, SKU_EVENTS};
use crate::port::{
    EventFeed, FeedPlace, FeedStart, Message, MessageContent, PublishError, Publisher, StockFilter,
    Store, StoreError,
};
use crate::service::Wake;
use crate::stock::{StockKey, StockLevel};
use crate::value::limits::PAGE_ITEMS_MAX;
use crate::value::{HubId, Sku, SubscriberName, TenantId};

/// When to look again after a tick, in seconds. Where a host allows it, each rest without a find is
/// twice as long as the one before.
const REST_SECS: u32 = 1;

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relayed {
    /// Messages that were handed over.
    pub published: usize,
    /// Events that have no topic and were passed.
    pub passed: usize,
    /// When to tick again.
    pub next: Wake,
}

/// Why a tick failed. Nothing is lost: what was not acknowledged comes again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The publisher did not take the messages.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RelayError {
    /// Whether a later tick may succeed.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            // What was not taken is handed over again.
            Self::Publish(_) => true,
            Self::Store(error) => error.is_retryable(),
        }
    }
}

/// Hands the events of a tenant that have a [topic](Topic::of) to a publisher, at least once, in
/// order per stream.
///
/// One relay at a time per subscriber; a second one publishes the same and is told so by its
/// acknowledgement.
#[derive(Debug)]
pub struct Relay {
    feed: Arc<dyn EventFeed>,
    publisher: Arc<dyn Publisher>,
    tenant: TenantId,
    events: SubscriberName,
    stock: Option<SubscriberName>,
    /// Whether the place of stock was moved since something was found. Without a change of stock it
    /// would seem to be behind all events.
    settled: AtomicBool,
    /// Where the rows of what was switched off or on are looked up.
    switches: Option<Arc<dyn Store>>,
    rest_max_secs: u32,
    /// The last rest, in seconds.
    rest_secs: AtomicU32,
}

impl Relay {
    /// A relay of events, with the place of a subscriber.
    ///
    /// The subscriber must be there before the first tick: call [`subscribe`](Self::subscribe) at
    /// every start of the host. Without it each tick fails with [`StoreError::InvalidCall`].
    #[must_use]
    pub fn new(
        feed: Arc<dyn EventFeed>,
        publisher: Arc<dyn Publisher>,
        tenant: TenantId,
        events: SubscriberName,
    ) -> Self {
        Self {
            feed,
            publisher,
            tenant,
            events,
            stock: None,
            settled: AtomicBool::new(false),
            switches: None,
            rest_max_secs: REST_SECS,
            rest_secs: AtomicU32::new(0),
        }
    }

    /// How long it rests at most while there is nothing to hand over, in seconds: 1, and no less,
    /// unless told otherwise. An event may be as late as that. Each tick asks the store once for
    /// events and once for stock, so a host with thousands of tenants allows for more.
    #[must_use]
    pub const fn rest_max_secs(mut self, secs: u32) -> Self {
        self.rest_max_secs = if secs < REST_SECS { REST_SECS } else { secs };
        self
    }

    /// Hands over stock rows too ([`Topic::InventoryUpdated`]), with the place of another
    /// subscriber. One that the events have the place of is refused by every call.
    #[must_use]
    pub fn with_stock(mut self, name: SubscriberName) -> Self {
        self.stock = Some(name);
        self
    }

    /// Hands over the stock rows of a hub or SKU that was switched off or on, too. They did not
    /// change, so [`with_stock`](Self::with_stock) does not bring them, but what can be sold did:
    /// whoever tells sales channels has to tell them anew.
    ///
    /// The rows come as [`Topic::InventoryUpdated`] before the event is acknowledged, all of them
    /// in the tick that finds it: a hub with many SKUs makes a long tick, which starts over if the
    /// publisher refuses a row, and the events behind wait meanwhile. A relay that begins in the
    /// past passes over switches that others soon followed, as what is now counts. `store` is that
    /// of the feed, such as [`Oms::store`](crate::service::Oms::store).
    #[must_use]
    pub fn with_switches(mut self, store: Arc<dyn Store>) -> Self {
        self.switches = Some(store);
        self
    }

    /// Makes its subscribers where they are not there yet; one that is there stays where it is.
    /// Comes before the first tick, and after [`with_stock`](Self::with_stock).
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::InvalidCall`] where events and stock have the same subscriber.
    pub async fn subscribe(&self, start: FeedStart) -> Result<(), StoreError> {
        self.check()?;
        for name in [Some(&self.events), self.stock.as_ref()]
            .into_iter()
            .flatten()
        {
            self.feed.subscribe(&self.tenant, name, start).await?;
        }
        Ok(())
    }

    /// Hands over a page of events and one of stock rows, and the rows of what the events of the
    /// page say was [switched](Self::with_switches).
    ///
    /// # Errors
    /// [`RelayError`]; tick again after a pause if it is
    /// [retryable](RelayError::is_retryable). [`StoreError::InvalidCall`] when a subscriber is not
    /// there: [`subscribe`](Self::subscribe) first; and where events and stock have the same one.
    pub async fn tick(&self) -> Result<Relayed, RelayError> {
        self.check()?;
        let mut relayed = Relayed::default();
        let batch = self.feed.poll(&self.tenant, &self.events, PAGE_ITEMS_MAX);
        let batch = batch.await?;
        let found = batch.events.len();
        if let Some(store) = &self.switches {
            for switch in switches(&batch.events) {
                if !self.is_over(&**store, &switch).await? {
                    self.hand_over_rows(&**store, &switch, &mut relayed).await?;
                }
            }
        }
        let events = batch.events.into_iter();
        let messages: Vec<Message> = events.filter_map(event_message).collect();
        relayed.passed = found.saturating_sub(messages.len());
        let (mut more, mut all) = (batch.more, found);
        if found > 0 {
            // Before anything that may fail: these events do not come again.
            self.settled.store(false, Ordering::Relaxed);
        }
        self.hand_over(&messages, found, &self.events, &batch.place, &mut relayed)
            .await?;
        if let Some(name) = &self.stock {
            let batch = self.feed.poll_stock(&self.tenant, name, PAGE_ITEMS_MAX);
            let batch = batch.await?;
            let rows = batch.rows.into_iter();
            let messages: Vec<Message> = rows.map(|row| self.stock_message(row)).collect();
            more |= batch.more;
            all += messages.len();
            let due = match self.settled.load(Ordering::Relaxed) {
                true => all,
                false => all.max(1),
            };
            self.hand_over(&messages, due, name, &batch.place, &mut relayed)
                .await?;
            self.settled.store(all == 0, Ordering::Relaxed);
        }
        let rest = self.rest(all > 0);
        relayed.next = if more {
            Wake::Now
        } else {
            Wake::AfterSecs(rest)
        };
        Ok(relayed)
    }

    /// How long to rest after a tick that found something, or nothing.
    fn rest(&self, found: bool) -> u32 {
        let last = self.rest_secs.load(Ordering::Relaxed);
        let rest = match found {
            true => REST_SECS,
            false => last.saturating_mul(2).clamp(REST_SECS, self.rest_max_secs),
        };
        self.rest_secs.store(rest, Ordering::Relaxed);
        rest
    }

    /// With one place for both, what is acknowledged of the one is lost of the other.
    fn check(&self) -> Result<(), StoreError> {
        if self.stock.as_ref() != Some(&self.events) {
            return Ok(());
        }
        let name = &self.events;
        let detail =
            format!("subscriber {name} is for events and for stock rows: each needs its own");
        Err(StoreError::InvalidCall { detail })
    }

    /// Publishes, then acknowledges. Where nothing was found it is not worth a write.
    async fn hand_over(
        &self,
        messages: &[Message],
        found: usize,
        name: &SubscriberName,
        place: &FeedPlace,
        relayed: &mut Relayed,
    ) -> Result<(), RelayError> {
        if found == 0 {
            return Ok(());
        }
        if !messages.is_empty() {
            self.publisher.publish(messages).await?;
        }
        relayed.published += messages.len();
        // `false` says that another relay was here or somebody set it back: both go on from there.
        let _moved = self.feed.acknowledge(&self.tenant, name, place).await?;
        Ok(())
    }

    /// Whether it was switched again since, and that comes, too. Looked at is one page of its later
    /// events, so that a long history costs no more than one call.
    async fn is_over(&self, store: &dyn Store, switch: &Switch) -> Result<bool, StoreError> {
        let EventId { stream, seq } = &switch.event;
        let later = store.history(&self.tenant, stream, *seq, PAGE_ITEMS_MAX);
        let later = later.await?;
        Ok(later.iter().any(|event| switched_rows(event).is_some()))
    }

    /// Publishes the rows of what was switched. A repeat of the switch brings them again.
    async fn hand_over_rows(
        &self,
        store: &dyn Store,
        switch: &Switch,
        relayed: &mut Relayed,
    ) -> Result<(), RelayError> {
        let EventId { stream, seq } = &switch.event;
        // What tells these messages from those of a row that changed.
        let mark = format!("{}#{seq}", stream.kind);
        let mut after: Option<StockKey> = None;
        loop {
            let (rows, after_row) = (&switch.rows, after.as_ref());
            let page = store.stock(&self.tenant, rows, after_row, PAGE_ITEMS_MAX);
            let page = page.await?;
            let rows = page.items.into_iter();
            let messages: Vec<Message> = rows
                .map(|row| {
                    let mut message = self.stock_message(row);
                    message.id = format!("{}/{mark}", message.id);
                    message
                })
                .collect();
            if !messages.is_empty() {
                self.publisher.publish(&messages).await?;
            }
            relayed.published += messages.len();
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn stock_message(&self, (key, level): (StockKey, StockLevel)) -> Message {
        let row = StreamId::stock(&key.hub, &key.sku);
        Message {
            tenant: self.tenant.clone(),
            topic: Topic::InventoryUpdated,
            id: format!("{}/{row}@{}", self.tenant, level.version),
            content: MessageContent::Stock(key, level),
        }
    }
}

/// A hub or SKU that was switched off or on.
struct Switch {
    /// What told it.
    event: EventId,
    /// Its stock rows.
    rows: StockFilter,
}

/// What was switched, each once: what it is now counts, however often it was.
fn switches(events: &[EventRecord]) -> Vec<Switch> {
    let mut last: BTreeMap<&StreamId, Switch> = BTreeMap::new();
    for event in events {
        if let Some(rows) = switched_rows(event) {
            let switch = Switch {
                event: event.id.clone(),
                rows,
            };
            last.insert(&event.id.stream, switch);
        }
    }
    last.into_values().collect()
}

/// The rows of what an event says was switched.
fn switched_rows(event: &EventRecord) -> Option<StockFilter> {
    let stream = &event.id.stream;
    let (kind, hub, sku) = if HUB_EVENTS.is_switch(&event.name) {
        (StreamKind::Hub, HubId::parse(&stream.id).ok(), None)
    } else if SKU_EVENTS.is_switch(&event.name) {
        (StreamKind::Sku, None, Sku::parse(&stream.id).ok())
    } else {
        return None;
    };
    // A host's own event may have such a name, and no filter at all means every row.
    let is_one = stream.kind == kind && (hub.is_some() || sku.is_some());
    is_one.then(|| StockFilter {
        hub,
        sku,
        ..StockFilter::default()
    })
}

fn event_message(event: EventRecord) -> Option<Message> {
    Some(Message {
        tenant: event.tenant.clone(),
        topic: Topic::of(&event)?,
        id: format!("{}/{}", event.tenant, event.id),
        content: MessageContent::Event(Box::new(event)),
    })
}
