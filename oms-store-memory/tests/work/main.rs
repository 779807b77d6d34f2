//! What is done by jobs, on the reference store: orders that are placed later, the jobs that every
//! shop has, events that become jobs, workers of many tenants. The stories are told of PostgreSQL
//! as well, by its own tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod alerts;
mod crew;
mod erasing;
mod following;
mod intake;
mod lists;
mod people;
mod reroute;
mod reroute_faults;
mod unpaid;
mod upkeep;
mod waiting;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_executor::block_on;
use oms_core::hub::Hub;
use oms_core::order::{
    ApprovalMode, HoldReason, Order, OrderCommand, OrderStatus, PaymentEntry, fold, fold_at,
};
use oms_core::plan::{Intake, OnProblem, PlaceOrder, ReserveMode};
use oms_core::port::Clock;
use oms_core::service::{
    Call, IntakeReader, IntakeRefusal, IntakeStatus, Intakes, Oms, Reading, Tenant, Upkeep,
    UpkeepKind, Worker,
};
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, Fault, FaultStore, Method, build};
use oms_core::value::{ChannelId, Currency, IntakeId, Money, Name, Note};
use oms_store_memory::MemoryStore;

use world::{Shop, drain, keyed};

macro_rules! stories {
    ($module:ident: $($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            block_on(async {
                let clock = FakeClock::default();
                let store = MemoryStore::with_clock(Arc::new(clock));
                $module::$name(&Shop::open(&store).await).await;
            });
        }
    )*};
}

stories!(
    intake:
    an_order_is_taken_in_at_once_and_placed_later,
    a_second_delivery_of_an_order_is_known,
    a_refused_order_says_why_and_can_be_tried_again,
    a_refusal_that_cannot_be_read_hides_no_others,
    a_job_that_forgets_is_no_receipt,
    a_malformed_payload_is_a_dead_job,
    a_form_of_a_newer_release_is_tried_again,
    payloads_of_channels_are_read_and_followed,
    what_is_left_out_is_followed_where_its_order_is_known,
    a_time_far_ahead_makes_nobody_deaf,
    a_guard_against_a_channels_word_is_told,
    another_release_ends_what_one_began,
    a_crash_between_places_no_second_order,
    what_is_not_taken_in_leaves_no_job,
    a_customer_who_is_erased_takes_waiting_orders_along,
    many_are_taken_in_by_one_call,
);

stories!(
    erasing:
    an_order_without_a_customer_is_erased_by_itself,
    where_personal_data_is_kept_is_told,
);

stories!(
    upkeep:
    what_nothing_stands_against_is_approved,
    an_unreadable_order_keeps_no_others_waiting,
    long_parcels_are_taken_for_delivered,
    what_is_young_is_kept,
    counters_of_days_long_over_are_forgotten,
);

stories!(
    lists:
    an_order_that_still_waits_for_units_is_stuck_and_late,
    an_order_that_is_promised_anew_is_not_late,
    an_order_that_cannot_be_read_hides_no_others,
    orders_and_contacts_are_read_many_at_once,
    what_channels_call_skus_is_listed,
    a_document_that_cannot_be_read_hides_no_others,
    the_open_work_of_a_hub_is_listed_oldest_first,
    work_that_may_go_on_is_told_apart,
    work_that_stands_still_is_found,
    an_order_whose_line_has_the_last_number_is_listed_once,
);

stories!(
    reroute:
    a_hub_that_is_switched_off_loses_its_work_by_a_job,
    a_hub_that_is_on_again_keeps_its_work,
    an_unreadable_order_keeps_no_others_at_the_hub,
);

macro_rules! stories_with_feed {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            block_on(async {
                let clock = FakeClock::default();
                let store = MemoryStore::with_clock(Arc::new(clock));
                let shop = Shop::open(&store).await;
                alerts::$name(&shop, Arc::new(store)).await;
            });
        }
    )*};
}

stories_with_feed!(
    chosen_topics_become_jobs,
    chosen_events_become_jobs,
    what_is_no_order_is_handed_over_too,
    low_stock_is_told_once_until_restocked,
    rows_of_what_is_switched_come_once,
    rows_of_a_switch_that_is_over_do_not_come,
);

#[test]
fn what_a_refused_order_said_is_forgotten_when_its_time_is_over() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let intakes = shop.intakes();
        let order = world::intake("stall", "1", 2);
        let receipt = intakes.enqueue(order, keyed("delivery-1")).await.unwrap();
        let mut worker = intakes.handle(shop.builder()).build();
        drain(&mut worker).await;
        let kept = || intakes.status(receipt.id);
        assert!(matches!(
            kept().await.unwrap(),
            Some(IntakeStatus::Refused(_))
        ));
        clock.advance_secs(31 * 86_400);
        drain(&mut worker).await;
        assert!(!shop.kept(receipt.id).await);
        assert!(shop.tenant.sweep().await.unwrap().forgotten > 0);
        assert_eq!(kept().await.unwrap(), None);
    });
}

/// Were the job that forgets dead, names and addresses would stay for good, and no list shows that.
#[test]
fn what_a_refused_order_said_is_forgotten_though_the_store_fails_for_a_day() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let faults = Arc::new(FaultStore::new(shop.store.clone()));
        let oms = Oms::builder(faults.clone()).build_with_ids(Arc::new(FakeIds::new(1_000_000)));
        let tenant = oms.tenant(shop.tenant.id().clone());
        let intakes = Intakes::new(tenant, shop.queue.clone());
        let order = world::intake("stall", "1", 2);
        let receipt = intakes.enqueue(order, keyed("delivery-1")).await.unwrap();
        // With the usual pauses between attempts.
        let builder = Worker::builder(shop.queue.clone(), shop.tenant.id().clone());
        let mut worker = intakes.handle(builder).build();
        drain(&mut worker).await;
        clock.advance_secs(31 * 86_400);
        faults.fail_when(|call| (call.method == Method::Prefetch).then_some(Fault::Unavailable));
        for _ in 0..24 {
            drain(&mut worker).await;
            clock.advance_secs(3_600);
        }
        assert!(shop.kept(receipt.id).await);
        faults.heal();
        drain(&mut worker).await;
        assert!(!shop.kept(receipt.id).await);
    });
}

/// Reads an order that somebody gives up meanwhile.
#[derive(Debug)]
struct GivenUp(Intakes, IntakeId);

impl IntakeReader for GivenUp {
    fn read(&self, channel: &ChannelId, _: &str) -> Result<Reading, String> {
        let (intakes, id) = (self.0.clone(), self.1);
        let other = move || block_on(intakes.discard(id)).unwrap();
        std::thread::spawn(other).join().unwrap();
        let place = Box::new(world::order(channel.as_str(), "1", 2));
        let text = Note::parse("as the channel says").unwrap();
        let then = vec![OrderCommand::AddNote { text }];
        Ok(Reading::Place { place, then })
    }
}

#[test]
fn what_is_given_up_while_it_is_read_is_not_placed() {
    block_on(async {
        let store = MemoryStore::with_clock(Arc::new(FakeClock::default()));
        let shop = Shop::open(&store).await;
        let intakes = shop.intakes();
        let payload = Intake::payload(build::channel("desk"), b"{}").unwrap();
        let receipt = intakes.enqueue(payload, keyed("delivery-1")).await.unwrap();
        let reader = Arc::new(GivenUp(intakes.clone(), receipt.id));
        drain(&mut intakes.with_reader(reader).handle(shop.builder()).build()).await;
        assert_eq!(shop.orders().await, 0);
        assert_eq!(shop.intakes().status(receipt.id).await.unwrap(), None);
        assert_eq!(shop.jobs().await, 0, "there is nothing to forget");
        shop.check().await;
    });
}

/// Asks to cancel an order that nothing was noted on. Each time it has looked, somebody notes
/// something.
#[derive(Debug)]
struct Overtaken(Tenant);

impl IntakeReader for Overtaken {
    fn read(&self, channel: &ChannelId, _: &str) -> Result<Reading, String> {
        let place = Box::new(world::order(channel.as_str(), "1", 2));
        let then = Vec::new();
        Ok(Reading::Place { place, then })
    }

    fn follow(&self, _: &ChannelId, _: &str, known: &Order) -> Vec<OrderCommand> {
        if !known.head.notes.is_empty() {
            return Vec::new();
        }
        let (tenant, order) = (self.0.clone(), known.head.id);
        let text = Note::parse("it was paid after all").unwrap();
        let note = OrderCommand::AddNote { text };
        let other = move || block_on(tenant.order_command(order, note, Call::default())).unwrap();
        std::thread::spawn(other).join().unwrap();
        let reason = build::reason("not paid");
        vec![OrderCommand::Cancel { reason }]
    }
}

/// Two deliveries of one order are worked on at once: what the older one asks was compared with the
/// order before the newer one was heard.
#[test]
fn what_was_compared_with_an_order_that_went_on_is_compared_again() {
    block_on(async {
        let store = MemoryStore::with_clock(Arc::new(FakeClock::default()));
        let shop = Shop::open(&store).await;
        let reader = Arc::new(Overtaken(shop.tenant.clone()));
        let intakes = shop.intakes().with_reader(reader);
        let mut worker = intakes.handle(shop.builder()).build();
        let mut known = None;
        for key in ["delivery-1", "delivery-2"] {
            let payload = Intake::payload(build::channel("desk"), b"{}").unwrap();
            let receipt = intakes.enqueue(payload, keyed(key)).await.unwrap();
            drain(&mut worker).await;
            known = intakes.status(receipt.id).await.unwrap();
        }
        let Some(IntakeStatus::Known(order)) = known else {
            panic!("{known:?}");
        };
        let order = shop.tenant.order(order.order).await.unwrap();
        assert_eq!(order.head.notes.len(), 1);
        assert_ne!(order.status(), OrderStatus::Cancelled);
    });
}

/// Reads and compares so slowly that its plan is too old when it is done.
#[derive(Debug)]
struct Slow(FakeClock);

impl IntakeReader for Slow {
    fn read(&self, channel: &ChannelId, text: &str) -> Result<Reading, String> {
        if text == "[]" {
            self.0.advance_secs(6);
            return Ok(Reading::LeaveOut(IntakeRefusal {
                code: "empty".to_owned(),
                message: "there is nothing in it".to_owned(),
            }));
        }
        let place = Box::new(world::order(channel.as_str(), "1", 2));
        let then = Vec::new();
        Ok(Reading::Place { place, then })
    }

    fn follow(&self, _: &ChannelId, _: &str, _: &Order) -> Vec<OrderCommand> {
        self.0.advance_secs(6);
        Vec::new()
    }
}

/// What became of a payload is noted however long it took: no attempt fails for it.
#[test]
fn what_took_long_is_noted_at_the_first_attempt() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let intakes = shop.intakes().with_reader(Arc::new(Slow(clock)));
        // With the usual pauses between attempts: a second one would still wait.
        let builder = Worker::builder(shop.queue.clone(), shop.tenant.id().clone());
        let mut worker = intakes.handle(builder).build();
        let mut told = Vec::new();
        for (key, text) in [("first", "{}"), ("known", "{}"), ("empty", "[]")] {
            let payload = Intake::payload(build::channel("desk"), text.as_bytes()).unwrap();
            let receipt = intakes.enqueue(payload, keyed(key)).await.unwrap();
            drain(&mut worker).await;
            told.push(intakes.status(receipt.id).await.unwrap());
        }
        assert!(
            matches!(
                told.as_slice(),
                [
                    Some(IntakeStatus::Placed(_)),
                    Some(IntakeStatus::Known(_)),
                    Some(IntakeStatus::Refused(_)),
                ]
            ),
            "{told:?}"
        );
    });
}

/// What a shop says of its order of one unit.
fn told(words: &str) -> Intake {
    let text = format!(
        r##"{{"id":4,"name":"#4","currency":"EUR","total_price":"4.50",{words},
        "line_items":[{{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}}]}}"##
    );
    Intake::payload(build::channel("desk"), text.as_bytes()).unwrap()
}

const UNPAID: &str = r#""financial_status":"pending","total_outstanding":"4.50""#;
const PAID: &str = r#""financial_status":"paid","total_outstanding":"0.00""#;

impl Shop {
    /// Takes in what a shop says, and does it.
    async fn hear(&self, words: &str, key: &str) -> IntakeStatus {
        let intakes = self.intakes();
        let receipt = intakes.enqueue(told(words), keyed(key)).await.unwrap();
        drain(&mut intakes.handle(self.builder()).build()).await;
        intakes.status(receipt.id).await.unwrap().unwrap()
    }

    /// The order that is there already, after what a shop says of it.
    async fn after(&self, words: &str, key: &str) -> Order {
        let heard = self.hear(words, key).await;
        let IntakeStatus::Known(known) = heard else {
            panic!("{heard:?}");
        };
        self.tenant.order(known.order).await.unwrap()
    }
}

/// The money for an order came after its time, before the sweeper did or after it.
#[test]
fn what_is_paid_late_gets_what_is_there() {
    for swept in [false, true] {
        block_on(async {
            let clock = FakeClock::default();
            let store = MemoryStore::with_clock(Arc::new(clock.clone()));
            let shop = Shop::open(&store).await;
            let placed = shop.hear(UNPAID, "delivery-1").await;
            assert!(matches!(placed, IntakeStatus::Placed(_)), "{placed:?}");
            clock.advance_secs(901);
            if swept {
                assert_eq!(shop.tenant.sweep().await.unwrap().expired, 1);
                assert_eq!(shop.reserved("north").await, 0);
            }
            for key in ["delivery-2", "delivery-3"] {
                let paid = shop.after(PAID, key).await;
                assert_eq!(paid.status(), OrderStatus::Approved, "swept: {swept}");
                assert_eq!(paid.head.payment.captured.to_string(), "4.50 EUR");
                assert!(!paid.head.tentative && paid.head.hold.is_none());
            }
            // Nothing of it ends any more.
            clock.advance_secs(86_400);
            assert_eq!(shop.tenant.sweep().await.unwrap().expired, 0);
            assert_eq!(shop.reserved("north").await, 1);
            shop.check().await;
        });
    }
}

/// What a till at the counter of a hub sold and handed over.
fn sold(reference: &str, units: u32, more: &str) -> Intake {
    let text = format!(
        r#"{{"order_id":"{reference}","source":"pos","currency":"EUR","paid":true,"delivered":true
        {more},"lines":[{{"id":"1","sku":"TEA","quantity":{units},"unit_price":"4.50"}}]}}"#
    );
    Intake::payload(build::channel("desk"), text.as_bytes()).unwrap()
}

#[test]
fn what_was_sold_over_the_counter_leaves_the_stock_of_its_hub() {
    for approval in [ApprovalMode::Automatic, ApprovalMode::Manual] {
        block_on(async {
            let shop = Shop::open(&MemoryStore::new()).await;
            let mut settings = Settings::default();
            settings.workflow.approval = approval;
            shop.settings(settings).await;
            let north = r#","hub":"north""#;
            let intakes = shop.intakes();
            let mut receipts = Vec::new();
            // Without a hub nobody knows whose goods they were.
            for (reference, hub) in [("T-0", ""), ("T-1", north), ("T-1", north)] {
                let call = keyed(&format!("delivery-{}", receipts.len()));
                let receipt = intakes.enqueue(sold(reference, 3, hub), call).await;
                receipts.push(receipt.unwrap().id);
                drain(&mut intakes.handle(shop.builder()).build()).await;
            }
            let [nowhere, first, again] = receipts[..] else {
                panic!("{receipts:?}");
            };
            let status = intakes.status(nowhere).await.unwrap();
            let code = match status {
                Some(IntakeStatus::Refused(refusal)) => refusal.code,
                status => panic!("{status:?}"),
            };
            assert_eq!(code, "channel_says_delivered");
            let status = intakes.status(first).await.unwrap();
            let Some(IntakeStatus::Placed(placed)) = status else {
                panic!("{status:?}");
            };
            let status = intakes.status(again).await.unwrap();
            assert_eq!(status, Some(IntakeStatus::Known(placed)));
            let order = shop.tenant.order(placed.order).await.unwrap();
            assert_eq!(order.status(), OrderStatus::Delivered);
            assert!(order.head.hold.is_none());
            let row = build::stock("north", "TEA");
            let level = shop.tenant.stock_level(&row).await.unwrap();
            assert_eq!((level.on_hand.get(), level.reserved.get()), (7, 0));
            shop.check().await;
        });
    }
}

/// By the books the hub has fewer than it handed over.
#[test]
fn what_the_books_do_not_have_is_held_for_a_person() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let short = sold("T-1", 12, r#","hub":"north""#);
        let intakes = shop.intakes();
        let receipt = intakes.enqueue(short, keyed("1")).await.unwrap();
        drain(&mut intakes.handle(shop.builder()).build()).await;
        let status = intakes.status(receipt.id).await.unwrap();
        let Some(IntakeStatus::Placed(placed)) = status else {
            panic!("{status:?}");
        };
        let order = shop.tenant.order(placed.order).await.unwrap();
        assert_eq!(order.status(), OrderStatus::OnHold);
        let hold = order.head.hold.as_ref().unwrap();
        assert!(hold.reasons.contains(&HoldReason::Shortage));
        let note = hold.notes[&HoldReason::Review].to_string();
        assert!(note.starts_with("handed over at the counter"), "{note}");
        let row = build::stock("north", "TEA");
        let level = shop.tenant.stock_level(&row).await.unwrap();
        assert_eq!(level.on_hand.get(), 10);
        shop.check().await;
    });
}

/// A bank deposit: the channel holds the order until the money is there.
#[test]
fn what_waited_for_its_payment_goes_on_once_it_is_paid() {
    let order = |words: &str| {
        let text = format!(
            r#"{{"order_id":"B-1","source":"channel","currency":"EUR","total":"4.50",{words},
            "lines":[{{"id":"1","sku":"TEA","quantity":1,"unit_price":"4.50"}}]}}"#
        );
        Intake::payload(build::channel("desk"), text.as_bytes()).unwrap()
    };
    let dispute = |reason| OrderCommand::Hold { reason, note: None };
    for (approval, review, expected) in [
        (ApprovalMode::Automatic, false, OrderStatus::Approved),
        (ApprovalMode::Automatic, true, OrderStatus::OnHold),
        (ApprovalMode::Manual, false, OrderStatus::Pending),
    ] {
        block_on(async {
            let shop = Shop::open(&MemoryStore::new()).await;
            let mut settings = Settings::default();
            settings.workflow.approval = approval;
            shop.settings(settings).await;
            let heard = |words: &'static str, key: &'static str| {
                let (shop, intake) = (&shop, order(words));
                async move {
                    let intakes = shop.intakes();
                    let receipt = intakes.enqueue(intake, keyed(key)).await.unwrap();
                    drain(&mut intakes.handle(shop.builder()).build()).await;
                    let Some(IntakeStatus::Placed(order) | IntakeStatus::Known(order)) =
                        intakes.status(receipt.id).await.unwrap()
                    else {
                        panic!("{key} is not placed");
                    };
                    shop.tenant.order(order.order).await.unwrap()
                }
            };
            let waits = heard(r#""on_hold":true"#, "delivery-1").await;
            let reasons = |order: &Order| {
                let hold = order.head.hold.as_ref();
                hold.map_or_else(Vec::new, |hold| hold.reasons.iter().copied().collect())
            };
            assert_eq!(reasons(&waits), [HoldReason::Payment]);
            let id = waits.head.id;
            if review {
                shop.run(id, dispute(HoldReason::Review)).await;
            }
            let paid = heard(r#""paid":true"#, "delivery-2").await;
            assert_eq!(paid.status(), expected);
            let left = if review {
                vec![HoldReason::Review]
            } else {
                Vec::new()
            };
            assert_eq!(reasons(&paid), left);
            // It was paid and is firm: what a person holds it for now is another matter.
            shop.run(id, dispute(HoldReason::Payment)).await;
            let known = heard(r#""paid":true"#, "delivery-3").await;
            assert!(reasons(&known).contains(&HoldReason::Payment));
            shop.check().await;
        });
    }
}

/// What others got meanwhile is not there: it is the first to get more. Another hold stands.
#[test]
fn what_is_paid_too_late_waits_for_goods_and_for_people() {
    paid_too_late(true);
    paid_too_late(false);
}

fn paid_too_late(reviewed: bool) {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        shop.hear(UNPAID, "delivery-1").await;
        clock.advance_secs(901);
        let all = shop.tenant.place(world::order("desk", "2", 10), keyed("2"));
        all.await.unwrap();
        let waits = |order: &Order| {
            let hold = order.head.hold.as_ref().unwrap();
            let reasons: Vec<HoldReason> = hold.reasons.iter().copied().collect();
            (
                reasons,
                order.head.tentative,
                order.head.lines[0].open.get(),
            )
        };
        let paid = shop.after(PAID, "delivery-2").await;
        let expired = vec![HoldReason::ReservationExpired];
        assert_eq!(waits(&paid), (expired.clone(), false, 1));
        let review = OrderCommand::Hold {
            reason: HoldReason::Review,
            note: None,
        };
        if reviewed {
            shop.run(paid.head.id, review).await;
        }
        shop.receive(1).await;
        let tea = build::sku("TEA");
        let given = shop.tenant.hand_out(&tea, Call::default());
        assert_eq!(given.await.unwrap().given[0].0, paid.head.id);
        // It has all now, so what was said of its time is over, and nothing else.
        let known = shop.after(PAID, "delivery-3").await;
        if reviewed {
            assert_eq!(waits(&known), (vec![HoldReason::Review], false, 0));
        } else {
            assert_eq!(known.status(), OrderStatus::Approved);
        }
        shop.check().await;
    });
}

#[test]
fn a_checkout_that_is_paid_late_is_confirmed_all_the_same() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let brief = PlaceOrder {
            reserve: ReserveMode::Tentative { ttl_secs: Some(60) },
            ..world::order("desk", "1", 3)
        };
        let placed = shop.tenant.place(brief, keyed("checkout-1")).await.unwrap();
        let order = placed.receipt.order.unwrap().id;
        clock.advance_secs(60);
        let confirm = OrderCommand::Confirm;
        let late = shop.tenant.order_command(order, confirm, Call::default());
        assert_eq!(late.await.unwrap_err().code(), "reservation_expired");
        for repeated in [false, true] {
            let confirmed = shop.tenant.confirm_paid(order, keyed("paid-1")).await;
            assert_eq!(confirmed.unwrap().repeated, repeated);
            assert_eq!(shop.state(order).await, OrderStatus::Approved);
            assert_eq!(shop.reserved("north").await, 3);
        }
        // Without a key it is harmless, too.
        let again = shop.tenant.confirm_paid(order, Call::default()).await;
        assert_eq!(again.unwrap().receipt.events, Vec::<String>::new());
        shop.check().await;
    });
}

/// While hosts of two releases run, the older one meets what the newer one wrote: the order waits
/// for a host that can read it.
#[test]
fn what_this_release_cannot_read_yet_is_tried_again() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let intakes = shop.intakes();
        let order = world::intake("desk", "1", 2);
        let receipt = intakes.enqueue(order, keyed("delivery-1")).await.unwrap();
        // With the usual pauses between attempts.
        let builder = Worker::builder(shop.queue.clone(), shop.tenant.id().clone());
        let mut worker = intakes.handle(builder).build();
        let known = shop.settings_of_schema(9_999).await;
        for _ in 0..3 {
            drain(&mut worker).await;
            clock.advance_secs(60);
        }
        let status = intakes.status(receipt.id).await.unwrap();
        let Some(IntakeStatus::Waiting {
            attempts: 3,
            last_error: Some(why),
            ..
        }) = status
        else {
            panic!("{status:?}");
        };
        assert!(why.contains("schema 9999"), "{why}");
        shop.settings_of_schema(known).await;
        drain(&mut worker).await;
        let status = intakes.status(receipt.id).await.unwrap();
        assert!(
            matches!(status, Some(IntakeStatus::Placed(_))),
            "{status:?}"
        );
    });
}

/// An order is the fold of its events with their times and of nothing else.
#[test]
fn an_order_is_had_as_it_was_at_a_time() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let place = world::order("desk", "1", 2);
        let done = shop.tenant.place(place, Call::default()).await.unwrap();
        let order = done.receipt.order.unwrap().id;
        let then = shop.tenant.order(order).await.unwrap();
        let at = clock.now();
        clock.advance_secs(60);
        let text = Note::parse("call before you come").unwrap();
        shop.run(order, OrderCommand::AddNote { text }).await;
        let pick = OrderCommand::pick_all(build::fulfillment(1));
        shop.run(order, pick).await;
        let history = shop.tenant.history(order).await.unwrap();
        let until = history.iter().take_while(|entry| entry.at <= at);
        let until = until.map(|entry| (&entry.event, entry.at));
        assert_eq!(fold_at(until), Some(then));
        let now = shop.tenant.order(order).await.unwrap();
        let timed = history.iter().map(|entry| (&entry.event, entry.at));
        let untimed = fold(history.iter().map(|entry| &entry.event));
        assert_ne!(untimed.as_ref(), Some(&now), "since when it is picked");
        assert_eq!(fold_at(timed), Some(now));
    });
}

/// What counts is when the parcel left, not when its order came to its state.
#[test]
fn a_hold_does_not_start_the_days_of_a_parcel_again() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let order = shop.sent("1").await;
        clock.advance_secs(13 * 86_400);
        let hold = OrderCommand::Hold {
            reason: HoldReason::Payment,
            note: None,
        };
        for command in [hold, OrderCommand::release_all()] {
            shop.run(order, command).await;
        }
        let upkeep = Upkeep::new(shop.tenant.clone()).deliver_after_days(14);
        shop.keep_up(&upkeep, UpkeepKind::Deliver, 1).await;
        assert_eq!(shop.state(order).await, OrderStatus::Shipped);
        clock.advance_secs(86_400);
        shop.keep_up(&upkeep, UpkeepKind::Deliver, 2).await;
        assert_eq!(shop.state(order).await, OrderStatus::Delivered);
    });
}

/// Nobody has to look at an order that a hub has room for on its next day.
#[test]
fn what_was_too_much_for_a_day_is_taken_up_on_the_next() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let mut hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
        hub.daily_capacity = Some(build::units(1));
        shop.tenant.put_hub(hub, Call::default()).await.unwrap();
        let mut orders = Vec::new();
        for (reference, units) in [("1", 1), ("2", 1), ("3", 99), ("4", 1)] {
            let mut place = world::order("desk", reference, units);
            place.on_problem = OnProblem::Hold;
            let done = shop.tenant.place(place, Call::default()).await.unwrap();
            orders.push(done.receipt.order.unwrap().id);
        }
        let reasons = |order: usize| {
            let order = shop.tenant.order(orders[order]);
            async move { order.await.unwrap().head.hold.unwrap().reasons }
        };
        for held in 1..4 {
            assert_eq!(reasons(held).await, [HoldReason::Capacity].into());
        }
        let upkeep = Upkeep::new(shop.tenant.clone());
        shop.keep_up(&upkeep, UpkeepKind::Assign, 1).await;
        assert_eq!(
            shop.state(orders[1]).await,
            OrderStatus::OnHold,
            "the same day"
        );
        clock.advance_secs(86_400);
        shop.keep_up(&upkeep, UpkeepKind::Assign, 2).await;
        assert_eq!(
            shop.state(orders[1]).await,
            OrderStatus::Pending,
            "the oldest first"
        );
        shop.keep_up(&upkeep, UpkeepKind::Approve, 3).await;
        assert_eq!(shop.state(orders[1]).await, OrderStatus::Approved);
        assert_eq!(reasons(3).await, [HoldReason::Capacity].into());
        clock.advance_secs(86_400);
        shop.keep_up(&upkeep, UpkeepKind::Assign, 4).await;
        // Of 99 units eight are there: the rest is no matter of room.
        shop.keep_up(&upkeep, UpkeepKind::Assign, 5).await;
        assert_eq!(
            reasons(2).await,
            [HoldReason::Capacity].into(),
            "the day is full"
        );
        clock.advance_secs(86_400);
        shop.keep_up(&upkeep, UpkeepKind::Assign, 6).await;
        let both = [HoldReason::Shortage, HoldReason::Capacity];
        assert_eq!(reasons(2).await, both.into());
        // Goods come, and a person lifts what they saw to: the job does the rest.
        shop.receive(99).await;
        let reasons = [HoldReason::Shortage].into();
        shop.run(orders[2], OrderCommand::Release { reasons }).await;
        shop.keep_up(&upkeep, UpkeepKind::Assign, 7).await;
        assert_eq!(shop.state(orders[2]).await, OrderStatus::Pending);
        shop.check().await;
    });
}

/// An order that its buyer left ends a day after its claim did, where the host wants that. One that
/// somebody paid for in part, looks after, or that a channel keeps, does not.
#[test]
fn what_nobody_paid_for_is_cancelled_where_a_host_wants_it() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let brief = ReserveMode::Tentative { ttl_secs: Some(60) };
        let abandoned = shop.place("1", brief).await;
        let paid_in_part = shop.place("2", brief).await;
        let reviewed = shop.place("3", brief).await;
        let claimed_again = shop.place("4", brief).await;
        let of_channel = shop.place_of_channel("5", brief).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        let amount = Money::parse("1.00", Currency::parse("EUR").unwrap()).unwrap();
        let pay = OrderCommand::RecordPayment {
            entry: PaymentEntry::Captured { amount },
            method: None,
            reference: None,
        };
        shop.run(paid_in_part, pay).await;
        let hold = OrderCommand::Hold {
            reason: HoldReason::Review,
            note: None,
        };
        shop.run(reviewed, hold).await;
        let asked_for = Upkeep::new(shop.tenant.clone()).cancel_unpaid_after_days(1);
        clock.advance_secs(86_400 - 1);
        let assign = shop.tenant.assign(claimed_again, None, Call::default());
        assign.await.unwrap();
        let kind = UpkeepKind::CancelUnpaid;
        shop.keep_up(&asked_for, kind, 1).await;
        assert_eq!(
            shop.state(abandoned).await,
            OrderStatus::OnHold,
            "too early"
        );
        clock.advance_secs(1);
        shop.keep_up(&Upkeep::new(shop.tenant.clone()), kind, 2)
            .await;
        assert_eq!(
            shop.state(abandoned).await,
            OrderStatus::OnHold,
            "not asked"
        );
        shop.keep_up(&asked_for, kind, 3).await;
        let order = shop.tenant.order(abandoned).await.unwrap();
        let why = order.head.cancellation.as_ref().unwrap().reason.as_str();
        assert_eq!(why, "nobody paid for it in time");
        for order in [paid_in_part, reviewed, claimed_again, of_channel] {
            assert_eq!(shop.state(order).await, OrderStatus::OnHold);
        }
        shop.keep_up(&asked_for, kind, 4).await;
        shop.check().await;
    });
}

/// Somebody pays between the look of the job and its command: the order is theirs.
#[test]
fn who_pays_while_an_unpaid_order_is_looked_at_is_faster() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let brief = ReserveMode::Tentative { ttl_secs: Some(60) };
        let order = shop.place("1", brief).await;
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        clock.advance_secs(86_400);
        let (faults, tenant) = (
            FaultStore::new(Arc::new(store.clone())),
            shop.tenant.clone(),
        );
        let looks = AtomicUsize::new(0);
        faults.fail_when(move |call| {
            // What is behind the second look for this order is the plan of the command.
            let looked =
                call.method == Method::Prefetch && looks.fetch_add(1, Ordering::SeqCst) == 3;
            if looked {
                let amount = Money::parse("4.50", Currency::parse("EUR").unwrap()).unwrap();
                let pay = OrderCommand::RecordPayment {
                    entry: PaymentEntry::Captured { amount },
                    method: None,
                    reference: None,
                };
                let tenant = tenant.clone();
                let other =
                    move || block_on(tenant.order_command(order, pay, Call::default())).map(|_| ());
                std::thread::spawn(other).join().unwrap().unwrap();
            }
            None
        });
        let oms = Oms::builder(Arc::new(faults)).build_with_ids(Arc::new(FakeIds::new(7)));
        let upkeep = Upkeep::new(oms.tenant(build::tenant("acme"))).cancel_unpaid_after_days(1);
        shop.keep_up(&upkeep, UpkeepKind::CancelUnpaid, 1).await;
        let stored = shop.tenant.order(order).await.unwrap();
        assert!(
            stored.head.payment.captured.is_positive(),
            "paid in between"
        );
        assert_eq!(stored.status(), OrderStatus::OnHold);
        shop.check().await;
    });
}

/// Orders that cannot have sent a parcel are not read with their fulfillments each hour.
#[test]
fn orders_without_a_parcel_cost_the_job_nothing() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let (faults, looks) = (
            FaultStore::new(Arc::new(store)),
            Arc::new(AtomicUsize::new(0)),
        );
        let counted = looks.clone();
        faults.fail_when(move |call| {
            let look = call.method == Method::Prefetch;
            counted.fetch_add(usize::from(look), Ordering::SeqCst);
            None
        });
        let oms = Oms::builder(Arc::new(faults)).build_with_ids(Arc::new(FakeIds::new(7)));
        let upkeep = Upkeep::new(oms.tenant(build::tenant("acme"))).deliver_after_days(0);
        shop.keep_up(&upkeep, UpkeepKind::Deliver, 1).await;
        let without_orders = looks.swap(0, Ordering::SeqCst);
        for reference in ["1", "2", "3"] {
            let brief = ReserveMode::Tentative { ttl_secs: Some(60) };
            shop.place(reference, brief).await;
        }
        clock.advance_secs(61);
        shop.tenant.sweep().await.unwrap();
        shop.keep_up(&upkeep, UpkeepKind::Deliver, 2).await;
        assert_eq!(looks.swap(0, Ordering::SeqCst), without_orders);
        let sent = shop.sent("4").await;
        shop.keep_up(&upkeep, UpkeepKind::Deliver, 3).await;
        assert!(looks.load(Ordering::SeqCst) > without_orders);
        assert_eq!(shop.state(sent).await, OrderStatus::Delivered);
    });
}

/// S136: a parcel that has been under way for fourteen days is taken for delivered within the hour.
#[test]
fn a_parcel_that_is_long_under_way_is_delivered_within_the_hour() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let order = shop.sent("1").await;
        let upkeep = Upkeep::new(shop.tenant.clone());
        let mut worker = upkeep.schedules(shop.builder()).unwrap().build();
        let (day, hour) = (86_400, 3_600);
        let mut fired = 0;
        for pause in [1, 14 * day - hour - 60, hour] {
            clock.advance_secs(pause);
            fired += worker.tick().await.unwrap().fired;
            drain(&mut worker).await;
            assert_eq!(shop.state(order).await, OrderStatus::Shipped);
        }
        assert!(fired > 0, "parcels were looked at");
        for _ in 0..60 {
            clock.advance_secs(60);
            worker.tick().await.unwrap();
            drain(&mut worker).await;
        }
        assert_eq!(shop.state(order).await, OrderStatus::Delivered);
    });
}

/// A week at one minute's pace: schedules push each job once for two workers, and what is due is
/// ended, forgotten and delivered by them alone.
#[test]
fn the_schedules_of_upkeep_do_it_all() {
    block_on(async {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let brief = PlaceOrder {
            reserve: ReserveMode::Tentative { ttl_secs: Some(90) },
            ..world::order("desk", "1", 3)
        };
        let placed = shop.tenant.place(brief, keyed("checkout-1")).await.unwrap();
        let firm = shop
            .tenant
            .place(world::order("desk", "2", 1), Call::default());
        let firm = firm.await.unwrap().receipt.order.unwrap();
        assert_eq!(firm.status, OrderStatus::Approved);
        let upkeep = Upkeep::new(shop.tenant.clone());
        let mut workers: Vec<_> = (0..2)
            .map(|_| upkeep.schedules(shop.builder()).unwrap().build())
            .collect();
        let mut fired = 0;
        for _ in 0..180 {
            for worker in &mut workers {
                fired += worker.tick().await.unwrap().fired;
                drain(worker).await;
            }
            clock.advance_secs(60);
        }
        let row = build::stock("north", "TEA");
        let level = shop.tenant.stock_level(&row).await.unwrap();
        assert_eq!(level.reserved.get(), 1, "the claim of 90 s is over");
        // 180 minutes: about 180 expiries, 36 looks at pending orders, 3 at parcels.
        assert!((215..=225).contains(&fired), "{fired}");
        assert!(placed.receipt.order.is_some());
    });
}
