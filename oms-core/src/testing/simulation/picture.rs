//! Everything a store has of one tenant, read through its port page by page.

use std::collections::BTreeMap;

use crate::event::{EventRecord, StreamId};
use crate::job::JobDraft;
use crate::plan::{DocumentKey, DocumentKind, Keys, Snapshot, StoredDocument};
use crate::port::{
    DocumentFilter, MovementFilter, OrderFilter, ReservationFilter, StockFilter, Store, StoreError,
    Violation,
};
use crate::reservation::{Reservation, ReservationKey};
use crate::stock::{Movement, StockKey, StockLevel};
use crate::testing::simulation::book::Book;
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::limits::PAGE_ITEMS_MAX;
use crate::value::{IdempotencyKey, TenantId, Version};

/// Everything of one tenant.
#[derive(Debug)]
pub(super) struct Picture {
    /// What one read of everything the book knows answers.
    pub(super) snapshot: Snapshot,
    pub(super) orders: Vec<StoredDocument>,
    /// Hubs, SKUs, channels and customers, as listed.
    pub(super) registry: BTreeMap<DocumentKey, StoredDocument>,
    pub(super) levels: BTreeMap<StockKey, StockLevel>,
    pub(super) claims: BTreeMap<ReservationKey, Reservation>,
    pub(super) movements: Vec<Movement>,
    pub(super) streams: BTreeMap<StreamId, Vec<EventRecord>>,
    pub(super) jobs: Vec<JobDraft>,
    pub(super) violations: Vec<Violation>,
}

/// The kinds that a store lists.
const LISTED: [DocumentKind; 4] = [
    DocumentKind::Channel,
    DocumentKind::Hub,
    DocumentKind::Product,
    DocumentKind::Customer,
];

/// A failure of the store outside the simulated trouble.
pub(super) fn failed(error: &StoreError) -> Broken {
    Broken::new("store", format!("it failed by itself: {error} ({error:?})"))
}

impl Picture {
    /// Reads everything, `limit` items a page. `unused` are keys that were never committed.
    pub(super) async fn take(
        store: &dyn Store,
        book: &Book,
        unused: &[IdempotencyKey],
        limit: usize,
    ) -> Result<Self, Broken> {
        let tenant = &book.tenant;
        let reads = Reads {
            store,
            tenant,
            limit,
        };
        let keys = everything(book, unused);
        let snapshot = store.prefetch(tenant, &keys).await;
        let snapshot = snapshot.map_err(|error| failed(&error))?;
        let mut streams = BTreeMap::new();
        for stream in book.streams.keys() {
            streams.insert(stream.clone(), reads.history(stream).await?);
        }
        let violations = store.audit(tenant).await.map_err(|error| failed(&error))?;
        Ok(Self {
            snapshot,
            orders: reads.orders().await?,
            registry: reads.registry().await?,
            levels: reads.levels().await?,
            claims: reads.claims().await?,
            movements: reads.movements().await?,
            streams,
            jobs: reads.jobs().await?,
            violations,
        })
    }

    /// The store finds nothing wrong with itself.
    pub(super) fn check_audit(&self) -> Checked {
        check(self.violations.is_empty(), "audit", || {
            let all = self.violations.iter().map(ToString::to_string);
            all.collect::<Vec<_>>().join("; ")
        })
    }
}

/// Keys for everything the book knows, and for what must not be there.
fn everything(book: &Book, unused: &[IdempotencyKey]) -> Keys {
    let mut keys = Keys {
        hubs: true,
        ..Keys::default()
    };
    keys.documents.extend(book.documents.keys().cloned());
    keys.stock.extend(book.rows.keys().cloned());
    keys.counters.extend(book.counters.keys().cloned());
    keys.unique.extend(book.unique.keys().cloned());
    keys.owners
        .extend(book.claims.keys().map(|key| key.owner.clone()));
    keys.commands.extend(book.commands.keys().cloned());
    keys.commands.extend(unused.iter().cloned());
    keys
}

struct Reads<'a> {
    store: &'a dyn Store,
    tenant: &'a TenantId,
    limit: usize,
}

/// Reads all pages: the call is made with the cursor of the page before.
macro_rules! all_pages {
    ($into:expr, $after:ident => $page:expr) => {{
        let mut $after = None;
        loop {
            let page = $page.await.map_err(|error| failed(&error))?;
            let page = page.whole().map_err(|error| failed(&error.into()))?;
            $into.extend(page.items);
            match page.next {
                Some(cursor) => $after = Some(cursor),
                None => break,
            }
        }
    }};
}

impl Reads<'_> {
    async fn orders(&self) -> Result<Vec<StoredDocument>, Broken> {
        let (filter, mut all) = (OrderFilter::default(), Vec::new());
        all_pages!(all, after => self.store.orders(self.tenant, &filter, after, self.limit));
        Ok(all)
    }

    async fn registry(&self) -> Result<BTreeMap<DocumentKey, StoredDocument>, Broken> {
        let mut all = Vec::new();
        for kind in LISTED {
            let filter = DocumentFilter::of(kind);
            all_pages!(all, after => {
                let after: &Option<DocumentKey> = &after;
                self.store.documents(self.tenant, &filter, after.as_ref(), self.limit)
            });
        }
        Ok(all
            .into_iter()
            .map(|document| (document.key.clone(), document))
            .collect())
    }

    async fn levels(&self) -> Result<BTreeMap<StockKey, StockLevel>, Broken> {
        let (filter, mut all) = (StockFilter::default(), Vec::new());
        all_pages!(all, after => {
            let after: &Option<StockKey> = &after;
            self.store.stock(self.tenant, &filter, after.as_ref(), self.limit)
        });
        Ok(all.into_iter().collect())
    }

    async fn claims(&self) -> Result<BTreeMap<ReservationKey, Reservation>, Broken> {
        let (filter, mut all) = (ReservationFilter::default(), Vec::new());
        all_pages!(all, after => {
            let after: &Option<ReservationKey> = &after;
            self.store.reservations(self.tenant, &filter, after.as_ref(), self.limit)
        });
        Ok(all.into_iter().collect())
    }

    async fn movements(&self) -> Result<Vec<Movement>, Broken> {
        let (filter, mut all) = (MovementFilter::default(), Vec::new());
        all_pages!(all, after => self.store.movements(self.tenant, &filter, after, self.limit));
        Ok(all)
    }

    async fn jobs(&self) -> Result<Vec<JobDraft>, Broken> {
        let mut all = Vec::new();
        all_pages!(all, after => self.store.jobs(self.tenant, after, self.limit));
        Ok(all)
    }

    async fn history(&self, stream: &StreamId) -> Result<Vec<EventRecord>, Broken> {
        let limit = self.limit.min(PAGE_ITEMS_MAX);
        let (mut all, mut after) = (Vec::<EventRecord>::new(), Version::ZERO);
        loop {
            let page = self.store.history(self.tenant, stream, after, limit).await;
            let page = page.map_err(|error| failed(&error))?;
            let full = page.len() == limit;
            all.extend(page);
            match all.last() {
                // Places that do not rise are for the checks to find; asking on would never end.
                Some(last) if full && last.id.seq > after => after = last.id.seq,
                Some(_) | None => return Ok(all),
            }
        }
    }
}
