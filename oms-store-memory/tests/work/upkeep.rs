//! The jobs that every shop has, told of any store.

use oms_core::job::JobDraft;
use oms_core::order::{
    ApprovalMode, CommandKind, Condition, ExternalReference, Guard, LineQuantity, OrderCommand,
    OrderStatus, PaymentEntry, ShipParcel, Tracking, Workflow,
};
use oms_core::plan::{CounterKey, Keys, PlaceOrder, ReserveMode};
use oms_core::service::{Call, Upkeep, UpkeepKind};
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::{Currency, LocalDate, Money, OrderId, ShipmentId, StageId};

use crate::world::{Shop, drain, keyed, order};

impl Shop {
    pub(crate) async fn settings(&self, settings: Settings) {
        self.tenant
            .put_settings(settings, Call::default())
            .await
            .unwrap();
    }

    pub(crate) async fn place(&self, reference: &str, reserve: ReserveMode) -> OrderId {
        let place = PlaceOrder {
            reserve,
            ..order("desk", reference, 1)
        };
        let done = self.tenant.place(place, Call::default()).await.unwrap();
        done.receipt.order.unwrap().id
    }

    /// Places an order that a channel keeps, too: paid or not, it waits for the channel's word.
    pub(crate) async fn place_of_channel(&self, reference: &str, reserve: ReserveMode) -> OrderId {
        let mut place = order("desk", reference, 1);
        place.reserve = reserve;
        place.draft.external.push(ExternalReference {
            kind: build::external("order"),
            id: build::external(reference),
        });
        let done = self.tenant.place(place, Call::default()).await.unwrap();
        done.receipt.order.unwrap().id
    }

    /// Places an order and sends all of it.
    pub(crate) async fn sent(&self, reference: &str) -> OrderId {
        let order = self.place(reference, ReserveMode::Confirmed).await;
        let fulfillment = build::fulfillment(1);
        let lines = Vec::new;
        for command in [
            OrderCommand::Pick {
                fulfillment,
                lines: lines(),
            },
            OrderCommand::Pack {
                fulfillment,
                lines: lines(),
            },
            OrderCommand::Ship {
                fulfillment,
                parcel: ShipParcel {
                    lines: lines(),
                    tracking: Tracking::default(),
                },
            },
        ] {
            self.run(order, command).await;
        }
        order
    }

    /// Places an order of two units and sends one of them.
    async fn sent_in_part(&self, reference: &str) -> OrderId {
        let place = PlaceOrder {
            reserve: ReserveMode::Confirmed,
            ..order("desk", reference, 2)
        };
        let done = self.tenant.place(place, Call::default()).await.unwrap();
        let order = done.receipt.order.unwrap().id;
        let fulfillment = build::fulfillment(1);
        let lines = vec![LineQuantity {
            line: build::line(1),
            quantity: build::quantity(1),
        }];
        for command in [
            OrderCommand::Pick { fulfillment, lines },
            OrderCommand::pack_all(fulfillment),
            OrderCommand::ship_all(fulfillment, Tracking::default()),
        ] {
            self.run(order, command).await;
        }
        order
    }

    pub(crate) async fn state(&self, order: OrderId) -> OrderStatus {
        self.tenant.order(order).await.unwrap().status()
    }

    pub(crate) async fn run(&self, order: OrderId, command: OrderCommand) {
        let done = self.tenant.order_command(order, command, Call::default());
        done.await.unwrap();
    }

    /// Pushes an upkeep job and works until nothing is left.
    pub(crate) async fn keep_up(&self, upkeep: &Upkeep, kind: UpkeepKind, n: u64) {
        let draft: JobDraft = Upkeep::job(kind, build::job_id(1_000 + n));
        let pushed = self.queue.push(self.tenant.id(), &[draft]).await.unwrap();
        assert_eq!(pushed, [oms_core::port::Pushed::Kept]);
        drain(&mut upkeep.handle(self.builder()).build()).await;
        let jobs = self.store.jobs(self.tenant.id(), None, 10).await.unwrap();
        assert_eq!(jobs.items, [], "{kind:?} is done");
    }
}

/// An order whose guard passes now is approved; where people approve it is not, and neither is one
/// whose claim may still end by itself.
pub(crate) async fn what_nothing_stands_against_is_approved(shop: &Shop) {
    let settings = |approval| Settings {
        workflow: Workflow {
            approval,
            guards: vec![Guard {
                name: StageId::parse("paid first").unwrap(),
                command: CommandKind::Approve,
                condition: Condition::Paid,
            }],
            ..Workflow::default()
        },
        ..Settings::default()
    };
    shop.settings(settings(ApprovalMode::Automatic)).await;
    let paid = shop.place("1", ReserveMode::Confirmed).await;
    let unpaid = shop.place("2", ReserveMode::Confirmed).await;
    let brief = ReserveMode::Tentative {
        ttl_secs: Some(600),
    };
    let unsure = shop.place_of_channel("3", brief).await;
    let captured = || {
        let euros = Currency::parse("EUR").unwrap();
        let entry = PaymentEntry::Captured {
            amount: Money::from_minor(450, euros).unwrap(),
        };
        OrderCommand::RecordPayment {
            entry,
            method: None,
            reference: None,
        }
    };
    for order in [paid, unsure] {
        shop.run(order, captured()).await;
    }
    for order in [paid, unpaid, unsure] {
        assert_eq!(shop.state(order).await, OrderStatus::Pending);
    }
    let upkeep = Upkeep::new(shop.tenant.clone());
    shop.settings(settings(ApprovalMode::Manual)).await;
    shop.keep_up(&upkeep, UpkeepKind::Approve, 1).await;
    assert_eq!(shop.state(paid).await, OrderStatus::Pending);
    shop.settings(settings(ApprovalMode::Automatic)).await;
    shop.keep_up(&upkeep, UpkeepKind::Approve, 2).await;
    assert_eq!(shop.state(paid).await, OrderStatus::Approved);
    assert_eq!(shop.state(unpaid).await, OrderStatus::Pending);
    assert_eq!(shop.state(unsure).await, OrderStatus::Pending);
    // An order that waits for its payment and has no claim at all waits none the less.
    let unrouted = Settings {
        routing: None,
        ..settings(ApprovalMode::Automatic)
    };
    shop.settings(unrouted).await;
    let tentative = ReserveMode::Tentative { ttl_secs: None };
    let unclaimed = shop.place_of_channel("4", tentative).await;
    shop.run(unclaimed, captured()).await;
    shop.keep_up(&upkeep, UpkeepKind::Approve, 3).await;
    assert_eq!(shop.state(unclaimed).await, OrderStatus::Pending);
    shop.check().await;
}

/// An order that a newer release wrote keeps no others from their turn.
pub(crate) async fn an_unreadable_order_keeps_no_others_waiting(shop: &Shop) {
    let settings = |guards| Settings {
        workflow: Workflow {
            approval: ApprovalMode::Automatic,
            guards,
            ..Workflow::default()
        },
        ..Settings::default()
    };
    let guard = Guard {
        name: StageId::parse("paid first").unwrap(),
        command: CommandKind::Approve,
        condition: Condition::Paid,
    };
    shop.settings(settings(vec![guard])).await;
    let mut pending = Vec::new();
    for reference in ["1", "2", "3"] {
        pending.push(shop.place(reference, ReserveMode::Confirmed).await);
    }
    shop.spoil(pending[1]).await;
    shop.settings(settings(Vec::new())).await;
    let upkeep = Upkeep::new(shop.tenant.clone()).deliver_after_days(0);
    shop.keep_up(&upkeep, UpkeepKind::Approve, 1).await;
    for order in [pending[0], pending[2]] {
        assert_eq!(shop.state(order).await, OrderStatus::Approved);
    }
    let sent = shop.sent("4").await;
    shop.keep_up(&upkeep, UpkeepKind::Deliver, 2).await;
    assert_eq!(shop.state(sent).await, OrderStatus::Delivered);
    let unreadable = shop.tenant.order(pending[1]).await.unwrap_err();
    assert_eq!(unreadable.code(), "newer_schema");
}

/// A parcel counts as delivered once it was in transit for long; not before, and once.
pub(crate) async fn long_parcels_are_taken_for_delivered(shop: &Shop) {
    let order = shop.sent("1").await;
    let patient = Upkeep::new(shop.tenant.clone()).deliver_after_days(14);
    shop.keep_up(&patient, UpkeepKind::Deliver, 1).await;
    assert_eq!(shop.state(order).await, OrderStatus::Shipped);
    // Nothing waits for days here: what left at all left long ago for this one.
    let hasty = Upkeep::new(shop.tenant.clone()).deliver_after_days(0);
    shop.keep_up(&hasty, UpkeepKind::Deliver, 2).await;
    assert_eq!(shop.state(order).await, OrderStatus::Delivered);
    shop.keep_up(&hasty, UpkeepKind::Deliver, 3).await;
    let shipment = ShipmentId::FIRST;
    shop.run(order, OrderCommand::FailDelivery { shipment })
        .await;
    assert_eq!(shop.state(order).await, OrderStatus::Returned);
    // What will not arrive is not taken for delivered, whatever else of the order is left to do.
    let lost = shop.sent_in_part("2").await;
    shop.run(lost, OrderCommand::FailDelivery { shipment })
        .await;
    shop.keep_up(&hasty, UpkeepKind::Deliver, 4).await;
    let kept = shop.tenant.order(lost).await.unwrap();
    let parcel = &kept.fulfillments[&build::fulfillment(1)].shipments[0];
    assert!(parcel.delivered_at.is_none() && parcel.failed_at.is_some());
    shop.check().await;
}

/// Keys that are young stay; claims that are not due stay.
pub(crate) async fn what_is_young_is_kept(shop: &Shop) {
    let upkeep = Upkeep::new(shop.tenant.clone());
    let place = order("desk", "1", 1);
    let brief = PlaceOrder {
        reserve: ReserveMode::Tentative {
            ttl_secs: Some(600),
        },
        ..place
    };
    let done = shop.tenant.place(brief, keyed("checkout-1")).await.unwrap();
    shop.keep_up(&upkeep, UpkeepKind::ForgetKeys, 1).await;
    shop.keep_up(&upkeep, UpkeepKind::ExpireClaims, 2).await;
    let mut keys = Keys::default();
    keys.commands.insert(build::idempotency_key("checkout-1"));
    let snapshot = shop.store.prefetch(shop.tenant.id(), &keys).await.unwrap();
    assert_eq!(snapshot.commands.len(), 1);
    let order = done.receipt.order.unwrap().id;
    let level = shop.tenant.stock_level(&build::stock("north", "TEA")).await;
    assert_eq!(
        level.unwrap().reserved.get(),
        1,
        "order {order} keeps its claim"
    );
}

/// Counters of a day long over go; those of a day to come stay.
pub(crate) async fn counters_of_days_long_over_are_forgotten(shop: &Shop) {
    let days = ["2020-01-01", "2199-12-24"].map(|day| {
        let day = LocalDate::parse(day).unwrap();
        CounterKey::HubDay(build::hub("north"), day)
    });
    let mut keys = Keys::default();
    keys.counters.extend(days.iter().cloned());
    let now = shop.store.prefetch(shop.tenant.id(), &keys).await;
    let taken = days
        .iter()
        .fold(build::Change::new("taken"), |change, day| {
            change.counter(day, 1, None)
        });
    let taken = [taken.at(now.unwrap().now)];
    let outcomes = shop.store.commit(shop.tenant.id(), &taken).await.unwrap();
    assert!(outcomes[0].is_done(), "{outcomes:?}");
    let upkeep = Upkeep::new(shop.tenant.clone());
    shop.keep_up(&upkeep, UpkeepKind::ForgetCounters, 1).await;
    let left = shop.store.prefetch(shop.tenant.id(), &keys).await.unwrap();
    let left: Vec<&CounterKey> = left.counters.keys().collect();
    assert_eq!(left, [&days[1]]);
}
