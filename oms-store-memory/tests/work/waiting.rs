//! Orders that wait for room or for a payment, and the jobs that go on with them.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::hub::Hub;
use oms_core::order::{HoldReason, OrderStatus};
use oms_core::plan::ReserveMode;
use oms_core::service::{Call, Upkeep, UpkeepKind};
use oms_core::testing::{FakeClock, build};
use oms_core::value::Name;
use oms_store_memory::MemoryStore;

use crate::world::Shop;

const DAY_SECS: i64 = 86_400;

const BRIEF: ReserveMode = ReserveMode::Tentative { ttl_secs: Some(60) };

/// A shop whose one hub takes on one order a day.
async fn small(clock: &FakeClock) -> Shop {
    let store = MemoryStore::with_clock(Arc::new(clock.clone()));
    let shop = Shop::open(&store).await;
    let mut hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
    hub.daily_capacity = Some(build::units(1));
    shop.tenant.put_hub(hub, Call::default()).await.unwrap();
    shop
}

/// What a buyer pays for late is there, but the day has no room left: nobody has to look at it.
#[test]
fn what_is_paid_late_on_a_full_day_is_taken_up_on_the_next() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = small(&clock).await;
        let late = shop.place("1", BRIEF).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        shop.place("2", ReserveMode::Confirmed).await;
        let confirm = || shop.tenant.confirm_paid(late, Call::default());
        confirm().await.unwrap();
        let order = shop.tenant.order(late).await.unwrap();
        assert!(!order.head.tentative);
        let hold = order.head.hold.unwrap();
        assert_eq!(hold.reasons, [HoldReason::Capacity].into());
        // Said again, it is as it was.
        confirm().await.unwrap();
        assert_eq!(
            shop.tenant.order(late).await.unwrap().version,
            order.version
        );
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::TakeUp, 1).await;
        assert_eq!(shop.state(late).await, OrderStatus::OnHold, "the same day");
        clock.advance_secs(DAY_SECS);
        shop.keep_up(&upkeep, UpkeepKind::TakeUp, 2).await;
        shop.keep_up(&upkeep, UpkeepKind::Approve, 3).await;
        assert_eq!(shop.state(late).await, OrderStatus::Approved);
        shop.check().await;
    });
}
