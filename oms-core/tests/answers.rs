//! What a host answers with as JSON, word for word, and what cannot be read back.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use oms_core::catalog::SalesChannel;
use oms_core::event::{Actor, ActorKind, EventId, EventRecord, Origin, StreamId};
use oms_core::job::{AttemptError, Job, JobRejection, JobState};
use oms_core::order::{
    Assignment, LineSku, Order, OrderCommand, OrderDraft, OrderStatus, Place, Source, SourceKind,
    Workflow, allowed_commands, decide, decide_place, evolve, fold,
};
use oms_core::plan::{Receipt, Rejection, UnknownLineSku};
use oms_core::port::{
    JobFilter, MovementFilter, OrderFilter, Page, Pushed, QueueReport, QueueStats, RedriveAnswer,
    ReservationFilter, StockFilter, StoreError, Subscription,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::service::{Error, HandedOut, Rerouted, Standing, Versioned, WorkFilter};
use oms_core::stock::{Movement, MovementKind, StockKey, StockLevel};
use oms_core::testing::build;
use oms_core::value::{Name, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

const AT: &str = "2026-02-25T06:13:20.000000Z";

fn at() -> Timestamp {
    Timestamp::parse_rfc3339(AT).unwrap()
}

fn origin() -> Origin {
    Origin {
        actor: Actor::new(ActorKind::Person),
        reason: None,
        request_id: None,
        key: build::idempotency_key("k-1"),
    }
}

/// The value as JSON, which has to be this.
#[track_caller]
fn answers(value: &impl Serialize, expected: &Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), *expected);
}

/// Six units of tea, one fulfillment at a hub.
fn order() -> Order {
    let source = Source::new(SourceKind::Channel, build::channel("web"));
    let mut draft = OrderDraft::new(source, "EUR".parse().unwrap());
    draft.push_line("TEA", 6, "10.00").unwrap();
    let place = Place {
        id: build::order_id(1),
        number: build::number(1001),
        draft: &draft,
        skus: &[LineSku::Known(build::sku("TEA"))],
        ship_to: None,
        bill_to: None,
        payload: None,
        slot: None,
        tentative: false,
    };
    let mut order = fold([&decide_place(&place, at()).unwrap()]).unwrap();
    let command = OrderCommand::Allocate {
        assignments: vec![Assignment {
            hub: build::hub("north"),
            line: build::line(1),
            quantity: build::quantity(6),
        }],
        expires_at: None,
    };
    for event in decide(&order, &command, &Workflow::default(), at()).unwrap() {
        evolve(&mut order, &event);
    }
    order
}

#[test]
fn an_order_is_its_version_its_status_its_head_and_its_work() {
    let order = order();
    let work = &order.fulfillments[&build::fulfillment(1)];
    let expected = json!({
        "version": order.version,
        "status": order.status(),
        "head": order.head,
        "fulfillments": [work],
    });
    answers(&order, &expected);
    let written = serde_json::to_value(&order).unwrap();
    assert_eq!(written["status"], "pending");
    assert_eq!(written["head"]["number"], 1001);
    assert_eq!(written["fulfillments"][0]["hub"], "north");
}

#[test]
fn what_can_be_asked_of_an_order_names_the_command_and_what_it_is_about() {
    let allowed = allowed_commands(&order(), &Workflow::default(), at());
    let written = serde_json::to_value(&allowed).unwrap();
    let all = written.as_array().unwrap();
    assert!(all.contains(&json!({"command": "approve"})), "{written}");
    let withdraw = json!({"command": "withdraw", "fulfillment": 1});
    assert!(all.contains(&withdraw), "{written}");
}

#[test]
fn a_job_has_its_payload_inside() {
    let mut job = Job::new(build::job(7, at()), at());
    let mut expected = json!({
        "id": build::job_id(7),
        "queue": "mail",
        "kind": "confirm",
        "payload": {"n": 7},
        "run_at": {"at": AT},
        "priority": "normal",
        "max_attempts": 3,
        "state": "ready",
        "attempts": 0,
        "token": 1_772_000_000_000_000_u64,
        "due_at": AT,
        "errors": [],
        "pushed_at": AT,
    });
    answers(&job, &expected);
    job.state = JobState::Dead;
    job.draft = job.draft.with_unique(build::job_key("confirm-7"));
    job.errors.push(AttemptError {
        attempt: 1,
        at: at(),
        error: "no such mailbox".to_owned(),
    });
    expected["state"] = json!("dead");
    expected["unique"] = json!("confirm-7");
    expected["errors"] = json!([{"attempt": 1, "at": AT, "error": "no such mailbox"}]);
    answers(&job, &expected);
    job.draft.payload = Arc::from("not JSON");
    assert!(serde_json::to_string(&job).is_err());
}

fn event(body: &str) -> EventRecord {
    EventRecord {
        tenant: build::tenant("shop"),
        id: EventId {
            stream: StreamId::hub(&build::hub("north")),
            seq: build::version(2),
        },
        name: Arc::from("hub.changed"),
        schema: 1,
        origin: origin(),
        at: at(),
        body: Arc::from(body),
    }
}

#[test]
fn an_event_has_its_body_inside_as_it_is_and_is_read_back() {
    // A map of values would sort the fields and round the number.
    let body = r#"{"b":12345678901234567890.10,"a":null}"#;
    let record = event(body);
    let text = serde_json::to_string(&record).unwrap();
    let expected = [
        r#"{"tenant":"shop","id":{"stream":{"kind":"hub","id":"north"},"seq":2},"#,
        r#""name":"hub.changed","schema":1,"origin":{"actor":{"kind":"person"},"key":"k-1"},"#,
        r#""at":"2026-02-25T06:13:20.000000Z","body":"#,
        body,
        "}",
    ];
    assert_eq!(text, expected.concat());
    let read: EventRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(read, record);
    assert!(serde_json::to_string(&event("not JSON")).is_err());
}

#[test]
fn a_page_of_stock_is_rows_of_key_and_level() {
    let key = build::stock("north", "TEA");
    let level = StockLevel {
        on_hand: build::units(5),
        reserved: build::units(2),
        version: build::version(3),
        ..StockLevel::default()
    };
    let page = Page::new(vec![(key.clone(), level)], Some(key));
    let expected = json!({
        "items": [[
            {"hub": "north", "sku": "TEA"},
            {
                "on_hand": 5, "reserved": 2, "incoming": 0, "safety": 0, "shortfall": 0,
                "version": 3,
            },
        ]],
        "next": {"hub": "north", "sku": "TEA"},
    });
    answers(&page, &expected);
    let read: Page<(StockKey, StockLevel), StockKey> = serde_json::from_value(expected).unwrap();
    assert_eq!(read, page);
}

#[test]
fn a_page_of_reservations_is_rows_of_key_and_units() {
    let stock = build::stock("north", "TEA");
    let key = build::reservation(&build::owner_order(1), 1, &stock);
    let claim = Reservation {
        tentative: build::units(2),
        expires_at: Some(at()),
        version: build::version(1),
        ..Reservation::default()
    };
    let page: Page<(ReservationKey, Reservation), ReservationKey> =
        Page::new(vec![(key, claim)], None);
    let owner = json!({"order": build::order_id(1)});
    let expected = json!({
        "items": [[
            {"owner": owner, "line": 1, "hub": "north", "sku": "TEA"},
            {
                "tentative": 2, "confirmed": 0, "consumed": 0, "released": 0, "expired": 0,
                "lapsed": 0, "expires_at": AT, "version": 1,
            },
        ]],
        "next": null,
    });
    answers(&page, &expected);
}

#[test]
fn a_movement_is_flat() {
    let stock = build::stock("north", "TEA");
    let movement = Movement {
        draft: build::movement(9, &stock, MovementKind::Received, 10),
        origin: origin(),
        at: at(),
    };
    let expected = json!({
        "id": build::movement_id(9),
        "stock": {"hub": "north", "sku": "TEA"},
        "kind": "received",
        "delta": 10,
        "reason": "test",
        "origin": {"actor": {"kind": "person"}, "key": "k-1"},
        "at": AT,
    });
    answers(&movement, &expected);
}

#[test]
fn a_rejection_and_a_receipt_say_what_and_about_what() {
    let unknown = Rejection::UnknownSkus {
        lines: vec![UnknownLineSku {
            line: build::line(1),
            sku: Some(build::external("TEE")),
        }],
    };
    let line = json!({"line": 1, "sku": "TEE"});
    answers(
        &unknown,
        &json!({"rejected": "unknown_skus", "lines": [line]}),
    );
    let receipt = Receipt::new(StreamId::tenant(), build::version(1));
    let expected = json!({
        "subject": {"kind": "tenant", "id": "settings"},
        "version": 1,
        "events": [],
        "known": false,
    });
    answers(&receipt, &expected);
}

#[test]
fn what_was_left_says_why_without_what_is_for_operators() {
    let busy = || {
        let detail = "the server at db-7 refuses".to_owned();
        Error::from(StoreError::Busy { detail })
    };
    let refused = || Error::from(Rejection::RoutingOff);
    let (order, work) = (build::order_id(1), build::fulfillment(1));
    let told = |why: &Error| {
        let mut told = serde_json::to_value(why.body()).unwrap();
        told["order"] = json!(order);
        told
    };
    let mut handed = HandedOut::default();
    handed.left = vec![(order, busy()), (order, refused())];
    handed.unreadable = vec![(order, busy())];
    let expected = json!({
        "given": [],
        "left": [told(&busy()), told(&refused())],
        "unreadable": [told(&busy())],
    });
    answers(&handed, &expected);
    let mut rerouted = Rerouted::default();
    rerouted.left = vec![(order, work, busy())];
    rerouted.unreadable = vec![(order, busy())];
    let mut left = told(&busy());
    left["fulfillment"] = json!(work);
    let expected = json!({"moved": [], "left": [left], "unreadable": [told(&busy())]});
    answers(&rerouted, &expected);
    assert!(!expected.to_string().contains("db-7"), "{expected}");
    assert_eq!(told(&refused())["message"], refused().to_string());
}

#[test]
fn a_versioned_value_has_its_version_beside_it() {
    let web = SalesChannel::new(build::channel("web"), Name::parse("Web shop").unwrap());
    let found = Versioned {
        version: build::version(4),
        value: web,
    };
    let value = json!({"id": "web", "name": "Web shop", "active": true});
    answers(&found, &json!({"version": 4, "value": value}));
}

#[test]
fn a_push_and_a_redrive_say_what_became_of_the_job() {
    let by = build::job_id(2);
    answers(&Pushed::Kept, &json!({"outcome": "kept"}));
    answers(&Pushed::Repeated, &json!({"outcome": "repeated"}));
    let taken = json!({"outcome": "taken", "by": by});
    answers(&Pushed::Taken { by }, &taken);
    let refused = Pushed::Refused(JobRejection::DelayTooLong { secs: 9, max: 5 });
    let code = "delay_too_long";
    answers(
        &refused,
        &json!({"outcome": "refused", "code": code, "secs": 9, "max": 5}),
    );
    answers(&RedriveAnswer::Ready, &json!({"outcome": "ready"}));
    answers(&RedriveAnswer::NotDead, &json!({"outcome": "not_dead"}));
    answers(&RedriveAnswer::Taken { by }, &taken);
}

#[test]
fn a_standing_has_its_queues_and_its_subscribers() {
    let mut mail = QueueStats::empty(build::queue("mail"));
    mail.ready = 2;
    mail.oldest_due_at = Some(at());
    let standing = Standing {
        tenant: build::tenant("shop"),
        queues: QueueReport {
            now: at(),
            queues: vec![mail],
        },
        subscriptions: vec![Subscription {
            name: build::subscriber("search"),
            behind: 0,
            oldest_at: None,
        }],
    };
    let expected = json!({
        "tenant": "shop",
        "queues": {"now": AT, "queues": [{
            "queue": "mail", "ready": 2, "scheduled": 0, "running": 0, "retrying": 0, "dead": 0,
            "oldest_due_at": AT, "done": 0, "died": 0,
        }]},
        "subscriptions": [{"name": "search", "behind": 0}],
    });
    answers(&standing, &expected);
}

#[test]
fn a_filter_that_says_nothing_is_the_one_that_lets_all_pass() {
    fn read<T: serde::de::DeserializeOwned>() -> T {
        serde_json::from_str("{}").unwrap()
    }
    assert_eq!(read::<OrderFilter>(), OrderFilter::default());
    assert_eq!(read::<MovementFilter>(), MovementFilter::default());
    assert_eq!(read::<StockFilter>(), StockFilter::default());
    assert_eq!(read::<ReservationFilter>(), ReservationFilter::default());
    assert_eq!(read::<JobFilter>(), JobFilter::default());
    assert_eq!(read::<WorkFilter>(), WorkFilter::default());
}

#[test]
fn a_filter_of_orders_reads_one_status_and_several() {
    let read = |json: Value| serde_json::from_value::<OrderFilter>(json).map(|read| read.statuses);
    let held = OrderStatus::OnHold;
    assert_eq!(read(json!({"status": "on_hold"})).unwrap(), [held].into());
    assert_eq!(read(json!({"status": null})).unwrap(), [].into());
    let several = json!({"statuses": ["on_hold", "delivered"]});
    assert_eq!(
        read(several).unwrap(),
        [held, OrderStatus::Delivered].into()
    );
    // Both at once are two answers to one question.
    let both = json!({"status": "on_hold", "statuses": ["delivered"]});
    assert!(read(both).is_err());
    let filter = OrderFilter {
        statuses: [held].into(),
        ..OrderFilter::default()
    };
    let json = serde_json::to_value(&filter).unwrap();
    assert_eq!(read(json).unwrap(), filter.statuses);
}
