//! Orders that wait for room or for a payment, and the jobs that go on with them.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::Product;
use oms_core::hub::{DeliverySlot, Hub, SlotDay};
use oms_core::order::{
    ApprovalMode, Charge, ChargeKind, CommandKind, Condition, Fulfillment, Guard, HoldReason,
    OrderCommand, OrderStatus, PaymentEntry, Workflow,
};
use oms_core::plan::{OnProblem, PlaceOrder, ReserveMode};
use oms_core::service::{Call, Upkeep, UpkeepKind};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, build};
use oms_core::value::{
    Currency, LocalDate, MinuteOfDay, Money, Name, OrderId, SlotId, SlotKey, StageId, Tag, Title,
};
use oms_store_memory::MemoryStore;

use crate::world::{Shop, order};

pub(crate) const DAY_SECS: i64 = 86_400;

pub(crate) const BRIEF: ReserveMode = ReserveMode::Tentative { ttl_secs: Some(60) };

/// A shop whose one hub takes on one order a day.
async fn small(clock: &FakeClock) -> Shop {
    let store = MemoryStore::with_clock(Arc::new(clock.clone()));
    let shop = Shop::open(&store).await;
    let mut hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
    hub.daily_capacity = Some(build::units(1));
    shop.tenant.put_hub(hub, Call::default()).await.unwrap();
    shop
}

/// A slot of the next morning, for five orders.
async fn morning(shop: &Shop) -> SlotKey {
    let [start, end] = ["08:00", "10:00"].map(|time| MinuteOfDay::parse(time).unwrap());
    let (date, slot) = (
        LocalDate::parse("2026-01-06").unwrap(),
        SlotId::parse("morning").unwrap(),
    );
    let mut day = SlotDay::new(build::hub("north"), date);
    let offered = DeliverySlot::new(start, end, build::units(5));
    day.slots.insert(slot.clone(), offered);
    let key = day.key(&slot);
    shop.tenant.put_slots(day, Call::default()).await.unwrap();
    key
}

/// Places an order that is stored whatever is wrong with it.
async fn stored(shop: &Shop, reference: &str, slot: Option<&SlotKey>) -> OrderId {
    let mut place = order("desk", reference, 1);
    place.draft.slot = slot.cloned();
    held_or_not(shop, place).await
}

pub(crate) async fn held_or_not(shop: &Shop, mut place: PlaceOrder) -> OrderId {
    place.on_problem = OnProblem::Hold;
    let done = shop.tenant.place(place, Call::default()).await.unwrap();
    done.receipt.order.unwrap().id
}

pub(crate) async fn reasons(shop: &Shop, order: OrderId) -> Vec<HoldReason> {
    let hold = shop.tenant.order(order).await.unwrap().head.hold;
    hold.map_or_else(Vec::new, |hold| hold.reasons.into_iter().collect())
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
        assert_eq!(reasons(&shop, late).await, [HoldReason::Capacity]);
        // Said again, it is as it was.
        confirm().await.unwrap();
        assert_eq!(
            shop.tenant.order(late).await.unwrap().version,
            order.version
        );
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::Assign, 1).await;
        assert_eq!(shop.state(late).await, OrderStatus::OnHold, "the same day");
        clock.advance_secs(DAY_SECS);
        shop.keep_up(&upkeep, UpkeepKind::Assign, 2).await;
        shop.keep_up(&upkeep, UpkeepKind::Approve, 3).await;
        assert_eq!(shop.state(late).await, OrderStatus::Approved);
        shop.check().await;
    });
}

/// What is on backorder as well waits for goods, as its buyer knows: it is no matter of room.
#[test]
fn what_got_its_room_goes_on_with_the_rest_on_backorder() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = small(&clock).await;
        let mut checkout = order("desk", "1", 12);
        (checkout.reserve, checkout.on_problem) = (BRIEF, OnProblem::Backorder);
        let done = shop.tenant.place(checkout, Call::default()).await.unwrap();
        let late = done.receipt.order.unwrap().id;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        shop.place("2", ReserveMode::Confirmed).await;
        let confirm = shop.tenant.confirm_paid(late, Call::default());
        confirm.await.unwrap();
        assert_eq!(reasons(&shop, late).await, [HoldReason::Capacity]);
        shop.receive(1).await;
        clock.advance_secs(DAY_SECS);
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::Assign, 1).await;
        let line = shop.tenant.order(late).await.unwrap().head.lines.remove(0);
        let units = [line.open, line.backordered, line.allocated];
        assert_eq!(units, [0, 2, 10].map(build::units));
        shop.keep_up(&upkeep, UpkeepKind::Approve, 2).await;
        assert_eq!(shop.state(late).await, OrderStatus::Approved);
        shop.check().await;
    });
}

/// The buyer was promised hours that another day does not have: it gets its goods when there is
/// room, and a person has to ask.
#[test]
fn what_has_a_slot_stays_on_hold_for_it_when_the_slot_is_over() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = small(&clock).await;
        let morning = morning(&shop).await;
        let in_time = stored(&shop, "1", Some(&morning)).await;
        let too_much = stored(&shop, "2", Some(&morning)).await;
        assert_eq!(shop.state(in_time).await, OrderStatus::Approved);
        let both = [HoldReason::Capacity, HoldReason::Slot];
        assert_eq!(reasons(&shop, too_much).await, both);
        // One that waits for another day, and whose buyer chose hours since.
        stored(&shop, "3", None).await;
        let chosen = stored(&shop, "4", None).await;
        let book = shop
            .tenant
            .book_slot(chosen, Some(morning), Call::default());
        book.await.unwrap();
        assert_eq!(reasons(&shop, chosen).await, [HoldReason::Capacity]);
        let upkeep = Upkeep::new(shop.tenant.clone());
        for n in 1..4 {
            shop.keep_up(&upkeep, UpkeepKind::Assign, n).await;
            for order in [too_much, chosen] {
                assert_eq!(shop.state(order).await, OrderStatus::OnHold);
            }
            clock.advance_secs(DAY_SECS);
        }
        let works = shop.tenant.order(too_much).await.unwrap().fulfillments;
        assert_eq!(
            (works.len(), reasons(&shop, too_much).await),
            (1, vec![HoldReason::Slot])
        );
        assert_eq!(reasons(&shop, chosen).await, both, "it was told first");
        let hold = shop.tenant.order(chosen).await.unwrap().head.hold.unwrap();
        let note = hold.notes[&HoldReason::Slot].as_str();
        assert_eq!(
            note,
            "its time is over: slot morning of north on 2026-01-06"
        );
        // Its buyer takes it without a slot, and it goes on.
        let without = shop.tenant.book_slot(too_much, None, Call::default());
        without.await.unwrap();
        let lifted = [HoldReason::Slot].into();
        let release = OrderCommand::Release { reasons: lifted };
        shop.run(too_much, release).await;
        shop.keep_up(&upkeep, UpkeepKind::Approve, 4).await;
        assert_eq!(shop.state(too_much).await, OrderStatus::Approved);
        // The next day has room for the other one.
        shop.keep_up(&upkeep, UpkeepKind::Assign, 5).await;
        assert_eq!(reasons(&shop, chosen).await, [HoldReason::Slot]);
        shop.keep_up(&upkeep, UpkeepKind::Approve, 6).await;
        assert_eq!(shop.state(chosen).await, OrderStatus::OnHold);
        shop.check().await;
    });
}

/// A person got it all its goods, so that it waits for the job alone, and its slot ends first.
#[test]
fn what_has_its_goods_is_held_for_its_slot_when_that_is_over() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = small(&clock).await;
        let morning = morning(&shop).await;
        stored(&shop, "1", None).await;
        let chosen = stored(&shop, "2", None).await;
        let slot = Some(morning);
        let book = shop.tenant.book_slot(chosen, slot, Call::default());
        book.await.unwrap();
        // On the day of its slot there is room.
        let assign = shop.tenant.assign(chosen, None, Call::default());
        assign.await.unwrap();
        assert_eq!(reasons(&shop, chosen).await, [HoldReason::Capacity]);
        clock.advance_secs(2 * DAY_SECS);
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::Assign, 1).await;
        let both = [HoldReason::Capacity, HoldReason::Slot];
        assert_eq!(reasons(&shop, chosen).await, both, "a person is told");
        shop.keep_up(&upkeep, UpkeepKind::Assign, 2).await;
        shop.keep_up(&upkeep, UpkeepKind::Approve, 3).await;
        assert_eq!(reasons(&shop, chosen).await, [HoldReason::Slot]);
        shop.check().await;
    });
}

/// What is paid late keeps its slot, and waits for room on the day of that: when somebody gives up
/// a place it goes on by itself, and where nobody does, a person is told that its time is over.
#[test]
fn what_is_paid_late_waits_for_room_in_its_slot() {
    for freed in [true, false] {
        block_on(async {
            let clock = FakeClock::default();
            let shop = small(&clock).await;
            let morning = morning(&shop).await;
            let mut checkout = order("desk", "1", 1);
            (checkout.reserve, checkout.draft.slot) = (BRIEF, Some(morning.clone()));
            let late = held_or_not(&shop, checkout).await;
            clock.advance_secs(61);
            let amount = Money::parse("4.50", Currency::parse("EUR").unwrap()).unwrap();
            let pay = OrderCommand::RecordPayment {
                entry: PaymentEntry::Captured { amount },
                method: None,
                reference: None,
            };
            shop.run(late, pay).await;
            shop.tenant.sweep().await.unwrap();
            let other = stored(&shop, "2", Some(&morning)).await;
            assert_eq!(shop.state(other).await, OrderStatus::Approved);
            let confirm = shop.tenant.confirm_paid(late, Call::default());
            confirm.await.unwrap();
            assert_eq!(reasons(&shop, late).await, [HoldReason::Capacity]);
            let upkeep = Upkeep::new(shop.tenant.clone());
            shop.keep_up(&upkeep, UpkeepKind::Assign, 1).await;
            assert_eq!(reasons(&shop, late).await, [HoldReason::Capacity]);
            if freed {
                let reason = build::reason("changed my mind");
                shop.run(other, OrderCommand::Cancel { reason }).await;
            } else {
                clock.advance_secs(2 * DAY_SECS);
            }
            shop.keep_up(&upkeep, UpkeepKind::Assign, 2).await;
            if !freed {
                let both = [HoldReason::Capacity, HoldReason::Slot];
                assert_eq!(reasons(&shop, late).await, both, "a person is told");
                shop.keep_up(&upkeep, UpkeepKind::Assign, 3).await;
            }
            shop.keep_up(&upkeep, UpkeepKind::Approve, 4).await;
            let order = shop.tenant.order(late).await.unwrap();
            assert!(order.fulfillments.values().any(Fulfillment::is_live));
            assert_eq!(order.head.slot.unwrap().key, morning, "it is not dropped");
            if freed {
                assert_eq!(shop.state(late).await, OrderStatus::Approved);
            } else {
                assert_eq!(reasons(&shop, late).await, [HoldReason::Slot]);
            }
            shop.check().await;
        });
    }
}

/// Money that comes when the slot is over gets the goods, and a person to ask for another time.
#[test]
fn what_is_paid_after_its_slot_is_held_for_that() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = small(&clock).await;
        let mut checkout = order("desk", "1", 1);
        (checkout.reserve, checkout.draft.slot) = (BRIEF, Some(morning(&shop).await));
        let late = held_or_not(&shop, checkout).await;
        clock.advance_secs(2 * DAY_SECS);
        let amount = Money::parse("4.50", Currency::parse("EUR").unwrap()).unwrap();
        let pay = OrderCommand::RecordPayment {
            entry: PaymentEntry::Captured { amount },
            method: None,
            reference: None,
        };
        shop.run(late, pay).await;
        let confirm = shop.tenant.confirm_paid(late, Call::default());
        confirm.await.unwrap();
        let order = shop.tenant.order(late).await.unwrap();
        assert!(order.fulfillments.values().any(Fulfillment::is_live));
        assert_eq!(reasons(&shop, late).await, [HoldReason::Slot]);
        shop.check().await;
    });
}

/// It has room now, but nothing is there: where it cannot be held for that it stays as it is.
#[test]
fn what_cannot_be_held_for_what_it_lacks_is_not_released() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = small(&clock).await;
        shop.place("1", ReserveMode::Confirmed).await;
        let waits = stored(&shop, "2", None).await;
        assert_eq!(reasons(&shop, waits).await, [HoldReason::Capacity]);
        // The nine that are left go elsewhere meanwhile.
        let issue = StockCommand::Issue {
            quantity: build::quantity(9),
        };
        let (row, why) = (build::stock("north", "TEA"), build::reason("sold"));
        let issued = shop.tenant.stock_command(row, issue, why, Call::default());
        issued.await.unwrap();
        let tag = Tag::parse("looked-at").unwrap();
        let guard = Guard {
            name: StageId::parse("look first").unwrap(),
            command: CommandKind::Hold,
            condition: Condition::HasTag { tag },
        };
        shop.settings(Settings {
            workflow: Workflow {
                approval: ApprovalMode::Automatic,
                guards: vec![guard],
                ..Workflow::default()
            },
            ..Settings::default()
        })
        .await;
        clock.advance_secs(DAY_SECS);
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::Assign, 1).await;
        shop.keep_up(&upkeep, UpkeepKind::Approve, 2).await;
        assert_eq!(reasons(&shop, waits).await, [HoldReason::Capacity]);
        shop.check().await;
    });
}

/// What a gift card covered is to be given back, so a person has to look at it.
#[test]
fn what_a_gift_card_covers_in_part_is_not_cancelled_as_unpaid() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let abandoned = shop.place("1", BRIEF).await;
        let mut covered = order("desk", "2", 1);
        covered.reserve = BRIEF;
        let euros = |amount| Money::parse(amount, Currency::parse("EUR").unwrap()).unwrap();
        covered.draft.charges.push(Charge {
            kind: ChargeKind::GiftCard,
            title: None,
            amount: euros("-1.00"),
            tax: euros("0.00"),
        });
        let covered = held_or_not(&shop, covered).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        clock.advance_secs(DAY_SECS);
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        assert_eq!(shop.state(abandoned).await, OrderStatus::Cancelled);
        assert_eq!(shop.state(covered).await, OrderStatus::OnHold);
        shop.check().await;
    });
}

/// A checkout that found nothing to claim has no claim that ends, so it would keep its place in the
/// slot for good.
#[test]
fn what_never_had_a_claim_ends_when_nobody_pays_for_it() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = small(&clock).await;
        let morning = morning(&shop).await;
        let checkout = |reference: &str, sku: &str, slot: Option<&SlotKey>| {
            let mut place = order("desk", reference, 1);
            place.draft.lines.clear();
            place.draft.push_line(sku, 1, "4.50").unwrap();
            (place.reserve, place.draft.slot) = (BRIEF, slot.cloned());
            place
        };
        let places = || async { shop.tenant.slot(&morning).await.unwrap().unwrap().booked };
        let cup = Product::new(build::sku("CUP"), Title::parse("Cup").unwrap());
        let put = shop.tenant.put_product(cup, Call::default());
        put.await.unwrap();
        let mut backordered = checkout("1", "CUP", Some(&morning));
        backordered.on_problem = OnProblem::Backorder;
        let done = shop.tenant.place(backordered, Call::default());
        let pending = done.await.unwrap().receipt.order.unwrap().id;
        let paid = stored(&shop, "2", Some(&morning)).await;
        // The day of the slot has no room left.
        let full = held_or_not(&shop, checkout("3", "TEA", Some(&morning))).await;
        let unknown = held_or_not(&shop, checkout("4", "NOBODY-KNOWS", None)).await;
        let both = [HoldReason::Capacity, HoldReason::Slot];
        assert_eq!(reasons(&shop, full).await, both);
        assert_eq!(shop.state(pending).await, OrderStatus::Pending);
        assert_eq!(places().await, build::units(3));

        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        clock.advance_secs(DAY_SECS);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        for order in [full, pending] {
            assert_ne!(shop.state(order).await, OrderStatus::Cancelled, "too early");
        }
        clock.advance_secs(Settings::default().tentative_ttl_secs);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 2).await;
        for order in [full, pending] {
            assert_eq!(shop.state(order).await, OrderStatus::Cancelled);
        }
        assert_eq!(places().await, build::units(1));
        assert_eq!(shop.state(paid).await, OrderStatus::Approved);
        assert_eq!(
            shop.state(unknown).await,
            OrderStatus::OnHold,
            "for a person"
        );
        shop.check().await;
    });
}
