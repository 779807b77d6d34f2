//! Orders that nobody paid for, or not in time, or not all of it: how each of them ends.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::Product;
use oms_core::order::{
    Charge, ChargeKind, Claim, EditLine, Fulfillment, HoldReason, OrderCommand, OrderStatus,
    PaymentEntry,
};
use oms_core::plan::{OnProblem, ReserveMode};
use oms_core::service::{Call, Upkeep, UpkeepKind};
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, build};
use oms_core::value::{Currency, FulfillmentId, Money, OrderId, Title, UnitPrice};
use oms_store_memory::MemoryStore;

use crate::waiting::{BRIEF, DAY_SECS, held_or_not, reasons};
use crate::world::{Shop, order};

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn euros(amount: &str) -> Money {
    Money::parse(amount, euro()).unwrap()
}

fn captured(amount: &str) -> OrderCommand {
    let amount = euros(amount);
    recorded(PaymentEntry::Captured { amount })
}

fn recorded(entry: PaymentEntry) -> OrderCommand {
    OrderCommand::RecordPayment {
        entry,
        method: None,
        reference: None,
    }
}

/// Leaves nothing to pay for the first line.
fn for_nothing() -> OrderCommand {
    let changes = vec![EditLine::Change {
        line: build::line(1),
        sku: None,
        quantity: None,
        unit_price: Some(UnitPrice::parse("0.00", euro()).unwrap()),
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    }];
    OrderCommand::EditLines { changes }
}

/// What a person is told of its claims.
async fn told(shop: &Shop, order: OrderId) -> String {
    let hold = shop.tenant.order(order).await.unwrap().head.hold.unwrap();
    let note = hold.notes.get(&HoldReason::ReservationExpired);
    note.map_or_else(String::new, ToString::to_string)
}

/// A part of it was short from the start, and the claims on the rest end long after that: its days
/// begin when these do.
#[test]
fn what_was_short_in_part_ends_when_nobody_pays_for_it() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let mut deposit = order("desk", "1", 12);
        deposit.reserve = ReserveMode::Tentative {
            ttl_secs: Some(2 * DAY_SECS),
        };
        let short = held_or_not(&shop, deposit).await;
        assert_eq!(reasons(&shop, short).await, [HoldReason::Shortage]);
        clock.advance_secs(2 * DAY_SECS);
        shop.tenant.sweep().await.unwrap();
        let both = [HoldReason::Shortage, HoldReason::ReservationExpired];
        assert_eq!(reasons(&shop, short).await, both);
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        assert_eq!(shop.state(short).await, OrderStatus::OnHold, "too early");
        clock.advance_secs(DAY_SECS);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 2).await;
        assert_eq!(shop.state(short).await, OrderStatus::Cancelled);
        shop.check().await;
    });
}

/// A person let it go on, or took its work back, and nobody paid: it has no claim that ends.
#[test]
fn what_a_person_left_without_a_claim_ends_when_nobody_pays_for_it() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let (released, withdrawn) = (shop.place("1", BRIEF).await, shop.place("2", BRIEF).await);
        let withdraw = OrderCommand::withdraw_all(FulfillmentId::FIRST);
        shop.run(withdrawn, withdraw).await;
        clock.advance_secs(DAY_SECS);
        shop.tenant.sweep().await.unwrap();
        shop.run(released, OrderCommand::release_all()).await;
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        clock.advance_secs(Settings::default().tentative_ttl_secs);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        assert_eq!(shop.state(withdrawn).await, OrderStatus::Cancelled);
        assert_eq!(
            shop.state(released).await,
            OrderStatus::Pending,
            "too early"
        );
        clock.advance_secs(DAY_SECS);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 2).await;
        assert_eq!(shop.state(released).await, OrderStatus::Cancelled);
        shop.check().await;
    });
}

/// What was paid is to be given back, or the rest to be asked for, and what is free now nobody ever
/// pays for: a person is told, once.
#[test]
fn what_is_not_simply_unpaid_is_told_to_a_person() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let late = shop.place("1", BRIEF).await;
        let free = shop.place("2", BRIEF).await;
        let mut more = order("desk", "3", 12);
        more.reserve = BRIEF;
        let in_part = held_or_not(&shop, more).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        shop.run(in_part, captured("1.00")).await;
        shop.run(late, captured("4.50")).await;
        shop.run(free, for_nothing()).await;
        clock.advance_secs(DAY_SECS);
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        let short = [HoldReason::Shortage, HoldReason::ReservationExpired];
        assert_eq!(reasons(&shop, in_part).await, short);
        let note = told(&shop, in_part).await;
        assert!(note.contains("the rest did not come in time"), "{note}");
        for order in [late, free] {
            let alone = [HoldReason::ReservationExpired];
            assert_eq!(reasons(&shop, order).await, alone);
            let note = told(&shop, order).await;
            assert!(note.contains("nothing is left to pay"), "{note}");
        }
        let version = || async { shop.tenant.order(late).await.unwrap().version };
        let before = version().await;
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 2).await;
        assert_eq!(version().await, before, "told once");
        shop.check().await;
    });
}

/// A backorder may be approved with nothing claimed. What lost its goods, or was short where that
/// is not allowed, is not: it waits until it has some.
#[test]
fn what_lost_its_goods_is_not_approved_by_a_job() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let lost = shop.place("1", BRIEF).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        for command in [OrderCommand::Confirm, OrderCommand::release_all()] {
            shop.run(lost, command).await;
        }
        let rest = order("desk", "2", 10);
        shop.tenant.place(rest, Call::default()).await.unwrap();
        let short = held_or_not(&shop, order("desk", "3", 1)).await;
        let mut waits = order("desk", "4", 1);
        waits.on_problem = OnProblem::Backorder;
        let waits = shop.tenant.place(waits, Call::default()).await.unwrap();
        let waits = waits.receipt.order.unwrap().id;
        assert_eq!(
            shop.state(waits).await,
            OrderStatus::Approved,
            "a backorder"
        );
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::Approve, 1).await;
        assert_eq!(shop.state(lost).await, OrderStatus::Pending);
        assert_eq!(shop.state(short).await, OrderStatus::OnHold);
        shop.receive(1).await;
        let assign = shop.tenant.assign(lost, None, Call::default());
        assign.await.unwrap();
        shop.keep_up(&upkeep, UpkeepKind::Approve, 2).await;
        assert_eq!(shop.state(lost).await, OrderStatus::Approved);
        shop.check().await;
    });
}

/// What was short from the start was never lost: once the rest is claimed anew and a person lets it
/// go on without, nothing stands against it any more.
#[test]
fn what_got_back_all_that_it_lost_is_approved_by_a_job() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let cup = Product::new(build::sku("CUP"), Title::parse("Cup").unwrap());
        let put = shop.tenant.put_product(cup, Call::default());
        put.await.unwrap();
        let mut late = order("desk", "1", 1);
        late.draft.push_line("CUP", 1, "4.50").unwrap();
        late.reserve = BRIEF;
        let late = held_or_not(&shop, late).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        let both = [HoldReason::Shortage, HoldReason::ReservationExpired];
        assert_eq!(reasons(&shop, late).await, both);
        shop.run(late, captured("9.00")).await;
        let confirm = || shop.tenant.confirm_paid(late, Call::default());
        confirm().await.unwrap();
        let order = shop.tenant.order(late).await.unwrap();
        let works = order.fulfillments.values().filter(|work| work.is_live());
        let claims: Vec<Claim> = works.map(|work| work.claim).collect();
        assert_eq!(claims, [Claim::Confirmed]);
        assert!(!order.head.tentative);
        assert_eq!(order.status(), OrderStatus::OnHold);
        shop.run(late, OrderCommand::release_all()).await;
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::Approve, 1).await;
        assert_eq!(shop.state(late).await, OrderStatus::Approved);
        confirm().await.unwrap();
        assert_eq!(shop.state(late).await, OrderStatus::Approved);
        shop.check().await;
    });
}

/// What was taken, promised or on a gift card and went back leaves nothing for a person to do.
#[test]
fn what_was_given_back_does_not_keep_an_unpaid_order() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let refunded = shop.place("1", BRIEF).await;
        let promised = shop.place("2", BRIEF).await;
        let kept = shop.place("3", BRIEF).await;
        let mut carded = order("desk", "4", 1);
        carded.reserve = BRIEF;
        carded.draft.charges.push(Charge {
            kind: ChargeKind::GiftCard,
            title: None,
            amount: euros("-1.00"),
            tax: euros("0.00"),
        });
        let carded = held_or_not(&shop, carded).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        let one = euros("1.00");
        let authorised = PaymentEntry::Authorised { amount: one };
        let captured = PaymentEntry::Captured { amount: one };
        let back = PaymentEntry::Refunded { amount: one };
        shop.run(promised, recorded(authorised)).await;
        for order in [refunded, promised, kept] {
            shop.run(order, recorded(captured.clone())).await;
        }
        for order in [refunded, promised] {
            shop.run(order, recorded(back.clone())).await;
        }
        let credited = PaymentEntry::Credited { amount: one };
        shop.run(carded, recorded(credited)).await;
        clock.advance_secs(DAY_SECS);
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        for order in [refunded, promised, carded] {
            assert_eq!(shop.state(order).await, OrderStatus::Cancelled);
        }
        assert_eq!(shop.state(kept).await, OrderStatus::OnHold);
        shop.check().await;
    });
}

/// A person has said how it stands with it: the job has nothing to add. What it said itself it says
/// anew where that is not true any more.
#[test]
fn the_words_of_a_person_stand() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let (asked, untold) = (shop.place("1", BRIEF).await, shop.place("2", BRIEF).await);
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        for order in [asked, untold] {
            shop.run(order, captured("1.00")).await;
        }
        let hold = OrderCommand::Hold {
            reason: HoldReason::ReservationExpired,
            note: Some(build::reason("pays the rest on Friday")),
        };
        shop.run(asked, hold).await;
        clock.advance_secs(DAY_SECS);
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        assert_eq!(told(&shop, asked).await, "pays the rest on Friday");
        let note = told(&shop, untold).await;
        assert!(note.contains("the rest did not come in time"), "{note}");
        shop.run(untold, captured("3.50")).await;
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 2).await;
        let note = told(&shop, untold).await;
        assert!(note.contains("nothing is left to pay"), "{note}");
        shop.check().await;
    });
}

/// A part of it was short, and a person took back the rest, or lifted what was said of its time
/// alone: what is left of its hold looks after nothing.
#[test]
fn what_stays_on_hold_for_a_shortage_without_a_claim_ends_when_nobody_pays_for_it() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let mut more = order("desk", "1", 12);
        more.reserve = BRIEF;
        let withdrawn = held_or_not(&shop, more).await;
        let withdraw = OrderCommand::withdraw_all(FulfillmentId::FIRST);
        shop.run(withdrawn, withdraw).await;
        let mut more = order("desk", "2", 12);
        more.reserve = BRIEF;
        let lifted = held_or_not(&shop, more).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        let reasons_of = |order| reasons(&shop, order);
        let both = [HoldReason::Shortage, HoldReason::ReservationExpired];
        assert_eq!(reasons_of(lifted).await, both);
        let ended = [HoldReason::ReservationExpired].into();
        shop.run(lifted, OrderCommand::Release { reasons: ended })
            .await;
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        clock.advance_secs(DAY_SECS);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        for order in [withdrawn, lifted] {
            assert_eq!(reasons_of(order).await, [HoldReason::Shortage], "too early");
        }
        clock.advance_secs(Settings::default().tentative_ttl_secs);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 2).await;
        for order in [withdrawn, lifted] {
            assert_eq!(shop.state(order).await, OrderStatus::Cancelled);
        }
        shop.check().await;
    });
}

/// It lost no claim, as it had none, or a person took that back: nobody else would ever tell it.
#[test]
fn what_is_paid_in_part_and_never_lost_a_claim_is_told_to_a_person() {
    block_on(async {
        let clock = FakeClock::default();
        let shop = Shop::open(&MemoryStore::with_clock(Arc::new(clock.clone()))).await;
        let withdrawn = shop.place("1", BRIEF).await;
        let free = shop.place("2", BRIEF).await;
        let all = order("desk", "3", 8);
        shop.tenant.place(all, Call::default()).await.unwrap();
        let mut more = order("desk", "4", 1);
        more.reserve = BRIEF;
        let short = held_or_not(&shop, more).await;
        assert_eq!(reasons(&shop, short).await, [HoldReason::Shortage]);
        for order in [withdrawn, free] {
            let withdraw = OrderCommand::withdraw_all(FulfillmentId::FIRST);
            shop.run(order, withdraw).await;
        }
        for order in [withdrawn, short] {
            shop.run(order, captured("1.00")).await;
        }
        shop.run(free, for_nothing()).await;
        let upkeep = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        clock.advance_secs(DAY_SECS + Settings::default().tentative_ttl_secs);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        let expired = HoldReason::ReservationExpired;
        assert_eq!(reasons(&shop, withdrawn).await, [expired]);
        assert_eq!(reasons(&shop, short).await, [HoldReason::Shortage, expired]);
        assert_eq!(reasons(&shop, free).await, [expired]);
        for (order, words) in [
            (withdrawn, "the rest did not come in time"),
            (short, "the rest did not come in time"),
            (free, "nothing is left to pay"),
        ] {
            let note = told(&shop, order).await;
            assert!(note.contains(words), "{note}");
        }
        let version = || async { shop.tenant.order(withdrawn).await.unwrap().version };
        let before = version().await;
        clock.advance_secs(DAY_SECS);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 2).await;
        assert_eq!(version().await, before, "told once");
        // Who agreed on a longer time lifts it: the order keeps waiting for its goods.
        let lifted = OrderCommand::Release {
            reasons: [expired].into(),
        };
        shop.run(short, lifted).await;
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 3).await;
        assert_eq!(reasons(&shop, short).await, [HoldReason::Shortage]);
        // The rest comes after all, and so does the word that the free one is wanted.
        shop.run(withdrawn, captured("3.50")).await;
        for order in [withdrawn, free] {
            let confirm = shop.tenant.confirm_paid(order, Call::default());
            confirm.await.unwrap();
            let order = shop.tenant.order(order).await.unwrap();
            assert_eq!(order.status(), OrderStatus::Approved);
            assert!(order.fulfillments.values().any(Fulfillment::is_live));
        }
        shop.check().await;
    });
}
