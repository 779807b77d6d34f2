//! I11: nothing of one tenant is readable through another.

use crate::plan::{DocumentKey, Keys};
use crate::port::{MovementFilter, OrderFilter, ReservationFilter, Store};
use crate::testing::simulation::book::Book;
use crate::testing::simulation::picture::failed;
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::TenantId;
use crate::value::limits::PAGE_ITEMS_MAX;

const INVARIANT: &str = "I11";

/// Asks through `other` for everything of the book's tenant that has an id of its own.
pub(crate) async fn check_hidden(store: &dyn Store, book: &Book, other: &Book) -> Checked {
    let mut keys = Keys::default();
    keys.orders.extend(book.orders.keys().copied());
    keys.owners
        .extend(book.claims.keys().map(|key| key.owner.clone()));
    let own = |key: &&DocumentKey| !other.documents.contains_key(*key);
    keys.documents
        .extend(book.documents.keys().filter(own).cloned());
    let found = store.prefetch(&other.tenant, &keys).await;
    let found = found.map_err(|error| failed(&error))?;
    let documents: Vec<_> = found
        .documents
        .keys()
        .filter(|key| !is_settings(key))
        .collect();
    check(documents.is_empty(), INVARIANT, || {
        told(book, &other.tenant, &format!("{documents:?}"))
    })?;
    let mut foreign = found.reservations.keys();
    let foreign = foreign.find(|key| !other.claims.contains_key(key));
    check(foreign.is_none(), INVARIANT, || {
        told(book, &other.tenant, &format!("{foreign:?}"))
    })?;
    for stream in book
        .streams
        .keys()
        .filter(|stream| !other.streams.contains_key(*stream))
    {
        let history = store
            .history(&other.tenant, stream, Default::default(), 1)
            .await;
        let history = history.map_err(|error| failed(&error))?;
        check(history.is_empty(), INVARIANT, || {
            told(book, &other.tenant, &stream.to_string())
        })?;
    }
    Ok(())
}

fn is_settings(key: &DocumentKey) -> bool {
    *key == DocumentKey::Settings
}

fn told(book: &Book, other: &TenantId, what: &str) -> String {
    format!("{what} of {} is seen through {other}", book.tenant)
}

/// A tenant that nobody made has nothing.
pub(crate) async fn check_nobody(store: &dyn Store, nobody: &TenantId) -> Checked {
    let limit = PAGE_ITEMS_MAX;
    let error = |error| -> Broken { failed(&error) };
    let orders = store
        .orders(nobody, &OrderFilter::default(), None, limit)
        .await
        .map_err(error)?;
    let claims = ReservationFilter::default();
    let claims = store
        .reservations(nobody, &claims, None, limit)
        .await
        .map_err(error)?;
    let movements = MovementFilter::default();
    let movements = store
        .movements(nobody, &movements, None, limit)
        .await
        .map_err(error)?;
    let empty = orders.items.is_empty() && claims.items.is_empty() && movements.items.is_empty();
    check(empty, INVARIANT, || format!("{nobody} has something"))
}
