//! The server of the run: a given one, or a private one that goes with the process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use oms_store_postgres::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use oms_store_postgres::sqlx::{self, AssertSqlSafe, Connection, Executor, PgConnection};

use crate::Failure;

/// Settings of the private server: as durable as a shop needs it.
const SETTINGS: [&str; 6] = [
    "port=5432",
    "fsync=on",
    "synchronous_commit=on",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "max_connections=300",
];

/// Statements can be counted, but nothing is counted until a connection asks for it.
const COUNTING: [&str; 2] = [
    "shared_preload_libraries=pg_stat_statements",
    "pg_stat_statements.track=none",
];

/// What the keeper does: make, start, wait until its input ends, stop, remove. Its input is a pipe
/// from this process and ends with it, however that happens. A server does not run as root.
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
    echo "$(tail -n 3 "$folder/log" | tr '\n' ' ')"; rm -rf "$folder"; exit 1
fi
$as "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= "$@" \
    </dev/null >>"$folder/log" 2>&1 &
server=$!
echo started
cat >/dev/null || true
kill -QUIT "$server" 2>/dev/null || true
wait "$server" 2>/dev/null || true
rm -rf "$folder"
"#;

/// A server, and the databases that the run made there.
#[derive(Debug)]
pub(crate) struct Server {
    options: PgConnectOptions,
    admin: PgConnection,
    made: Vec<String>,
    keeper: Option<Child>,
}

impl Server {
    /// The server of the URL, or a private one.
    pub(crate) async fn new(url: Option<&str>, commit_delay: bool) -> Result<Self, Failure> {
        let (options, keeper) = match url {
            Some(url) => (url.parse()?, None),
            None => {
                let (options, keeper) = start(commit_delay)?;
                (options, Some(keeper))
            }
        };
        Ok(Self {
            admin: connect(&options, keeper.is_some()).await?,
            options,
            made: Vec::new(),
            keeper,
        })
    }

    /// Makes a database, as a copy of another one or an empty one, and says how to connect to it.
    pub(crate) async fn make(
        &mut self,
        name: &str,
        copy_of: Option<&PgConnectOptions>,
    ) -> Result<PgConnectOptions, Failure> {
        let name = format!("oms_load_{}_{name}", std::process::id());
        let original = copy_of.and_then(PgConnectOptions::get_database);
        let original = original.unwrap_or("template0");
        let sql = format!("CREATE DATABASE {name} TEMPLATE {original}");
        // Noted first: a signal may come while the server is at it.
        self.made.push(name.clone());
        if let Err(why) = self.admin.execute(AssertSqlSafe(sql)).await {
            self.made.pop();
            return Err(why.into());
        }
        Ok(self.options.clone().database(&name))
    }

    /// True where the run has the server for itself and may set what it likes.
    pub(crate) const fn is_private(&self) -> bool {
        self.keeper.is_some()
    }

    /// Writes what is dirty, so that one measurement does not pay for the one before.
    pub(crate) async fn checkpoint(&mut self) -> Result<(), Failure> {
        if self.is_private() {
            self.admin.execute("CHECKPOINT").await?;
        }
        Ok(())
    }

    /// What it calls itself, and the settings that matter.
    pub(crate) async fn describe(&mut self) -> Result<String, Failure> {
        let sql = "SELECT 'PostgreSQL ' || current_setting('server_version') || ', ' || \
            string_agg(name || '=' || current_setting(name), ', ' ORDER BY name) \
            FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'shared_buffers', \
            'commit_delay', 'max_wal_size')";
        Ok(sqlx::query_scalar(sql).fetch_one(&mut self.admin).await?)
    }

    /// Drops what was made, or stops the private server.
    ///
    /// # Errors
    /// Names every database that is left.
    pub(crate) async fn drop(mut self) -> Result<(), Failure> {
        if let Some(mut keeper) = self.keeper {
            drop(keeper.stdin.take());
            keeper.wait()?;
            return Ok(());
        }
        if self.made.is_empty() {
            return Ok(());
        }
        // What is still being made is there once this answers, whatever it answers.
        let _settled = self.admin.ping().await;
        // A new session: the old one may be cut off.
        let mut admin = match connect(&self.options, false).await {
            Ok(admin) => admin,
            Err(why) => return Err(left(&self.made, &why)),
        };
        let mut kept = Vec::new();
        let mut last: Option<Failure> = None;
        for name in self.made {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            if let Err(why) = admin.execute(AssertSqlSafe(sql)).await {
                kept.push(name);
                last = Some(why.into());
            }
        }
        match last {
            None => Ok(()),
            Some(why) => Err(left(&kept, &why)),
        }
    }
}

/// What has to be dropped by hand.
fn left(databases: &[String], why: &Failure) -> Failure {
    let names = databases.join(", ");
    format!("databases are left on the server ({names}): {why}").into()
}

/// A pool whose callers may wait long: a ceiling must not fail for want of a connection. Unless an
/// idle time is given, connections are kept as the ceilings keep theirs, so that both rest between
/// turns with what they have prepared.
pub(crate) async fn pool(
    options: PgConnectOptions,
    connections: u32,
    idle: Option<Duration>,
) -> Result<PgPool, Failure> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(60))
        .idle_timeout(idle)
        .max_lifetime(None)
        .test_before_acquire(false);
    Ok(pool.connect_with(options).await?)
}

/// Starts a private server; it answers a little later.
fn start(commit_delay: bool) -> Result<(PgConnectOptions, Child), Failure> {
    let bin = binaries()?;
    let folder = crate::private::make("oms-load")?;
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(&bin);
    let counting = has_statements(&bin);
    let delay = ["commit_delay=1000", "commit_siblings=0"];
    let settings = SETTINGS
        .iter()
        .chain(COUNTING.iter().filter(|_| counting))
        .chain(delay.iter().filter(|_| commit_delay));
    for setting in settings {
        keeper.args(["-c", setting]);
    }
    let mut keeper = keeper
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    if let Some(output) = keeper.stdout.take() {
        BufReader::new(output).read_line(&mut said)?;
    }
    if said.trim() != "started" {
        return Err(format!("no private server: {}", said.trim()).into());
    }
    // `PGPORT` and `PGSSLMODE` are about other servers.
    let options = PgConnectOptions::new()
        .socket(&folder)
        .port(5432)
        .ssl_mode(PgSslMode::Disable)
        .username("oms")
        .database("postgres");
    Ok((options, keeper))
}

/// Connects; a private server is given half a minute to come up.
async fn connect(server: &PgConnectOptions, private: bool) -> Result<PgConnection, Failure> {
    let mut tries = if private { 600 } else { 1 };
    loop {
        tries -= 1;
        match PgConnection::connect_with(server).await {
            Ok(connection) => return Ok(connection),
            Err(why) if tries == 0 => return Err(why.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// The folder with the server's programs.
fn binaries() -> Result<PathBuf, Failure> {
    crate::binaries::find().ok_or_else(|| {
        "PostgreSQL server programs (initdb, postgres) are needed: run .ci/postgres-install, or \
         give --database-url"
            .into()
    })
}

fn has_statements(bin: &Path) -> bool {
    let bin = bin.join("postgres").canonicalize();
    let bin = bin.ok().and_then(|file| file.parent().map(Path::to_owned));
    bin.is_some_and(|bin| {
        ["../lib", "../lib/postgresql"]
            .iter()
            .any(|lib| bin.join(lib).join("pg_stat_statements.so").is_file())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn count(admin: &mut PgConnection, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(admin).await.unwrap()
    }

    #[test]
    fn a_database_that_is_made_when_a_signal_comes_is_dropped() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut private = Server::new(None, false).await.unwrap();
            let mut given = Server {
                options: private.options.clone(),
                admin: connect(&private.options, true).await.unwrap(),
                made: Vec::new(),
                keeper: None,
            };
            tokio::select! {
                _ = given.make("signal", None) => {}
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
            given.drop().await.unwrap();
            let making = "SELECT count(*) FROM pg_stat_activity \
                WHERE state = 'active' AND query LIKE 'CREATE DATABASE oms_load_%'";
            while count(&mut private.admin, making).await > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'oms_load_%'";
            assert_eq!(count(&mut private.admin, left).await, 0);
            private.drop().await.unwrap();
        });
    }
}
