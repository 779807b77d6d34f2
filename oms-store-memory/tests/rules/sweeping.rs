//! The sweeper passes what it cannot deal with, and keeps keys as long as the tenant says.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_executor::block_on;
use oms_core::order::{OrderCommand, OrderState, OrderStatus, Stage};
use oms_core::plan::{
    Body, ChangeSet, DocumentKey, PlaceOrder, Rejection, ReserveLine, ReserveMode, ReserveStock,
};
use oms_core::port::Clock;
use oms_core::reservation::{Owner, ReservationDelta};
use oms_core::service::{
    Call, Error, Oms, SWEEP_FAILURES_MAX, SWEEP_PAGES_MAX, Sweep, Tenant, Wake,
};
use oms_core::tenant::Settings;
use oms_core::testing::{FakeIds, Fault, Method, build};
use oms_core::value::{IdempotencyKey, StageId, TenantId, limits};

use crate::world::{World, call, cart};

/// Stores the heads of orders as a newer release would, so that this one cannot read them.
fn from_the_future() -> Call {
    call().with_extension(Arc::new(|set: &mut ChangeSet| {
        for write in &mut set.documents {
            if let (DocumentKey::Order(_), Body::Write { schema, .. }) =
                (&write.key, &mut write.body)
            {
                *schema = u16::MAX;
            }
        }
    }))
}

fn tentative(lines: u32) -> PlaceOrder {
    let mut place = PlaceOrder::new(World::draft(lines));
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    place
}

fn held(tenant: &Tenant, owner: &Owner) -> u32 {
    let claims = block_on(tenant.reservations_of(owner)).unwrap();
    claims.iter().map(|(_, row)| row.tentative.get()).sum()
}

#[test]
fn owners_that_fail_keep_no_others_from_their_turn() {
    let world = World::new();
    world.receive(1_000);
    let place = |lines| {
        let placed = world.tenant.place(tentative(lines), from_the_future());
        block_on(placed).unwrap();
    };
    // More owners than a batch has, and more rows than a page has: orders come before carts.
    for _ in 0..110 {
        place(1);
    }
    let rows = u32::try_from(limits::PAGE_ITEMS_MAX).unwrap();
    place(rows);
    world.reserve(&cart(1), 1);
    world.clock.advance_secs(100);
    let swept = block_on(world.tenant.sweep()).unwrap();
    assert_eq!((swept.expired, swept.failed), (1, 111));
    assert_eq!(swept.failures.len(), SWEEP_FAILURES_MAX);
    for failure in &swept.failures {
        assert!(matches!(failure.owner, Some(Owner::Order(_))));
        assert_eq!(failure.error.code(), "newer_schema");
    }
    assert_eq!(held(&world.tenant, &cart(1)), 0);
    world.check();
}

#[test]
fn more_claims_that_fail_than_a_tick_looks_at_keep_no_others_from_their_turn() {
    let world = World::new();
    world.receive(20_000);
    let rows = u32::try_from(limits::PAGE_ITEMS_MAX).unwrap();
    for _ in 0..SWEEP_PAGES_MAX {
        let placed = world.tenant.place(tentative(rows), from_the_future());
        block_on(placed).unwrap();
    }
    world.reserve(&cart(1), 1);
    world.clock.advance_secs(100);
    let swept = || {
        let swept = block_on(world.tenant.sweep()).unwrap();
        (swept.expired, swept.failed)
    };
    assert_eq!(swept(), (0, SWEEP_PAGES_MAX));
    assert_eq!(swept(), (1, 0));
    assert_eq!(held(&world.tenant, &cart(1)), 0);
    assert_eq!(swept(), (0, SWEEP_PAGES_MAX), "they are tried again");
    world.check();
}

/// The order knows nothing of them, so nothing can be told of their end.
#[test]
fn claims_that_cannot_be_settled_are_nothing_that_a_tick_ended() {
    let world = World::new();
    world.receive(3);
    let at = world.clock.now().checked_add_secs(60);
    let strange = call().with_extension(Arc::new(move |set: &mut ChangeSet| {
        let strange = set.reservations.iter().map(|change| {
            let mut change = change.clone();
            change.key.line = build::line(9);
            change.delta = ReservationDelta::Reserve {
                quantity: build::quantity(1),
                expires_at: at,
            };
            change
        });
        let strange: Vec<_> = strange.collect();
        set.reservations.extend(strange);
    }));
    let firm = PlaceOrder::new(World::draft(1));
    block_on(world.tenant.place(firm, strange)).unwrap();
    world.reserve(&cart(1), 1);
    world.clock.advance_secs(100);
    let swept = || {
        let swept = block_on(world.tenant.sweep()).unwrap();
        (swept.expired, swept.failed)
    };
    assert_eq!(swept(), (1, 0), "the cart's");
    assert_eq!(swept(), (0, 0));
    assert_eq!(world.level().reserved.get(), 2);
}

/// Whose failures a tick told, and their codes.
fn told(swept: &Sweep) -> Vec<(TenantId, Option<Owner>, &'static str)> {
    let told = swept.failures.iter();
    told.map(|one| (one.tenant.clone(), one.owner.clone(), one.error.code()))
        .collect()
}

#[test]
fn many_owners_that_fail_hide_no_tenant_that_fails() {
    let world = World::new();
    let other = world.oms.tenant(build::tenant("zeta"));
    block_on(other.put_settings(Settings::default(), call())).unwrap();
    world.receive(100);
    for _ in 0..=SWEEP_FAILURES_MAX {
        block_on(world.tenant.place(tentative(1), from_the_future())).unwrap();
    }
    world.clock.advance_secs(100);
    let zeta = build::tenant("zeta");
    let fails = zeta.clone();
    world
        .store
        .fail_when(move |asked| (asked.tenant.as_ref() == Some(&fails)).then_some(Fault::Busy));
    let swept = block_on(world.oms.sweep()).unwrap();
    let counts = (swept.failed, swept.tenants_failed);
    assert_eq!(counts, (SWEEP_FAILURES_MAX + 1, 1));
    let told = told(&swept);
    assert_eq!(told.len(), SWEEP_FAILURES_MAX + 1);
    assert!(told.contains(&(zeta, None, "busy")), "{told:?}");
}

#[test]
fn a_tenant_that_fails_keeps_no_others_from_their_turn() {
    let world = World::new();
    let other = world.oms.tenant(build::tenant("zeta"));
    block_on(other.put_settings(Settings::default(), call())).unwrap();
    let acme = build::tenant("acme");
    world.receive(1);
    world.reserve(&cart(1), 1);
    world.clock.advance_secs(31 * 86_400);
    let fails = acme.clone();
    world
        .store
        .fail_when(move |asked| (asked.tenant.as_ref() == Some(&fails)).then_some(Fault::Busy));
    assert!(block_on(world.tenant.sweep()).is_err());
    let swept = block_on(world.oms.sweep()).unwrap();
    assert_eq!((swept.tenants_failed, swept.expired), (1, 0));
    assert_eq!(told(&swept), [(acme, None, "busy")]);
    assert_eq!(swept.forgotten, 1, "the other tenant's only command");
    world.store.heal();
    let swept = block_on(world.oms.sweep()).unwrap();
    assert_eq!((swept.tenants_failed, swept.expired), (0, 1));
    assert!(swept.failures.is_empty());
}

#[test]
fn a_tick_leaves_most_connections_to_others() {
    let world = World::new();
    for n in 0..20 {
        let tenant = world.oms.tenant(build::tenant(&format!("idle-{n}")));
        block_on(tenant.put_settings(Settings::default(), call())).unwrap();
    }
    // Every tenant waits for each of its answers.
    world
        .store
        .fail_when(|asked| asked.tenant.is_some().then_some(Fault::Delay(1)));
    let _ = world.store.take_calls();
    block_on(world.oms.sweep()).unwrap();
    let calls = world.store.take_calls().into_iter();
    let mut begun = BTreeSet::new();
    let together = calls
        .filter_map(|asked| asked.tenant)
        .take_while(|tenant| begun.insert(tenant.clone()))
        .count();
    assert_eq!(together, 4, "before one of them asks again");
}

/// A host with a clock.
fn timed(world: &World) -> Oms {
    Oms::builder(Arc::new(world.store.clone()))
        .clock(Arc::new(world.clock.clone()))
        .build_with_ids(Arc::new(FakeIds::new(2)))
}

#[test]
fn an_idle_tenant_costs_a_tick_one_call() {
    let world = World::new();
    let oms = timed(&world);
    for n in 1..100 {
        let tenant = oms.tenant(build::tenant(&format!("idle-{n}")));
        block_on(tenant.put_settings(Settings::default(), call())).unwrap();
    }
    let calls = || {
        let _before = world.store.take_calls();
        let swept = block_on(oms.sweep()).unwrap();
        assert_eq!(swept.tenants_failed, 0);
        let calls = world.store.take_calls().into_iter();
        let calls = calls.filter(|call| call.tenant.is_some()).count();
        (calls, swept.forgotten)
    };
    assert_eq!(calls(), (400, 0));
    assert_eq!(calls(), (100, 0));
    world.clock.advance_secs(3_599);
    assert_eq!(calls(), (100, 0));
    world.clock.advance_secs(1);
    assert_eq!(calls(), (400, 0));
    // What is old meanwhile goes within the hour, the keys of all of it.
    world.clock.advance_secs(31 * 86_400);
    let (asked, forgotten) = calls();
    assert_eq!(asked, 400);
    assert!(forgotten >= 100, "{forgotten}");
    assert_eq!(calls(), (100, 0));
}

#[test]
fn a_page_full_of_old_keys_has_the_next_one_looked_for_at_once() {
    let world = World::new();
    let oms = timed(&world);
    for n in 0..=limits::PAGE_ITEMS_MAX {
        let key = IdempotencyKey::parse(&format!("old-{n}")).unwrap();
        let settings = Settings {
            tentative_ttl_secs: 60 + i64::try_from(n).unwrap(),
            ..Settings::default()
        };
        block_on(world.tenant.put_settings(settings, call().with_key(key))).unwrap();
    }
    world.clock.advance_secs(31 * 86_400);
    let swept = || block_on(oms.sweep()).unwrap();
    let first = swept();
    assert_eq!(first.forgotten, limits::PAGE_ITEMS_MAX);
    assert_eq!(first.next, Wake::Now);
    assert!(swept().forgotten > 0);
    assert_eq!(swept().forgotten, 0);
}

#[test]
fn a_tenant_that_waits_holds_up_no_others() {
    let world = World::new();
    for n in 1..=3 {
        let tenant = world.oms.tenant(build::tenant(&format!("other-{n}")));
        block_on(tenant.put_settings(Settings::default(), call())).unwrap();
    }
    let acme = build::tenant("acme");
    let waits = acme.clone();
    world.store.fail_when(move |asked| {
        let waits = asked.tenant.as_ref() == Some(&waits) && asked.method == Method::Reservations;
        waits.then_some(Fault::Delay(50))
    });
    let _before = world.store.take_calls();
    let swept = block_on(timed(&world).sweep()).unwrap();
    assert_eq!(swept.tenants_failed, 0);
    let calls = world.store.take_calls().into_iter();
    let tenants: Vec<_> = calls.filter_map(|call| call.tenant).collect();
    assert_eq!(tenants.len(), 4 * 4);
    let (others, last) = tenants.split_at(13);
    assert_eq!(others.iter().filter(|tenant| **tenant == acme).count(), 1);
    assert!(last.iter().all(|tenant| *tenant == acme), "{tenants:?}");
}

#[test]
fn keys_are_kept_as_long_as_the_tenant_says() {
    let world = World::new();
    let mut settings = Settings {
        key_retention_days: 2,
        ..Settings::default()
    };
    world.settle(settings.clone());
    let key = IdempotencyKey::parse("once").unwrap();
    settings.tentative_ttl_secs = 60;
    let keyed = || call().with_key(key.clone());
    let repeated = |call: Call| {
        let put = world.tenant.put_settings(settings.clone(), call);
        block_on(put).unwrap().repeated
    };
    assert!(!repeated(keyed()));
    world.clock.advance_secs(2 * 86_400 - 1);
    assert_eq!(block_on(world.tenant.sweep()).unwrap().forgotten, 0);
    assert!(repeated(keyed()));
    world.clock.advance_secs(2);
    assert!(block_on(world.tenant.sweep()).unwrap().forgotten > 0);
    assert!(!repeated(keyed()));
}

#[test]
fn key_retention_has_a_range() {
    let world = World::new();
    for days in [1, limits::KEY_RETENTION_DAYS_MAX] {
        world.settle(Settings {
            key_retention_days: days,
            ..Settings::default()
        });
    }
    for days in [i64::MIN, 0, limits::KEY_RETENTION_DAYS_MAX + 1] {
        let settings = Settings {
            key_retention_days: days,
            ..Settings::default()
        };
        let refused = block_on(world.tenant.put_settings(settings, call()));
        let expected = Rejection::OutOfRange {
            field: "key_retention_days".to_owned(),
            found: days,
            min: 1,
            max: 3_650,
        };
        assert!(
            matches!(&refused, Err(Error::Rejected(found)) if *found == expected),
            "{refused:?}"
        );
    }
}

/// Of nobody's asking, by the time alone: the goods are free again.
#[test]
fn a_claim_of_which_nobody_says_how_long_ends_after_a_quarter_of_an_hour() {
    let world = World::new();
    world.receive(3);
    let mode = ReserveMode::Tentative { ttl_secs: None };
    let line = ReserveLine {
        line: build::line(1),
        sku: build::sku("TEA"),
        quantity: build::quantity(2),
    };
    let claim = ReserveStock {
        mode,
        ..ReserveStock::new(cart(1), vec![line])
    };
    block_on(world.tenant.reserve(claim, call())).unwrap();
    let order = world.place(PlaceOrder {
        reserve: mode,
        ..PlaceOrder::new(World::draft(1))
    });
    for (secs, expired, reserved) in [(0, 0, 3), (15 * 60 - 1, 0, 3), (1, 2, 0), (60, 0, 0)] {
        world.clock.advance_secs(secs);
        let swept = block_on(world.tenant.sweep()).unwrap();
        let found = (swept.expired, world.level().reserved.get());
        assert_eq!(found, (expired, reserved), "{secs} seconds later");
    }
    assert_eq!(world.level().on_hand.get(), 3);
    let head = block_on(world.tenant.order(order)).unwrap().head;
    assert_eq!(head.state, OrderState::OnHold);
    world.check();
}

#[test]
fn the_time_of_a_claim_has_a_range() {
    let world = World::new();
    world.receive(2);
    let put = |tentative_ttl_secs| {
        let settings = Settings {
            tentative_ttl_secs,
            ..Settings::default()
        };
        block_on(world.tenant.put_settings(settings, call()))
    };
    let reserve = |n, secs| {
        let line = ReserveLine {
            line: build::line(1),
            sku: build::sku("TEA"),
            quantity: build::quantity(1),
        };
        let ttl_secs = Some(secs);
        let claim = ReserveStock {
            mode: ReserveMode::Tentative { ttl_secs },
            ..ReserveStock::new(cart(n), vec![line])
        };
        block_on(world.tenant.reserve(claim, call()))
    };
    let max = limits::TENTATIVE_TTL_MAX_SECS;
    for secs in [i64::MIN, 0, max + 1] {
        assert_eq!(put(secs).unwrap_err().code(), "out_of_range", "{secs}");
        let refused = reserve(1, secs).unwrap_err();
        assert_eq!(refused.code(), "out_of_range", "{secs}");
    }
    assert_eq!(world.level().reserved.get(), 0);
    for (n, secs) in (1..).zip([1, max]) {
        put(secs).unwrap();
        reserve(n, secs).unwrap();
    }
    assert_eq!(world.level().reserved.get(), 2);
}

/// As it does when a person stops it.
#[test]
fn an_order_that_is_stopped_by_itself_stays_in_a_stage_that_it_may_be_in() {
    let world = World::new();
    world.receive(1);
    let order = world.place(tentative(1));
    let id = StageId::parse("calling").unwrap();
    let stage = |status| Stage {
        id: id.clone(),
        status,
    };
    let mut settings = Settings::default();
    settings.workflow.stages = vec![stage(OrderStatus::Pending), stage(OrderStatus::OnHold)];
    world.settle(settings);
    let enter = OrderCommand::SetStage {
        stage: Some(id.clone()),
    };
    block_on(world.tenant.order_command(order, enter, call())).unwrap();
    world.clock.advance_secs(61);
    block_on(world.tenant.sweep()).unwrap();
    let head = block_on(world.tenant.order(order)).unwrap().head;
    assert_eq!((head.state, head.stage), (OrderState::OnHold, Some(id)));
    world.check();
}
