//! The hubs and zones of a tenant, ready to route with.

use serde::Serialize;

use crate::hub::{AreaVerdict, Destination, Hub, ServedBy, ZoneBook};
use crate::routing::{AreaIndex, Lack};
use crate::value::limits::ROUTE_HUBS_ALL_MAX;
use crate::value::{Address, HubId};

/// The hubs and zones of a tenant at one version of its catalogue: decoded once, indexed once.
///
/// ```
/// use oms_core::hub::{Hub, ZoneBook};
/// use oms_core::routing::HubBook;
/// use oms_core::value::{HubId, Name};
///
/// let hub = Hub::new(HubId::parse("berlin")?, Name::parse("Berlin")?);
/// let book = HubBook::new(vec![hub], ZoneBook::default());
/// assert_eq!(book.near(None).count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct HubBook {
    /// By id.
    hubs: Vec<Hub>,
    zones: ZoneBook,
    index: AreaIndex,
}

/// Which hubs deliver to an address, and why others do not. What a hub has, whether it works and
/// has room is another matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Serving {
    /// Hubs in use that deliver there, by id, with the kind of rule that says so. None at all means
    /// that nobody delivers there.
    pub hubs: Vec<(HubId, ServedBy)>,
    /// The others that were looked at, by id.
    pub others: Vec<(HubId, Lack)>,
    /// How many more are in use and were not looked at, as they do not deliver there.
    pub elsewhere: u32,
}

impl Serving {
    /// Whether anybody delivers there.
    #[must_use]
    pub fn is_delivered_to(&self) -> bool {
        !self.hubs.is_empty()
    }
}

impl HubBook {
    /// The book of these hubs, in any order, and zones.
    #[must_use]
    pub fn new(mut hubs: Vec<Hub>, zones: ZoneBook) -> Self {
        hubs.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        // A few hubs are all looked at, so that each is explained.
        let index = if hubs.len() > ROUTE_HUBS_ALL_MAX {
            AreaIndex::new(&hubs)
        } else {
            AreaIndex::default()
        };
        Self { hubs, zones, index }
    }

    /// The hubs by id.
    #[must_use]
    pub fn hubs(&self) -> &[Hub] {
        &self.hubs
    }

    /// How much room it takes, counted in hubs without postal rules.
    pub(crate) fn weight(&self) -> usize {
        let hubs: usize = self.hubs.iter().map(|hub| hub.area.weight()).sum();
        hubs + self.zones.weight()
    }

    /// A hub.
    #[must_use]
    pub fn hub(&self, id: &HubId) -> Option<&Hub> {
        let at = self.hubs.binary_search_by(|hub| hub.id.cmp(id)).ok()?;
        self.hubs.get(at)
    }

    /// The zones.
    #[must_use]
    pub const fn zones(&self) -> &ZoneBook {
        &self.zones
    }

    /// Where an address is, with the zones it lies in.
    #[must_use]
    pub fn destination(&self, address: &Address) -> Destination {
        let mut place = Destination::from(address);
        place.zones = self.zones.zones_of(address);
        place
    }

    /// The hubs to look at for a destination: all of up to [`ROUTE_HUBS_ALL_MAX`], so that each of
    /// them is explained; of more those that deliver there, found by look-up.
    pub fn near(&self, place: Option<&Destination>) -> impl Iterator<Item = &Hub> {
        let few = self.hubs.len() <= ROUTE_HUBS_ALL_MAX;
        let all = few.then_some(self.hubs.iter());
        let found = (!few).then(|| self.index.serving(place));
        let found = found.into_iter().flatten().filter_map(|id| self.hub(id));
        all.into_iter().flatten().chain(found)
    }

    /// Which hubs deliver to an address. As for an order, one that names no place is for every hub
    /// in use: a sale at a counter.
    #[must_use]
    pub fn serving(&self, address: &Address) -> Serving {
        let place = address.names_a_place().then(|| self.destination(address));
        let mut serving = Serving::default();
        let mut looked_at = 0_usize;
        for hub in self.near(place.as_ref()) {
            let id = hub.id.clone();
            if !hub.active {
                serving.others.push((id, Lack::Inactive));
                continue;
            }
            looked_at += 1;
            match hub.area.verdict(place.as_ref(), hub.location) {
                AreaVerdict::Served(by) => serving.hubs.push((id, by)),
                AreaVerdict::OtherCountry => serving.others.push((id, Lack::OtherCountry)),
                AreaVerdict::Outside => serving.others.push((id, Lack::Outside)),
            }
        }
        let in_use = self.hubs.iter().filter(|hub| hub.active).count();
        serving.elsewhere = u32::try_from(in_use.saturating_sub(looked_at)).unwrap_or(u32::MAX);
        serving
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::HubDraft;
    use crate::value::PostalCode;

    fn book(hubs: usize) -> HubBook {
        let hub = |at| {
            let draft = HubDraft {
                id: format!("hub-{at:05}"),
                postal_codes: vec![format!("{:05}", at % 1_000)],
                ..HubDraft::default()
            };
            draft.parse(&ZoneBook::default()).unwrap()
        };
        HubBook::new((0..hubs).rev().map(hub).collect(), ZoneBook::default())
    }

    fn place(code: &str) -> Destination {
        Destination {
            postal_code: Some(PostalCode::parse(code).unwrap()),
            ..Destination::default()
        }
    }

    #[test]
    fn few_hubs_are_all_looked_at_and_many_by_look_up() {
        let few = book(ROUTE_HUBS_ALL_MAX);
        assert_eq!(few.near(Some(&place("00003"))).count(), ROUTE_HUBS_ALL_MAX);
        let many = book(10_000);
        let there = place("00003");
        let near = many.near(Some(&there));
        let near: Vec<&str> = near.map(|hub| hub.id.as_str()).collect();
        assert_eq!(near.len(), 10);
        assert_eq!(near[..2], ["hub-00003", "hub-01003"]);
        assert_eq!(many.near(Some(&place("99999"))).count(), 0);
    }

    #[test]
    fn who_delivers_there_is_told_and_why_others_do_not() {
        let to = |code: &str| Address {
            postal_code: Some(PostalCode::parse(code).unwrap()),
            ..Address::default()
        };
        let mut hubs = book(3).hubs().to_vec();
        hubs[2].active = false;
        let few = HubBook::new(hubs, ZoneBook::default());
        let told = few.serving(&to("000-01"));
        let id = |at: u32| HubId::parse(&format!("hub-{at:05}")).unwrap();
        assert_eq!(told.hubs, [(id(1), ServedBy::PostalCode)]);
        assert_eq!(
            told.others,
            [(id(0), Lack::Outside), (id(2), Lack::Inactive)]
        );
        assert_eq!(told.elsewhere, 0);
        assert!(!few.serving(&to("99999")).is_delivered_to());
        let counter = few.serving(&Address::default());
        let by = ServedBy::NoDestination;
        assert_eq!(counter.hubs, [(id(0), by), (id(1), by)]);
        let many = book(10_000).serving(&to("00003"));
        assert_eq!((many.hubs.len(), many.elsewhere), (10, 9_990));
    }

    #[test]
    fn a_hub_is_found_by_its_id_whatever_the_order_they_came_in() {
        let book = book(100);
        let id = HubId::parse("hub-00042").unwrap();
        assert_eq!(book.hub(&id).unwrap().id, id);
        assert_eq!(book.hub(&HubId::parse("hub").unwrap()), None);
    }
}
