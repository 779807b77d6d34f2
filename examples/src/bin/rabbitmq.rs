//! Events to RabbitMQ and orders from it, on PostgreSQL.
//!
//! What is malformed goes to the dead letters; a message is acknowledged after its order was
//! committed. Ends when the connection does: let whatever started it start it again.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use oms_examples::broker::BrokerError;
use oms_examples::broker::host::{Args, Host};
use oms_examples::broker::rabbit::{RabbitEvents, connect, take_orders};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "rabbitmq: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: &Args) -> Result<(), BrokerError> {
    let host = Host::open(args).await?;
    let connection = connect(&args.broker_url).await?;
    let events = Arc::new(RabbitEvents::new(&connection).await?);
    let inbound = host.inbound.clone();
    let taking = async { take_orders(&connection, &inbound).await };
    host.serve("rabbitmq", events, taking).await
}
