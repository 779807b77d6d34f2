//! A small host around a broker: events go out, orders come in, a worker places them.

use std::sync::Arc;

use oms_core::catalog::SalesChannel;
use oms_core::plan::Rejection;
use oms_core::port::{EventFeed, FeedStart, Publisher};
use oms_core::service::{Error, Intakes, Oms, Relay, Tenant, Worker};
use oms_core::value::{ChannelId, SubscriberName, TenantId};
use oms_store_postgres::{PgOptions, PgStore};

use super::{BrokerError, Inbound};
use crate::run::{Run, ToStop};
use crate::store;

/// What the help of both programs says at its end.
pub const MORE: &str = "\
What it does:
  It hands events and stock to the broker, from its first start on, takes orders from it, places
  them, and ends claims whose time is over. What cannot be read goes to the dead letters. It does no
  upkeep beside that: another host has to. The page on jobs and events names queues and streams.

  It runs until it is told to stop (Ctrl-C, SIGTERM) or the connection to the broker ends: let
  whatever started it start it again.

Exit code:
  0  it was told to stop
  1  it could not begin or go on; one sentence says why";

/// What both programs are told.
#[derive(Clone, Debug, clap::Args)]
pub struct HostArgs {
    /// The PostgreSQL database [default: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// The broker, with the account to use: amqp:// for RabbitMQ, nats:// for NATS
    #[arg(long, value_name = "URL")]
    pub broker_url: String,
    /// Whose data it is; the tenant is in the database already
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
    /// The channel that the orders come from; it is in the database already
    #[arg(long, value_name = "ID")]
    pub channel: ChannelId,
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
    /// Connects to the database, checks its schema, and that it has the tenant and the channel.
    ///
    /// # Errors
    /// Whatever stands against it, in one sentence without its full stop.
    pub async fn open(args: &HostArgs) -> Result<Self, BrokerError> {
        let url = store::url(args.database_url.as_deref());
        let url = url.ok_or("no database is named: give --database-url or DATABASE_URL")?;
        let store = PgStore::connect(&url, PgOptions::default()).await;
        let store = store.map_err(|problem| unusable(&problem))?;
        store.check().await.map_err(|problem| unusable(&problem))?;
        let oms = Oms::builder(Arc::new(store.clone())).build();
        let tenant = oms.tenant(args.tenant.clone());
        if !exists(&tenant, &args.channel).await? {
            let tenant = &args.tenant;
            let channel = &args.channel;
            // Without them every order would be refused, one by one. Without a database `import`
            // would take them in, in memory, and say that all is well.
            return Err(format!(
                "the database has no tenant {tenant} with a channel {channel}: create both with \
                 the first orders, `import --tenant {tenant} --channel KIND --connection {channel} \
                 --database-url URL PATH`"
            )
            .into());
        }
        let intakes = Intakes::new(tenant, Arc::new(store.clone()));
        let inbound = Inbound::new(intakes.clone(), args.channel.clone());
        Ok(Self {
            store,
            oms,
            intakes,
            tenant: args.tenant.clone(),
            inbound,
        })
    }

    /// Relays events and stock to `events` and places orders until `taking` ends or the program is
    /// [told to stop](ToStop); then lets what runs end.
    ///
    /// # Errors
    /// Why `taking` ended.
    pub async fn serve(
        self,
        subscriber: &str,
        events: Arc<dyn Publisher>,
        taking: impl Future<Output = Result<(), BrokerError>> + Send,
        to_stop: &ToStop,
    ) -> Result<(), BrokerError> {
        let feed = Arc::new(self.store.clone());
        let relay = relay(feed, self.tenant.clone(), subscriber, events)?;
        let relay = relay.with_switches(Arc::new(self.store.clone()));
        relay.subscribe(FeedStart::Now).await?;
        let worker = Worker::builder(Arc::new(self.store.clone()), self.tenant.clone());
        let run = Run::default()
            .relay(relay)
            .worker(self.intakes.handle(worker).build())
            .sweeper(self.oms.clone())
            .postgres(&self.store);
        let mut ended = Ok(());
        let stop = async {
            if let Some(result) = to_stop.told_or(taking).await {
                ended = result;
            }
        };
        run.until(stop).await;
        ended
    }
}

/// A relay of all topics: the events with the place of `subscriber`, the stock rows with that of
/// another one, named after it.
///
/// # Errors
/// When that is no name of a subscriber.
pub fn relay(
    feed: Arc<dyn EventFeed>,
    tenant: TenantId,
    subscriber: &str,
    events: Arc<dyn Publisher>,
) -> Result<Relay, BrokerError> {
    let stock = SubscriberName::parse(&format!("{subscriber}-stock"))?;
    let relay = Relay::new(feed, events, tenant, SubscriberName::parse(subscriber)?);
    Ok(relay.with_stock(stock))
}

fn unusable(problem: &dyn std::error::Error) -> String {
    format!("the database cannot be used: {problem}")
}

/// Whether there is such a tenant, with such a channel.
async fn exists(tenant: &Tenant, channel: &ChannelId) -> Result<bool, BrokerError> {
    match tenant.versioned::<SalesChannel>(channel).await {
        Ok(found) => Ok(found.is_some()),
        Err(Error::Rejected(Rejection::UnknownTenant { .. })) => Ok(false),
        Err(problem) => Err(unusable(&problem).into()),
    }
}
