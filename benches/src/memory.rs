//! The memory store against the plain program: the same orders, in the same process, in turns.

use std::time::{Duration, Instant};

use oms_core::plan::PlaceOrder;
use oms_core::port::Store;

use crate::Failure;
use crate::bare::{Draft, Shop};
use crate::orders::LINES;
use crate::request::{Request, request};
use crate::resident::resident_bytes;
use crate::world::{Size, World};

/// The size of issue's goal: 10,000 SKUs at 5 hubs.
pub const LARGE: Size = Size {
    skus: 10_000,
    hubs: 5,
};

/// Orders that one program places before it is the other one's turn.
const TURN: usize = 500;

/// What is handed to both programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Text: both read and check it, then place it.
    Text,
    /// Orders that were read before the clock started.
    Read,
}

/// Time both programs took for the same orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// The library on the memory store.
    pub library: Duration,
    /// The plain program.
    pub bare: Duration,
}

/// Places `orders` orders in both programs, in turns of some hundred, and checks that both hold
/// them and are sound.
///
/// # Errors
/// When one of them refuses an order or comes to other orders than it should.
pub fn compare(size: Size, orders: usize, input: Input) -> Result<Times, Failure> {
    let world = World::new(size)?;
    let mut shop = Shop::new(size);
    let mut times = Times::default();
    let numbers: Vec<u64> = (0..).take(orders).collect();
    for (turn, numbers) in numbers.chunks(TURN).enumerate() {
        let requests: Vec<Request> = numbers
            .iter()
            .map(|number| request(*number, LINES, size.skus))
            .collect();
        // Neither is always the first to touch the requests.
        if turn % 2 == 0 {
            times.library += by_library(&world, &requests, input)?;
            times.bare += by_bare(&mut shop, &requests, input)?;
        } else {
            times.bare += by_bare(&mut shop, &requests, input)?;
            times.library += by_library(&world, &requests, input)?;
        }
    }
    check(&world, &shop, orders)?;
    Ok(times)
}

fn by_library(world: &World, requests: &[Request], input: Input) -> Result<Duration, Failure> {
    if input == Input::Text {
        let began = Instant::now();
        for request in requests {
            world.place_text(request)?;
        }
        return Ok(began.elapsed());
    }
    let read = |request: &Request| request.parse().map(|place| (place, request.key.clone()));
    let orders: Vec<(PlaceOrder, String)> = requests.iter().map(read).collect::<Result<_, _>>()?;
    let began = Instant::now();
    for (order, key) in orders {
        world.place(order, &key)?;
    }
    Ok(began.elapsed())
}

fn by_bare(shop: &mut Shop, requests: &[Request], input: Input) -> Result<Duration, Failure> {
    if input == Input::Text {
        let began = Instant::now();
        for request in requests {
            shop.place(&Draft::read(request)?, &request.key)?;
        }
        return Ok(began.elapsed());
    }
    let read = |request: &Request| Draft::read(request).map(|draft| (draft, request.key.clone()));
    let orders: Vec<(Draft, String)> = requests.iter().map(read).collect::<Result<_, _>>()?;
    let began = Instant::now();
    for (draft, key) in orders {
        shop.place(&draft, &key)?;
    }
    Ok(began.elapsed())
}

fn check(world: &World, shop: &Shop, orders: usize) -> Result<(), Failure> {
    if shop.orders() != orders || !shop.is_sound() {
        return Err("the plain program is not sound".into());
    }
    let tenant = world.tenant.id();
    let reservations = world.store.stats(tenant)?.reservations;
    let expected = orders * usize::try_from(LINES)?;
    let violations = futures_executor::block_on(world.store.audit(tenant))?;
    if reservations != expected || !violations.is_empty() {
        return Err(format!("{reservations} reservations, {violations:?}").into());
    }
    Ok(())
}

/// What one stored order takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// By the growth of the process, with keys, indexes and what the allocator adds.
    pub resident: u64,
    /// Of JSON: documents, events and the receipt.
    pub bodies: u64,
}

/// Places orders in one of the programs and measures how the process grew. Call it in a process of
/// its own: memory that something else gave back would be used again unseen.
///
/// # Errors
/// When the program refuses an order, or the kernel does not tell.
pub fn bytes(size: Size, orders: u64, library: bool) -> Result<Bytes, Failure> {
    let count = |from: u64, bodies: usize| -> Result<Bytes, Failure> {
        Ok(Bytes {
            resident: resident_bytes()?.saturating_sub(from) / orders,
            bodies: u64::try_from(bodies)? / orders,
        })
    };
    if library {
        // What a handle remembers of the catalogue is not what an order takes.
        let world = World::asking(size)?;
        let before = world.store.stats(world.tenant.id())?.body_bytes();
        let from = resident_bytes()?;
        for number in 0..orders {
            world.place_text(&request(number, LINES, size.skus))?;
        }
        let stats = world.store.stats(world.tenant.id())?;
        return count(from, stats.body_bytes() - before);
    }
    let mut shop = Shop::new(size);
    let from = resident_bytes()?;
    for number in 0..orders {
        let request = request(number, LINES, size.skus);
        shop.place(&Draft::read(&request)?, &request.key)?;
    }
    count(from, shop.body_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { skus: 40, hubs: 3 };

    #[test]
    fn both_programs_place_every_order_from_either_input() {
        for input in [Input::Text, Input::Read] {
            let times = compare(SIZE, 600, input).unwrap();
            assert!(times.library > Duration::ZERO && times.bare > Duration::ZERO);
        }
    }

    #[test]
    fn most_orders_are_planned_on_what_the_handle_remembers() {
        for (world, remembers) in [(World::new(SIZE), true), (World::asking(SIZE), false)] {
            let world = world.unwrap();
            for number in 0..200 {
                let request = request(number, LINES, SIZE.skus);
                world.place_text(&request).unwrap();
            }
            // All 40 SKUs were asked for by then, and nothing is asked twice.
            let recalled = world.oms.stats().recalled;
            assert_eq!(recalled > 150, remembers, "{recalled}");
        }
    }

    #[test]
    fn a_missing_order_is_noticed() {
        let world = World::new(SIZE).unwrap();
        let mut shop = Shop::new(SIZE);
        let request = request(1, LINES, SIZE.skus);
        shop.place(&Draft::read(&request).unwrap(), "k").unwrap();
        assert!(check(&world, &shop, 1).is_err());
        world.place_text(&request).unwrap();
        check(&world, &shop, 1).unwrap();
        assert!(check(&world, &shop, 2).is_err());
    }

    #[test]
    fn bodies_are_counted_by_the_order() {
        // The growth of the process means nothing here: other tests run beside.
        let [one, two] = [true, false].map(|library| bytes(SIZE, 200, library).unwrap().bodies);
        assert!((3_000..6_000).contains(&one), "{one}");
        assert!((3_000..6_000).contains(&two), "{two}");
    }
}
