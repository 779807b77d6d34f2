//! What a tenant stores for all its orders has bounds, also where it was read from JSON.

use futures_executor::block_on;
use oms_core::hub::{Hub, OpeningCalendar, ZoneBook};
use oms_core::order::{CommandKind, Condition, Guard, OrderStatus, Stage, Workflow};
use oms_core::plan::{DocumentKey, Index};
use oms_core::port::{Clock, Store};
use oms_core::service::Error;
use oms_core::tenant::Settings;
use oms_core::testing::build::{self, Change};
use oms_core::value::limits::{AREA_RULES_MAX, GUARDS_MAX, STAGES_MAX, ZONES_MAX};
use oms_core::value::{Name, StageId};
use serde_json::{Map, Value, json};

use crate::world::{World, call};

#[test]
fn a_workflow_is_not_endless() {
    let world = World::new();
    let put = |workflow: &Workflow| {
        let settings = Settings {
            workflow: workflow.clone(),
            ..Settings::default()
        };
        block_on(world.tenant.put_settings(settings, call()))
    };
    let stage = |n: usize| Stage {
        id: StageId::parse(&format!("stage-{n}")).unwrap(),
        status: OrderStatus::Approved,
    };
    let guard = |n: usize| Guard {
        name: StageId::parse(&format!("guard-{n}")).unwrap(),
        command: CommandKind::Ship,
        condition: Condition::Paid,
    };
    let mut workflow = Workflow {
        stages: (0..STAGES_MAX).map(stage).collect(),
        guards: (0..GUARDS_MAX).map(guard).collect(),
        ..Workflow::default()
    };
    put(&workflow).unwrap();
    let whole = workflow.clone();
    workflow.stages.push(stage(STAGES_MAX));
    refused(put(&workflow), "out_of_range", "workflow.stages: 201");
    workflow = whole;
    workflow.guards.push(guard(GUARDS_MAX));
    refused(put(&workflow), "out_of_range", "workflow.guards: 201");
}

#[test]
fn zones_that_were_read_have_the_bounds_of_those_that_were_put() {
    let world = World::new();
    let put = |json: Value| {
        let zones: ZoneBook = serde_json::from_value(json).unwrap();
        block_on(world.tenant.put_zones(zones, call()))
    };
    let named = |count: usize| {
        let zones = (0..count).map(|n| (format!("zone-{n}"), json!({})));
        Value::Object(zones.collect::<Map<_, _>>())
    };
    let sized = |count: usize| {
        let codes: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        json!({"all": {"postal_codes": codes}})
    };
    put(named(ZONES_MAX)).unwrap();
    put(sized(AREA_RULES_MAX)).unwrap();
    refused(put(named(ZONES_MAX + 1)), "hub_too_many", "zones: ");
    let large = put(sized(AREA_RULES_MAX + 1));
    refused(large, "hub_too_many", "zones.all: ");
    // By hand it is refused at once.
    let mut zones: ZoneBook = serde_json::from_value(named(ZONES_MAX)).unwrap();
    let known = zones.ids().next().unwrap().clone();
    zones.put(known, Default::default()).unwrap();
    let one_more = zones.put("one-more".parse().unwrap(), Default::default());
    assert_eq!(one_more.unwrap_err().field, "zones");
}

/// An address is asked for neither, so such a zone would serve nobody, without a word.
#[test]
fn zones_that_were_read_say_nothing_that_only_a_hub_can() {
    let world = World::new();
    let put = |json: Value| {
        let zones: ZoneBook = serde_json::from_value(json).unwrap();
        block_on(world.tenant.put_zones(zones, call()))
    };
    put(json!({"berlin": {"postal_prefixes": ["10"]}})).unwrap();
    let radius = put(json!({"berlin": {"radius": 5_000}}));
    refused(radius, "hub_not_of_zone", "zones.berlin.radius: ");
    let nested = put(json!({"berlin": {}, "east": {"countries": ["DE"], "zones": ["berlin"]}}));
    refused(nested, "hub_not_of_zone", "zones.east.zones: ");
}

/// Another release of the host may know time zones that this one does not.
#[test]
fn zones_change_though_the_time_zone_of_a_hub_is_unknown() {
    let world = World::new();
    let mut east = Hub::new(build::hub("east"), Name::parse("East").unwrap());
    east.calendar = Some(OpeningCalendar::new("Mars/Olympus".parse().unwrap()));
    let json = serde_json::to_string(&east).unwrap();
    let write = build::create(DocumentKey::Hub(east.id), Index::Active(true), json);
    let set = Change::new("east").document(write).at(world.clock.now());
    let stored = block_on(world.store.commit(&build::tenant("acme"), &[set])).unwrap();
    assert!(stored[0].is_done(), "{stored:?}");
    let put = |json: Value| {
        let zones: ZoneBook = serde_json::from_value(json).unwrap();
        block_on(world.tenant.put_zones(zones, call()))
    };
    put(json!({"berlin": {"postal_prefixes": ["10"]}})).unwrap();
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Error>, code: &str, begins: &str) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), code);
    assert!(error.to_string().starts_with(begins), "{error}");
}
