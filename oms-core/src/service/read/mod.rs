//! Reads for people. What they answer about something that does not exist is said at [`Tenant`].

mod catalog;
mod orders;
mod personal;
mod serving;
mod stock;
mod work;

pub use personal::{PersonalData, PersonalRow};

use crate::plan::{
    DecodeError, DocumentKey, DocumentKind, Keys, Rejection, Snapshot, Stored, decode,
};
use crate::port::{DocumentFilter, Page, StoreError, Unreadable, Violation};
use crate::service::{Error, Tenant, trace};
use crate::tenant::Settings;
use crate::value::OrderId;
use crate::value::limits::PAGE_ITEMS_MAX;

impl Tenant {
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

    /// Orders with all that is theirs, and those of them that cannot be read, and why. Where what
    /// is stored of one keeps the store from answering for all, they are told apart one by one.
    pub(crate) async fn look_at(
        &self,
        orders: &[OrderId],
    ) -> Result<(Snapshot, Vec<(OrderId, DecodeError)>), Error> {
        let mut keys = Keys::default();
        keys.orders.extend(orders);
        let mut unreadable = Vec::new();
        match self.look(&keys).await {
            Ok(snapshot) => return Ok((snapshot, unreadable)),
            Err(error) => why_unreadable(error)?,
        };
        // What keeps it from answering may be no order's.
        self.known().await?;
        for order in orders {
            let mut alone = Keys::default();
            alone.orders.insert(*order);
            if let Err(error) = self.look(&alone).await {
                keys.orders.remove(order);
                unreadable.push((*order, why_unreadable(error)?));
            }
        }
        Ok((self.look(&keys).await?, unreadable))
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
        let filter = DocumentFilter {
            active,
            ..DocumentFilter::of(kind)
        };
        self.list_by(&filter, after, limit).await
    }

    pub(crate) async fn list_by<T: Stored>(
        &self,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<T, DocumentKey>, Error> {
        self.known().await?;
        let page = self
            .engine
            .store
            .documents(&self.id, filter, after, limit)
            .await?;
        Ok(self.listed(page.read(|document| {
            let value = decode(&document);
            let at = document.key;
            Some(value.map_err(|error| Unreadable { at, error }))
        })))
    }

    /// The page, after a warning for each of what cannot be read.
    fn listed<T, C>(&self, page: Page<T, C>) -> Page<T, C> {
        for unreadable in &page.unreadable {
            trace::unreadable(&self.id, &unreadable.error);
        }
        page
    }
}

/// What is stored of something cannot be read; the error is given back if it says anything else.
fn why_unreadable(error: Error) -> Result<DecodeError, Error> {
    let Error::Store(error) = error else {
        return Err(error);
    };
    match &*error {
        StoreError::NewerSchema { what, found, known } => Ok(DecodeError::NewerSchema {
            what: what.clone(),
            found: *found,
            known: *known,
        }),
        StoreError::Corrupt { what, detail } => Ok(DecodeError::Corrupt {
            what: what.clone(),
            detail: detail.clone(),
        }),
        StoreError::Unavailable { .. }
        | StoreError::Busy { .. }
        | StoreError::OutcomeUnknown { .. }
        | StoreError::InvalidCall { .. } => Err(Error::Store(error)),
    }
}

/// Refuses to read more by id at once than a page holds.
fn within_a_page<T>(ids: &[T]) -> Result<(), Rejection> {
    let (found, max) = (ids.len(), PAGE_ITEMS_MAX);
    if found > max {
        let field = "ids".to_owned();
        return Err(Rejection::WrongCount { field, found, max });
    }
    Ok(())
}

fn found<T>(value: Option<T>, document: DocumentKey) -> Result<T, Rejection> {
    value.ok_or(Rejection::NotFound { document })
}
