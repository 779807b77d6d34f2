//! The PostgreSQL store keeps every promise of the port, each case on a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use oms_core::testing::conformance::{
    self, CASES, Failure, Harness, Opened, Task, Together, Unopened,
};

use common::{Clock, Database};

struct Postgres;

/// Tasks run on the workers of the runtime.
#[derive(Debug)]
struct Spawned;

#[async_trait]
impl Together for Spawned {
    async fn run(&self, tasks: Vec<Task>) -> Result<(), Failure> {
        let running: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        for task in running {
            task.await.expect("a task does not panic")?;
        }
        Ok(())
    }
}

async fn opened(guard: Database) -> Opened<Database> {
    let store = guard.store(8).await;
    Opened {
        guard,
        store: Arc::new(store.clone()),
        jobs: Some(Arc::new(store.clone())),
        events: Some(Arc::new(store.clone())),
        clock: Some(Arc::new(Clock(store))),
    }
}

impl Harness for Postgres {
    type Guard = Database;

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        common::block_on(future)
    }

    async fn open(&self) -> Result<Opened<Database>, Unopened> {
        Ok(opened(Database::new().await).await)
    }

    async fn close(&self, guard: Database) {
        guard.drop().await;
    }

    fn together(&self) -> Arc<dyn Together> {
        Arc::new(Spawned)
    }
}

oms_core::conformance_suite!(Postgres);
oms_core::queue_suite!(Postgres);

/// On a database whose own order of texts is that of a language.
struct OfALanguage;

impl Harness for OfALanguage {
    type Guard = Database;

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        common::block_on(future)
    }

    async fn open(&self) -> Result<Opened<Database>, Unopened> {
        let Some(guard) = Database::of_a_language().await else {
            let reason = "the server knows no order of texts of a language".to_owned();
            return Err(Unopened::Missing { reason });
        };
        Ok(opened(guard).await)
    }

    async fn close(&self, guard: Database) {
        guard.drop().await;
    }
}

/// A server of ours orders texts by their bytes by itself, so the cases alone would not notice a
/// column without a collation.
#[test]
fn keys_are_those_of_their_bytes_whatever_the_order_of_texts() {
    for case in CASES.iter().filter(|case| case.group == "text") {
        conformance::test(&OfALanguage, case.name);
    }
}
