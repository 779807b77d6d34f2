//! A shop that takes orders, and the orders it gets.

use oms_core::catalog::{Product, SalesChannel};
use oms_core::customer::Contact;
use oms_core::hub::{Hub, Radius, ServiceArea};
use oms_core::order::{ExternalReference, OrderDraft, Source, SourceKind};
use oms_core::plan::{Command, PlaceOrder, ReserveMode};
use oms_core::routing::RoutePolicy;
use oms_core::service::{Call, Tenant};
use oms_core::stock::{StockCommand, StockKey};
use oms_core::tenant::Settings;
use oms_core::value::{
    Address, ChannelId, CountryCode, Currency, ExternalId, GeoPoint, HubId, Name, PostalCode,
    Quantity, Reason, Sku, Title, Units,
};

use crate::Failure;

/// Lines of every order.
pub(crate) const LINES: u64 = 3;
/// Units of each line. A hub that is not home to a SKU has one unit only, so no order goes there.
pub(crate) const UNITS: u32 = 2;
/// Units of a delivery: more of one SKU among many than any run sells.
const DELIVERY: u32 = 1_000_000;
/// Deliveries of a SKU that is in every order.
const HOT_DELIVERIES: u32 = 100;
/// The only channel.
pub(crate) const CHANNEL: &str = "web-shop";

/// Orders that a hub takes on in a day, where that is bounded: more than any run places.
const CAPACITY: u32 = 100_000_000;
/// How far the hubs deliver, in metres.
const RADIUS_M: i64 = 1_000_000;

/// How hubs are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Routing {
    /// By the default policy, with hubs that say nothing and orders without an address.
    Bare,
    /// The first by priority that has everything, for orders with an address.
    Priority,
    /// By the default policy: hubs with a place and a radius, scored by their distance.
    Scored,
    /// The same, and each hub takes on so many orders a day.
    Capacity,
}

impl Routing {
    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Priority => "priority",
            Self::Scored => "scored",
            Self::Capacity => "capacity",
        }
    }
}

/// How large a shop is, and what is bought there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shop {
    /// SKUs; a SKU is at home at one hub, and an order asks for SKUs of one home.
    pub(crate) skus: u64,
    /// Hubs.
    pub(crate) hubs: u64,
    /// Every order has a line of the first SKU.
    pub(crate) hot: bool,
    /// Orders wait to be approved, with tentative claims.
    pub(crate) tentative: bool,
    /// How its orders find a hub.
    pub(crate) routing: Routing,
}

/// A line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The number of the SKU.
    pub(crate) sku: u64,
    /// The number of its home, from 0.
    pub(crate) hub: u64,
}

/// The name of a SKU.
pub(crate) fn sku(number: u64) -> String {
    format!("SKU-{number:06}")
}

/// The name of a hub.
pub(crate) fn hub(number: u64) -> String {
    format!("hub-{number}")
}

impl Shop {
    /// The lines of an order: three different SKUs of one home, spread without a pattern that would
    /// keep callers apart.
    pub(crate) fn lines(&self, order: u64) -> [Line; 3] {
        let home = if self.hot {
            0
        } else {
            scatter(order, 0) % self.hubs
        };
        // Each line buys from a third of what is at home there.
        let third = self.skus / self.hubs / LINES;
        [0, 1, 2].map(|line| {
            let place = scatter(order, line + 1) % third + line * third;
            let place = if self.hot && line == 0 { 0 } else { place };
            Line {
                sku: place * self.hubs + home,
                hub: home,
            }
        })
    }

    /// An order as a host hands it to the library.
    pub(crate) fn order(&self, number: u64, units: u32) -> Result<PlaceOrder, Failure> {
        let source = Source {
            kind: SourceKind::Channel,
            channel: ChannelId::parse(CHANNEL)?,
        };
        let mut draft = OrderDraft::new(source, Currency::parse("EUR")?);
        for line in self.lines(number) {
            draft.push_line(&sku(line.sku), units, "24.95")?;
        }
        draft.external.push(ExternalReference {
            kind: ExternalId::parse("order")?,
            id: ExternalId::parse(&reference(number))?,
        });
        if self.routing != Routing::Bare {
            draft.contacts.ship_to = Some(receiver(number)?);
        }
        let mut place = PlaceOrder::new(draft);
        if self.tentative {
            place.reserve = ReserveMode::Tentative { ttl_secs: None };
        }
        Ok(place)
    }

    /// Stores the catalogue, hubs and stock; `first` is what the first SKU has at home, if that is
    /// not plenty.
    pub(crate) async fn furnish(&self, tenant: &Tenant, first: Option<u32>) -> Result<(), Failure> {
        all(tenant, self.frame()?).await?;
        let mut products = Vec::new();
        let mut deliveries = Vec::new();
        for number in 0..self.skus {
            let title = Title::parse("Cotton T-shirt, blue, M")?;
            let product = Product::new(Sku::parse(&sku(number))?, title);
            products.push(Command::PutProduct(product));
            for hub in 0..self.hubs {
                let units = match (hub == number % self.hubs, number, first) {
                    (true, 0, Some(units)) => units,
                    (true, _, _) => DELIVERY,
                    (false, _, _) => 1,
                };
                deliveries.push(receive(hub, number, units)?);
            }
        }
        side_by_side(tenant, products).await?;
        side_by_side(tenant, deliveries).await?;
        if first.is_some() {
            return Ok(());
        }
        let more = (1..HOT_DELIVERIES).map(|_| receive(0, 0, DELIVERY));
        all(tenant, more.collect::<Result<_, _>>()?).await
    }

    /// Settings, channel and hubs.
    fn frame(&self) -> Result<Vec<Command>, Failure> {
        let channel = ChannelId::parse(CHANNEL)?;
        let mut commands = vec![
            Command::PutSettings(self.settings()),
            Command::PutChannel(SalesChannel::new(channel, Name::parse("The web shop")?)),
        ];
        for number in 0..self.hubs {
            let name = Name::parse(format!("Hub {number}"))?;
            let mut hub = Hub::new(HubId::parse(&hub(number))?, name);
            if matches!(self.routing, Routing::Scored | Routing::Capacity) {
                hub.location = Some(around(number, 0)?);
                hub.area = ServiceArea {
                    countries: [CountryCode::parse("DE")?].into(),
                    radius: Some(Radius::from_metres(RADIUS_M)?),
                    ..ServiceArea::default()
                };
            }
            if self.routing == Routing::Capacity {
                hub.daily_capacity = Some(Units::new(CAPACITY)?);
            }
            commands.push(Command::PutHub(hub));
        }
        Ok(commands)
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        if self.routing == Routing::Priority {
            settings.routing = Some(RoutePolicy::by_priority());
        }
        settings
    }
}

/// Somebody in the same country as the hubs.
fn receiver(number: u64) -> Result<Contact, Failure> {
    let address = Address {
        name: Some(Name::parse("Test Buyer")?),
        postal_code: Some(PostalCode::parse("01234")?),
        country: Some(CountryCode::parse("DE")?),
        location: Some(around(
            scatter(number, 1) % 10,
            scatter(number, 2) % 1_000_000,
        )?),
        ..Address::default()
    };
    Ok(Contact {
        address,
        ..Contact::default()
    })
}

/// A point near the fiftieth degree north, so many millionths of a degree off a whole one.
fn around(degree: u64, off: u64) -> Result<GeoPoint, Failure> {
    let east = i32::try_from(degree * 1_000_000 + off)?;
    Ok(GeoPoint::from_micro(
        50_000_000 + east / 4,
        7_000_000 + east,
    )?)
}

/// Runs commands that do not depend on each other, in bulk by several tasks.
pub(crate) async fn side_by_side(tenant: &Tenant, commands: Vec<Command>) -> Result<(), Failure> {
    let share = commands.len().div_ceil(8).max(1);
    let mut commands = commands.into_iter().peekable();
    let mut running = Vec::new();
    while commands.peek().is_some() {
        let (tenant, share) = (tenant.clone(), commands.by_ref().take(share).collect());
        running.push(tokio::spawn(async move { all(&tenant, share).await }));
    }
    for task in running {
        task.await??;
    }
    Ok(())
}

/// What the channel calls an order.
pub(crate) fn reference(number: u64) -> String {
    format!("gid://shop/Order/{number:012}")
}

/// Runs commands in bulk; each is done, or the first failure is told.
pub(crate) async fn all(tenant: &Tenant, commands: Vec<Command>) -> Result<(), Failure> {
    let with_call = |command| (command, Call::default());
    let commands: Vec<_> = commands.into_iter().map(with_call).collect();
    for done in tenant.bulk(&commands).await {
        done?;
    }
    Ok(())
}

/// The key of a stock row.
pub(crate) fn stock(hub_number: u64, sku_number: u64) -> Result<StockKey, Failure> {
    Ok(StockKey {
        hub: HubId::parse(&hub(hub_number))?,
        sku: Sku::parse(&sku(sku_number))?,
    })
}

fn receive(hub: u64, sku: u64, units: u32) -> Result<Command, Failure> {
    Ok(Command::Stock {
        key: stock(hub, sku)?,
        command: StockCommand::Receive {
            quantity: Quantity::new(units)?,
        },
        reason: Reason::parse("first delivery")?,
    })
}

/// A number that looks like chance and is the same in every run (the finaliser of SplitMix64).
pub(crate) const fn scatter(order: u64, line: u64) -> u64 {
    let mut mixed = (order * 4 + line).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const SHOP: Shop = Shop {
        skus: 300,
        hubs: 5,
        hot: false,
        tentative: false,
        routing: Routing::Bare,
    };

    #[test]
    fn orders_ask_for_different_skus_of_one_home() {
        let mut seen = BTreeSet::new();
        let mut homes = BTreeSet::new();
        for order in 0..5_000 {
            let lines = SHOP.lines(order);
            let skus: BTreeSet<u64> = lines.iter().map(|line| line.sku).collect();
            assert_eq!(skus.len(), 3);
            for line in lines {
                assert_eq!(line.sku % SHOP.hubs, line.hub);
                assert!(line.sku < SHOP.skus);
                homes.insert(line.hub);
            }
            seen.extend(skus);
        }
        assert_eq!(homes.len(), 5);
        assert_eq!(seen.len(), 300);
    }

    #[test]
    fn a_hot_shop_sells_its_first_sku_in_every_order() {
        let shop = Shop { hot: true, ..SHOP };
        for order in 0..100 {
            let [first, second, third] = shop.lines(order);
            assert_eq!((first.sku, first.hub), (0, 0));
            assert!(second.sku != 0 && third.sku > second.sku);
        }
    }

    #[test]
    fn orders_parse_and_differ_by_their_reference() {
        let (one, two) = (SHOP.order(1, 2).unwrap(), SHOP.order(2, 2).unwrap());
        assert_eq!(one.draft.lines.len(), 3);
        assert_ne!(one.draft.external, two.draft.external);
    }
}
