//! I8: what was acknowledged is there, as it was; what was refused left no trace.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{ActorKind, EventRecord, Origin};
use crate::order::OrderEvent;
use crate::plan::{DocumentKey, StoredDocument, decode_event};
use crate::reservation::{ReservationEvent, ReservedUnits};
use crate::testing::simulation::book::{Book, Kept, Told, same_json};
use crate::testing::simulation::invariants::replay;
use crate::testing::simulation::picture::Picture;
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::{OrderId, Timestamp};

const INVARIANT: &str = "I8";

/// What is stored is what the book says, no less and no more.
pub(crate) fn check_all(book: &Book, picture: &Picture) -> Checked {
    check_documents(book, picture)?;
    check_orders(book, picture)?;
    check_counters(book, picture)?;
    check_names(book, picture)?;
    check_movements(book, picture)?;
    check_streams(book, picture)?;
    let mut jobs = book.jobs.values();
    let same = picture.jobs.iter().all(|job| jobs.next() == Some(job)) && jobs.next().is_none();
    check(same, INVARIANT, || {
        format!("jobs are {:?}, must be {:?}", picture.jobs, book.jobs)
    })
}

fn check_documents(book: &Book, picture: &Picture) -> Checked {
    let found = &picture.snapshot.documents;
    for (key, kept) in &book.documents {
        let stored = found.get(key);
        check(
            stored.is_some_and(|stored| same(stored, kept)),
            INVARIANT,
            || format!("{key} is stored as {stored:?}\n    must be {kept:?}"),
        )?;
    }
    let known = |key: &DocumentKey| book.documents.contains_key(key);
    let read = found.keys().chain(picture.registry.keys());
    let stray = read.into_iter().find(|key| !known(key));
    check(stray.is_none(), INVARIANT, || {
        format!("nobody wrote {stray:?}")
    })?;
    let listed = |key: &DocumentKey| match key {
        DocumentKey::Channel(_)
        | DocumentKey::Hub(_)
        | DocumentKey::Product(_)
        | DocumentKey::Customer(_) => true,
        DocumentKey::Settings
        | DocumentKey::SkuMapping(..)
        | DocumentKey::Contact(_)
        | DocumentKey::Order(_)
        | DocumentKey::Fulfillment(..)
        | DocumentKey::Payload(_)
        | DocumentKey::Explanation(..)
        | DocumentKey::Host(..)
        | DocumentKey::Zones
        | DocumentKey::Slots(..)
        | DocumentKey::Transfer(_) => false,
    };
    let registry = book.documents.iter().filter(|(key, _)| listed(key));
    for (key, kept) in registry {
        let stored = picture.registry.get(key);
        check(
            stored.is_some_and(|stored| same(stored, kept)),
            INVARIANT,
            || format!("{key} is listed as {stored:?}, must be {kept:?}"),
        )?;
    }
    Ok(())
}

fn same(stored: &StoredDocument, kept: &Kept) -> bool {
    stored.version == kept.version
        && stored.schema == kept.schema
        && stored.index == kept.index
        && same_json(&stored.json, &kept.json)
}

/// Every order is listed once, newest first, and was placed by one committed command.
fn check_orders(book: &Book, picture: &Picture) -> Checked {
    let mut wanted: Vec<_> = book
        .orders
        .values()
        .map(|order| (order.head.placed_at, order.head.id))
        .collect();
    wanted.sort_unstable();
    wanted.reverse();
    let wanted: Vec<OrderId> = wanted.into_iter().map(|(_, id)| id).collect();
    let listed = picture
        .orders
        .iter()
        .filter_map(|document| match document.key {
            DocumentKey::Order(id) => Some(id),
            DocumentKey::Settings
            | DocumentKey::Channel(_)
            | DocumentKey::Hub(_)
            | DocumentKey::Product(_)
            | DocumentKey::SkuMapping(..)
            | DocumentKey::Customer(_)
            | DocumentKey::Contact(_)
            | DocumentKey::Fulfillment(..)
            | DocumentKey::Payload(_)
            | DocumentKey::Explanation(..)
            | DocumentKey::Host(..)
            | DocumentKey::Zones
            | DocumentKey::Slots(..)
            | DocumentKey::Transfer(_) => None,
        });
    let listed: Vec<OrderId> = listed.collect();
    check(listed == wanted, INVARIANT, || {
        format!("orders are listed as {listed:?}, must be {wanted:?}")
    })?;
    let numbers: BTreeSet<_> = book
        .orders
        .values()
        .map(|order| order.head.number)
        .collect();
    check(numbers.len() == book.orders.len(), INVARIANT, || {
        format!(
            "{} orders share {} numbers",
            book.orders.len(),
            numbers.len()
        )
    })
}

fn check_counters(book: &Book, picture: &Picture) -> Checked {
    for (key, row) in &book.rows {
        let found = [picture.snapshot.stock.get(key), picture.levels.get(key)];
        let agree = found
            .iter()
            .all(|level| level.is_some_and(|level| row.agrees(level)));
        check(agree, INVARIANT, || {
            format!("{key} is {found:?}, must be {row:?}")
        })?;
    }
    for (key, claim) in &book.claims {
        let found = [
            picture.snapshot.reservations.get(key),
            picture.claims.get(key),
        ];
        let agree = found
            .iter()
            .all(|row| row.is_some_and(|row| claim.agrees(row)));
        check(agree, INVARIANT, || {
            format!("{key} is {found:?}, must be {claim:?}")
        })?;
    }
    let stray = picture
        .levels
        .keys()
        .find(|key| !book.rows.contains_key(*key));
    check(stray.is_none(), INVARIANT, || {
        format!("nobody moved {stray:?}")
    })?;
    let stray = picture
        .claims
        .keys()
        .find(|key| !book.claims.contains_key(*key));
    check(stray.is_none(), INVARIANT, || {
        format!("nobody claimed {stray:?}")
    })
}

/// Unique names and remembered commands.
fn check_names(book: &Book, picture: &Picture) -> Checked {
    let found = &picture.snapshot;
    check(found.unique == book.unique, INVARIANT, || {
        format!("names are {:?}, must be {:?}", found.unique, book.unique)
    })?;
    for (key, entry) in &book.commands {
        let stored = found.commands.get(key);
        let same = stored.is_some_and(|stored| {
            stored.fingerprint == entry.record.fingerprint
                && stored.at == entry.record.at
                && same_json(&stored.receipt, &entry.record.receipt)
        });
        check(same, "I7", || {
            format!("command {key} is {stored:?}, must be {:?}", entry.record)
        })?;
    }
    let mut keys = found.commands.keys();
    let stray = keys.find(|key| !book.commands.contains_key(*key));
    check(stray.is_none(), "I7", || {
        format!("nobody committed command {stray:?}")
    })
}

fn check_movements(book: &Book, picture: &Picture) -> Checked {
    let mut wanted: Vec<_> = book.movements.iter().collect();
    wanted.sort_by_key(|moved| (moved.at, moved.draft.id));
    let same = wanted.len() == picture.movements.len()
        && wanted
            .iter()
            .zip(&picture.movements)
            .all(|(wanted, found)| {
                let rest = wanted.origin == found.origin && wanted.at == found.at;
                wanted.draft == found.draft && rest
            });
    check(same, INVARIANT, || {
        format!(
            "movements are {:?}\n    must be {wanted:?}",
            picture.movements
        )
    })
}

fn check_streams(book: &Book, picture: &Picture) -> Checked {
    let none = Vec::new();
    for (stream, wanted) in &book.streams {
        let found = picture.streams.get(stream).unwrap_or(&none);
        replay::check_places(stream, found.iter().map(|record| record.id.seq))?;
        let own = found
            .iter()
            .all(|record| record.id.stream == *stream && record.tenant == book.tenant);
        check(own, "I11", || {
            format!("{stream} holds foreign events: {found:?}")
        })?;
        let mut same = found.len() == wanted.len();
        for (record, told) in found.iter().zip(wanted) {
            same &= is_told(record, told)?;
        }
        check(same, INVARIANT, || {
            format!("{stream} is {found:?}\n    must be {wanted:?}")
        })?;
    }
    Ok(())
}

fn is_told(record: &EventRecord, told: &Told) -> Result<bool, Broken> {
    match told {
        Told::Draft { draft, origin, at } => Ok(record.name == draft.name
            && record.schema == draft.schema
            && record.origin == *origin
            && record.at == *at
            && same_json(&record.body, &draft.body)),
        Told::Lapsed { units, key, at } => {
            let event: ReservationEvent =
                decode_event(record).map_err(|why| Broken::new("I13", why.to_string()))?;
            let by_store = is_automatic(&record.origin) && record.origin.key == *key;
            let same = matches!(&event, ReservationEvent::Expired { units: found }
                if sorted(found) == sorted(units));
            Ok(same && by_store && record.at == *at)
        }
    }
}

fn is_automatic(origin: &Origin) -> bool {
    origin.actor.kind == ActorKind::Automatic
}

fn sorted(units: &[ReservedUnits]) -> Vec<&ReservedUnits> {
    let mut sorted: Vec<&ReservedUnits> = units.iter().collect();
    sorted.sort_unstable();
    sorted
}

/// The history of every order, as stored, folds to the order as stored.
pub(crate) fn check_histories(book: &Book, picture: &Picture) -> Checked {
    let mut folded = BTreeMap::new();
    for (stream, records) in &picture.streams {
        if stream.kind != crate::event::StreamKind::Order {
            continue;
        }
        let events: Result<Vec<OrderEvent>, _> = records.iter().map(decode_event).collect();
        let events = events.map_err(|why| Broken::new("I13", why.to_string()))?;
        let times = records.iter().map(|record| record.at);
        let dated: Vec<(&OrderEvent, Timestamp)> = events.iter().zip(times).collect();
        let order = replay::fold(None, &dated)?;
        folded.insert(order.head.id, order);
    }
    for id in book.orders.keys() {
        let stored = picture.snapshot.order(*id);
        let stored = stored.map_err(|why| Broken::new("I13", why.to_string()))?;
        check(stored.as_ref() == folded.get(id), "I6", || {
            format!(
                "order {id} is stored as {stored:?}, its history says {:?}",
                folded.get(id)
            )
        })?;
    }
    Ok(())
}
