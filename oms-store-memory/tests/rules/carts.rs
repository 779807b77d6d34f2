//! Carts whose buyers change them: what is kept is never free in between.

use futures_executor::block_on;
use oms_core::catalog::Product;
use oms_core::plan::{ReserveLine, ReserveMode, ReserveStock};
use oms_core::reservation::Owner;
use oms_core::stock::{StockCommand, StockLevel};
use oms_core::testing::build;
use oms_core::value::{HubId, Title};

use crate::world::{World, call, cart, meanwhile};

const MINUTE: ReserveMode = ReserveMode::Tentative { ttl_secs: Some(60) };

fn lines(wanted: &[(u32, &str, u32)]) -> Vec<ReserveLine> {
    let line = |(number, sku, units): &(u32, &str, u32)| ReserveLine {
        line: build::line(*number),
        sku: build::sku(sku),
        quantity: build::quantity(*units),
    };
    wanted.iter().map(line).collect()
}

impl World {
    /// Cups beside the tea, so many units of each.
    fn stocked(units: u32) -> Self {
        let world = Self::new();
        let cup = Product::new(build::sku("CUP"), Title::parse("Cup").unwrap());
        block_on(world.tenant.put_product(cup, call())).unwrap();
        for sku in ["TEA", "CUP"] {
            world.stock_up("north", sku, units);
        }
        world
    }

    fn stock_up(&self, hub: &str, sku: &str, units: u32) {
        let quantity = build::quantity(units);
        let receive = StockCommand::Receive { quantity };
        let (row, reason) = (build::stock(hub, sku), build::reason("delivery"));
        block_on(self.tenant.stock_command(row, receive, reason, call())).unwrap();
    }

    fn set(
        &self,
        owner: &Owner,
        wanted: &[(u32, &str, u32)],
        hub: Option<HubId>,
        mode: ReserveMode,
    ) -> Result<(), String> {
        let claim = ReserveStock {
            owner: owner.clone(),
            lines: lines(wanted),
            hub,
            mode,
        };
        block_on(self.tenant.set_reservation(claim, call()))
            .map(drop)
            .map_err(|error| error.code().to_owned())
    }

    fn row(&self, hub: &str, sku: &str) -> StockLevel {
        block_on(self.tenant.stock_level(&build::stock(hub, sku))).unwrap()
    }

    fn reserved(&self, sku: &str) -> u32 {
        self.row("north", sku).reserved.get()
    }
}

#[test]
fn a_cart_gives_up_one_of_its_lines_and_nobody_gets_the_other() {
    let world = World::stocked(1);
    let (owner, rival) = (cart(1), cart(2));
    world
        .set(&owner, &[(1, "TEA", 1), (2, "CUP", 1)], None, MINUTE)
        .unwrap();
    let take = |sku: &str| world.set(&rival, &[(1, sku, 1)], None, MINUTE);
    assert_eq!(take("TEA"), Err("short".to_owned()));
    // A rival that comes between the plan and the commit finds the tea claimed, too.
    meanwhile(&world, |other| {
        let claim = ReserveStock {
            mode: MINUTE,
            ..ReserveStock::new(cart(3), lines(&[(1, "TEA", 1)]))
        };
        let taken = other.reserve(claim, call());
        assert_eq!(block_on(taken).unwrap_err().code(), "short");
    });
    world.set(&owner, &[(1, "TEA", 1)], None, MINUTE).unwrap();
    world.store.heal();
    assert_eq!((world.reserved("TEA"), world.reserved("CUP")), (1, 0));
    assert_eq!(take("TEA"), Err("short".to_owned()));
    take("CUP").unwrap();
    world.check();
}

#[test]
fn a_cart_holds_what_was_said_last_and_said_twice_it_is_the_same() {
    for mode in [MINUTE, ReserveMode::Confirmed] {
        let world = World::stocked(5);
        let owner = cart(1);
        for units in [3, 2, 2, 5, 1] {
            world.set(&owner, &[(1, "TEA", units)], None, mode).unwrap();
            assert_eq!(world.reserved("TEA"), units);
        }
        // Another line of the same goods, and a claim as firm as is asked for now.
        world.set(&owner, &[(2, "TEA", 4)], None, MINUTE).unwrap();
        assert_eq!(world.reserved("TEA"), 4);
        world
            .set(&owner, &[(2, "TEA", 4)], None, ReserveMode::Confirmed)
            .unwrap();
        world.clock.advance_secs(61);
        block_on(world.tenant.sweep()).unwrap();
        assert_eq!(world.reserved("TEA"), 4, "firm");
        world.check();
    }
}

#[test]
fn what_a_cart_cannot_have_leaves_it_what_it_has() {
    let world = World::stocked(2);
    let owner = cart(1);
    world.set(&owner, &[(1, "TEA", 2)], None, MINUTE).unwrap();
    let more = world.set(&owner, &[(1, "TEA", 3)], None, MINUTE);
    assert_eq!(more, Err("short".to_owned()));
    assert!(world.set(&owner, &[], None, MINUTE).is_err());
    assert_eq!(world.reserved("TEA"), 2);
    // What a count took away was promised all the same.
    let count = StockCommand::Count {
        found: build::units(1),
        seen: None,
    };
    let (row, reason) = (build::stock("north", "TEA"), build::reason("count"));
    block_on(world.tenant.stock_command(row, count, reason, call())).unwrap();
    world.set(&owner, &[(1, "TEA", 2)], None, MINUTE).unwrap();
    assert_eq!(world.reserved("TEA"), 2);
    world.check();
}

#[test]
fn a_cart_that_is_said_again_ends_later() {
    let world = World::stocked(2);
    let owner = cart(1);
    world.set(&owner, &[(1, "TEA", 1)], None, MINUTE).unwrap();
    world.clock.advance_secs(50);
    world.set(&owner, &[(1, "TEA", 1)], None, MINUTE).unwrap();
    world.clock.advance_secs(50);
    assert_eq!(block_on(world.tenant.sweep()).unwrap().expired, 0);
    assert_eq!(world.reserved("TEA"), 1);
    // Over, and not swept yet: it is claimed anew, and what ended is settled.
    world.clock.advance_secs(20);
    world.set(&owner, &[(2, "CUP", 1)], None, MINUTE).unwrap();
    assert_eq!((world.reserved("TEA"), world.reserved("CUP")), (0, 1));
    block_on(world.tenant.confirm_reservation(owner, call())).unwrap();
    world.check();
}

#[test]
fn a_cart_moves_to_the_hub_that_is_named() {
    let world = World::stocked(1);
    world.open_south();
    world.stock_up("south", "TEA", 1);
    let owner = cart(1);
    let [north, south] = ["north", "south"].map(|hub| Some(build::hub(hub)));
    world.set(&owner, &[(1, "TEA", 1)], north, MINUTE).unwrap();
    world.set(&owner, &[(1, "TEA", 1)], south, MINUTE).unwrap();
    let reserved = ["north", "south"].map(|hub| world.row(hub, "TEA").reserved.get());
    assert_eq!(reserved, [0, 1]);
    world.check();
}
