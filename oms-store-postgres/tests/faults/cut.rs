//! Answers that are cut off on the way or never come, and a server that goes and comes back.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use oms_core::plan::{Keys, Outcome};
use oms_core::port::{StockFilter, Store, StoreError, TenantBatch};
use oms_core::service::Error;
use oms_core::testing::build::{self, Change, base_documents, stock};
use oms_store_postgres::sqlx::postgres::PgPoolOptions;
use oms_store_postgres::sqlx::query_scalar;
use oms_store_postgres::{PgOptions, PgStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::common::{Database, Server, block_on, start};
use crate::load::{Step, UNITS, ask, furnish, shop, tenant};

/// What socket clients look for in a folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// A way to the server on which the next answer can be cut off, or vanish.
struct Proxy {
    folder: PathBuf,
    fate: Fate,
}

/// What becomes of the next answer.
#[derive(Clone, Default)]
struct Fate {
    /// It is lost, and the connection with it.
    cut: Arc<AtomicBool>,
    /// It is lost, and the connection stays open and carries nothing any more.
    vanish: Arc<AtomicBool>,
    /// It would say that a transaction was begun, and does not come, as from a pooler without a
    /// session to give.
    queue: Arc<AtomicBool>,
    /// It is the one in a transaction of its own, and does not come: who asked stands still before
    /// the end of the transaction, and both connections stay open.
    freeze: Arc<AtomicBool>,
}

impl Proxy {
    fn new(server: &Server) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cut-{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let folder = server.folder().join(name);
        std::fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
        let behind = server.folder().join(SOCKET);
        let fate = Fate::default();
        let told = fate.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = UnixStream::connect(&behind).await.unwrap();
                tokio::spawn(carry(client, server, told.clone()));
            }
        });
        Self { folder, fate }
    }

    /// Once, the whole question reaches the server, and its answer is lost with the connection.
    fn cut_next(&self) {
        self.fate.cut.store(true, Ordering::SeqCst);
    }

    /// Once, the whole question reaches the server, and from then on its connection is dead without
    /// having ended, as when the server's host is gone.
    fn vanish_next(&self) {
        self.fate.vanish.store(true, Ordering::SeqCst);
    }

    /// Once, who begins a transaction waits in vain.
    fn queue_next(&self) {
        self.fate.queue.store(true, Ordering::SeqCst);
    }

    /// Once, who asked in a transaction stands still before ending it.
    fn freeze_next(&self) {
        self.fate.freeze.store(true, Ordering::SeqCst);
    }

    fn froze(&self) -> bool {
        !self.fate.freeze.load(Ordering::SeqCst)
    }

    fn folder(&self) -> &Path {
        &self.folder
    }
}

async fn carry(client: UnixStream, server: UnixStream, fate: Fate) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move {
        // It ends with either connection.
        let _copied = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut buffer = vec![0; 65_536];
    while let Ok(read) = from_server.read(&mut buffer).await {
        let answer = &buffer[..read];
        // `DataRow` comes once the function has run, `ReadyForQuery` once it is committed.
        let ready = answer.ends_with(b"Z\x00\x00\x00\x05I");
        let told = ready && carries_row(answer);
        if told && fate.cut.swap(false, Ordering::SeqCst) {
            return;
        }
        if told && fate.vanish.swap(false, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let open = answer.ends_with(b"Z\x00\x00\x00\x05T") && carries_row(answer);
        if open && fate.freeze.swap(false, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let begun = answer.windows(6).any(|part| part == b"BEGIN\0");
        if begun && fate.queue.swap(false, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if read == 0 || to_client.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// Whether the messages of an answer say that rows were found: a `CommandComplete` of `SELECT`.
fn carries_row(answer: &[u8]) -> bool {
    answer.windows(7).any(|part| part == b"SELECT ")
}

async fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(&["synchronous_commit=on"]))
}

/// A database with a shop, a store that asks it directly, and a way around that.
async fn behind() -> (Database, PgStore, Proxy) {
    let server = server().await;
    let database = Database::on(server).await;
    let direct = database.store(1).await;
    furnish(&shop(&direct)).await;
    (database, direct, Proxy::new(server))
}

async fn through(folder: &Path, database: &Database) -> PgStore {
    through_as(folder, database, &PgOptions::default()).await
}

async fn through_as(folder: &Path, database: &Database, options: &PgOptions) -> PgStore {
    let connect = database.options().socket(folder);
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(connect);
    PgStore::from_pool(pool.await.unwrap(), options)
}

#[test]
fn an_answer_cut_off_after_the_commit_is_found_by_its_key() {
    block_on(async {
        let (database, direct, proxy) = behind().await;
        let store = through(proxy.folder(), &database).await;

        // The store says that it does not know; the key does.
        let row = stock("north", "TEA");
        let now = store
            .prefetch(&tenant(), &Keys::default())
            .await
            .unwrap()
            .now;
        let set = [Change::new("more").receive(&row, 7).at(now)];
        proxy.cut_next();
        let error = store.commit(&tenant(), &set).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error:?}");
        assert!(error.is_retryable());
        let level = shop(&direct).stock_level(&row).await.unwrap();
        assert_eq!(
            level.on_hand.get(),
            UNITS + 7,
            "it was committed before the cut"
        );
        let again = store.commit(&tenant(), &set).await.unwrap().remove(0);
        assert!(matches!(again, Outcome::Repeated { .. }), "{again:?}");
        let level = shop(&direct).stock_level(&row).await.unwrap();
        assert_eq!(level.on_hand.get(), UNITS + 7);

        // Through the service, whichever answer of a placement is cut, there is one order.
        let shop = shop(&store);
        for n in 0..4 {
            let key = format!("cut.{n}.{:?}", Step::Place);
            proxy.cut_next();
            let first = ask(&shop, &key, None).await.unwrap();
            assert!(!proxy.fate.cut.load(Ordering::SeqCst), "nothing was cut");
            let second = ask(&shop, &key, None).await.unwrap();
            assert!(second.repeated);
            assert_eq!(first.receipt, second.receipt);
        }
        let orders = query_scalar::<_, i64>("SELECT count(*) FROM oms.orders");
        assert_eq!(orders.fetch_one(direct.pool()).await.unwrap(), 4);
        let found = direct.audit(&tenant()).await.unwrap();
        assert!(found.is_empty(), "{found:#?}");
        database.drop().await;
    });
}

#[test]
fn an_answer_to_several_tenants_that_is_cut_off_leaves_unknown_only_what_was_sent() {
    block_on(async {
        let (database, direct, proxy) = behind().await;
        let options = PgOptions::default().tenants_per_commit(2);
        let store = through_as(proxy.folder(), &database, &options).await;
        let (row, keys) = (stock("north", "TEA"), Keys::default());
        let mut batches = Vec::new();
        for name in ["first", "second", "third", "fourth"] {
            let tenant = build::tenant(name);
            let now = direct.prefetch(&tenant, &keys).await.unwrap().now;
            // The row is there already, so that no statement of its own makes it.
            let base = Change::new("base").documents(base_documents());
            let base = [base.receive(&row, 1).at(now)];
            let done = direct.commit(&tenant, &base).await.unwrap().remove(0);
            assert!(matches!(done, Outcome::Committed { .. }), "{done:?}");
            let items = vec![Change::new("more").receive(&row, 7).at(now)];
            batches.push(TenantBatch { tenant, items });
        }

        // By tenant: the first and the fourth share a statement, then the other two.
        proxy.cut_next();
        let answers = store.commit_each(&batches).await;
        let told: Vec<&StoreError> = answers
            .iter()
            .filter_map(|told| told.as_ref().err())
            .collect();
        let unknown: Vec<bool> = told.iter().map(|told| told.is_outcome_unknown()).collect();
        assert_eq!(unknown, [true, false, false, true], "{answers:?}");
        assert!(told.iter().all(|told| told.is_retryable()), "{answers:?}");

        // What was committed before the cut is found by its key, the rest is done now.
        let answers = store.commit_each(&batches).await;
        let repeated: Vec<bool> = answers
            .iter()
            .map(|answer| match answer.as_deref() {
                Ok([Outcome::Repeated { .. }]) => true,
                Ok([Outcome::Committed { .. }]) => false,
                answer => panic!("{answer:?}"),
            })
            .collect();
        assert_eq!(repeated, unknown);
        for batch in &batches {
            let filter = StockFilter::default();
            let page = direct.stock(&batch.tenant, &filter, None, 10).await;
            let levels = page.unwrap().items;
            let units: Vec<u32> = levels
                .iter()
                .map(|(_, level)| level.on_hand.get())
                .collect();
            assert_eq!(units, [8], "{:?}", batch.tenant);
        }
        database.drop().await;
    });
}

#[test]
fn an_answer_that_never_comes_is_waited_for_no_longer_than_agreed() {
    const LIMIT: Duration = Duration::from_secs(1);
    block_on(async {
        let (database, direct, proxy) = behind().await;
        let options = PgOptions::default().answer_timeout(LIMIT);
        let store = through_as(proxy.folder(), &database, &options).await;
        // Without the limit of this store it would be the 35 s of every store.
        let bound = Duration::from_secs(30);

        let row = stock("north", "TEA");
        let keys = Keys::default();
        let now = store.prefetch(&tenant(), &keys).await.unwrap().now;
        let set = [Change::new("more").receive(&row, 7).at(now)];
        proxy.vanish_next();
        let since = Instant::now();
        let error = store.commit(&tenant(), &set).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error:?}");
        assert!(since.elapsed() < bound, "{:?}", since.elapsed());
        let again = store.commit(&tenant(), &set).await.unwrap().remove(0);
        assert!(matches!(again, Outcome::Repeated { .. }), "{again:?}");

        proxy.vanish_next();
        let since = Instant::now();
        let error = store.prefetch(&tenant(), &keys).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(since.elapsed() < bound, "{:?}", since.elapsed());

        // Those behind in the lane get on, too, and each order is there once.
        let shop = shop(&store);
        let names = [0, 1, 2].map(|n| format!("gone.{n}.{:?}", Step::Place));
        proxy.vanish_next();
        let placed = async {
            let ask = |name| ask(&shop, name, None);
            tokio::join!(ask(&names[0]), ask(&names[1]), ask(&names[2]))
        };
        let limit = Duration::from_secs(40);
        let (first, second, third) = tokio::time::timeout(limit, placed).await.unwrap();
        for done in [first, second, third] {
            done.unwrap();
        }
        assert!(
            !proxy.fate.vanish.load(Ordering::SeqCst),
            "nothing vanished"
        );
        let orders = query_scalar::<_, i64>("SELECT count(*) FROM oms.orders");
        assert_eq!(orders.fetch_one(direct.pool()).await.unwrap(), 3);
        let found = direct.audit(&tenant()).await.unwrap();
        assert!(found.is_empty(), "{found:#?}");
        database.drop().await;
    });
}

#[test]
fn what_was_never_asked_or_may_be_lost_has_no_unknown_outcome() {
    block_on(async {
        let (database, _, proxy) = behind().await;

        // No session for the transaction, so nothing was sent that writes.
        let options = PgOptions::default().pooler(true);
        let options = options.answer_timeout(Duration::from_secs(1));
        let store = through_as(proxy.folder(), &database, &options).await;
        let row = stock("north", "TEA");
        let (name, keys) = (tenant(), Keys::default());
        let more = async || {
            let now = store.prefetch(&name, &keys).await.unwrap().now;
            [Change::new("more").receive(&row, 7).at(now)]
        };
        let set = more().await;
        proxy.queue_next();
        let error = store.commit(&tenant(), &set).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        let set = more().await;
        let done = store.commit(&tenant(), &set).await.unwrap().remove(0);
        assert!(matches!(done, Outcome::Committed { .. }), "{done:?}");

        // A block of numbers whose answer was lost is a gap.
        let store = through(proxy.folder(), &database).await;
        let first = store.take_numbers(&tenant(), 10).await.unwrap();
        proxy.cut_next();
        let error = store.take_numbers(&tenant(), 10).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        let third = store.take_numbers(&tenant(), 10).await.unwrap();
        assert_eq!(third.get(), first.get() + 20);
        database.drop().await;
    });
}

#[test]
fn a_host_that_stands_still_behind_a_pooler_keeps_no_row_locked() {
    // Half of it is for the statement, half for what its client says next.
    const PATIENCE: Duration = Duration::from_secs(4);
    block_on(async {
        let (database, direct, proxy) = behind().await;
        let options = PgOptions::default().pooler(true).answer_timeout(PATIENCE);
        let store = through_as(proxy.folder(), &database, &options).await;
        let (row, name, keys) = (stock("north", "TEA"), tenant(), Keys::default());

        let now = store.prefetch(&name, &keys).await.unwrap().now;
        let set = [Change::new("frozen").receive(&row, 7).at(now)];
        proxy.freeze_next();
        let mut frozen = store.commit(&name, &set);
        while !proxy.froze() {
            let moment = Duration::from_millis(20);
            let moved = tokio::time::timeout(moment, &mut frozen).await;
            assert!(moved.is_err(), "{moved:?}");
        }
        // From here on it is not polled any more, as in a host that was stopped: it gives nothing
        // up, and its connection stays open.
        let others = async {
            for n in 0.. {
                let now = direct.prefetch(&name, &keys).await.unwrap().now;
                let more = Change::new(&format!("other-{n}"));
                let set = [more.receive(&row, 5).at(now)];
                match direct
                    .commit(&name, &set)
                    .await
                    .map(|mut done| done.remove(0))
                {
                    Ok(Outcome::Committed { .. }) => return,
                    Ok(Outcome::Repeated { .. }) => panic!("it has a key of its own"),
                    Ok(Outcome::Refused(_)) | Err(StoreError::Busy { .. }) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
        };
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, others).await.unwrap();
        let level = shop(&direct).stock_level(&row).await.unwrap();
        assert_eq!(level.on_hand.get(), UNITS + 5, "what was open is undone");
        drop(frozen);
        let again = store.commit(&name, &set).await.unwrap().remove(0);
        assert!(!matches!(again, Outcome::Repeated { .. }), "{again:?}");
        let found = direct.audit(&tenant()).await.unwrap();
        assert!(found.is_empty(), "{found:#?}");
        database.drop().await;
    });
}

#[test]
fn a_server_that_goes_and_comes_back_gives_one_order() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    block_on(async {
        let server = SERVER.get_or_init(|| start(&["synchronous_commit=on"]));
        let database = Database::on(server).await;
        let options = PgPoolOptions::new()
            .max_connections(2)
            .acquire_timeout(Duration::from_secs(1))
            .test_before_acquire(false)
            .connect_with(database.options());
        let store = PgStore::from_pool(options.await.unwrap(), &PgOptions::default());
        let shop = shop(&store);
        furnish(&shop).await;
        let key = format!("gone.0.{:?}", Step::Place);
        let call = || {
            let call = oms_core::service::Call::default();
            call.with_key(build::idempotency_key(&key))
        };
        let command = Step::Place.command(&key, None);

        server.kill(true);
        // Sessions of the pool that were open end one by one; a commit on one of them would be
        // unknown rather than undone.
        let mut in_a_row = 0;
        while in_a_row < 3 {
            match store.audit(&tenant()).await {
                Ok(_) => in_a_row = 0,
                Err(StoreError::Unavailable { .. }) => in_a_row += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        for _ in 0..2 {
            let error = shop.execute(command.clone(), call()).await.unwrap_err();
            assert!(error.is_retryable(), "{error:?}");
            let Error::Store(why) = &error else {
                panic!("{error:?}")
            };
            assert!(matches!(**why, StoreError::Unavailable { .. }), "{why:?}");
        }

        server.up();
        let first = ask(&shop, &key, None).await.unwrap();
        let second = shop.execute(command, call()).await.unwrap();
        assert!(second.repeated);
        assert_eq!(first.receipt, second.receipt);
        let orders = query_scalar::<_, i64>("SELECT count(*) FROM oms.orders");
        assert_eq!(orders.fetch_one(store.pool()).await.unwrap(), 1);
        let found = store.audit(&tenant()).await.unwrap();
        assert!(found.is_empty(), "{found:#?}");
        database.drop().await;
    });
}
