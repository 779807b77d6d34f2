//! Killed thirty times: what was acknowledged is there, what was refused left nothing, and
//! everything adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use oms_core::order::fold_at;
use oms_core::plan::Keys;
use oms_core::port::{Store, Violation};
use oms_core::service::{Done, Error, Tenant};
use oms_core::testing::Random;
use oms_core::testing::build::{idempotency_key, stock};
use oms_core::value::OrderId;
use oms_store_postgres::PgStore;

use crate::child::Running;
use crate::common::{Database, Server, block_on, start as start_server, tell};
use crate::load::{CART, EACH, Step, UNITS, ask, furnish, name, shop, tenant};

/// Kills of each of the two: the client, the server.
const KILLS: usize = 15;

/// Answers between two kills, at least.
const ANSWERS: usize = 15;

/// Answers that are verified after each kill.
const AT_ONCE: usize = 150;

/// What the clients noted about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Note {
    Begun,
    Done(String),
    Refused,
}

/// Everything noted, by key, with the order a key is about.
type Notes = BTreeMap<String, (Option<OrderId>, Note)>;

struct Scene {
    store: PgStore,
    shop: Tenant,
    file: PathBuf,
    /// Keys whose answers were verified once.
    verified: BTreeSet<String>,
}

impl Scene {
    /// Whole lines of the file; the last one may be cut by a kill.
    fn notes(&self) -> Notes {
        let text = std::fs::read_to_string(&self.file).unwrap();
        let mut notes = Notes::new();
        let (whole, _) = text.rsplit_once('\n').unwrap_or_default();
        for line in whole.lines() {
            let parts: Vec<&str> = line.splitn(4, '\t').collect();
            let note = match (parts[0], parts.get(3)) {
                ("begun", None) => Note::Begun,
                ("done", Some(receipt)) => Note::Done((*receipt).to_owned()),
                ("refused", Some(&"short")) => Note::Refused,
                _ => panic!("{line}"),
            };
            let order = OrderId::parse(parts[2]).ok();
            notes.insert(parts[1].to_owned(), (order, note));
        }
        notes
    }

    fn answered(&self) -> usize {
        let notes = self.notes();
        notes
            .values()
            .filter(|(_, note)| *note != Note::Begun)
            .count()
    }

    /// Waits for so many more answers, then a moment more, so that the kill finds anything.
    async fn progress(&self, client: &mut Running, random: &mut Random) {
        let wanted = self.answered() + ANSWERS;
        let begun = Instant::now();
        while self.answered() < wanted {
            assert!(client.runs(), "the client ended by itself");
            assert!(begun.elapsed() < Duration::from_secs(60), "no progress");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let micros = u64::try_from(random.index(10_000)).unwrap();
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }

    /// The audit. The one connection of this store may be to a server that was killed: that is said
    /// as something to try again, once.
    async fn audit(&self) -> Vec<Violation> {
        match self.store.audit(&tenant()).await {
            Ok(found) => found,
            Err(error) => {
                assert!(error.is_retryable(), "{error:?}");
                self.store.audit(&tenant()).await.unwrap()
            }
        }
    }

    /// Verifies answers that were not verified before, at most so many of them, evenly spread: a
    /// client that goes on working would otherwise give more new ones than are verified meanwhile.
    async fn verify(&mut self, most: usize) {
        let found = self.audit().await;
        assert!(found.is_empty(), "{found:#?}");
        let mut notes = self.notes();
        notes.retain(|key, (_, note)| *note != Note::Begun && !self.verified.contains(key));
        let stride = notes.len().div_ceil(most).max(1);
        let mut orders = BTreeSet::new();
        for (key, (order, note)) in notes.iter().step_by(stride) {
            self.verified.insert(key.clone());
            match note {
                Note::Begun => {}
                Note::Done(receipt) => {
                    let again = ask(&self.shop, key, *order).await.unwrap();
                    assert!(again.repeated, "{key} was lost and is done only now");
                    assert_eq!(&serde_json::to_string(&again.receipt).unwrap(), receipt);
                    orders.extend(again.receipt.order.map(|order| order.id));
                }
                Note::Refused => self.left_nothing(key).await,
            }
        }
        for order in orders {
            self.folds(order).await;
        }
    }

    /// A refused call can be found nowhere.
    async fn left_nothing(&self, key: &str) {
        let mut keys = Keys::default();
        keys.commands.insert(idempotency_key(key));
        keys.unique.insert(name(key));
        let snapshot = self.store.prefetch(&tenant(), &keys).await.unwrap();
        assert!(snapshot.commands.is_empty(), "{key}");
        assert!(snapshot.unique.is_empty(), "{key}");
    }

    /// The state of an order is the fold of its events; clients may be changing it meanwhile.
    async fn folds(&self, id: OrderId) {
        for _ in 0..100 {
            let history = self.shop.history(id).await.unwrap();
            let events = history.iter().map(|entry| (&entry.event, entry.at));
            let folded = fold_at(events).unwrap();
            let stored = self.shop.order(id).await.unwrap();
            if folded.version == stored.version {
                assert_eq!(folded, stored);
                return;
            }
        }
        panic!("order {id} never agrees with its events");
    }

    /// Nobody works any more: asks again for what nobody heard an answer to, twice each.
    async fn settle(&self) -> Vec<(Step, bool)> {
        let mut settled = Vec::new();
        for (key, (order, note)) in self.notes() {
            let step = Step::of(&key);
            if note == Note::Begun {
                let first = ask(&self.shop, &key, order).await;
                let second = ask(&self.shop, &key, order).await;
                let done = same_answer(&key, &first, &second);
                assert_eq!(done, step != Step::TooMany, "{key}: {first:?}");
            }
            settled.push((step, note != Note::Refused && step != Step::TooMany));
        }
        settled
    }

    /// Stock is what the keys say, to the unit.
    async fn adds_up(&self, settled: &[(Step, bool)]) {
        let count = |wanted: Step| {
            let counted = settled
                .iter()
                .filter(|(step, done)| *done && *step == wanted);
            u32::try_from(counted.count()).unwrap()
        };
        let (placed, shipped) = (count(Step::Place), count(Step::Ship));
        for (sku, each) in EACH {
            let level = self.shop.stock_level(&stock("north", sku)).await.unwrap();
            let carts = if sku == "TEA" {
                CART * count(Step::Cart)
            } else {
                0
            };
            assert_eq!(level.on_hand.get(), UNITS - each * shipped, "{sku}");
            assert_eq!(
                level.reserved.get(),
                each * (placed - shipped) + carts,
                "{sku}"
            );
        }
        tell(&format!("{placed} orders placed, {shipped} shipped"));
    }
}

fn same_answer(key: &str, first: &Result<Done, Error>, second: &Result<Done, Error>) -> bool {
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert!(second.repeated, "{key}");
            assert_eq!(first.receipt, second.receipt, "{key}");
            true
        }
        (Err(Error::Rejected(_)), Err(Error::Rejected(_))) => false,
        _ => panic!("{key}: {first:?}, then {second:?}"),
    }
}

#[test]
fn thirty_kills_lose_nothing_and_do_nothing_twice() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let settings = [
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
        "shared_buffers=16MB",
    ];
    block_on(async {
        let server = SERVER.get_or_init(|| start_server(&settings));
        let database = Database::on(server).await;
        let store = database.store(1).await;
        let shop = shop(&store);
        furnish(&shop).await;
        let file = server.folder().join("notes");
        std::fs::write(&file, "").unwrap();
        let verified = BTreeSet::new();
        let mut scene = Scene {
            store,
            shop,
            file,
            verified,
        };
        let mut random = Random::new(30);
        let start = |n: usize, file: &Path| {
            Running::start("load::works", &database, &format!("c{n}"), file)
        };
        for n in 0..KILLS {
            let mut client = start(n, &scene.file);
            scene.progress(&mut client, &mut random).await;
            client.kill();
            scene.verify(AT_ONCE).await;
        }
        let mut client = start(KILLS, &scene.file);
        for _ in 0..KILLS {
            scene.progress(&mut client, &mut random).await;
            server.kill(false);
            server.admin().await;
            scene.verify(AT_ONCE).await;
        }
        scene.progress(&mut client, &mut random).await;
        client.kill();
        let settled = scene.settle().await;
        scene.verified.clear();
        scene.verify(usize::MAX).await;
        scene.adds_up(&settled).await;
    });
}
