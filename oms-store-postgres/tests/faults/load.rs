//! A shop, and a process that works in it and notes every answer before it goes on.

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oms_core::catalog::{Product, SalesChannel};
use oms_core::hub::Hub;
use oms_core::order::{
    ApprovalMode, ExternalReference, OrderCommand, OrderDraft, Source, SourceKind, Tracking,
};
use oms_core::plan::{Command, PlaceOrder, ReserveLine, ReserveStock, UniqueKey};
use oms_core::reservation::Owner;
use oms_core::service::{Call, Done, Error, Oms, Tenant};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::build::{self, channel, external, idempotency_key, quantity, reason, stock};
use oms_core::value::{CartId, FulfillmentId, LineId, OrderId, TenantId};
use oms_store_postgres::PgStore;

use crate::child::Orders;
use crate::common::block_on;

/// How many work at once in a process.
const TASKS: u64 = 4;

/// Units of each SKU at the start.
pub(crate) const UNITS: u32 = 500_000;

/// Units of tea and of pots in every order.
pub(crate) const EACH: [(&str, u32); 2] = [("TEA", 1), ("POT", 2)];

/// Units of tea in every cart.
pub(crate) const CART: u32 = 3;

pub(crate) fn tenant() -> TenantId {
    build::tenant("acme")
}

pub(crate) fn shop(store: &PgStore) -> Tenant {
    Oms::builder(Arc::new(store.clone()))
        .build()
        .tenant(tenant())
}

/// The shop before the work: one channel, one hub, two SKUs; people approve.
pub(crate) async fn furnish(shop: &Tenant) {
    let me = Call::default;
    let mut settings = Settings::default();
    settings.workflow.approval = ApprovalMode::Manual;
    shop.put_settings(settings, me()).await.unwrap();
    let desk = SalesChannel::new(channel("desk"), "Order desk".parse().unwrap());
    shop.put_channel(desk, me()).await.unwrap();
    let north = Hub::new(build::hub("north"), "North".parse().unwrap());
    shop.put_hub(north, me()).await.unwrap();
    for (sku, _) in EACH {
        let product = Product::new(build::sku(sku), sku.parse().unwrap());
        shop.put_product(product, me()).await.unwrap();
        let receive = StockCommand::Receive {
            quantity: quantity(UNITS),
        };
        shop.stock_command(stock("north", sku), receive, reason("delivery"), me())
            .await
            .unwrap();
    }
}

/// What one key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Place,
    Approve,
    Pick,
    Pack,
    Ship,
    Cart,
    TooMany,
}

impl Step {
    const ALL: [Self; 7] = [
        Self::Place,
        Self::Approve,
        Self::Pick,
        Self::Pack,
        Self::Ship,
        Self::Cart,
        Self::TooMany,
    ];

    /// The step of a key.
    pub(crate) fn of(key: &str) -> Self {
        let (_, name) = key.rsplit_once('.').unwrap();
        let found = Self::ALL.into_iter().find(|s| format!("{s:?}") == name);
        found.unwrap()
    }

    /// The command of a key, always the same; on `order` where it is about one.
    pub(crate) fn command(self, key: &str, order: Option<OrderId>) -> Command {
        let work = FulfillmentId::FIRST;
        let command = match self {
            Self::Place => return place(key, EACH),
            Self::TooMany => return place(key, [("TEA", UNITS + 1), ("POT", 1)]),
            Self::Cart => {
                let hash = key.bytes().fold(7_u64, |hash, byte| {
                    hash.wrapping_mul(1_099_511_628_211) ^ u64::from(byte)
                });
                let cart = CartId::from_uuid(build::uuid(hash));
                let line = ReserveLine {
                    line: LineId::FIRST,
                    sku: build::sku("TEA"),
                    quantity: quantity(CART),
                };
                return Command::Reserve(ReserveStock::new(Owner::Cart(cart), vec![line]));
            }
            Self::Approve => OrderCommand::Approve,
            Self::Pick => OrderCommand::pick_all(work),
            Self::Pack => OrderCommand::pack_all(work),
            Self::Ship => OrderCommand::ship_all(work, Tracking::default()),
        };
        let order = order.unwrap();
        Command::Order { order, command }
    }
}

fn place(key: &str, lines: [(&str, u32); 2]) -> Command {
    let source = Source::new(SourceKind::Manual, channel("desk"));
    let mut draft = OrderDraft::new(source, "EUR".parse().unwrap());
    for (sku, count) in lines {
        draft.push_line(sku, count, "8.50").unwrap();
    }
    draft.external.push(ExternalReference {
        kind: external("order"),
        id: external(key),
    });
    Command::Place(Box::new(PlaceOrder::new(draft)))
}

/// The outside name of the order that a key placed.
pub(crate) fn name(key: &str) -> UniqueKey {
    UniqueKey::ExternalReference(channel("desk"), external("order"), external(key))
}

/// Asks with a key, until there is an answer that stands.
pub(crate) async fn ask(shop: &Tenant, key: &str, order: Option<OrderId>) -> Result<Done, Error> {
    let command = Step::of(key).command(key, order);
    for _ in 0..3_000 {
        let call = Call::default().with_key(idempotency_key(key));
        match shop.execute(command.clone(), call).await {
            Err(error) if error.is_retryable() => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            answer => return answer,
        }
    }
    panic!("no answer to {key}");
}

/// One of those who work: asks, and notes the answer before the next question.
struct Clerk {
    shop: Tenant,
    notes: Arc<Mutex<File>>,
    name: String,
}

impl Clerk {
    fn note(&self, line: &str) {
        let mut notes = self.notes.lock().unwrap();
        notes.write_all(format!("{line}\n").as_bytes()).unwrap();
        notes.flush().unwrap();
    }

    async fn ask(&self, n: u64, step: Step, order: Option<OrderId>) -> Option<Done> {
        let key = format!("{}.{n}.{step:?}", self.name);
        let about = order.map_or_else(|| "-".to_owned(), |id| id.to_string());
        self.note(&format!("begun\t{key}\t{about}"));
        match ask(&self.shop, &key, order).await {
            Ok(done) => {
                let receipt = serde_json::to_string(&done.receipt).unwrap();
                self.note(&format!("done\t{key}\t{about}\t{receipt}"));
                Some(done)
            }
            Err(Error::Rejected(why)) => {
                self.note(&format!("refused\t{key}\t{about}\t{}", why.code()));
                None
            }
            Err(other) => {
                self.note(&format!("broken\t{key}\t{about}\t{other}"));
                panic!("{key}: {other}");
            }
        }
    }

    async fn work(self) {
        for n in 0.. {
            let placed = self.ask(n, Step::Place, None).await;
            let order = placed.and_then(|done| done.receipt.order).unwrap().id;
            let steps = [Step::Approve, Step::Pick, Step::Pack, Step::Ship];
            // Some orders are left on the way.
            let steps = steps.into_iter().take(4 - usize::try_from(n % 3).unwrap());
            for step in steps {
                self.ask(n, step, Some(order)).await;
            }
            self.ask(n, Step::Cart, None).await;
            self.ask(n, Step::TooMany, None).await;
            // Every answer is verified in the end.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Works until it is killed.
#[test]
#[ignore = "a child process of the crash tests"]
fn works() {
    let Some(orders) = Orders::given() else {
        return;
    };
    block_on(async {
        // Short, so that it is soon back at work when the server is.
        let store = orders.store(4, Duration::from_millis(500)).await;
        let notes = File::options().append(true).open(&orders.file).unwrap();
        let notes = Arc::new(Mutex::new(notes));
        let working: Vec<_> = (0..TASKS)
            .map(|task| {
                let clerk = Clerk {
                    shop: shop(&store),
                    notes: notes.clone(),
                    name: format!("{}.{task}", orders.name),
                };
                tokio::spawn(clerk.work())
            })
            .collect();
        for clerk in working {
            clerk.await.unwrap();
        }
    });
}
