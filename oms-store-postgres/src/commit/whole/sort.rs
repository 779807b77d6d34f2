//! What a batch holds, each group in key order; only of batches that can be decided together.

use std::collections::{BTreeMap, BTreeSet};

use oms_core::event::{EventDraft, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{
    ChangeSet, CounterKey, DocumentKey, DocumentWrite, Expected, Index, OrderIndex,
};
use oms_core::plan::{Requirement, UniqueKey};
use oms_core::reservation::{ReservationDelta, ReservationKey};
use oms_core::stock::{MovementDraft, StockKey};
use oms_core::value::{Timestamp, Version};

use super::counter::{Count, counters};
use super::stock::{Row, rows};

/// What a tenant has in a batch, sorted. Where a number goes with something it is the item's.
#[derive(Debug, Default)]
pub(super) struct Sorted<'a> {
    pub(super) required: BTreeSet<&'a DocumentKey>,
    pub(super) catalogue: Option<Version>,
    pub(super) names: BTreeMap<&'a UniqueKey, &'a DocumentKey>,
    pub(super) heads: Vec<(&'a DocumentWrite, &'a OrderIndex)>,
    pub(super) fulfillments: Vec<&'a DocumentWrite>,
    pub(super) contacts: Vec<&'a DocumentWrite>,
    pub(super) payloads: Vec<&'a DocumentWrite>,
    pub(super) explanations: Vec<&'a DocumentWrite>,
    pub(super) claims: BTreeMap<&'a ReservationKey, &'a ReservationDelta>,
    pub(super) movements: Vec<(i64, &'a MovementDraft)>,
    /// Streams, with the place of the first event that comes here.
    pub(super) streams: BTreeMap<&'a StreamId, Version>,
    pub(super) events: Vec<Placed<'a>>,
    /// Events that name no place; theirs is counted from what their stream holds.
    pub(super) appended: Vec<Placed<'a>>,
    pub(super) counters: BTreeMap<&'a CounterKey, Count>,
    pub(super) stock: BTreeMap<StockKey, Row>,
    /// Jobs, with the time from which a delay counts.
    pub(super) jobs: Vec<(Timestamp, &'a JobDraft)>,
}

/// An event, its item and its place in its stream.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) item: i64,
    pub(super) place: Version,
    pub(super) event: &'a EventDraft,
}

impl<'a> Sorted<'a> {
    /// Sorts sound change sets of a tenant, if none depends on another one and they write nothing
    /// but orders, what belongs to orders, stock, and jobs. The number of the first one is given.
    pub(super) fn of(sets: &[&'a ChangeSet], first: i64) -> Option<Self> {
        let mut sorted = Self {
            counters: counters(sets)?,
            stock: rows(sets)?,
            ..Self::default()
        };
        let mut keys = BTreeSet::new();
        let mut writes = BTreeMap::new();
        for (item, set) in (first..).zip(sets) {
            if !keys.insert(&set.origin.key) {
                return None;
            }
            for requirement in &set.requires {
                sorted.add_requirement(requirement)?;
            }
            for claim in &set.unique {
                once(sorted.names.insert(&claim.key, &claim.holder))?;
            }
            for write in &set.documents {
                once(writes.insert(&write.key, write))?;
            }
            for change in &set.reservations {
                once(sorted.claims.insert(&change.key, decidable(&change.delta)?))?;
            }
            // Which transfer goods were of, only the other statement records.
            if set.movements.iter().any(|draft| draft.transfer.is_some()) {
                return None;
            }
            let movements = set.movements.iter();
            sorted
                .movements
                .extend(movements.map(|draft| (item, draft)));
            let jobs = set.jobs.iter();
            sorted
                .jobs
                .extend(jobs.map(|draft| (set.planned_at, draft)));
        }
        for write in writes.into_values() {
            sorted.add_write(write)?;
        }
        sorted.add_events(sets, first)?;
        sorted.movements.sort_by_key(|(_, draft)| draft.id);
        Some(sorted)
    }

    fn add_requirement(&mut self, requirement: &'a Requirement) -> Option<()> {
        match requirement {
            Requirement::Active(key) => {
                self.required.insert(lookable(key)?);
            }
            Requirement::Unchanged(..) => return None,
            // Of two versions one does not hold.
            Requirement::Catalogue(version) => match self.catalogue.replace(*version) {
                None => {}
                Some(before) if before == *version => {}
                Some(_) => return None,
            },
        }
        Some(())
    }

    fn add_write(&mut self, write: &'a DocumentWrite) -> Option<()> {
        let made = write.expected == Expected::Absent;
        match (&write.key, &write.index) {
            (DocumentKey::Order(_), Index::Order(order)) => self.heads.push((write, order)),
            (DocumentKey::Fulfillment(..), Index::None) => self.fulfillments.push(write),
            // These are written once, and erasing one is rare.
            (DocumentKey::Contact(_), Index::Personal { .. }) if made => self.contacts.push(write),
            (DocumentKey::Payload(_), Index::Personal { .. }) if made => self.payloads.push(write),
            (DocumentKey::Explanation(..), Index::None) if made => self.explanations.push(write),
            (
                DocumentKey::Settings
                | DocumentKey::Channel(_)
                | DocumentKey::Hub(_)
                | DocumentKey::Product(_)
                | DocumentKey::SkuMapping(..)
                | DocumentKey::Customer(_)
                | DocumentKey::Contact(_)
                | DocumentKey::Order(_)
                | DocumentKey::Fulfillment(..)
                | DocumentKey::Payload(_)
                | DocumentKey::Explanation(..)
                | DocumentKey::Host(..)
                | DocumentKey::Zones
                | DocumentKey::Slots(..)
                | DocumentKey::Transfer(_),
                Index::None | Index::Active(_) | Index::Personal { .. } | Index::Order(_),
            ) => return None,
        }
        Some(())
    }

    fn add_events(&mut self, sets: &[&'a ChangeSet], first: i64) -> Option<()> {
        let mut last: BTreeMap<&StreamId, Version> = BTreeMap::new();
        let mut appended: BTreeMap<&StreamId, Version> = BTreeMap::new();
        for (item, set) in (first..).zip(sets) {
            for event in &set.events {
                let stream = &event.stream;
                let Some(place) = event.seq else {
                    let before = appended.get(stream).copied().unwrap_or(Version::ZERO);
                    let place = before.next();
                    appended.insert(stream, place);
                    self.appended.push(Placed { item, place, event });
                    continue;
                };
                match last.insert(stream, place) {
                    Some(before) if before.next() == place => {}
                    Some(_) => return None,
                    None => {
                        self.streams.insert(stream, place);
                    }
                }
                self.events.push(Placed { item, place, event });
            }
        }
        for events in [&mut self.events, &mut self.appended] {
            events.sort_by_key(|placed| (&placed.event.stream, placed.place));
        }
        // Where an event goes that names no place would depend on those that name one.
        let both = appended.keys().any(|stream| last.contains_key(stream));
        (!both).then_some(())
    }
}

/// `None` ends the attempt: the same thing is there twice.
fn once<T>(before: Option<T>) -> Option<()> {
    match before {
        None => Some(()),
        Some(_) => None,
    }
}

/// What the statement can look at.
const fn lookable(key: &DocumentKey) -> Option<&DocumentKey> {
    match key {
        DocumentKey::Channel(_)
        | DocumentKey::Hub(_)
        | DocumentKey::Product(_)
        | DocumentKey::Customer(_) => Some(key),
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
        | DocumentKey::Transfer(_) => None,
    }
}

/// What ends by itself is decided item by item.
const fn decidable(delta: &ReservationDelta) -> Option<&ReservationDelta> {
    match delta {
        ReservationDelta::Reserve { .. }
        | ReservationDelta::Confirm { .. }
        | ReservationDelta::Release { .. }
        | ReservationDelta::Consume { .. } => Some(delta),
        ReservationDelta::Expire { .. }
        | ReservationDelta::Acknowledge { .. }
        | ReservationDelta::Settle { .. } => None,
    }
}
