//! What a host is asked by whoever runs it: is it up, can it work, what did it do.

use std::time::{Duration, Instant};

use oms_store_postgres::sqlx::postgres::PgPool;
use oms_store_postgres::sqlx::query;
use serde_json::{Value, json};

use super::cluster::{Database, block_on};
use super::common::Folder;
use super::{PATIENCE, SHOPIFY, Server, WOO, order};

const PAGE: &str = include_str!("../../../oms-core/docs/channels.md");

impl Server {
    fn get(&self, path: &str) -> (u16, String) {
        let answer = self.send(&format!("GET {path}"), &[], b"");
        (answer.status, answer.body)
    }

    fn metrics(&self) -> String {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200, "{text}");
        text
    }

    fn ready(&self) -> (u16, Value) {
        let (status, text) = self.get("/readyz");
        (status, serde_json::from_str(&text).unwrap())
    }

    /// Waits until it can work: it says that it cannot where an answer takes long.
    fn becomes_ready(&self) {
        let started = Instant::now();
        while self.ready() != (200, json!({"ready": true})) {
            assert!(started.elapsed() < PATIENCE, "it is never ready");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Why it cannot work: the part that is asked, and the code.
    fn unready(&self) -> (Value, Value) {
        let (status, said) = self.ready();
        assert_eq!((status, &said["ready"]), (503, &json!(false)), "{said}");
        assert!(!said["why"].as_str().unwrap().is_empty(), "{said}");
        (said["part"].clone(), said["code"].clone())
    }

    /// Waits until the metrics have all of these lines.
    fn counted(&self, lines: &[&str]) -> String {
        let started = Instant::now();
        loop {
            let text = self.metrics();
            let missing = lines
                .iter()
                .find(|wanted| !text.lines().any(|line| line == **wanted));
            let Some(missing) = missing else {
                return text;
            };
            assert!(started.elapsed() < PATIENCE, "{missing}\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The lines of the block of the page that shows metrics.
fn shown() -> Vec<&'static str> {
    let blocks = PAGE.split("```").skip(1).step_by(2);
    let mut blocks = blocks.filter(|block| block.contains("webhooks_deliveries_total"));
    let block = blocks.next().expect("the page shows metrics");
    block
        .lines()
        .skip(1)
        .filter(|line| *line != "...")
        .collect()
}

#[test]
fn what_it_did_is_told_as_the_page_shows() {
    let server = Server::start("webhooks-metrics");
    let body = order(1, "TEA-01");
    assert_eq!(server.follow(&body)["status"], "placed");
    assert_eq!(server.shopify(&body), 200);
    assert_eq!(server.follow("{\"hello\": \"world\"}")["status"], "dead");
    assert_eq!(server.post(SHOPIFY, &[], body.as_bytes()), 401);
    assert_eq!(server.post("/webhooks/etsy/web", &[], b"{}"), 404);
    assert_eq!(server.post(WOO, &[], b"webhook_id=17"), 200);
    assert_eq!(server.shopify(&"x".repeat(3_145_729)), 413);
    let mut wanted = shown();
    assert!(wanted.len() > 5, "{wanted:?}");
    wanted.extend([
        "oms_queue_died_total{tenant=\"my-shop\",queue=\"intake\"} 1",
        "webhooks_deliveries_total{answer=\"ping\"} 1",
        "webhooks_deliveries_total{answer=\"unknown\"} 1",
        "webhooks_deliveries_total{answer=\"too_large\"} 1",
        "webhooks_deliveries_total{answer=\"late\"} 0",
        "webhooks_deliveries_total{answer=\"unavailable\"} 0",
        "webhooks_deliveries_total{answer=\"failed\"} 0",
    ]);
    let text = server.counted(&wanted);
    assert!(!text.contains("webhooks_pool"), "there is no pool: {text}");
    // Every sample is of the metric that was headed last, and has a number.
    let mut told = "";
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            told = head.split(' ').next().unwrap();
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(name.split('{').next(), Some(told), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    let answer = server.send("GET /metrics", &[], b"");
    let kind = "content-type: text/plain; version=0.0.4";
    assert!(answer.head.to_lowercase().contains(kind), "{}", answer.head);
}

#[test]
fn in_memory_it_is_up_and_ready() {
    let server = Server::start("webhooks-up");
    assert_eq!(server.get("/healthz"), (200, "ok\n".to_owned()));
    server.becomes_ready();
}

#[test]
fn it_is_not_ready_while_the_store_cannot_serve() {
    let database = block_on(Database::new());
    let pool = block_on(database.pool(1));
    let url = database.url();
    let options = ["--database-url", &url, "--pool-size", "5"];
    let server = Server::start_on("webhooks-ready", &options);
    server.becomes_ready();
    server.counted(&[
        "webhooks_pool_connections_max 5",
        "webhooks_queues_counted 1",
    ]);

    // A later release, which says that it no longer serves this one.
    run(
        &pool,
        "INSERT INTO oms.migration (number, name, serves) VALUES (1000, 'later', 1000)",
    );
    assert_eq!(server.unready(), (json!("schema"), json!("newer_schema")));
    run(&pool, "DELETE FROM oms.migration WHERE number = 1000");
    server.becomes_ready();

    // Somebody holds the table of jobs: the answer comes all the same.
    let lock = block_on(async {
        let mut lock = pool.begin().await.unwrap();
        let sql = query("LOCK TABLE oms.job IN ACCESS EXCLUSIVE MODE");
        sql.execute(&mut *lock).await.unwrap();
        lock
    });
    assert_eq!(server.unready(), (json!("queue"), json!("slow")));
    assert_eq!(server.get("/healthz").0, 200);
    block_on(lock.rollback()).unwrap();
    server.becomes_ready();

    // The database is gone; what the process knows by itself is still told.
    block_on(async {
        pool.close().await;
        database.drop().await;
    });
    server.unready();
    assert_eq!(server.get("/healthz").0, 200);
    server.counted(&[
        "webhooks_queues_counted 0",
        "webhooks_deliveries_total{answer=\"kept\"} 0",
        "webhooks_pool_connections_max 5",
    ]);
}

fn run(pool: &PgPool, sql: &'static str) {
    block_on(query(sql).execute(pool)).unwrap();
}

#[test]
fn a_pool_of_less_than_two_connections_is_refused() {
    let folder = Folder::new("webhooks-pool");
    let run = folder.run(env!("CARGO_BIN_EXE_webhooks"), &["--pool-size", "1"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("--pool-size"), "{}", run.err);
}

/// The first process of a container hears of no signal that it did not ask for.
#[cfg(unix)]
#[test]
fn a_signal_that_comes_while_it_begins_ends_it() {
    use std::process::{Command, Stdio};
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let database = format!("postgres://shop@{}/shop", silent.local_addr().unwrap());
    let config = json!({"connections": [
        {"channel": "shopify", "connection": "web", "secrets": ["hush"]},
    ]});
    let mut child = Command::new(env!("CARGO_BIN_EXE_webhooks"))
        .args(["--port", "0", "--admin-port", "0"])
        .args(["--database-url", &database])
        .env("OMS_WEBHOOKS", config.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It waits for a database that never answers.
    let started = Instant::now();
    let connected = loop {
        if let Ok(connected) = silent.accept() {
            break connected;
        }
        assert!(started.elapsed() < PATIENCE, "it never begins");
        std::thread::sleep(Duration::from_millis(20));
    };
    let process = child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &process]).status();
    assert!(told.unwrap().success());
    // At once: nothing runs that would have to end.
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    drop(connected);
    assert_eq!(ended.code(), Some(130), "{ended}");
}
