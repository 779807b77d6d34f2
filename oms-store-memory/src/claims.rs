//! The reservations of a tenant, by owner.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use oms_core::reservation::{Owner, Reservation, ReservationKey};
use oms_core::value::{HubId, LineId, Sku, Timestamp};

/// Whether units of an order ended that it was not told of. Other owners keep there what they
/// settled, which nobody has to be told.
pub(crate) fn is_untold(key: &ReservationKey, row: &Reservation) -> bool {
    key.owner.order().is_some() && !row.lapsed.is_zero()
}

/// Reservations by owner, each owner's in one sorted vector: they are read and written together.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    by_owner: BTreeMap<Owner, Vec<Claim>>,
    /// Tentative units by the time they end.
    pub(crate) due: BTreeSet<(Timestamp, ReservationKey)>,
    /// Reservations of orders with lapsed units that nobody acknowledged.
    pub(crate) lapsed: BTreeSet<ReservationKey>,
    /// Reservations that hold units, by hub: few among all that was ever claimed there.
    pub(crate) live: BTreeMap<HubId, BTreeSet<ReservationKey>>,
}

/// One reservation; the owner is known from where it lies.
#[derive(Clone, Debug)]
struct Claim {
    line: LineId,
    hub: HubId,
    sku: Sku,
    row: Reservation,
}

impl Claim {
    fn place(&self) -> (LineId, &HubId, &Sku) {
        (self.line, &self.hub, &self.sku)
    }

    fn key(&self, owner: &Owner) -> ReservationKey {
        ReservationKey {
            owner: owner.clone(),
            line: self.line,
            hub: self.hub.clone(),
            sku: self.sku.clone(),
        }
    }
}

fn place(key: &ReservationKey) -> (LineId, &HubId, &Sku) {
    (key.line, &key.hub, &key.sku)
}

/// Where the reservation of a key is among those of its owner, or would be.
fn search(claims: &[Claim], key: &ReservationKey) -> Result<usize, usize> {
    claims.binary_search_by(|claim| claim.place().cmp(&place(key)))
}

/// The reservations of one owner, who was looked up once for all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnerClaims<'a>(&'a [Claim]);

impl<'a> OwnerClaims<'a> {
    /// The reservation of a key of this owner.
    pub(crate) fn get(self, key: &ReservationKey) -> Option<&'a Reservation> {
        let at = search(self.0, key).ok()?;
        self.0.get(at).map(|claim| &claim.row)
    }
}

/// Writes a reservation among those of its owner and answers what it was before.
fn put(claims: &mut Vec<Claim>, key: &ReservationKey, row: Reservation) -> Option<Reservation> {
    match search(claims, key) {
        Ok(at) => claims
            .get_mut(at)
            .map(|claim| std::mem::replace(&mut claim.row, row)),
        Err(at) => {
            let (hub, sku) = (key.hub.clone(), key.sku.clone());
            claims.insert(
                at,
                Claim {
                    line: key.line,
                    hub,
                    sku,
                    row,
                },
            );
            None
        }
    }
}

impl Claims {
    pub(crate) fn get(&self, key: &ReservationKey) -> Option<&Reservation> {
        self.all_of(&key.owner).get(key)
    }

    /// The reservations of an owner, to look at several of them.
    pub(crate) fn all_of(&self, owner: &Owner) -> OwnerClaims<'_> {
        let claims = self.by_owner.get(owner);
        OwnerClaims(claims.map(Vec::as_slice).unwrap_or_default())
    }

    /// Writes a reservation and answers what it was before.
    pub(crate) fn set(&mut self, key: &ReservationKey, row: Reservation) -> Option<Reservation> {
        let before = put(self.all_of_mut(&key.owner), key, row);
        self.index(key, before, &row);
        before
    }

    /// Writes reservations of one owner and answers what each was before.
    pub(crate) fn set_all(
        &mut self,
        owner: &Owner,
        rows: &[(&ReservationKey, Reservation)],
    ) -> Vec<Option<Reservation>> {
        let claims = self.all_of_mut(owner);
        let before = rows.iter().map(|(key, row)| put(claims, key, *row));
        let before: Vec<Option<Reservation>> = before.collect();
        for ((key, row), before) in rows.iter().zip(&before) {
            self.index(key, *before, row);
        }
        before
    }

    fn all_of_mut(&mut self, owner: &Owner) -> &mut Vec<Claim> {
        self.by_owner.entry(owner.clone()).or_default()
    }

    /// Writes down in the indexes how a reservation changed.
    fn index(&mut self, key: &ReservationKey, before: Option<Reservation>, row: &Reservation) {
        let was = before.unwrap_or_default();
        if was.expires_at != row.expires_at {
            if let Some(at) = was.expires_at {
                self.due.remove(&(at, key.clone()));
            }
            if let Some(at) = row.expires_at {
                self.due.insert((at, key.clone()));
            }
        }
        match (is_untold(key, &was), is_untold(key, row)) {
            (false, true) => drop(self.lapsed.insert(key.clone())),
            (true, false) => drop(self.lapsed.remove(key)),
            (true, true) | (false, false) => {}
        }
        match (was.live().is_zero(), row.live().is_zero()) {
            (true, false) => {
                let there = self.live.entry(key.hub.clone()).or_default();
                there.insert(key.clone());
            }
            (false, true) => {
                if let Some(there) = self.live.get_mut(&key.hub) {
                    there.remove(key);
                    if there.is_empty() {
                        self.live.remove(&key.hub);
                    }
                }
            }
            (true, true) | (false, false) => {}
        }
    }

    /// Reservations after a key that hold units of a hub, by key.
    pub(crate) fn live_at<'a>(
        &'a self,
        hub: &HubId,
        after: Option<&'a ReservationKey>,
    ) -> impl Iterator<Item = (ReservationKey, Reservation)> + use<'a> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let there = self.live.get(hub).into_iter();
        there
            .flat_map(move |keys| keys.range((from, Bound::Unbounded)))
            .filter_map(move |key| Some((key.clone(), *self.get(key)?)))
    }

    /// The reservations of an owner, by key.
    pub(crate) fn of_owner<'a>(
        &'a self,
        owner: &'a Owner,
    ) -> impl Iterator<Item = (ReservationKey, Reservation)> + 'a {
        let claims = self.by_owner.get(owner).into_iter().flatten();
        claims.map(move |claim| (claim.key(owner), claim.row))
    }

    /// The reservations of one line of an owner at one place.
    pub(crate) fn at_line(
        &self,
        owner: &Owner,
        line: LineId,
        hub: &HubId,
        sku: &Sku,
    ) -> Option<(ReservationKey, Reservation)> {
        let claims = self.by_owner.get(owner)?;
        let at = claims
            .binary_search_by(|claim| claim.place().cmp(&(line, hub, sku)))
            .ok()?;
        claims.get(at).map(|claim| (claim.key(owner), claim.row))
    }

    /// Every reservation after a key, by key.
    pub(crate) fn after<'a>(
        &'a self,
        after: Option<&'a ReservationKey>,
    ) -> impl Iterator<Item = (ReservationKey, Reservation)> + 'a {
        let from = after.map_or(Bound::Unbounded, |key| Bound::Included(&key.owner));
        self.by_owner
            .range((from, Bound::Unbounded))
            .flat_map(move |(owner, claims)| {
                let skipped = after.filter(|key| key.owner == *owner).map_or(0, |key| {
                    claims.partition_point(|claim| claim.place() <= place(key))
                });
                claims
                    .iter()
                    .skip(skipped)
                    .map(move |claim| (claim.key(owner), claim.row))
            })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_owner.values().map(Vec::len).sum()
    }
}
