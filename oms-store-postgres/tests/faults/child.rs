//! This program again, as another process that runs one of its ignored tests.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use oms_core::port::Store;
use oms_store_postgres::sqlx::ConnectOptions;
use oms_store_postgres::{PgOptions, PgStore};

use crate::common::Database;

const URL: &str = "OMS_TEST_CHILD_URL";
const NAME: &str = "OMS_TEST_CHILD_NAME";
const FILE: &str = "OMS_TEST_CHILD_FILE";

/// What a child was told.
pub(crate) struct Orders {
    /// The database.
    pub(crate) url: String,
    /// Its own name, part of every key it uses.
    pub(crate) name: String,
    /// Where it writes.
    pub(crate) file: PathBuf,
}

impl Orders {
    /// What this process was told, if it is a child.
    pub(crate) fn given() -> Option<Self> {
        Some(Self {
            url: std::env::var(URL).ok()?,
            name: std::env::var(NAME).ok()?,
            file: std::env::var_os(FILE)?.into(),
        })
    }

    /// A store on the database, as soon as its server is up.
    pub(crate) async fn store_when_up(&self, connections: u32, patience: Duration) -> PgStore {
        let options = PgOptions::default()
            .max_connections(connections)
            .acquire_timeout(patience);
        for _ in 0..600 {
            if let Ok(store) = PgStore::connect(&self.url, options.clone()).await {
                return store;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the server does not come up");
    }

    /// A store on the database.
    pub(crate) async fn store(&self, connections: u32, patience: Duration) -> PgStore {
        let options = PgOptions::default()
            .max_connections(connections)
            .acquire_timeout(patience);
        let store = PgStore::connect(&self.url, options).await.unwrap();
        assert!(store.audit(&crate::load::tenant()).await.is_ok());
        store
    }
}

/// A process that is killed when nobody wants it any more.
pub(crate) struct Running(Child);

impl Running {
    /// Runs the ignored test `path` of this program in a process of its own.
    pub(crate) fn start(path: &str, database: &Database, name: &str, file: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([path, "--exact", "--ignored", "--nocapture"])
            .env(URL, database.options().to_url_lossy().as_str())
            .env(NAME, name)
            .env(FILE, file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        assert!(self.0.try_wait().unwrap().is_none(), "it ended by itself");
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits for its end, which must be a good one.
    pub(crate) fn wait(mut self) {
        assert!(self.0.wait().unwrap().success());
    }

    /// It has not ended yet.
    pub(crate) fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _killed = self.0.kill();
        let _waited = self.0.wait();
    }
}
