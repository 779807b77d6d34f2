//! What becomes of orders that are taken in and placed later; told of any store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use oms_core::job::{AttemptFailure, Job, JobDraft};
use oms_core::order::{CommandKind, Condition, Guard, OrderCommand, OrderStatus};
use oms_core::plan::{Body, DocumentKey, DocumentWrite, Expected, Intake, Keys, PayloadDocument};
use oms_core::port::Pushed;
use oms_core::service::{
    Call, Error, Handler, IntakeReader, IntakeReceipt, IntakeStatus, Intakes, Reading, Worker,
};
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::limits::INTAKE_BYTES_MAX;
use oms_core::value::{ChannelId, IntakeId, Note, PayloadId, StageId, Tag};

use crate::world::{Shop, drain, intake, keyed};

impl Shop {
    async fn take_in(&self, order: Intake, key: &str) -> IntakeReceipt {
        self.intakes().enqueue(order, keyed(key)).await.unwrap()
    }

    async fn status(&self, receipt: &IntakeReceipt) -> Option<IntakeStatus> {
        self.intakes().status(receipt.id).await.unwrap()
    }

    fn placer(&self) -> Worker {
        self.intakes().handle(self.builder()).build()
    }

    /// Whether what the order said is still kept.
    pub(crate) async fn kept(&self, id: IntakeId) -> bool {
        let key = DocumentKey::Payload(PayloadId::from_uuid(id.as_uuid()));
        let keys = Keys::of(key.clone());
        let snapshot = self.store.prefetch(self.tenant.id(), &keys).await.unwrap();
        let kept: Option<PayloadDocument> = snapshot.read(&key).unwrap();
        matches!(kept, Some(PayloadDocument::Present { .. }))
    }

    /// The receipt that is stored of its placement.
    async fn receipt(&self, id: IntakeId) -> String {
        let key = build::idempotency_key(&format!("intake-placed-{id}"));
        let mut keys = Keys::default();
        keys.commands.insert(key.clone());
        let snapshot = self.store.prefetch(self.tenant.id(), &keys).await.unwrap();
        snapshot.commands[&key].receipt.to_string()
    }

    /// Writes what was taken in again as it is, in the form of another release.
    async fn in_form(&self, id: IntakeId, from: &str, to: &str) {
        let key = DocumentKey::Payload(PayloadId::from_uuid(id.as_uuid()));
        let keys = Keys::of(key.clone());
        let snapshot = self.store.prefetch(self.tenant.id(), &keys).await.unwrap();
        let stored = &snapshot.documents[&key];
        let json = stored.json.replace(from, to);
        assert_ne!(&*json, &*stored.json);
        let change = build::Change::new(&format!("form-{to}")).document(DocumentWrite {
            key,
            expected: Expected::Version(stored.version),
            version: stored.version.next(),
            body: Body::Write {
                schema: stored.schema,
                json: json.into(),
            },
            index: stored.index.clone(),
        });
        let sets = [change.at(snapshot.now)];
        let done = self.store.commit(self.tenant.id(), &sets).await.unwrap();
        assert!(done[0].is_done(), "{done:?}");
    }

    pub(crate) async fn jobs(&self) -> usize {
        let jobs = self.store.jobs(self.tenant.id(), None, 100).await.unwrap();
        jobs.items.len()
    }
}

/// The receipt comes at once; the order is placed by a worker, once however often it is asked.
pub(crate) async fn an_order_is_taken_in_at_once_and_placed_later(shop: &Shop) {
    let first = shop.take_in(intake("desk", "1", 2), "delivery-1").await;
    let again = shop.take_in(intake("desk", "1", 2), "delivery-1").await;
    assert!(!first.repeated && again.repeated);
    assert_eq!((again.id, again.at), (first.id, first.at));
    let intakes = shop.intakes();
    let other = intakes.enqueue(intake("desk", "1", 3), keyed("delivery-1"));
    let problem = other.await.unwrap_err();
    assert_eq!(problem.code(), "key_reused");
    let waiting = shop.status(&first).await;
    assert!(
        matches!(
            waiting,
            Some(IntakeStatus::Waiting {
                attempts: 0,
                last_error: None,
                ..
            })
        ),
        "{waiting:?}"
    );
    assert_eq!((shop.jobs().await, shop.orders().await), (1, 0));
    assert!(shop.kept(first.id).await);
    drain(&mut shop.placer()).await;
    let Some(IntakeStatus::Placed(order)) = shop.status(&first).await else {
        panic!("{:?}", shop.status(&first).await);
    };
    let stored = shop.tenant.order(order.order).await.unwrap();
    assert_eq!(stored.head.number, order.number);
    assert!(!shop.kept(first.id).await, "nothing is kept twice");
    // A repeat after all is done gives the same receipt and no second job.
    assert_eq!(
        shop.take_in(intake("desk", "1", 2), "delivery-1").await.id,
        first.id
    );
    assert_eq!((shop.jobs().await, shop.orders().await), (0, 1));
    shop.check().await;
}

/// What comes twice under different keys is one order.
pub(crate) async fn a_second_delivery_of_an_order_is_known(shop: &Shop) {
    let first = shop.take_in(intake("desk", "1", 2), "delivery-1").await;
    let second = shop.take_in(intake("desk", "1", 2), "delivery-2").await;
    assert_ne!(first.id, second.id);
    drain(&mut shop.placer()).await;
    let (one, two) = (shop.status(&first).await, shop.status(&second).await);
    match (one, two) {
        (Some(IntakeStatus::Placed(a)), Some(IntakeStatus::Known(b)))
        | (Some(IntakeStatus::Known(a)), Some(IntakeStatus::Placed(b))) => assert_eq!(a, b),
        other => panic!("{other:?}"),
    }
    assert_eq!(shop.orders().await, 1);
    assert!(!shop.kept(first.id).await && !shop.kept(second.id).await);
    for id in [first.id, second.id] {
        let receipt = shop.receipt(id).await;
        // It is about the order that it tells of.
        assert!(!receipt.contains("subject"), "{receipt}");
    }
    shop.check().await;
}

/// A refusal is told with its code; once the obstacle is gone the order can be tried again.
pub(crate) async fn a_refused_order_says_why_and_can_be_tried_again(shop: &Shop) {
    let refused = shop.take_in(intake("stall", "1", 2), "delivery-1").await;
    let short = shop.take_in(intake("desk", "2", 200), "delivery-2").await;
    let both = shop.take_in(intake("stall", "3", 200), "delivery-3").await;
    drain(&mut shop.placer()).await;
    for (receipt, code, words) in [
        (&refused, "not_found", "channel stall does not exist"),
        (&short, "short", "not enough stock"),
        (&both, "not_found", "channel stall does not exist"),
    ] {
        let Some(IntakeStatus::Refused(refusal)) = shop.status(receipt).await else {
            panic!("{:?}", shop.status(receipt).await);
        };
        assert_eq!(refusal.code, code);
        assert!(refusal.message.contains(words), "{}", refusal.message);
        assert!(shop.kept(receipt.id).await, "it may be tried again");
    }
    shop.put_channel("stall").await;
    let listed = shop.intakes().refused(None, 100).await.unwrap();
    let listed: Vec<_> = listed
        .items
        .iter()
        .map(|(id, why)| (*id, &*why.code))
        .collect();
    assert!(listed.contains(&(refused.id, "not_found")), "{listed:?}");
    assert!(shop.intakes().retry(refused.id).await.unwrap());
    let waiting = shop.status(&refused).await;
    assert!(
        matches!(waiting, Some(IntakeStatus::Waiting { .. })),
        "{waiting:?}"
    );
    drain(&mut shop.placer()).await;
    let placed = shop.status(&refused).await;
    assert!(
        matches!(placed, Some(IntakeStatus::Placed(_))),
        "{placed:?}"
    );
    let listed = shop.intakes().refused(None, 100).await.unwrap();
    assert!(
        listed.items.iter().all(|(id, _)| *id != refused.id),
        "it is placed"
    );
    assert!(!shop.intakes().retry(refused.id).await.unwrap());
    assert!(!shop.kept(refused.id).await);
    // Refused once more, for another reason: that is what the status says.
    assert!(shop.intakes().retry(both.id).await.unwrap());
    drain(&mut shop.placer()).await;
    let Some(IntakeStatus::Dead { errors, .. }) = shop.status(&both).await else {
        panic!("{:?}", shop.status(&both).await);
    };
    assert!(errors[0].error.contains("not enough stock"), "{errors:?}");
    for receipt in [&short, &both] {
        shop.intakes().discard(receipt.id).await.unwrap();
        assert!(!shop.kept(receipt.id).await);
        assert_eq!(shop.status(receipt).await, None);
        assert!(!shop.intakes().retry(receipt.id).await.unwrap());
    }
    let listed = shop.intakes().refused(None, 100).await.unwrap();
    assert!(
        listed.items.is_empty(),
        "somebody decided about each: {listed:?}"
    );
    assert_eq!(shop.orders().await, 1);
    shop.check().await;
}

/// What cannot be read is dead at once, and the receipt says so.
pub(crate) async fn a_malformed_payload_is_a_dead_job(shop: &Shop) {
    let payload = |text: &[u8]| Intake::payload(build::channel("desk"), text).unwrap();
    let bad = shop.take_in(payload(b"{\"order\":"), "delivery-1").await;
    let many = shop
        .take_in(payload(br#"{"orders":[]}"#), "delivery-2")
        .await;
    drain(&mut shop.placer()).await;
    for (receipt, words) in [(&bad, "not JSON"), (&many, "holds no order")] {
        let Some(IntakeStatus::Dead { errors, .. }) = shop.status(receipt).await else {
            panic!("{:?}", shop.status(receipt).await);
        };
        assert_eq!(errors.len(), 1, "it is not tried again");
        assert!(errors[0].error.contains(words), "{}", errors[0].error);
    }
    assert!(shop.intakes().retry(bad.id).await.unwrap());
    drain(&mut shop.placer()).await;
    let dead = shop.status(&bad).await;
    assert!(matches!(dead, Some(IntakeStatus::Dead { errors, .. }) if errors.len() == 2));
    for receipt in [&bad, &many] {
        shop.intakes().discard(receipt.id).await.unwrap();
        assert_eq!(shop.status(receipt).await, None);
        assert!(!shop.kept(receipt.id).await);
    }
    assert_eq!((shop.jobs().await, shop.orders().await), (0, 0));
}

/// An order that a newer release took in waits for a host of that release.
pub(crate) async fn a_form_of_a_newer_release_is_tried_again(shop: &Shop) {
    let receipt = shop.take_in(intake("desk", "1", 2), "delivery-1").await;
    shop.in_form(receipt.id, "intake.v1+json", "intake.v2+json")
        .await;
    let mut worker = shop.placer();
    assert_eq!(worker.tick().await.unwrap().claimed, 1);
    worker.work().await;
    // What became of it is told by the next tick, which also takes it again.
    worker.tick().await.unwrap();
    let waiting = shop.status(&receipt).await;
    let Some(IntakeStatus::Waiting {
        last_error: Some(error),
        ..
    }) = &waiting
    else {
        panic!("{waiting:?}");
    };
    assert!(error.contains("has schema 2"), "{error}");
    shop.check().await;
}

/// The word of a channel is followed: paid is placed, tests are left out, cancelled is cancelled,
/// also where the order is there already.
pub(crate) async fn payloads_of_channels_are_read_and_followed(shop: &Shop) {
    let order = |id: u64, more: &str| {
        let text = format!(
            r##"{{"id":{id},"name":"#{id}","currency":"EUR","total_price":"4.50",
            "financial_status":"paid"{more},
            "line_items":[{{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}}]}}"##
        );
        Intake::payload(build::channel("desk"), text.as_bytes()).unwrap()
    };
    let cancelled = r#","cancelled_at":"2026-11-01T19:05:33+01:00","cancel_reason":"customer""#;
    let paid = shop.take_in(order(1, ""), "delivery-1").await;
    let test = shop
        .take_in(order(2, r#","test":true"#), "delivery-2")
        .await;
    let dead = shop.take_in(order(3, cancelled), "delivery-3").await;
    drain(&mut shop.placer()).await;
    let Some(IntakeStatus::Placed(first)) = shop.status(&paid).await else {
        panic!("{:?}", shop.status(&paid).await);
    };
    let status = shop.status(&test).await;
    let refused =
        matches!(&status, Some(IntakeStatus::Refused(why)) if why.code == "channel_says_ignore");
    assert!(refused, "{status:?}");
    let Some(IntakeStatus::Placed(third)) = shop.status(&dead).await else {
        panic!("{:?}", shop.status(&dead).await);
    };
    let state = |id| async move { shop.tenant.order(id).await.unwrap().status().to_string() };
    assert_eq!(state(third.order).await, "cancelled");
    assert_ne!(state(first.order).await, "cancelled");
    let later = shop.take_in(order(1, cancelled), "delivery-4").await;
    drain(&mut shop.placer()).await;
    assert_eq!(shop.status(&later).await, Some(IntakeStatus::Known(first)));
    assert_eq!(state(first.order).await, "cancelled");
    for receipt in [&paid, &dead, &later] {
        assert!(!shop.kept(receipt.id).await);
    }
    shop.check().await;
}

/// An order that is stored and comes paid and sent, by somebody else, is not taken in once more;
/// its money is recorded all the same.
pub(crate) async fn what_is_left_out_is_followed_where_its_order_is_known(shop: &Shop) {
    let order = |id: u64, words: &str| {
        let text = format!(
            r##"{{"id":{id},"name":"#{id}","currency":"EUR","total_price":"4.50",{words},
            "line_items":[{{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}}]}}"##
        );
        Intake::payload(build::channel("desk"), text.as_bytes()).unwrap()
    };
    let unpaid = r#""financial_status":"pending","total_outstanding":"4.50""#;
    let sent = r#""financial_status":"paid","total_outstanding":"0.00",
        "fulfillment_status":"fulfilled""#;
    let first = shop.take_in(order(4, unpaid), "delivery-1").await;
    drain(&mut shop.placer()).await;
    let Some(IntakeStatus::Placed(placed)) = shop.status(&first).await else {
        panic!("{:?}", shop.status(&first).await);
    };
    for (id, key) in [(4, "delivery-2"), (5, "delivery-3")] {
        let receipt = shop.take_in(order(id, sent), key).await;
        drain(&mut shop.placer()).await;
        let status = shop.status(&receipt).await;
        let refused = matches!(&status,
            Some(IntakeStatus::Refused(why)) if why.code == "channel_says_shipped");
        assert!(refused, "{status:?}");
    }
    let stored = shop.tenant.order(placed.order).await.unwrap();
    assert_eq!(stored.head.payment.captured.to_string(), "4.50 EUR");
    assert_eq!(stored.status(), OrderStatus::Pending);
    assert_eq!(shop.orders().await, 1);
    shop.check().await;
}

/// A channel whose clock was far ahead for one message is heard when its clock is right again.
pub(crate) async fn a_time_far_ahead_makes_nobody_deaf(shop: &Shop) {
    let order = |words: &str| {
        let text = format!(
            r##"{{"id":6,"name":"#6","currency":"EUR","total_price":"4.50",
            "financial_status":"paid",{words},
            "line_items":[{{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}}]}}"##
        );
        Intake::payload(build::channel("desk"), text.as_bytes()).unwrap()
    };
    // Each is later than any clock here, and before what was said last.
    let ahead = [
        r#""updated_at":"2099-01-01T00:00:00Z""#,
        r#""updated_at":"2098-01-01T00:00:00Z""#,
        r#""updated_at":"2097-01-01T00:00:00Z","cancelled_at":"2097-01-01T00:00:00Z""#,
    ];
    let mut last = None;
    for (n, words) in ahead.into_iter().enumerate() {
        let receipt = shop.take_in(order(words), &format!("delivery-{n}")).await;
        drain(&mut shop.placer()).await;
        last = shop.status(&receipt).await;
    }
    let Some(IntakeStatus::Known(known)) = last else {
        panic!("{last:?}");
    };
    let stored = shop.tenant.order(known.order).await.unwrap();
    assert_eq!(stored.status(), OrderStatus::Cancelled);
    shop.check().await;
}

/// Where a guard of the tenant's stands against the word of a channel, a person has to decide.
pub(crate) async fn a_guard_against_a_channels_word_is_told(shop: &Shop) {
    let settled = Tag::parse("settled").unwrap();
    let mut settings = Settings::default();
    settings.workflow.guards = vec![Guard {
        name: StageId::parse("call them first").unwrap(),
        command: CommandKind::Cancel,
        condition: Condition::HasTag {
            tag: settled.clone(),
        },
    }];
    shop.settings(settings).await;
    let cancelled = br##"{"id":5,"name":"#5","currency":"EUR","total_price":"4.50",
        "financial_status":"paid","cancelled_at":"2026-11-01T19:05:33+01:00",
        "line_items":[{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}]}"##;
    let payload = || Intake::payload(build::channel("desk"), cancelled).unwrap();
    let first = shop.take_in(payload(), "delivery-1").await;
    drain(&mut shop.placer()).await;
    let again = shop.take_in(payload(), "delivery-2").await;
    drain(&mut shop.placer()).await;
    let mut order = None;
    for (receipt, placed) in [(&first, true), (&again, false)] {
        let status = shop.status(receipt).await;
        let Some(IntakeStatus::Dead {
            errors,
            order: found,
        }) = status
        else {
            panic!("{status:?}");
        };
        assert!(errors[0].error.contains("call them first"), "{errors:?}");
        assert_eq!(found.is_some(), placed);
        order = order.or(found);
    }
    let order = order.unwrap().order;
    let tag = OrderCommand::Tag {
        add: vec![settled],
        remove: Vec::new(),
    };
    let tagged = shop.tenant.order_command(order, tag, Call::default()).await;
    tagged.unwrap();
    for receipt in [&first, &again] {
        assert!(shop.intakes().retry(receipt.id).await.unwrap());
    }
    drain(&mut shop.placer()).await;
    let stored = shop.tenant.order(order).await.unwrap();
    assert_eq!(stored.status(), OrderStatus::Cancelled);
    for receipt in [&first, &again] {
        assert!(!shop.kept(receipt.id).await);
    }
    assert_eq!((shop.jobs().await, shop.orders().await), (0, 1));
    shop.check().await;
}

/// A job of the list that says nothing that can be read is told of, and hides no refusal.
pub(crate) async fn a_refusal_that_cannot_be_read_hides_no_others(shop: &Shop) {
    let refused = shop.take_in(intake("stall", "1", 2), "delivery-1").await;
    drain(&mut shop.placer()).await;
    let (queue, kind) = (build::queue("intake"), build::kind("forget_intake"));
    let damaged = JobDraft::new(build::job_id(7), queue, kind, "\"nobody\"").after_secs(600);
    let pushed = shop.queue.push(shop.tenant.id(), &[damaged]).await;
    assert_eq!(pushed.unwrap(), [Pushed::Kept]);
    let listed = shop.intakes().refused(None, 100).await.unwrap();
    let ids: Vec<_> = listed.items.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [refused.id]);
    let unreadable: Vec<_> = listed.unreadable.iter().collect();
    assert_eq!(unreadable.len(), 1, "{unreadable:?}");
    assert_eq!(
        (unreadable[0].at, unreadable[0].error.code()),
        (build::job_id(7), "corrupt")
    );
}

/// Who takes the job that is to forget an order for one that was taken in does not end it.
pub(crate) async fn a_job_that_forgets_is_no_receipt(shop: &Shop) {
    let refused = shop.take_in(intake("stall", "1", 2), "delivery-1").await;
    drain(&mut shop.placer()).await;
    let jobs = shop.store.jobs(shop.tenant.id(), None, 100).await.unwrap();
    let jobs: Vec<IntakeId> = jobs
        .items
        .iter()
        .map(|job| IntakeId::from_uuid(job.id.as_uuid()))
        .collect();
    let [forgets] = jobs.as_slice() else {
        panic!("{jobs:?}");
    };
    assert_ne!(*forgets, refused.id);
    assert_eq!(shop.intakes().status(*forgets).await.unwrap(), None);
    assert!(!shop.intakes().retry(*forgets).await.unwrap());
    let status = shop.status(&refused).await;
    assert!(
        matches!(status, Some(IntakeStatus::Refused(_))),
        "{status:?}"
    );
}

/// Reads a payload as an older release did, or as a newer one does.
#[derive(Debug)]
struct Release(&'static str);

impl IntakeReader for Release {
    fn read(&self, channel: &ChannelId, _payload: &str) -> Result<Reading, String> {
        let Intake::Order(place) = intake(channel.as_str(), self.0, 1) else {
            return Err("not an order".to_owned());
        };
        let text = Note::parse("as the channel says").unwrap();
        Ok(Reading::Place {
            place,
            then: vec![OrderCommand::AddNote { text }],
        })
    }
}

/// A worker dies between placing and what follows, and another release of it goes on.
pub(crate) async fn another_release_ends_what_one_began(shop: &Shop) {
    let payload = Intake::payload(build::channel("desk"), b"{}").unwrap();
    let receipt = shop.take_in(payload, "delivery-1").await;
    let Intake::Order(place) = intake("desk", "1", 1) else {
        panic!("not an order");
    };
    let key = build::idempotency_key(&format!("intake-placed-{}", receipt.id));
    let order = shop
        .tenant
        .place(*place, Call::default().with_key(key))
        .await;
    let order = order.unwrap().receipt.order.unwrap().id;
    let intakes = shop.intakes().with_reader(Arc::new(Release("2")));
    drain(&mut intakes.handle(shop.builder()).build()).await;
    let status = shop.status(&receipt).await;
    assert!(
        matches!(&status, Some(IntakeStatus::Placed(placed)) if placed.order == order),
        "{status:?}"
    );
    let stored = shop.tenant.order(order).await.unwrap();
    assert_eq!(stored.head.notes.len(), 1);
    assert!(!shop.kept(receipt.id).await);
    assert_eq!((shop.jobs().await, shop.orders().await), (0, 1));
}

/// A worker that dies after the work, before it can say so, again and again.
struct Forgetful {
    intakes: Intakes,
    runs: AtomicUsize,
}

#[async_trait]
impl Handler for Forgetful {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        self.intakes.run(job).await?;
        match self.runs.fetch_add(1, Ordering::SeqCst) {
            0..=2 => Err(AttemptFailure::transient("it died here")),
            _ => Ok(()),
        }
    }
}

/// However often a worker dies between placing and saying so, it is one order.
pub(crate) async fn a_crash_between_places_no_second_order(shop: &Shop) {
    let mut receipts = Vec::new();
    let paid = br##"{"id":9,"name":"#9","currency":"EUR","total_price":"4.50",
        "financial_status":"pending","cancelled_at":"2026-11-01T19:05:33+01:00",
        "line_items":[{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}]}"##;
    let payload = Intake::payload(build::channel("desk"), paid).unwrap();
    for (n, order) in [intake("desk", "1", 2), payload].into_iter().enumerate() {
        receipts.push(shop.take_in(order, &format!("delivery-{n}")).await);
        let forgetful = Arc::new(Forgetful {
            intakes: shop.intakes(),
            runs: AtomicUsize::new(0),
        });
        let (queue, kind) = (build::queue("intake"), build::kind("place_order"));
        let builder = shop.builder().handler(queue, kind, forgetful.clone());
        drain(&mut builder.build()).await;
        assert_eq!(forgetful.runs.load(Ordering::SeqCst), 4);
        assert_eq!(shop.orders().await, n + 1);
    }
    for receipt in receipts {
        let status = shop.status(&receipt).await;
        assert!(
            matches!(status, Some(IntakeStatus::Placed(_))),
            "{status:?}"
        );
    }
    shop.check().await;
}

/// The job exists exactly if the receipt does.
pub(crate) async fn what_is_not_taken_in_leaves_no_job(shop: &Shop) {
    let text = "x".repeat(INTAKE_BYTES_MAX);
    let large = Intake::payload(build::channel("desk"), text.as_bytes()).unwrap();
    let problem = shop.intakes().enqueue(large, keyed("delivery-1")).await;
    assert_eq!(problem.unwrap_err().code(), "out_of_range");
    assert_eq!(shop.jobs().await, 0);
    assert!(Intake::payload(build::channel("desk"), b"\xff").is_err());
    let unknown = IntakeId::from_uuid(build::uuid(77));
    assert_eq!(shop.intakes().status(unknown).await.unwrap(), None);
    // The key is free again.
    shop.take_in(intake("desk", "1", 1), "delivery-1").await;
    assert_eq!(shop.jobs().await, 1);
}

/// What is erased before it is placed is not placed any more.
pub(crate) async fn a_customer_who_is_erased_takes_waiting_orders_along(shop: &Shop) {
    let receipt = shop.take_in(intake("desk", "1", 2), "delivery-1").await;
    let customer = build::customer_id(1);
    let erased = shop.tenant.erase_customer(customer, Call::default()).await;
    assert_eq!(erased.unwrap(), 1);
    assert!(!shop.kept(receipt.id).await);
    drain(&mut shop.placer()).await;
    let status = shop.status(&receipt).await;
    assert!(
        matches!(&status, Some(IntakeStatus::Refused(why)) if why.code == "erased"),
        "{status:?}"
    );
    // Nothing of it is left to be erased, and it can be let go of all the same.
    shop.intakes().discard(receipt.id).await.unwrap();
    assert_eq!(shop.status(&receipt).await, None);
    assert_eq!(shop.orders().await, 0);
}

/// Many at once, through the one handle, in few commits.
pub(crate) async fn many_are_taken_in_by_one_call(shop: &Shop) {
    use oms_core::plan::Command;
    let commands: Vec<(Command, Call)> = (0..150)
        .map(|n| {
            let order = Box::new(intake("desk", &n.to_string(), 1));
            (Command::Enqueue(order), keyed(&format!("delivery-{n}")))
        })
        .collect();
    let results = shop.tenant.bulk(&commands).await;
    let mut ids: Vec<IntakeId> = results
        .iter()
        .map(|done: &Result<_, Error>| done.as_ref().unwrap().receipt.intake.unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 150);
    let report = shop.queue.queue_stats(shop.tenant.id()).await.unwrap();
    assert_eq!(report.queues[0].ready, 150);
}
