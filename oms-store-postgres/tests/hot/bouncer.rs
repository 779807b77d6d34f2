//! A real PgBouncer in transaction mode between many clients and few sessions of the server.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use oms_core::service::Oms;
use oms_core::testing::build;
use oms_store_postgres::sqlx::query_scalar;
use oms_store_postgres::{PgOptions, PgStore};

use crate::common::{Database, block_on, server, shared, skip, tell};
use crate::shop;

/// Sessions of the server behind all clients.
const SESSIONS: i64 = 3;

/// Runs the pooler as an unprivileged user until the pipe to this process closes.
const KEEPER: &str = r#"
set -eu
trap '' INT TERM HUP
folder=$1; as=
if [ "$(id -u)" = 0 ]; then
    user=postgres; id "$user" >/dev/null 2>&1 || user=nobody
    chown -R "$user" "$folder"
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --"
    command -v setpriv >/dev/null 2>&1 || as="runuser -u $user --"
fi
PATH=$PATH:/usr/sbin:/opt/homebrew/bin:/usr/local/bin
command -v pgbouncer >/dev/null 2>&1 || { echo missing; exit 0; }
$as "$(command -v pgbouncer)" -q "$folder/ini" </dev/null >"$folder/log" 2>&1 &
pooler=$!
echo started
cat >/dev/null || true
# Nothing is lost with it, and what else ends it at once differs between its releases.
kill -KILL "$(cat "$folder/pid" 2>/dev/null)" "$pooler" 2>/dev/null || true
wait "$pooler" 2>/dev/null || true
rm -rf "$folder"
"#;

/// A pooler that ends with the test.
struct Pooler(Child);

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ended = self.0.wait();
    }
}

/// Starts one in a folder of its own below the server's, with no setting that is there for this
/// library alone; `None` where there is none installed.
fn pooler(server: &Path) -> Option<Pooler> {
    let folder = server.join("pooler");
    std::fs::create_dir_all(&folder).unwrap();
    let (at, socket) = (server.display(), folder.display());
    let ini = format!(
        "[databases]\n* = host={at} port=5432 user=oms\n\
         [pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = {socket}\n\
         auth_type = any\npool_mode = transaction\ndefault_pool_size = {SESSIONS}\n\
         max_client_conn = 100\nlogfile = {socket}/pooler.log\n\
         pidfile = {socket}/pid\n"
    );
    std::fs::write(folder.join("ini"), ini).unwrap();
    let mut keeper = Command::new("sh");
    keeper.arg("-c").arg(KEEPER).arg("keeper").arg(&folder);
    let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut keeper = Pooler(keeper.unwrap());
    let mut said = String::new();
    let output = keeper.0.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut said).unwrap();
    (said.trim() == "started").then_some(keeper)
}

async fn connect(url: &str) -> PgStore {
    let options = || PgOptions::default().max_connections(24).pooler(true);
    let mut tries = 0;
    loop {
        match PgStore::connect(url, options()).await {
            Ok(store) => return store,
            Err(why) => {
                tries += 1;
                assert!(tries < 200, "{why:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

#[test]
fn everything_works_behind_a_pooler_in_transaction_mode() {
    let Some(folder) = server().socket_folder() else {
        return skip("the pooler needs a server of our own");
    };
    let Some(_pooler) = pooler(folder) else {
        return skip("pgbouncer is not installed; .ci/postgres-install installs it");
    };
    block_on(async {
        let database = Database::new().await;
        let socket = folder
            .join("pooler")
            .display()
            .to_string()
            .replace('/', "%2F");
        let url = format!("postgres://oms@{socket}:6432/{}", database.name);
        let store = connect(&url).await;
        // What one client left in a session of the server is in the way of no other.
        for _ in 0..SESSIONS + 1 {
            let next = connect(&url).await;
            next.check().await.unwrap();
            next.check().await.unwrap();
            next.pool().close().await;
        }
        let error = store.migrate().await.unwrap_err();
        assert!(error.to_string().contains("not to its pooler"), "{error}");
        // Each call by itself, so that there are many connections.
        let oms = Oms::builder(shared(&store)).coalescing(None).build();
        let tenant = oms.tenant(build::tenant(shop::TENANT));
        shop::furnish(&tenant, &["TEA", "CUP", "JAM"], 100).await;

        let order = shop::place_pending(&tenant, "life", &["CUP", "JAM"]).await;
        for (_, command) in shop::steps() {
            shop::command(&tenant, order, command).await;
        }
        assert_eq!(
            tenant
                .history(order)
                .await
                .unwrap()
                .first()
                .map(|e| e.seq.get()),
            Some(1)
        );
        let status = tenant.order(order).await.unwrap().status();
        assert_eq!(status, oms_core::order::OrderStatus::Delivered);

        let mut buying = Vec::new();
        for buyer in 0..24 {
            let tenant = tenant.clone();
            buying.push(tokio::spawn(async move {
                let mut sold = 0;
                for n in 0..6 {
                    let place = shop::order(&format!("{buyer}-{n}"), &["TEA"]);
                    sold += u32::from(tenant.place(place, Default::default()).await.is_ok());
                }
                sold
            }));
        }
        let mut sold = 0;
        for buyer in buying {
            sold += buyer.await.unwrap();
        }
        assert_eq!(sold, 100);
        let level = tenant
            .stock_level(&build::stock("north", "TEA"))
            .await
            .unwrap();
        assert_eq!((level.on_hand.get(), level.reserved.get()), (100, 100));
        shop::sound(&tenant).await;

        // The clients were many, their sessions few.
        assert!(store.pool().size() > 3, "{}", store.pool().size());
        let direct = database.pool(1).await;
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let sessions: i64 = query_scalar(sql).fetch_one(&direct).await.unwrap();
        assert!((1..=SESSIONS).contains(&sessions), "{sessions}");
        tell(&format!(
            "{} clients over {sessions} sessions",
            store.pool().size()
        ));
        store.pool().close().await;
        database.drop().await;
    });
}
