//! A private server for a test binary, and a fresh database for each test.
//!
//! `OMS_TEST_DATABASE_URL` names a server to use instead; its role must be allowed to make
//! databases. What a run leaves there, the next one removes. Otherwise a throw-away cluster is
//! started once per binary, from the binaries in `PATH` or in the folders of the distributions, on
//! a socket in a folder that nobody else may enter. A small shell holds the reading end of a pipe
//! to this process: when the process ends, however it ends, the shell stops the server and removes
//! the folder.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub)]
#![allow(missing_docs, missing_debug_implementations, unnameable_types)]

mod binaries;
pub mod counted;
pub mod private;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use oms_core::port::StoreError;
use oms_core::testing::ManualClock;
use oms_core::value::Timestamp;
use oms_store_postgres::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use oms_store_postgres::sqlx::{
    self, AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection,
};
use oms_store_postgres::{PgOptions, PgStore};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell};

/// One runtime for all tests of the binary, so that pools outlive single tests.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .expect("a runtime starts")
    })
}

/// Runs a test on the shared runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// A server that runs as long as this process.
pub struct Server {
    options: PgConnectOptions,
    /// Where the socket and the data are, if the server is our own.
    folder: Option<PathBuf>,
    _keeper: Option<Child>,
}

/// The URL of the server to use, if somebody names one; an empty name is none, as for `make test`.
pub fn given() -> Option<String> {
    let url = std::env::var("OMS_TEST_DATABASE_URL").ok();
    url.filter(|url| !url.is_empty())
}

/// The server of this binary.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match given() {
        Some(url) => Server {
            options: url.parse().expect("OMS_TEST_DATABASE_URL is a URL"),
            folder: None,
            _keeper: None,
        },
        None => start(&[]),
    })
}

/// The folder with the server's binaries.
fn binaries() -> PathBuf {
    binaries::find().unwrap_or_else(|| {
        panic!(
            "the tests need PostgreSQL server binaries (initdb, postgres): install them with \
             .ci/postgres-install, or set OMS_TEST_DATABASE_URL"
        )
    })
}

/// What the keeper does: make, start, wait for the pipe to close, stop, remove. While there is a
/// file `again`, a server that ended is started again, unless there is a file `down`.
const KEEPER: &str = r#"
set -eu
trap '' INT TERM HUP QUIT
folder=$1; bin=$2; shift 2
as=
if [ "$(id -u)" = 0 ]; then
    user=postgres; id "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$folder"
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --"
    command -v setpriv >/dev/null 2>&1 || as="runuser -u $user --"
fi
cd "$folder"
if ! $as "$bin/initdb" -D "$folder/data" -U oms -A trust -E UTF8 --locale=C --no-sync \
    >"$folder/log" 2>&1; then
    echo "failed: $(tail -n 3 "$folder/log" | tr '\n' ' ')"; rm -rf "$folder"; exit 1
fi
run() {
    $as "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= "$@" \
        </dev/null >>"$folder/log" 2>&1 || true
}
serve() {
    run "$@"
    while [ -e "$folder/again" ]; do
        [ -e "$folder/down" ] || run "$@"
        sleep 0.05
    done
    : >"$folder/ended"
}
serve "$@" </dev/null >/dev/null 2>&1 &
server=$!
echo started
cat >/dev/null || true
rm -f "$folder/again"
until [ -e "$folder/ended" ]; do
    [ ! -f "$folder/data/postmaster.pid" ] ||
        kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null || true
    sleep 0.05
done
wait "$server" 2>/dev/null || true
[ ! -d "$folder/small" ] || umount "$folder/small" 2>/dev/null || true
rm -rf "$folder"
"#;

/// Settings of every server of ours: durability is the subject of tests of its own only.
const SETTINGS: [&str; 6] = [
    "port=5432",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_preload_libraries=pg_stat_statements",
    "pg_stat_statements.track=all",
];

fn statements(ending: &str) -> String {
    format!("pg_stat_statements.{ending}")
}

/// As many tests run at once as there are cores, and a test opens some thirty connections at most.
fn most_connections() -> String {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    format!("max_connections={}", (32 * cores).max(200))
}

/// Starts a server with further settings.
pub fn start(settings: &[&str]) -> Server {
    let bin = binaries();
    let folder = private::make("oms").expect("a temporary folder can be made");
    let mut keeper = Command::new("sh");
    keeper
        .arg("-c")
        .arg(KEEPER)
        .arg("keeper")
        .arg(&folder)
        .arg(&bin);
    let has_statements = ["../lib", "../lib/postgresql", "../../lib/postgresql"]
        .iter()
        .flat_map(|lib| ["so", "dylib"].map(|end| bin.join(lib).join(statements(end))))
        .any(|library| library.is_file())
        || Path::new("/usr/lib/postgresql").is_dir();
    let wanted = |setting: &&str| has_statements || !setting.contains("pg_stat_statements");
    keeper.arg("-c").arg(most_connections());
    for setting in SETTINGS
        .iter()
        .copied()
        .filter(wanted)
        .chain(settings.iter().copied())
    {
        keeper.arg("-c").arg(setting);
    }
    let mut keeper = keeper
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh starts");
    let mut said = String::new();
    let output = keeper.stdout.take().expect("the keeper's output is a pipe");
    BufReader::new(output)
        .read_line(&mut said)
        .expect("the keeper answers");
    assert!(
        said.starts_with("started"),
        "the test server did not start: {said}"
    );
    // `PGPORT` and `PGSSLMODE` are about other servers.
    let options = PgConnectOptions::new()
        .socket(&folder)
        .port(5432)
        .ssl_mode(PgSslMode::Disable)
        .username("oms")
        .database("postgres");
    Server {
        options,
        folder: Some(folder),
        _keeper: Some(keeper),
    }
}

impl Server {
    /// Connects as the owner of everything, as soon as the server answers.
    pub async fn admin(&self) -> PgConnection {
        for _ in 0..600 {
            match PgConnection::connect_with(&self.options).await {
                Ok(connection) => return connection,
                Err(_) if self.folder.is_some() => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                Err(why) => panic!("the given server cannot be used: {why}"),
            }
        }
        panic!("the test server did not answer within 30 s")
    }

    /// How to connect to one of its databases.
    pub fn database(&self, name: &str) -> PgConnectOptions {
        self.options.clone().database(name)
    }

    /// The same server, as if somebody had named it.
    pub fn as_given(&self) -> Self {
        Self {
            options: self.options.clone(),
            folder: None,
            _keeper: None,
        }
    }

    /// What the names of this run's databases have in common: on a server of our own the number of
    /// the process; on a given one that of a session which stays as long as the process. So others
    /// can tell what is still used, and processes on several machines are told apart.
    async fn run(&self) -> String {
        static SESSION: OnceCell<(i32, Mutex<PgConnection>)> = OnceCell::const_new();
        if self.folder.is_some() {
            return std::process::id().to_string();
        }
        let (number, _) = SESSION.get_or_init(|| self.enlist()).await;
        number.to_string()
    }

    /// Opens that session, and removes the databases of runs whose session is gone: templates, and
    /// those of tests that failed or were killed.
    async fn enlist(&self) -> (i32, Mutex<PgConnection>) {
        let options = self
            .options
            .clone()
            .application_name(SESSION_NAME)
            .options([("idle_session_timeout", "0")]);
        let mut session = PgConnection::connect_with(&options)
            .await
            .expect("the given server can be used");
        let left: Vec<String> = sqlx::query_scalar(LEFT)
            .bind(SESSION_NAME)
            .fetch_all(&mut session)
            .await
            .expect("databases can be listed");
        for name in left {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // Another run may be at it, too.
            let _removed = session.execute(AssertSqlSafe(sql)).await;
        }
        let number = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut session)
            .await
            .expect("a session has a number");
        (number, Mutex::new(session))
    }

    /// Where the socket and the data of a server of our own are.
    pub fn folder(&self) -> &Path {
        self.folder.as_deref().expect("a server of our own")
    }

    /// Kills the postmaster as `kill -9` does; it is started again at once, unless `down`.
    pub fn kill(&self, down: bool) {
        let folder = self.folder();
        std::fs::write(folder.join("again"), "").expect("the folder can be written");
        if down {
            std::fs::write(folder.join("down"), "").expect("the folder can be written");
        }
        let pid = std::fs::read_to_string(folder.join("data/postmaster.pid"));
        let pid = pid.expect("the server runs");
        let pid = pid.lines().next().expect("the file begins with the pid");
        let killed = Command::new("kill").args(["-9", pid]).status();
        assert!(killed.expect("kill runs").success());
    }

    /// Lets a server that is down be started again.
    pub fn up(&self) {
        std::fs::remove_file(self.folder().join("down")).expect("the server is down");
    }

    /// The folder of its socket, if it is our own.
    pub fn socket_folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The log of the server, if it is our own.
    pub fn log(&self) -> String {
        let folder = self.folder.as_ref().expect("a server of our own");
        std::fs::read_to_string(folder.join("log")).expect("the log can be read")
    }
}

/// A database of its own for one test.
pub struct Database {
    server: &'static Server,
    pub name: String,
}

impl Database {
    /// An empty database with the schema.
    pub async fn new() -> Self {
        Self::on(server()).await
    }

    /// On a server of the test's own; the template is made anew for each server.
    pub async fn on(server: &'static Server) -> Self {
        // Databases are copied one at a time: nobody may be connected to the template.
        static TEMPLATES: OnceCell<Mutex<Vec<(usize, String)>>> = OnceCell::const_new();
        let templates = TEMPLATES.get_or_init(|| async { Mutex::default() }).await;
        let mut templates = templates.lock().await;
        let mut admin = server.admin().await;
        let place = std::ptr::from_ref(server).addr();
        let known = templates.iter().find(|(at, _)| *at == place);
        let template = match known {
            Some((_, name)) => name.clone(),
            None => {
                let name = unique_name(server, "template").await;
                create(&mut admin, &name, "template0").await;
                let pool = pool(server.database(&name), 1).await;
                let store = PgStore::from_pool(pool.clone(), &PgOptions::default());
                store.migrate().await.expect("the schema is made");
                pool.close().await;
                templates.push((place, name.clone()));
                name
            }
        };
        let name = unique_name(server, "test").await;
        create(&mut admin, &name, &template).await;
        Self { server, name }
    }

    /// A database without the schema.
    pub async fn bare() -> Self {
        let server = server();
        let name = unique_name(server, "bare").await;
        create(&mut server.admin().await, &name, "template0").await;
        Self { server, name }
    }

    /// An empty database with the schema, whose own order of texts is that of a language. `None`
    /// where the server cannot make one: before version 15, or without ICU.
    pub async fn of_a_language() -> Option<Self> {
        let server = server();
        let mut admin = server.admin().await;
        let knows: bool = sqlx::query_scalar(
            "SELECT current_setting('server_version_num')::integer >= 150000 \
             AND EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i')",
        )
        .fetch_one(&mut admin)
        .await
        .expect("collations can be listed");
        if !knows {
            return None;
        }
        let name = unique_name(server, "bare").await;
        let template = "template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'";
        create(&mut admin, &name, template).await;
        let database = Self { server, name };
        let store = database.store(1).await;
        store.migrate().await.expect("the schema is made");
        store.pool().close().await;
        Some(database)
    }

    /// A pool of its own.
    pub async fn pool(&self, connections: u32) -> PgPool {
        pool(self.options(), connections).await
    }

    /// A store on a pool of its own.
    pub async fn store(&self, connections: u32) -> PgStore {
        PgStore::from_pool(self.pool(connections).await, &PgOptions::default())
    }

    pub fn options(&self) -> PgConnectOptions {
        self.server.database(&self.name)
    }

    /// The URL of it, for a program.
    pub fn url(&self) -> String {
        self.options().to_url_lossy().to_string()
    }

    /// Removes it, whoever is connected.
    pub async fn drop(self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let mut admin = self.server.admin().await;
        // A server that a test stopped removes nothing; its keeper does.
        let _dropped = admin.execute(AssertSqlSafe(sql)).await;
    }
}

/// What the session of a run calls itself.
const SESSION_NAME: &str = "oms tests";

/// Databases of ours whose run has no session any more. The own number may have been another run's.
const LEFT: &str = "SELECT d.datname::text FROM pg_database d \
    WHERE d.datname ~ '^oms_tmp_(template|test|bare)_[0-9]+_[0-9]+$' \
    AND d.datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user) \
    AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.application_name = $1 \
        AND a.pid::text = split_part(d.datname, '_', 4) AND a.pid <> pg_backend_pid())";

async fn unique_name(server: &Server, kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let run = server.run().await;
    let next = NEXT.fetch_add(1, Ordering::SeqCst);
    format!("oms_tmp_{kind}_{run}_{next}")
}

async fn create(admin: &mut PgConnection, name: &str, template: &str) {
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
    admin
        .execute(AssertSqlSafe(sql))
        .await
        .expect("a database is made");
}

async fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .expect("the pool connects")
}

/// The clock of a store, as tests set it.
#[derive(Debug)]
pub struct Clock(pub PgStore);

#[async_trait]
impl ManualClock for Clock {
    async fn set(&self, at: Timestamp) -> Result<(), StoreError> {
        self.0.fix_time(Some(at));
        Ok(())
    }
}

/// Says something past the capture of the test runner.
pub fn tell(text: &str) {
    let _told = writeln!(std::io::stderr(), "{text}");
}

/// Says why a test, or a part of one, does not run. Where `OMS_TEST_NO_SKIP` is set, as by
/// `make test` on a server of its own, nothing may be left out: a test that does not run notices
/// nothing.
pub fn skip(why: &str) {
    let must_run = std::env::var("OMS_TEST_NO_SKIP").is_ok_and(|set| !set.is_empty());
    assert!(!must_run, "OMS_TEST_NO_SKIP is set, but {why}");
    tell(&format!("skipped: {why}"));
}

/// A handle that tests share.
pub fn shared(store: &PgStore) -> Arc<PgStore> {
    Arc::new(store.clone())
}
