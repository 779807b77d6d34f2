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
    /// Who holds units, by hub: few among all that ever claimed there.
    pub(crate) live: BTreeMap<HubId, BTreeSet<Owner>>,
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

    /// Whether it holds units of a hub.
    fn is_live_at(&self, hub: &HubId) -> bool {
        !self.row.live().is_zero() && self.hub == *hub
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

/// Those of an owner's reservations that come after a key.
fn behind<'a>(claims: &'a [Claim], owner: &Owner, after: Option<&ReservationKey>) -> &'a [Claim] {
    let skipped = after.filter(|key| key.owner == *owner).map_or(0, |key| {
        claims.partition_point(|claim| claim.place() <= place(key))
    });
    claims.get(skipped..).unwrap_or_default()
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
                there.insert(key.owner.clone());
            }
            (false, true) => self.see_end(&key.owner, &key.hub),
            (true, true) | (false, false) => {}
        }
    }

    /// Forgets that an owner holds units of a hub, unless another claim of it does.
    fn see_end(&mut self, owner: &Owner, hub: &HubId) {
        let Some(there) = self.live.get_mut(hub) else {
            return;
        };
        let mut claims = self.by_owner.get(owner).into_iter().flatten();
        // Of many that end together only the first looks at them all.
        if !there.contains(owner) || claims.any(|claim| claim.is_live_at(hub)) {
            return;
        }
        there.remove(owner);
        if there.is_empty() {
            self.live.remove(hub);
        }
    }

    /// Reservations after a key that hold units of a hub, by key.
    pub(crate) fn live_at<'a>(
        &'a self,
        hub: &'a HubId,
        after: Option<&'a ReservationKey>,
    ) -> impl Iterator<Item = (ReservationKey, Reservation)> + 'a {
        let from = after.map_or(Bound::Unbounded, |key| Bound::Included(&key.owner));
        let there = self.live.get(hub).into_iter();
        there
            .flat_map(move |owners| owners.range::<Owner, _>((from, Bound::Unbounded)))
            .flat_map(move |owner| {
                let claims = behind(self.all_of(owner).0, owner, after).iter();
                claims
                    .filter(move |claim| claim.is_live_at(hub))
                    .map(move |claim| (claim.key(owner), claim.row))
            })
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
                let claims = behind(claims, owner, after).iter();
                claims.map(move |claim| (claim.key(owner), claim.row))
            })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_owner.values().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oms_core::testing::build;
    use oms_core::value::Units;
    use proptest::prelude::*;

    fn key((owner, line, hub, sku): (u64, u32, usize, usize)) -> ReservationKey {
        let owner = match owner % 2 {
            0 => build::owner_order(owner),
            _ => build::owner_cart(owner),
        };
        let row = build::stock(["a", "ab", "b"][hub], ["x", "y"][sku]);
        build::reservation(&owner, line, &row)
    }

    fn row(confirmed: u32) -> Reservation {
        Reservation {
            confirmed: Units::new(confirmed).unwrap_or_default(),
            ..Reservation::default()
        }
    }

    proptest! {
        #[test]
        fn live_claims_of_a_hub_are_those_of_all_in_their_order(
            // What is written: to which claim, how many units, alone or with those before.
            writes in prop::collection::vec(
                ((0_u64..4, 1_u32..4, 0_usize..3, 0_usize..2), 0_u32..2, any::<bool>()),
                1..60,
            ),
        ) {
            let mut claims = Claims::default();
            let mut all = BTreeMap::new();
            let mut together: Vec<(ReservationKey, Reservation)> = Vec::new();
            for (place, confirmed, alone) in writes {
                let (key, row) = (key(place), row(confirmed));
                if together.iter().any(|(other, _)| other.owner != key.owner) {
                    together.clear();
                }
                together.push((key.clone(), row));
                if !alone {
                    continue;
                }
                for (key, row) in &together {
                    all.insert(key.clone(), *row);
                }
                let rows: Vec<_> = together.iter().map(|(key, row)| (key, *row)).collect();
                if let [(key, row)] = rows.as_slice() {
                    claims.set(key, *row);
                } else {
                    claims.set_all(&key.owner, &rows);
                }
                together.clear();
                let mut holders: BTreeMap<HubId, BTreeSet<Owner>> = BTreeMap::new();
                for (key, _) in all.iter().filter(|(_, row)| !row.live().is_zero()) {
                    holders.entry(key.hub.clone()).or_default().insert(key.owner.clone());
                }
                prop_assert_eq!(&claims.live, &holders);
            }
            let afters = all.keys().map(Some).chain([None]);
            for after in afters {
                let rest = |key: &ReservationKey| after.is_none_or(|after| key > after);
                for hub in ["a", "ab", "b", "c"].map(build::hub) {
                    let live = all.iter().filter(|(key, row)| {
                        key.hub == hub && !row.live().is_zero() && rest(key)
                    });
                    let live: Vec<_> = live.map(|(key, row)| (key.clone(), *row)).collect();
                    let found: Vec<_> = claims.live_at(&hub, after).collect();
                    prop_assert_eq!(found, live);
                }
                let later = all.iter().filter(|(key, _)| rest(key));
                let later: Vec<_> = later.map(|(key, row)| (key.clone(), *row)).collect();
                prop_assert_eq!(claims.after(after).collect::<Vec<_>>(), later);
            }
        }
    }
}
