//! Testing your own code against the library: a clock you set, ids you know, faults you choose.
//!
//! `check_out` stands for your code. Each scenario breaks something around it and checks what the
//! buyer gets. In a project of yours the scenarios are tests.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oms_core::catalog::{Product, SalesChannel};
use oms_core::hub::Hub;
use oms_core::order::{OrderCommand, OrderDraft, Source, SourceKind};
use oms_core::plan::{OrderReceipt, PlaceOrder, ReserveMode};
use oms_core::service::{Call, Oms, Tenant};
use oms_core::stock::{StockCommand, StockKey, StockLevel};
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, Fault, FaultStore, Method};
use oms_core::value::{ChannelId, IdempotencyKey, Quantity};
use oms_store_memory::MemoryStore;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How often your code asks before it tells the buyer to come back later.
const ATTEMPTS: usize = 3;

/// How long your code waits before it asks again; then twice as long. A store that is busy gets
/// busier by everybody who asks again at once. Where many do, shorten each by a random part.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Your code: reserves for a buyer who has yet to pay. The key is made of the buyer's cart, so
/// asking again never makes a second order. `sleep` is your runtime's; in tests nobody waits.
async fn check_out<F: Future<Output = ()> + Send>(
    shop: &Tenant,
    cart: &str,
    draft: &OrderDraft,
    sleep: impl Fn(Duration) -> F + Send + Sync,
) -> Outcome<OrderReceipt> {
    // All keys of a tenant are in one space, and a cart's id may be a key of something else, too.
    let key: IdempotencyKey = format!("checkout-{cart}").parse()?;
    let mut left = ATTEMPTS;
    let mut pause = FIRST_PAUSE;
    loop {
        left -= 1;
        let mut place = PlaceOrder::new(draft.clone());
        place.reserve = ReserveMode::Tentative { ttl_secs: None };
        let call = Call::default().with_key(key.clone());
        match shop.place(place, call).await {
            Ok(done) => return Ok(done.order()?.clone()),
            Err(error) if left > 0 && error.is_retryable() => {}
            Err(error) => return Err(error.into()),
        }
        sleep(pause).await;
        pause *= 2;
    }
}

/// A shop with five units of tea, on a store that fails on demand.
struct World {
    clock: FakeClock,
    faults: FaultStore,
    shop: Tenant,
    shelf: StockKey,
    draft: OrderDraft,
    pauses: Mutex<Vec<Duration>>,
}

impl World {
    async fn new() -> Outcome<Self> {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let faults = FaultStore::new(Arc::new(store));
        let oms = Oms::builder(Arc::new(faults.clone()));
        let oms = oms.build_with_ids(Arc::new(FakeIds::new(7)));
        let shop = oms.tenant("tea-shop".parse()?);
        let me = Call::default;
        let desk: ChannelId = "desk".parse()?;
        let berlin = Hub::new("berlin".parse()?, "Berlin".parse()?);
        let tea = Product::new("TEA-01".parse()?, "Tea".parse()?);
        let shelf = StockKey::new(berlin.id.clone(), tea.sku.clone());
        let channel = SalesChannel::new(desk.clone(), "Desk".parse()?);
        shop.put_settings(Settings::default(), me()).await?;
        shop.put_channel(channel, me()).await?;
        shop.put_hub(berlin, me()).await?;
        shop.put_product(tea, me()).await?;
        let quantity = Quantity::new(5)?;
        let why = "first delivery".parse()?;
        let receive = StockCommand::Receive { quantity };
        shop.stock_command(shelf.clone(), receive, why, me())
            .await?;
        let source = Source::new(SourceKind::Manual, desk);
        let mut draft = OrderDraft::new(source, "EUR".parse()?);
        draft.push_line("TEA-01", 2, "8.50")?;
        Ok(Self {
            clock,
            faults,
            shop,
            shelf,
            draft,
            pauses: Mutex::default(),
        })
    }

    async fn check_out(&self) -> Outcome<OrderReceipt> {
        let sleep = |pause| self.sleep(pause);
        check_out(&self.shop, "cart-1", &self.draft, sleep).await
    }

    /// The clock moves, and nobody waits.
    fn sleep(&self, pause: Duration) -> Ready<()> {
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.push(pause);
        let micros = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
        self.clock.advance_micros(micros);
        ready(())
    }

    fn pauses(&self) -> Vec<Duration> {
        let pauses = self.pauses.lock();
        pauses.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn level(&self) -> Outcome<StockLevel> {
        Ok(self.shop.stock_level(&self.shelf).await?)
    }
}

/// Every answer to the first attempt is lost: nobody knows whether the order is there.
async fn lost_answers() -> Outcome<()> {
    let world = World::new().await?;
    for _ in 0..8 {
        world.faults.fail_next(Method::Commit, Fault::LostReply);
    }
    let order = world.check_out().await?;
    let again = world.check_out().await?;
    ensure(order.id == again.id, "a second order was made")?;
    ensure(world.level().await?.reserved.get() == 2, "reserved twice")
}

/// The store is away for a moment, then busy.
async fn store_away() -> Outcome<()> {
    let world = World::new().await?;
    world.faults.fail_next(Method::Prefetch, Fault::Unavailable);
    world.faults.fail_next(Method::Commit, Fault::Busy);
    world.check_out().await?;
    let failed = world.faults.calls();
    let failed = failed.iter().filter(|call| call.fault.is_some()).count();
    ensure(failed == 2, "the faults did not happen")
}

/// The store stays away: the buyer is told, and nothing is reserved.
async fn store_gone() -> Outcome<()> {
    let world = World::new().await?;
    world.faults.fail_when(|call| {
        let commit = call.method == Method::Commit;
        commit.then_some(Fault::Unavailable)
    });
    ensure(world.check_out().await.is_err(), "it cannot have worked")?;
    let grown = [FIRST_PAUSE, FIRST_PAUSE * 2];
    ensure(world.pauses() == grown, "asked again without a breath")?;
    world.faults.heal();
    ensure(world.level().await?.reserved.is_zero(), "a trace is left")
}

/// Others win the race three times, and the store answers slowly: your code notices nothing.
async fn lost_races() -> Outcome<()> {
    let world = World::new().await?;
    for _ in 0..3 {
        world.faults.fail_next(Method::Commit, Fault::Conflict);
    }
    world.faults.fail_next(Method::Prefetch, Fault::Delay(4));
    world.check_out().await.map(|_| ())
}

/// Other code of yours has made a key of the same id, for something else.
async fn same_id_elsewhere() -> Outcome<()> {
    let world = World::new().await?;
    let call = Call::default().with_key("cart-1".parse()?);
    let place = PlaceOrder::new(world.draft.clone());
    let other = world.shop.place(place, call).await?;
    let order = world.check_out().await?;
    let other = other.order()?;
    ensure(other.id != order.id, "one order for two purposes")
}

/// The buyer pays after the reservation ended: the clock of the test says so, nobody waits.
async fn late_payment() -> Outcome<()> {
    let world = World::new().await?;
    let order = world.check_out().await?;
    world.clock.advance_secs(16 * 60);
    let paid = world
        .shop
        .order_command(order.id, OrderCommand::Approve, Call::default())
        .await;
    let code = paid.err().map(|error| error.code());
    ensure(code == Some("reservation_expired"), "it must be refused")
}

/// Two runs with the same ids and the same clock are the same to the last byte.
async fn same_again() -> Outcome<()> {
    let (first, second) = (World::new().await?, World::new().await?);
    let (a, b) = (first.check_out().await?, second.check_out().await?);
    ensure(a == b, "another order")?;
    let (a, b) = (
        first.shop.history(a.id).await?,
        second.shop.history(b.id).await?,
    );
    ensure(a == b, "another history")
}

fn ensure(holds: bool, otherwise: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

async fn run() -> Outcome<()> {
    lost_answers().await?;
    println!("lost answers: one order, reserved once");
    store_away().await?;
    println!("store away for a moment: asked again, order placed");
    store_gone().await?;
    println!("store gone: the buyer is told, nothing is reserved");
    lost_races().await?;
    println!("races lost, slow store: planned again by the library");
    same_id_elsewhere().await?;
    println!("the same id under another key: two things, each done once");
    late_payment().await?;
    println!("payment after 16 minutes: refused, the reservation had ended");
    same_again().await?;
    println!("same ids, same clock: the same history");
    Ok(())
}

fn main() -> Outcome<()> {
    futures_executor::block_on(run())
}
