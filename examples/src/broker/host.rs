//! A small host around a broker: events go out, orders come in, a worker places them.

use std::future::pending;
use std::io::Write;
use std::sync::Arc;

use clap::Parser;
use oms_core::port::{FeedStart, Publisher};
use oms_core::service::{Intakes, Oms, Relay, Worker};
use oms_core::value::{ChannelId, SubscriberName, TenantId};
use oms_store_postgres::{PgOptions, PgStore};

use super::{BrokerError, Inbound};
use crate::run::Run;

/// What both programs are told.
#[derive(Clone, Debug, Parser)]
pub struct Args {
    /// The database, such as `postgres://shop@localhost/shop`.
    #[arg(long)]
    pub database_url: String,
    /// The broker.
    #[arg(long)]
    pub broker_url: String,
    /// The tenant.
    #[arg(long)]
    pub tenant: String,
    /// The channel that the orders come from.
    #[arg(long)]
    pub channel: String,
}

/// A host that is ready to begin.
#[derive(Debug)]
pub struct Host {
    store: PgStore,
    oms: Oms,
    intakes: Intakes,
    tenant: TenantId,
    /// What takes orders in.
    pub inbound: Inbound,
}

impl Host {
    /// Connects to the database and checks its schema.
    ///
    /// # Errors
    /// Whatever stands against it.
    pub async fn open(args: &Args) -> Result<Self, BrokerError> {
        let store = PgStore::connect(&args.database_url, PgOptions::default()).await?;
        store.check().await?;
        let oms = Oms::builder(Arc::new(store.clone())).build();
        let tenant = TenantId::parse(&args.tenant)?;
        let intakes = Intakes::new(oms.tenant(tenant.clone()), Arc::new(store.clone()));
        let inbound = Inbound::new(intakes.clone(), ChannelId::parse(&args.channel)?);
        Ok(Self {
            store,
            oms,
            intakes,
            tenant,
            inbound,
        })
    }

    /// Relays events to `events` and places orders until `taking` ends or somebody presses Ctrl-C;
    /// then lets what runs end.
    ///
    /// # Errors
    /// Why `taking` ended.
    pub async fn serve(
        self,
        subscriber: &str,
        events: Arc<dyn Publisher>,
        taking: impl Future<Output = Result<(), BrokerError>> + Send,
    ) -> Result<(), BrokerError> {
        let name = SubscriberName::parse(subscriber)?;
        let relay = Relay::new(
            Arc::new(self.store.clone()),
            events,
            self.tenant.clone(),
            name,
        );
        relay.subscribe(FeedStart::Now).await?;
        let worker = Worker::builder(Arc::new(self.store.clone()), self.tenant.clone());
        let run = Run::default()
            .relay(relay)
            .worker(self.intakes.handle(worker).build())
            .sweeper(self.oms.clone())
            .postgres(&self.store)
            .on_error(Arc::new(|whose, error| {
                let _ = writeln!(std::io::stderr(), "{whose}: {error}");
            }));
        let mut ended = Ok(());
        let stop = async {
            tokio::select! {
                result = taking => ended = result,
                pressed = tokio::signal::ctrl_c() => {
                    if pressed.is_err() {
                        pending::<()>().await;
                    }
                }
            }
        };
        run.until(stop).await;
        ended
    }
}
