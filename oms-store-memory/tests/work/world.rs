//! A shop on any store, with a queue: one hub, ten units of one SKU, one channel, one customer.

// Each test binary uses a part of it.
#![allow(dead_code)]

use std::sync::Arc;

use oms_core::catalog::{Product, SalesChannel};
use oms_core::customer::Customer;
use oms_core::hub::Hub;
use oms_core::job::RetryPolicy;
use oms_core::order::{ExternalReference, OrderDraft, Source, SourceKind};
use oms_core::plan::{Body, DocumentKey, DocumentWrite, Expected, Intake, Keys, PlaceOrder};
use oms_core::port::{JobQueue, OrderFilter, Store};
use oms_core::service::{Call, Intakes, Oms, Tenant, Worker, WorkerBuilder};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::{FakeIds, build};
use oms_core::value::{Currency, Name, OrderId, Title};

/// A store and its queue, two faces of one thing.
pub(crate) struct Shop {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) tenant: Tenant,
}

impl Shop {
    pub(crate) async fn open<S: Store + JobQueue + Clone + 'static>(store: &S) -> Self {
        let shop = Self {
            store: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            tenant: Oms::builder(Arc::new(store.clone()))
                .build_with_ids(Arc::new(FakeIds::new(1)))
                .tenant(build::tenant("acme")),
        };
        let tenant = &shop.tenant;
        let settings = Settings::default();
        tenant
            .put_settings(settings, Call::default())
            .await
            .unwrap();
        shop.put_channel("desk").await;
        let hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
        tenant.put_hub(hub, Call::default()).await.unwrap();
        let product = Product::new(build::sku("TEA"), Title::parse("Tea").unwrap());
        tenant.put_product(product, Call::default()).await.unwrap();
        let customer = Customer {
            id: build::customer_id(1),
            external: None,
            contact: None,
            active: true,
            erased: false,
        };
        tenant
            .put_customer(customer, None, Call::default())
            .await
            .unwrap();
        shop.receive(10).await;
        shop
    }

    pub(crate) async fn put_channel(&self, id: &str) {
        let channel = SalesChannel::new(build::channel(id), Name::parse("Shop").unwrap());
        self.tenant
            .put_channel(channel, Call::default())
            .await
            .unwrap();
    }

    pub(crate) async fn receive(&self, units: u32) {
        let receive = StockCommand::Receive {
            quantity: build::quantity(units),
        };
        let (row, reason) = (build::stock("north", "TEA"), build::reason("delivery"));
        self.tenant
            .stock_command(row, receive, reason, Call::default())
            .await
            .unwrap();
    }

    pub(crate) fn intakes(&self) -> Intakes {
        Intakes::new(self.tenant.clone(), self.queue.clone())
    }

    /// A worker that repeats at once what failed.
    pub(crate) fn builder(&self) -> WorkerBuilder {
        let retry = RetryPolicy {
            first_secs: 0,
            longest_secs: 0,
            jitter_percent: 0,
        };
        let builder = Worker::builder(self.queue.clone(), self.tenant.id().clone());
        ["intake", "oms", "notify"]
            .into_iter()
            .fold(builder, |builder, name| {
                builder.retry(build::queue(name), retry)
            })
    }

    pub(crate) async fn orders(&self) -> usize {
        let filter = OrderFilter::default();
        self.tenant
            .orders(&filter, None, 100)
            .await
            .unwrap()
            .items
            .len()
    }

    /// Makes an order one that a newer release wrote.
    pub(crate) async fn spoil(&self, order: OrderId) {
        let mut keys = Keys::default();
        keys.orders.insert(order);
        self.with_schema(DocumentKey::Order(order), keys, 9_999)
            .await;
    }

    /// Writes the settings again as they are, with another schema; answers the one they had.
    pub(crate) async fn settings_of_schema(&self, schema: u16) -> u16 {
        let key = DocumentKey::Settings;
        self.with_schema(key.clone(), Keys::of(key), schema).await
    }

    /// Writes a document again as it is, with another schema; answers the one it had.
    pub(crate) async fn with_schema(&self, key: DocumentKey, keys: Keys, schema: u16) -> u16 {
        let id = self.tenant.id();
        let snapshot = self.store.prefetch(id, &keys).await.unwrap();
        let stored = &snapshot.documents[&key];
        let change = build::Change::new(&format!("{key} in schema {schema}"));
        let change = change.document(DocumentWrite {
            key,
            expected: Expected::Version(stored.version),
            version: stored.version.next(),
            body: Body::Write {
                schema,
                json: stored.json.clone(),
            },
            index: stored.index.clone(),
        });
        let done = self.store.commit(id, &[change.at(snapshot.now)]).await;
        let done = done.unwrap();
        assert!(done[0].is_done(), "{done:?}");
        stored.schema
    }

    pub(crate) async fn check(&self) {
        assert_eq!(self.tenant.audit().await.unwrap(), []);
    }
}

/// Ticks and drives until there is nothing to do now.
pub(crate) async fn drain(worker: &mut Worker) {
    loop {
        let ticked = worker.tick().await.unwrap();
        if worker.running() > 0 {
            worker.work().await;
        } else if ticked.claimed == 0 && ticked.retrying == 0 {
            return;
        }
    }
}

/// An order of so many units that the channel calls `reference`.
pub(crate) fn order(channel: &str, reference: &str, units: u32) -> PlaceOrder {
    let source = Source {
        kind: SourceKind::Manual,
        channel: build::channel(channel),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    draft.push_line("TEA", units, "4.50").unwrap();
    draft.customer = Some(build::customer_id(1));
    draft.external.push(ExternalReference {
        kind: build::external("id"),
        id: build::external(reference),
    });
    PlaceOrder::new(draft)
}

pub(crate) fn intake(channel: &str, reference: &str, units: u32) -> Intake {
    Intake::Order(Box::new(order(channel, reference, units)))
}

pub(crate) fn keyed(key: &str) -> Call {
    Call::default().with_key(build::idempotency_key(key))
}
