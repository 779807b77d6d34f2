//! Events to NATS JetStream and orders from it, on PostgreSQL.
//!
//! What is malformed goes to the dead letters; a message is acknowledged after its order was
//! committed. Ends when the connection does: let whatever started it start it again.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use oms_examples::broker::BrokerError;
use oms_examples::broker::host::{Host, HostArgs, MORE};
use oms_examples::broker::nats::{NatsEvents, connect, take_orders};
use oms_examples::program;
use oms_examples::run::ToStop;

/// Hands the events of a shop to NATS JetStream and takes orders from it
#[derive(Debug, Parser)]
#[command(name = "nats", version, after_long_help = MORE)]
struct Args {
    #[command(flatten)]
    host: HostArgs,
}

fn main() -> ExitCode {
    program::serve("nats", |args: Args, to_stop| async move {
        let served = serve(&args.host, &to_stop).await;
        served.map_err(|problem| problem.to_string())?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn serve(args: &HostArgs, to_stop: &ToStop) -> Result<(), BrokerError> {
    let host = Host::open(args).await?;
    let connection = connect(&args.broker_url).await?;
    let events = Arc::new(NatsEvents::new(connection.clone()).await?);
    let inbound = host.inbound.clone();
    let taking = async { take_orders(&connection, &inbound).await };
    host.serve("nats", events, taking, to_stop).await
}
