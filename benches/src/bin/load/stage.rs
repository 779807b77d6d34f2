//! Where a scenario plays: a store with furnished shops.

use std::sync::Arc;

use oms_core::plan::Command;
use oms_core::port::Store;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::value::TenantId;
use oms_store_memory::MemoryStore;
use oms_store_postgres::sqlx::postgres::{PgConnectOptions, PgPool};
use oms_store_postgres::{PgOptions, PgStore};

use crate::Failure;
use crate::args::{Args, Scenario, StoreKind};
use crate::library::{next, open, steps};
use crate::report::say;
use crate::server::{Server, pool};
use crate::shop::{Routing, Shop, UNITS, side_by_side};

/// The one tenant of most scenarios.
const TENANT: &str = "bench";
/// SKUs of each shop among many.
const SMALL: u64 = 30;

/// A store with furnished shops.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The store.
    pub(crate) store: Arc<dyn Store>,
    /// The connections of the library, where the store is in PostgreSQL.
    pub(crate) pool: Option<PgPool>,
    /// What is bought.
    pub(crate) shop: Shop,
    /// Whose orders they are.
    pub(crate) tenants: Vec<Tenant>,
}

/// Makes stages: on PostgreSQL each is a database of its own, and the large shop is furnished once
/// and copied.
#[derive(Debug)]
pub(crate) struct Stages {
    pub(crate) server: Option<Server>,
    furnished: Option<PgConnectOptions>,
}

impl Stages {
    /// Starts the server, where there is to be one.
    pub(crate) async fn new(args: &Args) -> Result<Self, Failure> {
        let server = match args.store {
            StoreKind::Memory => None,
            StoreKind::Postgres => {
                Some(Server::new(args.database_url.as_deref(), args.commit_delay).await?)
            }
        };
        Ok(Self {
            server,
            furnished: None,
        })
    }

    /// The stage of a scenario.
    pub(crate) async fn set(&mut self, args: &Args, scenario: Scenario) -> Result<Stage, Failure> {
        // Jobs need a tenant, not a shop.
        let small = match scenario {
            Scenario::Tenants => Some(args.tenants),
            Scenario::Queue => Some(1),
            Scenario::Uniform
            | Scenario::Hot
            | Scenario::Lifecycle
            | Scenario::Reads
            | Scenario::Growth
            | Scenario::Processes
            | Scenario::Routing => None,
        };
        let many = small.is_some();
        let shop = Shop {
            skus: if many { SMALL } else { args.skus },
            hubs: if many { 1 } else { args.hubs },
            hot: matches!(scenario, Scenario::Hot | Scenario::Processes),
            tentative: scenario == Scenario::Lifecycle,
            routing: Routing::Bare,
        };
        let Some(server) = &mut self.server else {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let tenants = furnish(&store, &shop, small).await?;
            return Ok(Stage {
                store,
                pool: None,
                shop,
                tenants,
            });
        };
        if !many && self.furnished.is_none() {
            let options = server.make("template", None).await?;
            let (store, pool) = library(&options, args.connections).await?;
            furnish(&store, &shop, None).await?;
            // Nobody may be connected to what is copied.
            pool.close().await;
            self.furnished = Some(options);
        }
        let copy_of = self.furnished.as_ref().filter(|_| !many);
        let options = server.make(scenario.name(), copy_of).await?;
        let (store, pool) = library(&options, args.connections).await?;
        let tenants = if many {
            furnish(&store, &shop, small).await?
        } else {
            vec![open(store.clone(), TENANT)?]
        };
        oms_store_postgres::sqlx::query("ANALYZE")
            .execute(&pool)
            .await?;
        server.checkpoint().await?;
        Ok(Stage {
            store,
            pool: Some(pool),
            shop,
            tenants,
        })
    }

    /// Writes what is dirty, where the server is private: on any other it may not be allowed.
    pub(crate) async fn checkpoint(&mut self) -> Result<(), Failure> {
        match &mut self.server {
            Some(server) => server.checkpoint().await,
            None => Ok(()),
        }
    }

    /// Stops the server.
    pub(crate) async fn drop(self) -> Result<(), Failure> {
        match self.server {
            Some(server) => server.drop().await,
            None => Ok(()),
        }
    }
}

/// The tenant of most scenarios in a database that is furnished, as another process sees it.
pub(crate) async fn connected(url: &str, connections: u32) -> Result<Tenant, Failure> {
    let (store, _) = library(&url.parse()?, connections).await?;
    open(store, TENANT)
}

/// The library's store in that database, with its schema.
async fn library(
    options: &PgConnectOptions,
    connections: u32,
) -> Result<(Arc<dyn Store>, PgPool), Failure> {
    let pool = pool(options.clone(), connections, None).await?;
    let store = PgStore::from_pool(pool.clone(), &PgOptions::default());
    store.migrate().await?;
    Ok((Arc::new(store), pool))
}

/// Furnishes one shop, or so many.
async fn furnish(
    store: &Arc<dyn Store>,
    shop: &Shop,
    many: Option<u64>,
) -> Result<Vec<Tenant>, Failure> {
    let Some(many) = many else {
        let tenant = open(store.clone(), TENANT)?;
        shop.furnish(&tenant, None).await?;
        return Ok(vec![tenant]);
    };
    // All of one handle, as in a host that serves them all.
    let oms = Oms::builder(store.clone()).build();
    let mut tenants = Vec::new();
    for number in 0..many {
        let tenant = oms.tenant(TenantId::parse(&format!("tenant-{number}"))?);
        shop.furnish(&tenant, None).await?;
        tenants.push(tenant);
    }
    Ok(tenants)
}

/// A shop of its own beside that of the stage, whose orders find their hub in that way.
pub(crate) async fn routed(stage: &Stage, routing: Routing) -> Result<(Shop, Tenant), Failure> {
    let shop = Shop {
        routing,
        ..stage.shop
    };
    let tenant = open(stage.store.clone(), routing.name())?;
    shop.furnish(&tenant, None).await?;
    Ok((shop, tenant))
}

/// Stores finished orders through `bulk`: all are placed, and 99 % are taken to the door.
pub(crate) async fn preload(stage: &Stage, orders: u64) -> Result<(), Failure> {
    let tenant = stage.tenants.first().ok_or("no tenant")?;
    let shop = Shop {
        tentative: true,
        ..stage.shop
    };
    let mut stored = 0;
    while stored < orders {
        let count = (orders - stored).min(4_000);
        let mut placements = Vec::new();
        for _ in 0..count {
            let order = shop.order(next(), UNITS)?;
            placements.push((Command::Place(Box::new(order)), Call::default()));
        }
        let mut ids = Vec::new();
        for done in tenant.bulk(&placements).await {
            ids.extend(done?.receipt.order.map(|order| order.id));
        }
        // Every hundredth stays as it is.
        let finished = ids.iter().enumerate().filter(|(n, _)| n % 100 != 0);
        let finished: Vec<_> = finished.map(|(_, id)| *id).collect();
        for step in steps() {
            let command = |id: &_| Command::Order {
                order: *id,
                command: step.clone(),
            };
            side_by_side(tenant, finished.iter().map(command).collect()).await?;
        }
        stored += count;
        say(&format!("{stored} of {orders} orders stored"));
    }
    Ok(())
}
