//! What the store will say to a change set, as far as a snapshot shows its claims and rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{ChangeSet, Keys, Refusal, Snapshot};
use crate::reservation::{Owner, Reservation, ReservationKey};
use crate::stock::{StockDelta, StockKey, StockLevel, StockRefusal};
use crate::value::Units;

/// What the store will say.
#[derive(Debug)]
pub(super) enum Foreseen {
    /// It accepts.
    Accepted,
    /// It accepts, and ends due claims of others to make room.
    Reclaims,
    /// It refuses.
    Refused(Refusal),
    /// That depends on rows that nobody asked for.
    Unknown,
}

/// What must be known for [`Snapshot::foresee`] to be never [`Foreseen::Unknown`].
pub(super) fn foresight_keys(change_set: &ChangeSet) -> Keys {
    let owners = change_set.reservations.iter();
    Keys {
        stock: change_set.stock_deltas().into_keys().collect(),
        owners: owners.map(|change| change.key.owner.clone()).collect(),
        ..Keys::default()
    }
}

/// Rows as they are afterwards, and due claims by row that their owners ended themselves.
type Effects = (Vec<(StockKey, StockLevel)>, Vec<(StockKey, Units)>);

impl Snapshot {
    /// Foresees what the store will say to a change set of claims and stock, by the rules of
    /// [`Store::commit`](crate::port::Store::commit). Other preconditions the plan saw itself.
    ///
    /// What is accepted without more ado is counted: the next plan sees the rows as they are then.
    pub(super) fn foresee(&mut self, keys: &Keys, change_set: &ChangeSet) -> Foreseen {
        match self.effects(keys, change_set) {
            Err(foreseen) => foreseen,
            Ok((rows, ended)) => {
                for change in &change_set.counters {
                    // The store leaves out a counter that nobody wrote: nothing is taken of it.
                    if keys.counters.contains(&change.key) {
                        let taken = self.counters.entry(change.key.clone()).or_default();
                        *taken = change.apply(*taken).unwrap_or(*taken);
                    }
                }
                self.stock.extend(rows);
                for (key, units) in ended {
                    if let Some(due) = self.reclaimable.get_mut(&key) {
                        *due = due.saturating_sub(units);
                    }
                }
                Foreseen::Accepted
            }
        }
    }

    /// True when the plan asked for these rows, and each has room for what the change set does.
    pub(super) fn has_room(
        &self,
        keys: &Keys,
        change_set: &ChangeSet,
        rows: &[(StockKey, StockRefusal)],
    ) -> bool {
        let deltas = change_set.stock_deltas();
        rows.iter().all(|(key, _)| {
            let asked = keys.stock.contains(key) || keys.sku_stock.contains(&key.sku);
            let fits = |delta: &StockDelta| {
                delta.apply(&self.level(key)).is_ok() || self.makes_room(change_set, key, delta)
            };
            asked && deltas.get(key).is_some_and(fits)
        })
    }

    fn effects(&self, keys: &Keys, change_set: &ChangeSet) -> Result<Effects, Foreseen> {
        let ended = self.ended(change_set)?;
        for change in &change_set.counters {
            let taken = self.counters.get(&change.key).copied();
            if let Err(problem) = change.apply(taken.unwrap_or(Units::ZERO)) {
                let key = change.key.clone();
                return Err(if keys.counters.contains(&change.key) {
                    Foreseen::Refused(Refusal::Counter { key, problem })
                } else {
                    Foreseen::Unknown
                });
            }
        }
        let mut rows = Vec::new();
        let mut refused = Vec::new();
        let (mut claims_unseen, mut leaves_unseen, mut reclaims) = (false, false, false);
        for (key, delta) in change_set.stock_deltas() {
            if !keys.stock.contains(&key) && !keys.sku_stock.contains(&key.sku) {
                claims_unseen |= delta.claims;
                leaves_unseen |= delta.on_hand < 0;
                continue;
            }
            let before = self.level(&key);
            match delta.apply(&before) {
                Ok(after) => rows.push((key, after)),
                Err(_) if self.makes_room(change_set, &key, &delta) => reclaims = true,
                Err(refusal) => refused.push((key, refusal)),
            }
        }
        // Goods that nobody looked for may not be there to leave. But who brings some or counts on
        // some has asked for their row; so only what else the change set does is uncertain then.
        let unknown = claims_unseen || (leaves_unseen && !rows.is_empty());
        if !refused.is_empty() {
            Err(Foreseen::Refused(Refusal::Stock { rows: refused }))
        } else if unknown {
            Err(Foreseen::Unknown)
        } else if reclaims {
            Err(Foreseen::Reclaims)
        } else {
            Ok((rows, ended))
        }
    }

    /// Due units that the change set itself ends or gives back, by row.
    fn ended(&self, change_set: &ChangeSet) -> Result<Vec<(StockKey, Units)>, Foreseen> {
        let mut claims: BTreeMap<&ReservationKey, Reservation> = BTreeMap::new();
        let mut ended = Vec::new();
        for change in &change_set.reservations {
            let key = &change.key;
            let row = claims.entry(key).or_insert_with(|| self.reservation(key));
            let before = row.due(self.now);
            *row = row.apply(change.delta, self.now).map_err(|problem| {
                let key = key.clone();
                Foreseen::Refused(Refusal::Reservation { key, problem })
            })?;
            let units = before.saturating_sub(row.due(self.now));
            if !units.is_zero() {
                ended.push((key.stock(), units));
            }
        }
        Ok(ended)
    }

    /// True when the change fits once the row's due claims of others are over.
    fn makes_room(&self, change_set: &ChangeSet, key: &StockKey, delta: &StockDelta) -> bool {
        if !change_set.reclaim || !delta.claims {
            return false;
        }
        let Some(due) = self.reclaimable.get(key) else {
            return false;
        };
        let owners = change_set
            .reservations
            .iter()
            .map(|change| &change.key.owner);
        let owners: BTreeSet<&Owner> = owners.collect();
        let own = self.reservations.iter().filter(|(claim, _)| {
            (&claim.hub, &claim.sku) == (&key.hub, &key.sku) && owners.contains(&claim.owner)
        });
        let own = own.fold(Units::ZERO, |own, (_, row)| {
            own.checked_add(row.due(self.now)).unwrap_or(Units::MAX)
        });
        let before = self.level(key);
        let reserved = before.reserved.saturating_sub(due.saturating_sub(own));
        let room = StockLevel { reserved, ..before };
        let after: Result<StockLevel, StockRefusal> = delta.apply(&room);
        after.is_ok()
    }
}
