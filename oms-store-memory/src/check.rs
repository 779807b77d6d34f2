//! Whether a change set may be committed to what is stored, and what its counters become.

use std::collections::BTreeMap;

use oms_core::plan::{
    ChangeSet, CounterChange, CounterKey, DocumentKey, Expected, Outcome, Refusal, Requirement,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::value::limits::CLOCK_SKEW_MAX_SECS;
use oms_core::value::{Timestamp, Units, Version};

use crate::documents::Columns;
use crate::reclaim::Reclaim;
use crate::sound;
use crate::tenant::Tenant;

/// What the checks worked out, ready to be written.
#[derive(Debug)]
pub(crate) struct Effects<'a> {
    /// Reservations after the change.
    pub(crate) claims: BTreeMap<&'a ReservationKey, Reservation>,
    /// What is taken of counters after the change.
    pub(crate) counters: Vec<(&'a CounterKey, Units)>,
    /// Stock rows after the change.
    pub(crate) stock: Vec<(StockKey, StockLevel)>,
    /// What ends to make room.
    pub(crate) reclaim: Reclaim,
}

impl Tenant {
    /// Checks a change set without writing anything. `Err` is what to answer instead.
    pub(crate) fn check<'a>(
        &self,
        set: &'a ChangeSet,
        now: Timestamp,
    ) -> Result<Effects<'a>, Outcome> {
        let defect = |problem| Err(Outcome::Refused(Refusal::Defect { problem }));
        if let Some(problem) = sound::problem(set) {
            return defect(problem);
        }
        let skew = set.planned_at.micros_since(now).abs();
        if skew > CLOCK_SKEW_MAX_SECS.saturating_mul(1_000_000) {
            let planned_at = set.planned_at;
            return Err(Outcome::Refused(Refusal::ClockSkew { planned_at, now }));
        }
        self.check_key(set)?;
        let effects = self.check_rows(set, now).map_err(Outcome::Refused)?;
        let problem = self.misplaced_event(set).or_else(|| self.used_id(set));
        if let Some(problem) = problem.or_else(|| self.missing_channel(set)) {
            return defect(problem);
        }
        Ok(effects)
    }

    fn check_key(&self, set: &ChangeSet) -> Result<(), Outcome> {
        let key = &set.origin.key;
        match self.commands.get(key) {
            None => Ok(()),
            Some(record) if record.fingerprint == set.fingerprint => Err(Outcome::Repeated {
                receipt: record.receipt.clone(),
                at: record.at,
            }),
            Some(_) => Err(Outcome::Refused(Refusal::KeyReused { key: key.clone() })),
        }
    }

    fn check_rows<'a>(&self, set: &'a ChangeSet, now: Timestamp) -> Result<Effects<'a>, Refusal> {
        for claim in &set.unique {
            if let Some(holder) = self.unique.get(&claim.key)
                && *holder != claim.holder
            {
                return Err(Refusal::Taken {
                    key: claim.key.clone(),
                    holder: holder.clone(),
                });
            }
        }
        for write in &set.documents {
            let current = self.version(&write.key);
            let expected = match write.expected {
                Expected::Absent => None,
                Expected::Version(version) => Some(version),
            };
            if current != expected {
                return Err(Refusal::Conflict {
                    document: write.key.clone(),
                    current,
                });
            }
        }
        for requirement in &set.requires {
            if !self.holds(requirement) {
                return Err(Refusal::Unmet {
                    requirement: requirement.clone(),
                });
            }
        }
        let claims = self.check_claims(set, now)?;
        let counters = self.check_counters(set)?;
        self.check_stock(set, claims, counters, now)
    }

    fn check_counters<'a>(
        &self,
        set: &'a ChangeSet,
    ) -> Result<Vec<(&'a CounterKey, Units)>, Refusal> {
        let mut changes: Vec<&CounterChange> = set.counters.iter().collect();
        changes.sort_unstable_by_key(|change| &change.key);
        let after = changes.into_iter().map(|change| {
            let key = &change.key;
            let taken = self.counters.get(key).copied().unwrap_or(Units::ZERO);
            let after = change.apply(taken).map_err(|problem| Refusal::Counter {
                key: key.clone(),
                problem,
            })?;
            Ok((key, after))
        });
        after.collect()
    }

    fn version(&self, key: &DocumentKey) -> Option<Version> {
        self.documents.get(key).map(|document| document.version)
    }

    fn holds(&self, requirement: &Requirement) -> bool {
        match requirement {
            Requirement::Active(key) => self
                .documents
                .get(key)
                .is_some_and(|document| document.columns == Columns::Active(true)),
            Requirement::Unchanged(key, version) => self.version(key) == Some(*version),
            Requirement::Catalogue(version) => self.catalogue == *version,
        }
    }

    fn check_claims<'a>(
        &self,
        set: &'a ChangeSet,
        now: Timestamp,
    ) -> Result<BTreeMap<&'a ReservationKey, Reservation>, Refusal> {
        let mut claims: BTreeMap<&ReservationKey, Reservation> = BTreeMap::new();
        // Most change sets change the claims of one owner, who is looked up once for all of them.
        for changes in (set.reservations).chunk_by(|a, b| a.key.owner == b.key.owner) {
            let Some(first) = changes.first() else {
                continue;
            };
            let known = self.claims.all_of(&first.key.owner);
            for change in changes {
                let key = &change.key;
                let row = claims
                    .entry(key)
                    .or_insert_with(|| known.get(key).copied().unwrap_or_default());
                *row = row
                    .apply(change.delta, now)
                    .map_err(|problem| Refusal::Reservation {
                        key: key.clone(),
                        problem,
                    })?;
            }
        }
        Ok(claims)
    }

    fn check_stock<'a>(
        &self,
        set: &'a ChangeSet,
        claims: BTreeMap<&'a ReservationKey, Reservation>,
        counters: Vec<(&'a CounterKey, Units)>,
        now: Timestamp,
    ) -> Result<Effects<'a>, Refusal> {
        let deltas = set.stock_deltas();
        let mut stock = Vec::with_capacity(deltas.len());
        let mut refused = Vec::new();
        let mut reclaim = Reclaim::default();
        for (key, delta) in deltas {
            let before = self.rows.level(&key);
            let after = delta.apply(&before).or_else(|refusal| {
                let made_room = (set.reclaim && delta.claims)
                    .then(|| self.reclaim(set, &key, &before, now))
                    .flatten();
                // What stays short ends nothing, so the row as it is tells why.
                let (room, lapses) = made_room.ok_or(refusal)?;
                let after = delta.apply(&room).map_err(|_| refusal)?;
                reclaim.lapses.extend(lapses);
                Ok(after)
            });
            match after {
                Ok(after) => stock.push((key, after)),
                Err(refusal) => refused.push((key, refusal)),
            }
        }
        if !refused.is_empty() {
            return Err(Refusal::Stock { rows: refused });
        }
        reclaim.write_events(set)?;
        Ok(Effects {
            claims,
            counters,
            stock,
            reclaim,
        })
    }

    /// An event whose named place is not the next one of its stream as it is stored.
    fn misplaced_event(&self, set: &ChangeSet) -> Option<String> {
        let mut last = BTreeMap::new();
        set.events.iter().find_map(|event| {
            let stream = &event.stream;
            let last = last
                .entry(stream)
                .or_insert_with(|| self.streams.last(stream));
            *last = Version::next(*last);
            let named = event.seq.filter(|named| *named != *last)?;
            Some(format!(
                "an event of {stream} has place {named}, the next one is {last}"
            ))
        })
    }

    /// A movement or job whose id is used already.
    fn used_id(&self, set: &ChangeSet) -> Option<String> {
        let movement = set
            .movements
            .iter()
            .find(|draft| self.movement_ids.contains(&draft.id));
        let job = || {
            set.jobs
                .iter()
                .find(|draft| self.jobs.get(draft.id).is_some())
        };
        movement
            .map(|draft| format!("movement {} is recorded already", draft.id))
            .or_else(|| job().map(|draft| format!("job {} is kept already", draft.id)))
    }

    /// A SKU mapping of a channel that neither exists nor is made beside it.
    fn missing_channel(&self, set: &ChangeSet) -> Option<String> {
        set.documents.iter().find_map(|write| {
            let channel = match &write.key {
                DocumentKey::SkuMapping(channel, _) => DocumentKey::Channel(channel.clone()),
                DocumentKey::Settings
                | DocumentKey::Channel(_)
                | DocumentKey::Hub(_)
                | DocumentKey::Product(_)
                | DocumentKey::Customer(_)
                | DocumentKey::Contact(_)
                | DocumentKey::Order(_)
                | DocumentKey::Fulfillment(..)
                | DocumentKey::Payload(_)
                | DocumentKey::Explanation(..)
                | DocumentKey::Host(..)
                | DocumentKey::Zones
                | DocumentKey::Slots(..)
                | DocumentKey::Transfer(_) => return None,
            };
            let beside = || set.documents.iter().any(|other| other.key == channel);
            let exists = self.documents.get(&channel).is_some() || beside();
            (!exists).then(|| format!("{}: {channel} does not exist", write.key))
        })
    }
}
