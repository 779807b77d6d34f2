#![allow(clippy::unwrap_used, clippy::panic)]
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_executor::block_on;
use oms_core::channel::{CHANGED_AT, Incoming, Suggestion, read_orders};
use oms_core::order::{
    ApprovalMode, HoldReason, NoteEntry, Order, OrderCommand, OrderStatus, Workflow,
};
use oms_core::plan::OnProblem;
use oms_core::port::Clock;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::system::SystemClock;
use oms_core::tenant::Settings;
use oms_core::testing::{Fault, FaultStore, Method, build};
use oms_core::value::{Name, Note, OrderId, Timestamp};
use oms_store_memory::MemoryStore;
use serde_json::Value;

use super::{Arriving, Fate, Importer, told};
use crate::seed::{self, SeedFiles};

/// How a page of the sample order says that it is not paid, cancelled, or sent.
const PENDING: &[(&str, &str)] = &[
    ("financial_status", "pending"),
    ("total_outstanding", "36.89"),
];
const CANCELLED: &[(&str, &str)] = &[
    ("financial_status", "pending"),
    ("total_outstanding", "36.89"),
    ("cancelled_at", "2025-11-02T09:30:00+01:00"),
    ("cancel_reason", "customer"),
];
const SENT: &[(&str, &str)] = &[("fulfillment_status", "fulfilled")];
const PAID: &[(&str, &str)] = &[];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(name)
}

/// The sample order, as a page said it at that hour.
fn page(hour: u32, fields: &[(&str, &str)]) -> Incoming {
    let text = std::fs::read(data("orders/shopify-1-ordinary.json")).unwrap();
    let mut page: Value = serde_json::from_slice(&text).unwrap();
    page["order"]["updated_at"] = format!("2025-11-02T{hour:02}:00:00+01:00").into();
    for (field, value) in fields {
        page["order"][*field] = (*value).into();
    }
    let mut read = read_orders(page.to_string().as_bytes(), &build::channel("web")).unwrap();
    read.remove(0).unwrap()
}

struct Shop {
    faults: FaultStore,
    tenant: Tenant,
}

impl Shop {
    async fn open(approval: ApprovalMode) -> Self {
        let faults = FaultStore::new(Arc::new(MemoryStore::new()));
        let tenant = Oms::builder(Arc::new(faults.clone())).build();
        let tenant = tenant.tenant(build::tenant("shop"));
        let workflow = Workflow {
            approval,
            ..Workflow::default()
        };
        let settings = Settings {
            workflow,
            ..Settings::default()
        };
        let stored = tenant.put_settings(settings, Call::default());
        stored.await.unwrap();
        let files = SeedFiles {
            hubs: Some(data("hubs.csv")),
            skus: Some(data("skus.csv")),
            stock: Some(data("stock.csv")),
        };
        let channels = [(build::channel("web"), "web".to_owned())];
        let seed = files.read().unwrap();
        seed::open(&tenant, &seed, &channels).await.unwrap();
        Self { faults, tenant }
    }

    /// One run that reads these pages as one batch.
    async fn take(&self, pages: &[Incoming]) -> Vec<Fate> {
        let arriving = |order: &Incoming| Arriving {
            order: order.clone(),
            call: Call::default(),
            on_account: false,
            on_problem: OnProblem::Hold,
            unpaid_ttl_secs: None,
        };
        let mut arriving: Vec<Arriving> = pages.iter().map(arriving).collect();
        let mut importer = Importer::new(self.tenant.clone(), false);
        importer.take(&mut arriving).await
    }

    /// A run for each page.
    async fn read(&self, pages: &[Incoming]) -> OrderId {
        let mut last = None;
        for page in pages {
            let fates = self.take(std::slice::from_ref(page)).await;
            last = id(&fates).or(last);
        }
        last.unwrap()
    }

    /// The store fails at the commit that comes so many from now.
    fn lose(&self, lost: usize) {
        let mut commits = 0;
        self.faults.fail_when(move |call| {
            commits += usize::from(call.method == Method::Commit);
            let hit = call.method == Method::Commit && commits == lost;
            hit.then_some(Fault::Unavailable)
        });
    }

    async fn order(&self, id: OrderId) -> Order {
        self.tenant.order(id).await.unwrap()
    }
}

/// The order that a batch stored or found.
fn id(fates: &[Fate]) -> Option<OrderId> {
    fates.iter().find_map(|fate| match fate {
        Fate::Stored(stored) | Fate::Known(stored) => Some(stored.receipt.id),
        Fate::LeftOut { .. } | Fate::Refused(_) | Fate::Unfinished(_) => None,
    })
}

fn stands(order: &Order) -> (OrderStatus, String) {
    (order.status(), order.head.payment.captured.to_string())
}

fn paid(status: OrderStatus) -> (OrderStatus, String) {
    (status, "36.89 EUR".to_owned())
}

#[test]
fn a_hold_that_the_store_failed_at_is_made_up_for_and_stays_released() {
    block_on(async {
        let shop = Shop::open(ApprovalMode::Manual).await;
        let mut order = page(9, PAID);
        let why = "a part was refunded".into();
        order.state.suggestion = Suggestion::OnHold { why };
        shop.lose(2);
        let fates = shop.take(std::slice::from_ref(&order)).await;
        let [Fate::Unfinished(error)] = fates.as_slice() else {
            panic!("{fates:?}");
        };
        assert!(error.is_retryable(), "{error}");
        shop.faults.heal();
        let fates = shop.take(std::slice::from_ref(&order)).await;
        let [Fate::Known(stored)] = fates.as_slice() else {
            panic!("{fates:?}");
        };
        assert_eq!(stored.receipt.status, OrderStatus::OnHold);
        let id = stored.receipt.id;
        let release = OrderCommand::release_all();
        let release = shop.tenant.order_command(id, release, Call::default());
        release.await.unwrap();
        let known = shop.order(id).await;
        assert_eq!(known.status(), OrderStatus::Pending);
        for reason in [HoldReason::Payment, HoldReason::Review] {
            let hold = vec![OrderCommand::Hold { reason, note: None }];
            let again = told(&shop.tenant, &order, hold, &known).await.unwrap();
            assert!(again.is_empty(), "a person released it: {again:?}");
        }
    });
}

#[test]
fn what_the_store_failed_at_is_done_when_the_pages_are_read_again() {
    block_on(async {
        let mut failures = 0;
        for lost in 1..=4 {
            let shop = Shop::open(ApprovalMode::Automatic).await;
            let order = shop.read(&[page(9, PENDING)]).await;
            // The older page stands behind the newer one.
            let pages = [page(11, PAID), page(10, CANCELLED)];
            shop.lose(lost);
            let fates = shop.take(&pages).await;
            let unfinished = |fate: &Fate| matches!(fate, Fate::Unfinished(_));
            failures += usize::from(fates.iter().any(unfinished));
            shop.faults.heal();
            let fates = shop.take(&pages).await;
            let known = shop.order(order).await;
            assert_eq!(stands(&known), paid(OrderStatus::Approved), "{lost}");
            assert!(!fates.iter().any(unfinished), "{lost}: {fates:?}");
        }
        assert!(failures >= 3, "{failures}");
    });
}

#[test]
fn money_for_a_cancelled_order_is_noted_once_whatever_the_store_failed_at() {
    block_on(async {
        for lost in 1..=3 {
            let shop = Shop::open(ApprovalMode::Automatic).await;
            let pages = [page(9, PENDING), page(10, CANCELLED)];
            let order = shop.read(&pages).await;
            let notes = shop.order(order).await.head.notes.len();
            shop.lose(lost);
            shop.take(&[page(11, PAID)]).await;
            shop.faults.heal();
            shop.take(&[page(11, PAID)]).await;
            let known = shop.order(order).await;
            assert_eq!(stands(&known), paid(OrderStatus::Cancelled), "{lost}");
            assert_eq!(known.head.notes.len(), notes + 1, "{lost}");
        }
    });
}

#[test]
fn a_page_that_is_left_out_is_heard_by_the_order_it_is_about() {
    block_on(async {
        for older in [PAID, CANCELLED] {
            let pages = [page(9, PENDING), page(12, SENT), page(11, older)];
            let shop = Shop::open(ApprovalMode::Automatic).await;
            let order = shop.read(&pages).await;
            let known = shop.order(order).await;
            assert_eq!(stands(&known), paid(OrderStatus::Pending), "{older:?}");
            // The same in one batch.
            let shop = Shop::open(ApprovalMode::Automatic).await;
            let fates = shop.take(&pages).await;
            assert!(matches!(fates[1], Fate::LeftOut { .. }), "{fates:?}");
            let known = shop.order(id(&fates).unwrap()).await;
            assert_eq!(stands(&known), paid(OrderStatus::Pending), "{older:?}");
        }
    });
}

#[test]
fn a_time_far_ahead_makes_nobody_deaf() {
    block_on(async {
        let far = Timestamp::parse_rfc3339("2099-01-01T00:00:00Z").ok();
        let mut wrong = page(10, PAID);
        wrong.state.changed_at = far;
        let mut gone = page(11, CANCELLED);
        gone.state.changed_at = SystemClock.now().checked_add_secs(3_600);
        // As the first word of the order, and as a later one.
        for pages in [
            vec![wrong.clone(), gone.clone()],
            vec![page(9, PENDING), wrong, gone],
        ] {
            let shop = Shop::open(ApprovalMode::Automatic).await;
            let order = shop.read(&pages).await;
            let known = shop.order(order).await;
            let kept = known.head.attributes.get(CHANGED_AT);
            assert_eq!(known.status(), OrderStatus::Cancelled, "{kept:?}");
        }
    });
}

#[test]
fn an_order_that_comes_twice_is_told_as_it_stands() {
    use OrderStatus::{Approved, Cancelled, Pending};
    block_on(async {
        let statuses = |fates: &[Fate]| -> Vec<OrderStatus> {
            let status = |fate: &Fate| match fate {
                Fate::Stored(stored) | Fate::Known(stored) => stored.receipt.status,
                Fate::LeftOut { .. } | Fate::Refused(_) | Fate::Unfinished(_) => panic!("{fate:?}"),
            };
            fates.iter().map(status).collect()
        };
        let shop = Shop::open(ApprovalMode::Automatic).await;
        let pages = [page(9, PENDING), page(11, PAID), page(10, CANCELLED)];
        let fates = shop.take(&pages).await;
        assert_eq!(statuses(&fates), [Pending, Approved, Approved]);
        let shop = Shop::open(ApprovalMode::Automatic).await;
        let twice = [page(10, CANCELLED), page(10, CANCELLED)];
        let fates = shop.take(&twice).await;
        assert_eq!(statuses(&fates), [Cancelled, Cancelled]);
        assert!(matches!(fates[1], Fate::Known(_)), "{fates:?}");
    });
}

/// The sample order, as a page said it at that hour, to be sent to that street.
fn page_to(hour: u32, street: &str) -> Incoming {
    let mut page = page(hour, PENDING);
    let contact = page.draft.contacts.ship_to.as_mut().unwrap();
    contact.address.line1 = Name::parse(street).ok();
    page
}

impl Shop {
    /// The street that the order goes to.
    async fn street(&self, order: OrderId) -> String {
        let row = self.order(order).await.head.ship_to.unwrap();
        let contact = self.tenant.contact(row).await.unwrap().unwrap();
        contact.address.line1.unwrap().to_string()
    }
}

#[test]
fn another_address_is_followed_from_the_newest_page_alone() {
    block_on(async {
        let pages = [
            page_to(9, "Weg 1"),
            page_to(11, "Allee 5"),
            page_to(10, "Weg 1"),
        ];
        // One page after the other, and all in one batch.
        let shop = Shop::open(ApprovalMode::Automatic).await;
        let order = shop.read(&pages).await;
        assert_eq!(shop.street(order).await, "Allee 5");
        let version = shop.order(order).await.version;
        shop.take(&pages).await;
        assert_eq!(shop.order(order).await.version, version);
        let shop = Shop::open(ApprovalMode::Automatic).await;
        let order = id(&shop.take(&pages).await).unwrap();
        assert_eq!(shop.street(order).await, "Allee 5");
        // There and back in one batch.
        let pages = [page_to(12, "Platz 3"), page_to(13, "Allee 5")];
        shop.take(&pages).await;
        assert_eq!(shop.street(order).await, "Allee 5");
        let pages = [page_to(14, "Allee 5"), page_to(15, "Platz 3")];
        shop.take(&pages).await;
        assert_eq!(shop.street(order).await, "Platz 3");
    });
}

#[test]
fn what_the_buyer_writes_later_is_added_once() {
    block_on(async {
        let shop = Shop::open(ApprovalMode::Automatic).await;
        let mut later = page(10, PENDING);
        later.draft.notes = vec![Note::parse("Ring twice.").unwrap()];
        let order = shop.read(&[page(9, PENDING), later.clone()]).await;
        let notes = shop.order(order).await.head.notes;
        let rings = |notes: &[NoteEntry]| {
            let rings = notes
                .iter()
                .filter(|note| note.text.as_str() == "Ring twice.");
            rings.count()
        };
        assert_eq!(rings(&notes), 1);
        shop.take(&[later]).await;
        assert_eq!(shop.order(order).await.head.notes, notes);
    });
}

#[test]
fn known_orders_are_read_in_one_call() {
    block_on(async {
        let shop = Shop::open(ApprovalMode::Automatic).await;
        let other = |n: u32| {
            let mut order = page(9, PAID);
            order.draft.external[0].id = build::external(&n.to_string());
            order.draft.external.truncate(1);
            order
        };
        let pages: Vec<Incoming> = (1..=20).map(other).collect();
        shop.take(&pages).await;
        let before = shop.faults.calls().len();
        let fates = shop.take(&pages).await;
        assert!(
            fates.iter().all(|fate| matches!(fate, Fate::Known(_))),
            "{fates:?}"
        );
        let calls = shop.faults.calls().split_off(before);
        assert!(calls.len() < pages.len(), "{calls:?}");
    });
}
